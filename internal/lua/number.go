package lua

import (
	"math"
	"strconv"
)

// maxPlain bounds the whole numbers that %.14g prints without an exponent.
const maxPlain = 1e14

// AppendNumber appends n as Lua prints it: %.14g.
func AppendNumber(dst []byte, n float64) []byte {
	if n == math.Trunc(n) && n > -maxPlain && n < maxPlain && (n != 0 || !math.Signbit(n)) {
		return strconv.AppendInt(dst, int64(n), 10)
	}
	switch {
	case math.IsInf(n, 1):
		return append(dst, "inf"...)
	case math.IsInf(n, -1):
		return append(dst, "-inf"...)
	case math.IsNaN(n):
		if math.Signbit(n) {
			return append(dst, "-nan"...)
		}
		return append(dst, "nan"...)
	}
	return appendGeneral(dst, n)
}

// appendGeneral is C's %.14g for finite numbers: 14 significant digits, an exponent if it is below -4 or above 13, no zeros at the end.
func appendGeneral(dst []byte, n float64) []byte {
	var room [32]byte
	const precision = 14
	sci := strconv.AppendFloat(room[:0], n, 'e', precision-1, 64)
	e := len(sci) - 1
	for sci[e] != 'e' {
		e--
	}
	exp, _ := strconv.Atoi(string(sci[e+1:]))
	if exp < -4 || exp >= precision {
		return append(append(dst, trimZeros(sci[:e])...), sci[e:]...)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, n, 'f', precision-1-exp, 64)
	return dst[:start+len(trimZeros(dst[start:]))]
}

func trimZeros(digits []byte) []byte {
	dot := false
	for _, c := range digits {
		dot = dot || c == '.'
	}
	if !dot {
		return digits
	}
	n := len(digits)
	for digits[n-1] == '0' {
		n--
	}
	if digits[n-1] == '.' {
		n--
	}
	return digits[:n]
}

// FormatNumber is AppendNumber as a string.
func FormatNumber(n float64) string {
	var room [32]byte
	return string(AppendNumber(room[:0], n))
}

// IsSpace is C's isspace in the C locale.
func IsSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// ParseNumber is the number that the whole of s spells, spaces around it aside: what C's strtod takes, and hexadecimal integers.
func ParseNumber(s string) (float64, bool) {
	for len(s) > 0 && IsSpace(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && IsSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	if n, ok := parseSmall(s); ok {
		return n, true
	}
	body, negative := s, false
	if len(body) > 0 && (body[0] == '-' || body[0] == '+') {
		body, negative = body[1:], body[0] == '-'
	}
	n, ok := parseUnsigned(body)
	if negative {
		n = -n
	}
	return n, ok
}

// parseSmall is the quick way for up to 15 digits, which a float64 holds exactly.
func parseSmall(s string) (float64, bool) {
	if len(s) == 0 || len(s) > 15 {
		return 0, false
	}
	n := 0
	for i := 0; i < len(s); i++ {
		d := s[i] - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + int(d)
	}
	return float64(n), true
}

func parseUnsigned(s string) (float64, bool) {
	switch {
	case len(s) == 0:
		return 0, false
	case len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x':
		return parseHex(s)
	case s[0] >= '0' && s[0] <= '9' || s[0] == '.':
		for i := 0; i < len(s); i++ {
			if s[i] == '_' || s[i]|0x20 == 'x' || s[i]|0x20 == 'p' {
				return 0, false // Go's spellings, not C's
			}
		}
		n, err := strconv.ParseFloat(s, 64)
		return n, err == nil || math.IsInf(n, 0)
	}
	return parseWord(s)
}

// parseWord takes strtod's words.
func parseWord(s string) (float64, bool) {
	fold := make([]byte, 0, 8)
	for i := 0; i < len(s) && i <= 8; i++ {
		fold = append(fold, s[i]|0x20)
	}
	switch string(fold) {
	case "inf", "infinity":
		return math.Inf(1), true
	case "nan":
		return math.NaN(), true
	}
	return 0, false
}

// parseHex takes what strtod does in base 16: digits, a point, a binary exponent.
func parseHex(s string) (float64, bool) {
	for i := 2; i < len(s); i++ {
		if s[i] == '_' {
			return 0, false
		}
	}
	for i := 2; i < len(s); i++ {
		if s[i]|0x20 == 'p' {
			n, err := strconv.ParseFloat(s, 64)
			return n, err == nil || math.IsInf(n, 0)
		}
	}
	n, err := strconv.ParseFloat(s+"p0", 64)
	return n, err == nil || math.IsInf(n, 0)
}

// ToInteger is a number as C's conversion to a 64-bit integer gives it on x86-64: toward zero, and the smallest integer for
// what doesn't fit.
func ToInteger(n float64) int {
	if n >= -0x1p63 && n < 0x1p63 {
		return int(n)
	}
	return math.MinInt64
}
