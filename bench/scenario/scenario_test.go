package scenario

import (
	"errors"
	"testing"

	"github.com/sleipnirdb/sleipnir/bench/load"
)

// TestAll compiles every workload there is.
func TestAll(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range all() {
		if seen[s.Name] || s.Summary == "" {
			t.Errorf("scenario %q is twice there or says nothing", s.Name)
		}
		seen[s.Name] = true
		s, err := Named(s.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Load(nil); err != nil {
			t.Error(err)
		}
		if _, _, err := s.Prefill(nil); err != nil {
			t.Error(err)
		}
	}
	for _, s := range Types() {
		if seen[s.Name] {
			t.Errorf("scenario %q is twice there", s.Name)
		}
		seen[s.Name] = true
		_, err := s.Load(nil)
		_, _, err2 := s.Prefill(nil)
		_, _, err3 := s.Prepared(nil)
		if err := errors.Join(err, err2, err3); err != nil {
			t.Error(err)
		}
	}
	if _, err := Named("nothing"); err == nil {
		t.Error("no error for a scenario that is not there")
	}
	for _, c := range Classics() {
		if _, err := load.Compile(c.Text, load.Shape{RandBelow: 10}); err != nil {
			t.Error(err)
		}
	}
}
