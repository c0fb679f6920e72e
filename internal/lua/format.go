package lua

import (
	"math"
	"strconv"
	"strings"
)

// A directive is one item of string.format, such as "%-08.3f": flags, width, precision and the conversion.
type directive struct {
	left, plus, space, alternate, zero bool

	width     int
	precision int  // -1 if there is none
	verb      byte // 0 at the end of the format
}

// maxFlags is how many flags a directive may have.
const maxFlags = 5

// Texts of what is wrong with a directive.
const (
	repeatedFlags = "invalid format (repeated flags)"
	tooWide       = "invalid format (width or precision too long)"
)

// parseDirective reads what follows the percent sign, and returns how many bytes that is and what is wrong with it.
func parseDirective(s string) (d directive, n int, problem string) {
	for n < len(s) && d.flag(s[n]) {
		n++
	}
	if n > maxFlags {
		return d, n, repeatedFlags
	}
	d.width, n = twoDigits(s, n)
	d.precision = -1
	if n < len(s) && s[n] == '.' {
		d.precision, n = twoDigits(s, n+1)
	}
	if n < len(s) && isDigit(s[n]) {
		return d, n, tooWide
	}
	if n < len(s) {
		d.verb = s[n]
		n++
	}
	return d, n, ""
}

func (d *directive) flag(c byte) bool {
	switch c {
	case '-':
		d.left = true
	case '+':
		d.plus = true
	case ' ':
		d.space = true
	case '#':
		d.alternate = true
	case '0':
		d.zero = true
	default:
		return false
	}
	return true
}

// twoDigits reads a number of at most two digits at s[i:], 0 if there is none.
func twoDigits(s string, i int) (n, end int) {
	for end = i; end < len(s) && end < i+2 && isDigit(s[end]); end++ {
		n = n*10 + int(s[end]-'0')
	}
	return n, end
}

// appendNumber is a conversion that takes a number.
func (d *directive) appendNumber(dst []byte, f float64) []byte {
	switch d.verb {
	case 'c':
		if f > -1<<31-1 && f < 1<<31 {
			return d.appendChar(dst, byte(int(f)))
		}
		return d.appendChar(dst, 0)
	case 'd', 'i':
		return d.appendInt(dst, int64(ToInteger(f)))
	case 'o', 'u', 'x', 'X':
		return d.appendUint(dst, ToUnsigned(f))
	}
	return d.appendFloat(dst, f)
}

// appendInt is %d.
func (d *directive) appendInt(dst []byte, n int64) []byte {
	magnitude := uint64(n)
	if n < 0 {
		magnitude = -magnitude
	}
	return d.appendDigits(dst, d.sign(n < 0), magnitude, 10)
}

// appendUint is %u, %o, %x and %X.
func (d *directive) appendUint(dst []byte, n uint64) []byte {
	switch d.verb {
	case 'o':
		return d.appendDigits(dst, "", n, 8)
	case 'x', 'X':
		prefix := ""
		if d.alternate && n != 0 {
			prefix = "0" + string(d.verb)
		}
		return d.appendDigits(dst, prefix, n, 16)
	}
	return d.appendDigits(dst, "", n, 10)
}

func (d *directive) sign(negative bool) string {
	switch {
	case negative:
		return "-"
	case d.plus:
		return "+"
	case d.space:
		return " "
	}
	return ""
}

// appendDigits appends a number in a base, with at least as many digits as the precision asks for.
func (d *directive) appendDigits(dst []byte, prefix string, n uint64, base int) []byte {
	var digits [64]byte
	text := strconv.AppendUint(digits[:0], n, base)
	if n == 0 && d.precision == 0 {
		text = text[:0]
	}
	if d.verb == 'X' {
		for i, c := range text {
			text[i] = toUpper(c)
		}
	}
	zeros := max(d.precision-len(text), 0)
	if d.verb == 'o' && d.alternate && zeros == 0 && (len(text) == 0 || text[0] != '0') {
		zeros = 1
	}
	if d.zero && !d.left && d.precision < 0 {
		zeros = max(zeros, d.width-len(prefix)-len(text))
	}
	return d.appendPadded(dst, prefix, zeros, text)
}

