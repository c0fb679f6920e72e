package command

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/internal/unsafestr"
)

// ParseInt reads an int64 in its canonical decimal form: no leading zeros, no
// plus sign, no spaces (Valkey's string2ll).
func ParseInt(b []byte) (int64, bool) { return object.ParseInt(b) }

// ParseDB reads the number of a database, of which there are count.
func ParseDB(arg []byte, count int) (int, error) {
	n, ok := ParseInt(arg)
	switch {
	case !ok:
		return 0, ErrNotInt
	case n < math.MinInt32 || n > math.MaxInt32:
		return 0, ErrIntRange
	case n < 0 || int(n) >= count:
		return 0, ErrDBIndex
	}
	return int(n), nil
}

// ParseFloat reads a finite or infinite double as Valkey does: no surrounding
// space, no NaN, hexadecimal form allowed, nothing that is too large or, though
// not zero, too small.
func ParseFloat(b []byte) (float64, bool) {
	f, err := parseFloat(b)
	if err != nil || math.IsNaN(f) || f == 0 && !isZero(b) {
		return 0, false
	}
	return f, true
}

// ParseFloatLoose is ParseFloat, but what is too large is infinite and what is too
// small is 0: as C's strtod has it where nobody asks for errors.
func ParseFloatLoose(b []byte) (float64, bool) {
	f, err := parseFloat(b)
	if err != nil && !errors.Is(err, strconv.ErrRange) || math.IsNaN(f) {
		return 0, false
	}
	return f, true
}

// maxFloatText bounds the text of a number: some clients write all 309 digits of the largest.
const maxFloatText = 5 << 10

func parseFloat(b []byte) (float64, error) {
	if len(b) == 0 || len(b) > maxFloatText || bytes.IndexByte(b, '_') >= 0 {
		return 0, strconv.ErrSyntax
	}
	s := unsafestr.String(b)
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && looksHex(s) {
		f, err = strconv.ParseFloat(s+"p0", 64)
	}
	return f, err
}

// isZero tells whether the text of a number that was read as 0 says 0.
func isZero(b []byte) bool {
	digits := bytes.TrimLeft(b, "+-0.xX")
	return len(digits) == 0 || digits[0]|0x20 == 'e' && !bytes.ContainsAny(b, "xX") || digits[0]|0x20 == 'p'
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

// ParseTimeout reads the timeout of a blocking command: the unix time in ms
// of its end, 0 for none. It is a whole number of ms, or else seconds, which
// may have a fraction and are rounded up to ms.
func ParseTimeout(c *Call, arg []byte, ms bool) (int64, error) {
	var wait int64
	if ms {
		n, ok := ParseInt(arg)
		if !ok {
			return 0, ErrTimeoutNotInt
		}
		wait = n
	} else {
		f, ok := ParseFloatLoose(arg)
		if !ok {
			return 0, ErrTimeoutNotFloat
		}
		if f = math.Ceil(f * 1000); f > math.MaxInt64/2 {
			return 0, ErrTimeoutRange
		}
		wait = int64(max(f, -1))
	}
	switch {
	case wait < 0:
		return 0, ErrTimeoutNeg
	case wait == 0:
		return 0, nil
	case wait > math.MaxInt64-c.Now:
		return 0, ErrTimeoutRange
	}
	return c.Now + wait, nil
}
