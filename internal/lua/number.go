package lua

import (
	"math"
	"strconv"
	"strings"
)

// ParseNumber reads the whole of s as a number, as tonumber and arithmetic on strings do: white space around it is
// allowed, hexadecimal too, and "inf" and "nan", since the reference leaves it to C's strtod. What follows a zero
// byte isn't looked at, for the same reason.
func ParseNumber(s string) (float64, bool) {
	if i := strings.IndexByte(s, 0); i >= 0 {
		s = s[:i]
	}
	f, n := ScanNumber(s)
	if n == 0 {
		return 0, false
	}
	for ; n < len(s); n++ {
		if !IsSpace(s[n]) {
			return 0, false
		}
	}
	return f, true
}

// ScanNumber reads the number that s begins with, as C's strtod does, and tells how many bytes it and the white
// space before it take: 0 if there is none.
func ScanNumber(s string) (f float64, n int) {
	start := 0
	for start < len(s) && IsSpace(s[start]) {
		start++
	}
	i := start
	negative := false
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		negative = s[i] == '-'
		i++
	}
	if i == len(s) {
		return 0, 0
	}
	switch c := s[i]; {
	case c == '0' && i+1 < len(s) && s[i+1]|0x20 == 'x':
		f, n = scanHex(s[i:])
	case c|0x20 == 'i' || c|0x20 == 'n':
		f, n = scanWord(s[i:])
	default:
		f, n = scanDecimal(s[i:])
	}
	if n == 0 {
		return 0, 0
	}
	if negative {
		f = math.Copysign(f, -1)
	}
	return f, i + n
}

// exactDigits is how many decimal digits an integer may have so that every one such is a float64 exactly.
const exactDigits = 15

// scanDecimal reads digits, a fraction and an exponent.
func scanDecimal(s string) (float64, int) {
	digits := digitsEnd(s, 0)
	end, seen := digits, digits > 0
	if end < len(s) && s[end] == '.' {
		fraction := digitsEnd(s, end+1)
		if seen = seen || fraction > end+1; !seen {
			return 0, 0
		}
		end = fraction
	}
	if !seen {
		return 0, 0
	}
	end = exponentEnd(s, end, 'e')
	if end == digits && digits <= exactDigits {
		n := int64(0)
		for _, c := range []byte(s[:digits]) {
			n = n*10 + int64(c-'0')
		}
		return float64(n), end
	}
	f, _ := strconv.ParseFloat(s[:end], 64) // out of range is infinity, as in C
	return f, end
}

// scanHex reads a hexadecimal number, "0x" included. Without a digit behind that it is the zero.
func scanHex(s string) (float64, int) {
	end := hexEnd(s, 2)
	seen := end > 2
	if end < len(s) && s[end] == '.' {
		fraction := hexEnd(s, end+1)
		if seen = seen || fraction > end+1; seen {
			end = fraction
		}
	}
	if !seen {
		return 0, 1
	}
	mantissa := end
	end = exponentEnd(s, end, 'p')
	text := s[:end]
	if end == mantissa {
		text += "p0"
	}
	f, _ := strconv.ParseFloat(text, 64)
	return f, end
}

// scanWord reads "inf", "infinity", "nan" or "nan(…)" in any case.
func scanWord(s string) (float64, int) {
	switch {
	case hasPrefixFold(s, "infinity"):
		return math.Inf(1), len("infinity")
	case hasPrefixFold(s, "inf"):
		return math.Inf(1), len("inf")
	case !hasPrefixFold(s, "nan"):
		return 0, 0
	}
	if len(s) > 3 && s[3] == '(' {
		for i := 4; i < len(s); i++ {
			if s[i] == ')' {
				return math.NaN(), i + 1
			}
			if !isAlnum(s[i]) && s[i] != '_' {
				break
			}
		}
	}
	return math.NaN(), 3
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// exponentEnd returns where an exponent at s[i:] ends: i if there is none. Letter is its mark, in lower case.
func exponentEnd(s string, i int, letter byte) int {
	if i == len(s) || s[i]|0x20 != letter {
		return i
	}
	digits := i + 1
	if digits < len(s) && (s[digits] == '-' || s[digits] == '+') {
		digits++
	}
	if end := digitsEnd(s, digits); end > digits {
		return end
	}
	return i
}

func digitsEnd(s string, i int) int {
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}

func hexEnd(s string, i int) int {
	for i < len(s) && isHex(s[i]) {
		i++
	}
	return i
}

// AppendNumber appends f as Lua writes numbers, which is "%.14g" of C.
func AppendNumber(dst []byte, f float64) []byte {
	if n := int64(f); float64(n) == f && n > -1e14 && n < 1e14 && (n != 0 || !math.Signbit(f)) {
		return strconv.AppendInt(dst, n, 10)
	}
	return AppendPrecision(dst, f, 14)
}

// FormatNumber is AppendNumber as a string.
func FormatNumber(f float64) string {
	var room [32]byte
	return string(AppendNumber(room[:0], f))
}

// AppendPrecision appends f with so many significant digits at most, as "%.*g" of C does.
func AppendPrecision(dst []byte, f float64, digits int) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return appendSpecial(dst, f)
	}
	return strconv.AppendFloat(dst, f, 'g', digits, 64)
}

// appendSpecial appends an infinity, or a NaN with its sign: C shows it, and what x86 makes of 0/0 has one.
func appendSpecial(dst []byte, f float64) []byte {
	if math.Signbit(f) {
		dst = append(dst, '-')
	}
	if math.IsNaN(f) {
		return append(dst, "nan"...)
	}
	return append(dst, "inf"...)
}

// ToInteger converts f as C on x86-64 does: towards zero, and what doesn't fit becomes the smallest one.
func ToInteger(f float64) int {
	if f >= -1<<63 && f < 1<<63 {
		return int(f)
	}
	return math.MinInt64
}

// ToUnsigned converts f to 64 bits without a sign as C on x86-64 does: a negative one wraps, a larger one is 0.
func ToUnsigned(f float64) uint64 {
	if f >= 1<<63 {
		return uint64(ToInteger(f-1<<63)) ^ 1<<63
	}
	return uint64(ToInteger(f))
}
