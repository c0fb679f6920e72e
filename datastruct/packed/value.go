package packed

import (
	"bytes"
	"math"
	"strconv"
)

// Value is what an entry holds. One that was read is a view of the block, valid until the block is changed.
type Value struct {
	Bytes []byte // the text, if it isn't an integer
	Int   int64
	IsInt bool
}

// Encode returns the value for a text: an integer if the text is just what an integer prints as.
func Encode(s []byte) Value {
	if n, ok := parseInt(s); ok {
		return Value{Int: n, IsInt: true}
	}
	return Value{Bytes: s}
}

// IntValue returns the value of an integer.
func IntValue(n int64) Value { return Value{Int: n, IsInt: true} }

// maxDigits is the length of the longest integer: that of the least one.
const maxDigits = 20

// parseInt reads an integer in the only form that it is printed in: no leading zeros, no plus, no "-0".
func parseInt(s []byte) (int64, bool) {
	if len(s) == 0 || len(s) > maxDigits || s[0] > '9' {
		return 0, false
	}
	isNegative := s[0] == '-'
	digits := s
	if isNegative {
		digits = s[1:]
	}
	if len(digits) == 0 || len(digits) > maxDigits-1 || digits[0] == '0' && (len(digits) > 1 || isNegative) {
		return 0, false
	}
	var n uint64 // 19 digits fit
	for _, c := range digits {
		c -= '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + uint64(c)
	}
	if isNegative {
		return int64(-n), n <= -math.MinInt64
	}
	return int64(n), n <= math.MaxInt64
}

// Size returns how many bytes the value's entry takes.
func (v Value) Size() int {
	n := 0
	if v.IsInt {
		n = intBody(v.Int)
	} else {
		n = len(v.Bytes) + textHead(len(v.Bytes))
	}
	return n + backBytes(n)
}

// AppendTo appends the value's text.
func (v Value) AppendTo(dst []byte) []byte {
	if v.IsInt {
		return strconv.AppendInt(dst, v.Int, 10)
	}
	return append(dst, v.Bytes...)
}

// Len returns the length of the value's text.
func (v Value) Len() int {
	if !v.IsInt {
		return len(v.Bytes)
	}
	n, u := 1, uint64(v.Int)
	if v.Int < 0 {
		n, u = 2, -u
	}
	for ; u >= 10; u /= 10 {
		n++
	}
	return n
}

// Equal says whether two values have the same text.
func (v Value) Equal(w Value) bool {
	if v.IsInt || w.IsInt {
		return v.IsInt == w.IsInt && v.Int == w.Int
	}
	return bytes.Equal(v.Bytes, w.Bytes)
}
