package commanddocs

import (
	"slices"
	"strconv"
	"strings"
)

// Change is an entry of a command's history.
type Change struct{ Since, Text string }

// History returns what arguments a command, there since the given version, got later: the oldest first.
func History(full, since string) []Change {
	var list []Change
	var walk func(args []Argument, since string)
	walk = func(args []Argument, since string) {
		for i := range args {
			a, within := &args[i], since
			if newer(a.Since, since) {
				list, within = append(list, Change{a.Since, a.label()}), a.Since
			}
			walk(a.Sub, within)
		}
	}
	walk(Arguments(full), since)
	slices.SortStableFunc(list, func(a, b Change) int {
		switch {
		case newer(b.Since, a.Since):
			return -1
		case newer(a.Since, b.Since):
			return 1
		}
		return 0
	})
	return joined(list)
}

// label names an argument as one writes it: by its token, that of its alternatives, or its name.
func (a *Argument) label() string {
	switch {
	case a.Token != "":
		return "`" + a.Token + "`"
	case len(a.Sub) == 0:
		return "`" + a.Name + "`"
	}
	var words []string
	for i := range a.Sub {
		if b := &a.Sub[i]; !newer(b.Since, a.Since) {
			words = append(words, b.label())
		}
	}
	return strings.Join(words, ", ")
}

// joined makes one entry of those of one version.
func joined(list []Change) []Change {
	var out []Change
	for _, c := range list {
		if n := len(out); n > 0 && out[n-1].Since == c.Since {
			out[n-1].Text += ", " + c.Text
			continue
		}
		out = append(out, c)
	}
	for i := range out {
		out[i].Text = "Added " + out[i].Text + "."
	}
	return out
}

// newer reports whether version a, unless empty, is later than b.
func newer(a, b string) bool {
	if a == "" {
		return false
	}
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(x), len(y)) {
		m, _ := strconv.Atoi(x[i])
		n, _ := strconv.Atoi(y[i])
		if m != n {
			return m > n
		}
	}
	return len(x) > len(y)
}