// appendPadded appends prefix, zeros and text, and fills up with spaces on the side that the flags name.
func (d *directive) appendPadded(dst []byte, prefix string, zeros int, text []byte) []byte {
	spaces := d.width - len(prefix) - zeros - len(text)
	if !d.left {
		dst = appendRun(dst, ' ', spaces)
	}
	dst = append(dst, prefix...)
	dst = appendRun(dst, '0', zeros)
	dst = append(dst, text...)
	if d.left {
		dst = appendRun(dst, ' ', spaces)
	}
	return dst
}

func appendRun(dst []byte, c byte, n int) []byte {
	for ; n > 0; n-- {
		dst = append(dst, c)
	}
	return dst
}

// appendFloat is %e, %E, %f, %g and %G.
func (d *directive) appendFloat(dst []byte, f float64) []byte {
	var buf [128]byte
	prefix := d.sign(math.Signbit(f))
	f = math.Abs(f)
	finite := f <= math.MaxFloat64
	text := buf[:0]
	if finite {
		text = d.appendMagnitude(text, f)
	} else {
		text = appendSpecial(text, f)
	}
	if isUpper(d.verb) {
		for i, c := range text {
			text[i] = toUpper(c)
		}
	}
	zeros := 0
	if d.zero && !d.left && finite {
		zeros = max(d.width-len(prefix)-len(text), 0)
	}
	return d.appendPadded(dst, prefix, zeros, text)
}

func (d *directive) appendMagnitude(dst []byte, f float64) []byte {
	precision := d.precision
	if precision < 0 {
		precision = 6
	}
	verb := toLower(d.verb)
	if verb != 'g' {
		dst = strconv.AppendFloat(dst, f, verb, precision, 64)
		if d.alternate && precision == 0 {
			dst = withPoint(dst)
		}
		return dst
	}
	precision = max(precision, 1)
	if !d.alternate {
		return strconv.AppendFloat(dst, f, 'g', precision, 64)
	}
	// With "#" the zeros at the end stay: the exponent after rounding chooses the form, as in C.
	dst = strconv.AppendFloat(dst, f, 'e', precision-1, 64)
	e := strings.LastIndexByte(string(dst), 'e')
	exponent, _ := strconv.Atoi(string(dst[e+1:]))
	if exponent >= -4 && exponent < precision {
		dst = strconv.AppendFloat(dst[:0], f, 'f', precision-1-exponent, 64)
	}
	return withPoint(dst)
}

// withPoint puts a decimal point behind the digits of b if it has none.
func withPoint(b []byte) []byte {
	for i, c := range b {
		if c == '.' {
			return b
		}
		if c == 'e' {
			b = append(b, 0)
			copy(b[i+1:], b[i:])
			b[i] = '.'
			return b
		}
	}
	return append(b, '.')
}

// appendChar is %c. C writes the item into a buffer and takes it up to its first zero byte, so that c = 0 loses what
// would follow it.
func (d *directive) appendChar(dst []byte, c byte) []byte {
	if c != 0 {
		return d.appendPadded(dst, "", 0, []byte{c})
	}
	if d.left {
		return dst
	}
	return appendRun(dst, ' ', d.width-1)
}

// wholeString is from which length on %s without a precision takes a string as it is.
const wholeString = 100

// appendString is %s: a short string, or one with a precision, ends at its first zero byte.
func (d *directive) appendString(dst []byte, s string) []byte {
	if d.precision < 0 && len(s) >= wholeString {
		return append(dst, s...)
	}
	if d.precision >= 0 && d.precision < len(s) {
		s = s[:d.precision]
	}
	if i := strings.IndexByte(s, 0); i >= 0 {
		s = s[:i]
	}
	spaces := d.width - len(s)
	if !d.left {
		dst = appendRun(dst, ' ', spaces)
	}
	dst = append(dst, s...)
	if d.left {
		dst = appendRun(dst, ' ', spaces)
	}
	return dst
}

// appendQuoted is %q: a string that the parser reads back.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\', '\n':
			dst = append(dst, '\\', c)
		case '\r':
			dst = append(dst, `\r`...)
		case 0:
			dst = append(dst, `\000`...)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
