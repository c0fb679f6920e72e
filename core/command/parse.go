package command

import (
	"math"
	"strconv"
	"strings"
)

// maxIntText is the length of the longest int64 in decimal.
const maxIntText = len("-9223372036854775808")

// ParseInt reads an int64 in its canonical decimal form: no leading zeros, no
// plus sign, no spaces (Valkey's string2ll).
func ParseInt(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > maxIntText {
		return 0, false
	}
	digits, negative := b, false
	if b[0] == '-' {
		digits, negative = b[1:], true
	}
	if len(digits) == 0 || digits[0] < '1' || digits[0] > '9' {
		return 0, len(b) == 1 && b[0] == '0'
	}
	var n uint64
	for _, ch := range digits {
		d := uint64(ch - '0')
		if d > 9 || n > (math.MaxUint64-9)/10 {
			return 0, false
		}
		n = n*10 + d
	}
	if negative {
		return -int64(n), n <= 1<<63
	}
	return int64(n), n <= math.MaxInt64
}

// ParseFloat reads a finite or infinite double as Valkey does: no surrounding
// space, no NaN, hexadecimal form allowed.
func ParseFloat(b []byte) (float64, bool) {
	if len(b) == 0 || len(b) > 256 || strings.IndexByte(string(b), '_') >= 0 {
		return 0, false
	}
	s := string(b)
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && looksHex(s) {
		f, err = strconv.ParseFloat(s+"p0", 64)
	}
	if err != nil || math.IsNaN(f) {
		return 0, false
	}
	return f, true
}

func looksHex(s string) bool {
	s = strings.TrimLeft(s, "+-")
	return len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && !strings.ContainsAny(s, "pP")
}

// Is reports whether an argument is the given lower-case word, in any case.
func Is(arg []byte, lower string) bool {
	if len(arg) != len(lower) {
		return false
	}
	for i := range arg {
		ch := arg[i]
		if ch-'A' < 26 {
			ch |= 0x20
		}
		if ch != lower[i] {
			return false
		}
	}
	return true
}
