package loop

import (
	"slices"
	"testing"
)

func TestParseCPUs(t *testing.T) {
	tests := []struct {
		in   string
		want []int
		bad  bool
	}{
		{in: ""},
		{in: "3", want: []int{3}},
		{in: " 0, 2-4 ,9", want: []int{0, 2, 3, 4, 9}},
		{in: "8-20:4", want: []int{8, 12, 16, 20}},
		{in: "1-1", want: []int{1}},
		{in: "4-2", bad: true},
		{in: "0-4:0", bad: true},
		{in: "3:2", bad: true},
		{in: "x", bad: true},
		{in: "-1", bad: true},
		{in: "0-99999999", bad: true},
	}
	for _, tt := range tests {
		got, err := ParseCPUs(tt.in)
		if (err != nil) != tt.bad || !slices.Equal(got, tt.want) {
			t.Errorf("ParseCPUs(%q) = %v, %v; want %v, error %v", tt.in, got, err, tt.want, tt.bad)
		}
	}
}
