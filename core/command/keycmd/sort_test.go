package keycmd

import (
	"math"
	"testing"
)

func TestParseWeight(t *testing.T) {
	tests := []struct {
		in   string
		want float64
		ok   bool
	}{
		{"1", 1, true}, {"-1.5", -1.5, true}, {"", 0, true}, {" 2", 2, true}, {"\t\n2", 2, true}, {" ", 0, false}, {"2 ", 0, false},
		{"1e3", 1000, true}, {"0x10", 16, true}, {"0x1p3", 8, true}, {"1_0", 0, false}, {"x", 0, false}, {"1x", 0, false},
		{"3\x00x", 3, true}, {"\x00", 0, true}, {"\x00x", 0, true}, {"x\x00", 0, false},
		{"inf", math.Inf(1), true}, {"-Infinity", math.Inf(-1), true}, {"nan", 0, false}, {"1e400", 0, false},
		{"9223372036854775807", 1 << 63, true}, {"9223372036854775808", 1 << 63, true},
	}
	for _, tt := range tests {
		if got, ok := parseWeight([]byte(tt.in)); ok != tt.ok || ok && got != tt.want {
			t.Errorf("%q: %v, %v; want %v, %v", tt.in, got, ok, tt.want, tt.ok)
		}
	}
}

func TestHasFixedTag(t *testing.T) {
	tests := []struct {
		pattern string
		want    bool
	}{
		{"{t}*", true}, {"a{t}b*c->{x}", true}, {"{t*}", false}, {"*{t}", false}, {"{}*", false}, {"{}{t}*", false}, {"a*", false}, {"{t*", false}, {"t}*", false},
	}
	for _, tt := range tests {
		if got := hasFixedTag([]byte(tt.pattern)); got != tt.want {
			t.Errorf("%q: %v, want %v", tt.pattern, got, tt.want)
		}
	}
}

func TestSpan(t *testing.T) {
	tests := []struct {
		start, count int64
		n            int
		from, to     int
	}{
		{0, -1, 5, 0, 5}, {0, 0, 5, 0, 0}, {1, 2, 5, 1, 3}, {4, 10, 5, 4, 5}, {5, 1, 5, 5, 5}, {100, 100, 5, 5, 5}, {-3, 2, 5, 0, 2},
		{math.MaxInt64, math.MaxInt64, 5, 5, 5}, {math.MinInt64, math.MinInt64, 5, 0, 5}, {0, -1, 0, 0, 0}, {2, -7, 5, 2, 5},
	}
	for _, tt := range tests {
		o := sorting{start: tt.start, count: tt.count}
		if from, to := o.span(tt.n); from != tt.from || to != tt.to {
			t.Errorf("LIMIT %d %d of %d: [%d, %d), want [%d, %d)", tt.start, tt.count, tt.n, from, to, tt.from, tt.to)
		}
	}
}
