package report

import (
	"strings"
	"testing"
)

// TestRenewed holds that a section takes the place of its elder, and that the others stay.
func TestRenewed(t *testing.T) {
	one := Section{Name: "one", Title: "One", Body: "first"}
	two := Section{Name: "two", Title: "Two", Body: "second"}
	text := renewed("", []Section{one, two})
	if !strings.HasPrefix(text, preface) || strings.Count(text, "## One") != 1 || strings.Count(text, "## Two") != 1 {
		t.Fatalf("a new file is\n%s", text)
	}
	one.Body = "third"
	again := renewed(text, []Section{one})
	if strings.Contains(again, "first") || !strings.Contains(again, "third") || !strings.Contains(again, "second") {
		t.Errorf("after a renewal the file is\n%s", again)
	}
	if i, k := strings.Index(again, "## One"), strings.Index(again, "## Two"); i > k {
		t.Error("a renewal changes the order")
	}
	if renewed(again, []Section{one}) != again {
		t.Error("a second renewal with the same changes something")
	}
}
