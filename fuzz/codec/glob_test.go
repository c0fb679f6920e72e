package codec

import (
	"testing"

	"github.com/sleipnirdb/sleipnir/internal/glob"
)

// FuzzGlob compares the matcher with one that cuts the pattern into terms, a set of bytes each, and follows all
// ways through them.
func FuzzGlob(f *testing.F) {
	for _, seed := range [][2]string{
		{"*", "a"}, {"h?llo*", "hello"}, {"[a-c]*[^x]", "bzz"}, {"[", "["}, {"[^", "a"}, {"[a-]", "^"}, {"\\*", "*"}, {"**a*b**", "xaybz"},
		{"[\\]-]", "]"}, {"[z-a]", "q"}, {"a\\", "a\\"},
	} {
		f.Add(seed[0], seed[1], true)
		f.Add(seed[0], seed[1], false)
	}
	f.Fuzz(func(t *testing.T, pattern, name string, fold bool) {
		if len(pattern) > 500 || len(name) > 500 {
			return
		}
		if got, want := glob.MatchString(pattern, name, fold), matchSimply(pattern, name, fold); got != want {
			t.Fatalf("Match(%q, %q, fold = %v) = %v, want %v", pattern, name, fold, got, want)
		}
	})
}

// A term matches one byte of a set, or any run of bytes.
type term struct {
	star bool
	set  [256]bool
}

func matchSimply(pattern, name string, fold bool) bool {
	if name == "" {
		return pattern == ""
	}
	reached := make([]bool, len(name)+1)
	reached[0] = true
	for _, term := range terms(pattern, fold) {
		now := make([]bool, len(name)+1)
		for i := range now {
			if term.star {
				now[i] = reached[i] || i > 0 && now[i-1]
			} else {
				now[i] = i > 0 && reached[i-1] && term.set[name[i-1]]
			}
		}
		reached = now
	}
	return reached[len(name)]
}

func terms(pattern string, fold bool) (all []term) {
	for pattern != "" {
		var t term
		switch c := pattern[0]; {
		case c == '*':
			t.star = true
		case c == '?':
			t.fill(func(int) bool { return true })
		case c == '[':
			pattern = t.class(pattern[1:], fold)
			all = append(all, t)
			continue
		case c == '\\' && len(pattern) > 1:
			pattern = pattern[1:]
			t.add(pattern[0], fold)
		default:
			t.add(c, fold)
		}
		pattern = pattern[1:]
		all = append(all, t)
	}
	return all
}

func (t *term) fill(in func(c int) bool) {
	for c := range t.set {
		t.set[c] = t.set[c] || in(c)
	}
}

// add adds c, and with fold its other case.
func (t *term) add(c byte, fold bool) {
	t.fill(func(x int) bool { return x == int(c) || fold && toLower(x) == toLower(int(c)) })
}

// class reads a class behind its bracket and returns what follows it.
func (t *term) class(s string, fold bool) string {
	negated := s != "" && s[0] == '^'
	if negated {
		s = s[1:]
	}
	for s != "" && s[0] != ']' {
		switch {
		case s[0] == '\\' && len(s) > 1:
			t.set[s[1]] = true
			s = s[2:]
		case len(s) > 2 && s[1] == '-':
			a, b := signed(int(s[0])), signed(int(s[2]))
			a, b = min(a, b), max(a, b)
			t.fill(func(x int) bool {
				if !fold {
					return signed(x) >= a && signed(x) <= b
				}
				return toLower(signed(x)) >= toLower(a) && toLower(signed(x)) <= toLower(b)
			})
			s = s[3:]
		default:
			t.add(s[0], fold)
			s = s[1:]
		}
	}
	if negated {
		for c := range t.set {
			t.set[c] = !t.set[c]
		}
	}
	if s != "" {
		s = s[1:]
	}
	return s
}

func signed(c int) int { return int(int8(c)) }

// toLower is tolower of the C library, which takes a signed char below -1 for the byte that it is.
func toLower(c int) int {
	if c < -1 {
		c += 256
	}
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
