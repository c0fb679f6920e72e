package main

import (
	"math"
	"strings"
	"testing"
)

func TestVerdict(t *testing.T) {
	tests := []struct {
		name string
		row  row
		want string
	}{
		{"no bar", row{quotient: quotient{ratio: 3}}, ""},
		{"at most, met", row{quotient: quotient{ratio: 1}, bars: ratioAtMost(1)}, "pass"},
		{"at most, missed", row{quotient: quotient{ratio: 1.01}, bars: ratioAtMost(1)}, "**miss**"},
		{"at least, met", row{quotient: quotient{ratio: 1.3}, bars: ratioAtLeast(1.25)}, "pass"},
		{"at least, missed", row{quotient: quotient{ratio: 1.2}, bars: ratioAtLeast(1.25)}, "**miss**"},
		{"ours, met", row{quotient: quotient{ours: 60, ratio: -1}, bars: oursAtMost(60)}, "pass"},
		{"ours, missed", row{quotient: quotient{ours: 61, ratio: 0.5}, bars: oursAtMost(60)}, "**miss**"},
		{"unknown", row{quotient: quotient{ours: -1, ratio: -1}, bars: oursAtMost(60)}, "unknown"},
		{"two bars, one missed", row{quotient: quotient{ours: 4, ratio: 1.5}, bars: append(oursAtMost(5), ratioAtMost(1)...)}, "**miss**"},
		{"not a number", row{quotient: quotient{ratio: math.NaN()}, bars: ratioAtMost(1)}, "**miss**"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.row.verdict(); got != tt.want {
				t.Errorf("verdict of %+v is %q, want %q", tt.row, got, tt.want)
			}
		})
	}
}

func TestRatioOf(t *testing.T) {
	of := func(a, b float64) [2]sample { return [2]sample{{cpuMicros: a}, {cpuMicros: b}} }
	pairs := []pair{
		{whole: of(1, 2), slices: [][2]sample{of(1, 2), of(3, 2)}},
		{whole: of(2, 2), slices: [][2]sample{of(3, 2), of(5, 2)}},
		{whole: of(9, 3), slices: [][2]sample{of(3, 2)}},
	}
	value := func(s sample) float64 { return s.cpuMicros }
	if got, want := ratioOf(pairs, value, false), (quotient{1, 0.75, 2, 2, 2}); got != want {
		t.Errorf("by rounds: %v, want %v", got, want)
	}
	if got, want := ratioOf(pairs, value, true), (quotient{1.5, 1.5, 1.5, 2, 2}); got != want {
		t.Errorf("by slices: %v, want %v", got, want)
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{-1: "–", 0.1234: "0.123", 1.234: "1.23", 12.34: "12.3", 123.4: "123", math.Inf(1): "–"} {
		if got := number(v); got != want {
			t.Errorf("number(%v) is %q, want %q", v, got, want)
		}
	}
}

func TestChosen(t *testing.T) {
	usual, err := chosen("")
	if err != nil || len(usual) != 14 {
		t.Errorf("the usual parts are %v, %v", usual, err)
	}
	if all, err := chosen("all"); err != nil || len(all) != len(parts()) {
		t.Errorf("all parts are %v, %v", all, err)
	}
	if some, err := chosen("memory,cpu"); err != nil || strings.Join(some, " ") != "cpu memory" {
		t.Errorf("some parts are %v, %v", some, err)
	}
	if _, err := chosen("cpu,nothing"); err == nil {
		t.Error("no error for a part that is not there")
	}
}
