package lua

import (
	"strings"
	"testing"
)

// newTestState has the libraries that this package has.
func newTestState(limits Limits) *State {
	s := New(limits)
	s.OpenBase()
	s.OpenCoroutine()
	return s
}

// show is how the tests write results: as tostring, with commas between.
func show(vs []Value) string {
	var b strings.Builder
	for i, v := range vs {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(v.basicString())
	}
	return b.String()
}

// runSource gives the results of a source, or the error.
func runSource(s *State, source string) string {
	c, err := s.Compile(source, "@user_script")
	if err != nil {
		return "! " + err.Error()
	}
	r, err := s.Run(s.Load(c))
	if err != nil {
		return "! " + err.Error()
	}
	return show(r)
}

func TestPrograms(t *testing.T) {
	for _, test := range programs {
		t.Run(test.name, func(t *testing.T) {
			s := newTestState(Limits{})
			if got := runSource(s, test.source); got != test.want {
				t.Errorf("%s\n got %s\nwant %s", test.source, got, test.want)
			}
		})
	}
}
