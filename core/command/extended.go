package command

import (
	"bytes"
	"errors"
	"math"
	"math/big"
	"strconv"
)

// Valkey computes INCRBYFLOAT and HINCRBYFLOAT in the x87's extended precision and prints it
// with 17 digits behind the point.
const (
	extendedBits  = 64
	floatDecimals = 17
	// maxExtendedText bounds the digits of a number that is parsed.
	maxExtendedText = 5*1024 - 1
	// These are the binary exponents of the largest number of the extended format, and of the smallest one above zero.
	maxExtendedExp = 16384
	minExtendedExp = -16444
)

// Extended is a number in extended precision. The zero value is zero.
type Extended struct{ f *big.Float }

// ParseExtended reads a number as strtold does, infinite ones included.
func ParseExtended(b []byte) (Extended, bool) {
	f := parseExtended(b)
	return Extended{f}, f != nil
}

// IsInf says whether the number is infinite.
func (x Extended) IsInf() bool { return x.f != nil && x.f.IsInf() }

// Add returns the sum, and false if it isn't finite.
func (x Extended) Add(y Extended) (Extended, bool) {
	if x.IsInf() || y.IsInf() {
		return Extended{}, false
	}
	sum := new(big.Float).SetPrec(extendedBits)
	switch {
	case x.f == nil && y.f == nil:
		return Extended{}, true
	case x.f == nil:
		sum.Set(y.f)
	case y.f == nil:
		sum.Set(x.f)
	default:
		sum.Add(x.f, y.f)
	}
	return Extended{sum}, !sum.IsInf() && sum.MantExp(nil) <= maxExtendedExp
}

// AppendTo appends the number without exponent and without trailing zeros. It is finite.
func (x Extended) AppendTo(dst []byte) []byte {
	if x.f == nil || x.f.Sign() == 0 {
		return append(dst, '0')
	}
	text := x.f.Append(nil, 'f', floatDecimals)
	text = bytes.TrimRight(text, "0")
	text = bytes.TrimSuffix(text, []byte("."))
	if string(text) == "-0" {
		return append(dst, '0')
	}
	return append(dst, text...)
}

// parseExtended reads a number as strtold does; nil if it is none.
func parseExtended(b []byte) *big.Float {
	if len(b) == 0 || len(b) > maxExtendedText || bytes.IndexByte(b, '_') >= 0 {
		return nil
	}
	s := string(b)
	v, err := strconv.ParseFloat(s, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		if _, ok := ParseFloat(b); !ok {
			return nil
		}
	}
	if math.IsNaN(v) {
		return nil
	}
	if math.IsInf(v, 0) && err == nil {
		return new(big.Float).SetInf(v < 0)
	}
	f, _, err := big.ParseFloat(s, 0, extendedBits, big.ToNearestEven)
	if err != nil || len(s) > 1 && s[0] == '0' && s[1] != 'x' && s[1] != 'X' {
		f, _, err = big.ParseFloat(s, 10, extendedBits, big.ToNearestEven)
	}
	if err != nil || f.IsInf() {
		return nil
	}
	if exp := f.MantExp(nil); exp > maxExtendedExp || exp < minExtendedExp && f.Sign() != 0 {
		return nil // strtold says ERANGE
	}
	return f
}
