package packed

import (
	"bytes"
	"math"
	"math/bits"
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
	if n, ok := ParseInt(s); ok {
		return Value{Int: n, IsInt: true}
	}
	return Value{Bytes: s}
}

// IntValue returns the value of an integer.
func IntValue(n int64) Value { return Value{Int: n, IsInt: true} }

// maxDigits is the length of the longest integer: that of the least one.
const maxDigits = 20

// ParseInt reads an integer in the only form that it is printed in: no leading zeros, no plus, no "-0".
func ParseInt(s []byte) (int64, bool) {
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
	if v.IsInt {
		return intBody(v.Int) + 1
	}
	return EntrySize(textHead(len(v.Bytes)) + len(v.Bytes))
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
	n, u := 0, uint64(v.Int)
	if v.Int < 0 {
		n, u = 1, -u
	}
	// 1233/4096 is a little more than log10(2): the guess is right or one too small.
	guess := bits.Len64(u|1) * 1233 >> 12
	if u >= powers[guess] {
		guess++
	}
	return n + guess
}

// powers is 10^i; the first one is 0 so that 0 has a digit.
var powers = [maxDigits]uint64{
	0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
}

// Equal says whether two values have the same text.
func (v Value) Equal(w Value) bool {
	if v.IsInt || w.IsInt {
		return v.IsInt == w.IsInt && v.Int == w.Int
	}
	return bytes.Equal(v.Bytes, w.Bytes)
}
