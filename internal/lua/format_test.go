package lua

import (
	"math"
	"testing"
)

func TestDirectiveNumbers(t *testing.T) {
	nan := math.Copysign(math.NaN(), -1)
	for _, test := range []struct {
		format string
		in     float64
		want   string
	}{
		{"d", 5, "5"}, {"5d", 42, "   42"}, {"-5d", 42, "42   "}, {"05d", 42, "00042"}, {"+d", 42, "+42"}, {" d", 42, " 42"}, {"05d", -42, "-0042"}, {".3d", 5, "005"},
		{"06.3d", 5, "   005"}, {".0d", 0, ""}, {"+.0d", 0, "+"}, {"d", 3.99, "3"}, {"d", 1e300, "-9223372036854775808"}, {"d", math.MinInt64, "-9223372036854775808"}, {"-05d", 1, "1    "}, {"99d", 1, spaces(98) + "1"},
		{"u", 5, "5"}, {"u", -1, "18446744073709551615"}, {"x", 255, "ff"}, {"X", 255, "FF"}, {"#x", 255, "0xff"}, {"#X", 255, "0XFF"}, {"#x", 0, "0"}, {"#010x", 255, "0x000000ff"}, {"x", -1, "ffffffffffffffff"},
		{"o", 8, "10"}, {"#o", 8, "010"}, {"#o", 0, "0"}, {"#.0o", 0, "0"}, {"#.3o", 8, "010"}, {"#05o", 8, "00010"},
		{"f", 1.5, "1.500000"}, {".0f", 1.5, "2"}, {".0f", 2.5, "2"}, {"#.0f", 1, "1."}, {".3f", 1.0005, "1.000"}, {"08.2f", -1.5, "-0001.50"}, {"+.1f", 1, "+1.0"}, {"f", math.Inf(1), "inf"}, {"010f", math.Inf(-1), "      -inf"}, {"f", nan, "-nan"}, {"-10.2f|", 1, "1.00      "},
		{"e", 12345.678, "1.234568e+04"}, {"E", 1e-5, "1.000000E-05"}, {".0e", 15, "2e+01"}, {"#.0e", 1, "1.e+00"}, {"E", math.Inf(1), "INF"}, {"G", nan, "-NAN"}, {".2e", 1e100, "1.00e+100"},
		{"g", 100000, "100000"}, {"g", 1000000, "1e+06"}, {"g", .0001, "0.0001"}, {"g", .00001, "1e-05"}, {".0g", 15, "2e+01"}, {".3g", 3.14159, "3.14"}, {"#g", 1, "1.00000"}, {"#.3g", 1e10, "1.00e+10"}, {"#.3g", 999.9, "1.00e+03"}, {"#g", 0, "0.00000"}, {"#.1g", 5, "5."}, {".14g", .1, "0.1"}, {"G", 1e-10, "1E-10"}, {".99f", .1, "0.1000000000000000055511151231257827021181583404541015625" + zeros(44)},
	} {
		d, _, problem := parseDirective(test.format)
		var got string
		switch d.verb {
		case 'd':
			got = string(d.appendInt(nil, int64(ToInteger(test.in))))
		case 'u', 'o', 'x', 'X':
			got = string(d.appendUint(nil, ToUnsigned(test.in)))
		default:
			got = string(d.appendFloat(nil, test.in))
		}
		if problem != "" || got != test.want {
			t.Errorf("%%%s of %v = %q %s, want %q", test.format, test.in, got, problem, test.want)
		}
	}
}

func spaces(n int) string { return string(appendRun(nil, ' ', n)) }
func zeros(n int) string  { return string(appendRun(nil, '0', n)) }

func TestDirectiveStrings(t *testing.T) {
	long := spaces(100) + "\x00x"
	for _, test := range []struct{ format, in, want string }{
		{"s", "abc", "abc"}, {"5s", "abc", "  abc"}, {"-5s|", "abc", "abc  "}, {".2s", "abc", "ab"}, {"5.1s", "abc", "    a"}, {".0s", "abc", ""}, {".s", "abc", ""},
		{"s", "a\x00b", "a"}, {"3s", "a\x00b", "  a"}, {"s", long, long}, {"50s", long, long}, {".99s", long, spaces(99)},
		{"q", "a\"b\\c\nd\re\x00f", "\"a\\\"b\\\\c\\\nd\\re\\000f\""},
		{"c", "A", "A"}, {"3c", "A", "  A"}, {"-3c", "A", "A  "}, {"c", "\x00", ""}, {"3c", "\x00", "  "}, {"-3c", "\x00", ""},
	} {
		d, _, problem := parseDirective(test.format)
		var got []byte
		switch d.verb {
		case 's':
			got = d.appendString(nil, test.in)
		case 'q':
			got = appendQuoted(nil, test.in)
		default:
			got = d.appendChar(nil, test.in[0])
		}
		if problem != "" || string(got) != test.want {
			t.Errorf("%%%s of %q = %q %s, want %q", test.format, test.in, got, problem, test.want)
		}
	}
}

func TestParseDirective(t *testing.T) {
	for _, test := range []struct {
		format, problem string
		n               int
	}{
		{"d", "", 1}, {"-+ #0d", "", 6}, {"-+ #00d", repeatedFlags, 6}, {"99.99d", "", 6}, {"100d", tooWide, 2}, {".100d", tooWide, 3}, {"", "", 0}, {"5", "", 1}, {"5.", "", 2}, {"---5d", "", 5},
	} {
		if _, n, problem := parseDirective(test.format); n != test.n || problem != test.problem {
			t.Errorf("parseDirective(%q) = %d bytes, %q, want %d, %q", test.format, n, problem, test.n, test.problem)
		}
	}
}
