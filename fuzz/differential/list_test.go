package differential

import "testing"

// TestListGroup runs streams of list commands with leaves of many sizes.
func TestListGroup(t *testing.T) {
	count := 60
	if testing.Short() {
		count = 6
	}
	reference, subject := referenceBinary(t), subjectBinary(t)
	for _, size := range []string{"-2", "-1", "-5", "1", "2", "7", "100000"} {
		t.Run(size, func(t *testing.T) {
			runGrammarOn(t, startPair(t, reference, subject, "--list-max-listpack-size", size), NewListGrammar(), count)
		})
	}
}
