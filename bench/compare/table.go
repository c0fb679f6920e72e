package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// row is one line of the table: a figure of ours and of the reference, and what it must reach.
type row struct {
	figure   string
	unit     string
	quotient // ours and ref negative: not known; ratio negative: none
	bars     []bar
}

// bar is a bound on the ratio or on our figure.
type bar struct {
	least    bool // else at most
	absolute bool // bounds ours, not the ratio
	bound    float64
}

func ratioAtMost(x float64) []bar  { return []bar{{bound: x}} }
func ratioAtLeast(x float64) []bar { return []bar{{bound: x, least: true}} }
func oursAtMost(x float64) []bar   { return []bar{{bound: x, absolute: true}} }

func (b bar) met(r row) bool {
	v := r.ratio
	if b.absolute {
		v = r.ours
	}
	if v < 0 || math.IsNaN(v) {
		return false
	}
	if b.least {
		return v >= b.bound
	}
	return v <= b.bound
}

func (b bar) String() string {
	sign, unit := "≤ ", " ×"
	if b.least {
		sign = "≥ "
	}
	if b.absolute {
		unit = ""
	}
	return sign + strconv.FormatFloat(b.bound, 'g', -1, 64) + unit
}

// verdict is pass, miss, or nothing where no bar was set; known is false if the figure could not be taken.
func (r row) verdict() string {
	if len(r.bars) == 0 {
		return ""
	}
	for _, b := range r.bars {
		if b.absolute && r.ours < 0 || !b.absolute && r.ratio < 0 {
			return "unknown"
		}
		if !b.met(r) {
			return "**miss**"
		}
	}
	return "pass"
}

func (r row) barText() string {
	var all []string
	for _, b := range r.bars {
		all = append(all, b.String())
	}
	return strings.Join(all, ", ")
}

// number prints three significant digits, whole numbers from 100 on.
func number(v float64) string {
	switch {
	case v < 0 || math.IsNaN(v) || math.IsInf(v, 0):
		return "–"
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	digits := 2
	if v >= 10 {
		digits = 1
	}
	if v < 1 {
		digits = 3
	}
	return strconv.FormatFloat(v, 'f', digits, 64)
}

// section is a part's table.
type section struct {
	heads [2]string // of the raw columns
	rows  []row
}

func (s section) missed() int {
	n := 0
	for _, r := range s.rows {
		if strings.Contains(r.verdict(), "miss") {
			n++
		}
	}
	return n
}

func (s section) table() string {
	lines := [][]string{{"figure", "ratio", "quartiles", "bar", "", s.heads[0], s.heads[1], "unit"}}
	for _, r := range s.rows {
		ratio, spread := number(r.ratio), ""
		if r.ratio >= 0 {
			ratio = fmt.Sprintf("%.2f", r.ratio)
			if r.high > r.low {
				spread = fmt.Sprintf("%.2f–%.2f", r.low, r.high)
			}
		}
		lines = append(lines, []string{r.figure, ratio, spread, r.barText(), r.verdict(), number(r.ours), number(r.ref), r.unit})
	}
	widths := make([]int, len(lines[0]))
	for _, l := range lines {
		for i, c := range l {
			widths[i] = max(widths[i], len([]rune(c)), 3)
		}
	}
	var b strings.Builder
	for n, l := range lines {
		for i, c := range l {
			b.WriteString("| " + c + strings.Repeat(" ", widths[i]-len([]rune(c))+1))
		}
		b.WriteString("|\n")
		if n == 0 {
			for i := range l {
				b.WriteString("| " + strings.Repeat("-", widths[i]) + " ")
			}
			b.WriteString("|\n")
		}
	}
	return b.String()
}
