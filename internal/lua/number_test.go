package lua

import (
	"math"
	"testing"
)

func TestParseNumber(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, test := range []struct {
		in   string
		want float64
		ok   bool
	}{
		{"0", 0, true}, {"10", 10, true}, {" \t10\n\v ", 10, true}, {"-10", -10, true}, {"+10", 10, true},
		{"1.5", 1.5, true}, {".5", .5, true}, {"5.", 5, true}, {".", 0, false}, {"-.", 0, false}, {"", 0, false}, {" ", 0, false}, {"-", 0, false},
		{"1e3", 1000, true}, {"1E+3", 1000, true}, {"1e-3", .001, true}, {"1e", 0, false}, {"1e+", 0, false}, {"1e400", inf, true}, {"-1e400", -inf, true},
		{"1e-400", 0, true}, {"123456789012345678", 123456789012345680, true}, {"0.1", .1, true},
		{"0x10", 16, true}, {"0XfF", 255, true}, {"-0x10", -16, true}, {"0x", 0, false}, {"0xg", 0, false}, {"0x.8", .5, true}, {"0x8.", 8, true},
		{"0x1p4", 16, true}, {"0x1p", 0, false}, {"0x.p1", 0, false}, {"0x1P-1", .5, true}, {"0x1_0", 0, false}, {"1_0", 0, false},
		{"inf", inf, true}, {"-INF", -inf, true}, {"Infinity", inf, true}, {"infinit", 0, false}, {"nan", nan, true}, {"NaN(x1_)", nan, true}, {"nan(", 0, false},
		{"1 2", 0, false}, {"1x", 0, false}, {"abc", 0, false}, {"1\x00abc", 1, true}, {"\x001", 0, false}, {"--1", 0, false}, {"- 1", 0, false},
	} {
		got, ok := ParseNumber(test.in)
		if ok != test.ok || got != test.want && !(math.IsNaN(got) && math.IsNaN(test.want)) {
			t.Errorf("ParseNumber(%q) = %v, %v, want %v, %v", test.in, got, ok, test.want, test.ok)
		}
	}
}

func TestScanNumber(t *testing.T) {
	for _, test := range []struct {
		in   string
		want float64
		n    int
	}{
		{"12,", 12, 2}, {" 12]", 12, 3}, {"1e]", 1, 1}, {"0x]", 0, 1}, {"-0xz", math.Copysign(0, -1), 2}, {"1.2.3", 1.2, 3}, {"infx", math.Inf(1), 3}, {"]", 0, 0}, {"-", 0, 0},
		{"nan(a-)", math.NaN(), 3},
	} {
		got, n := ScanNumber(test.in)
		if n != test.n || math.Float64bits(got) != math.Float64bits(test.want) {
			t.Errorf("ScanNumber(%q) = %v, %d, want %v, %d", test.in, got, n, test.want, test.n)
		}
	}
}

func TestAppendNumber(t *testing.T) {
	for _, test := range []struct {
		in   float64
		want string
	}{
		{0, "0"}, {math.Copysign(0, -1), "-0"}, {1, "1"}, {-1, "-1"}, {99999999999999, "99999999999999"}, {1e14, "1e+14"}, {-1e14, "-1e+14"},
		{123456789012345, "1.2345678901234e+14"}, {1e15, "1e+15"}, {.1, "0.1"}, {1.0 / 3, "0.33333333333333"}, {1e-5, "1e-05"}, {.0001, "0.0001"},
		{3.14159265358979, "3.1415926535898"}, {1e100, "1e+100"}, {1 << 53, "9.007199254741e+15"}, {math.Inf(1), "inf"}, {math.Inf(-1), "-inf"},
		{math.NaN(), "nan"}, {math.Copysign(math.NaN(), -1), "-nan"}, {99999999999999.5, "1e+14"}, {5e-324, "4.9406564584125e-324"},
	} {
		if got := string(AppendNumber(nil, test.in)); got != test.want {
			t.Errorf("AppendNumber(%v) = %s, want %s", test.in, got, test.want)
		}
	}
}

func TestToInteger(t *testing.T) {
	for _, test := range []struct {
		in       float64
		want     int
		unsigned uint64
	}{
		{1.9, 1, 1}, {-1.9, -1, 1<<64 - 1}, {1 << 62, 1 << 62, 1 << 62}, {1 << 63, math.MinInt64, 1 << 63}, {-1 << 63, math.MinInt64, 1 << 63},
		{1e300, math.MinInt64, 0}, {math.NaN(), math.MinInt64, 1 << 63}, {math.Inf(-1), math.MinInt64, 1 << 63}, {1<<63 + 1<<62, math.MinInt64, 1<<63 + 1<<62},
	} {
		if got := ToInteger(test.in); got != test.want {
			t.Errorf("ToInteger(%v) = %d, want %d", test.in, got, test.want)
		}
		if got := ToUnsigned(test.in); got != test.unsigned {
			t.Errorf("ToUnsigned(%v) = %d, want %d", test.in, got, test.unsigned)
		}
	}
}
