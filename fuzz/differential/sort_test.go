package differential

import "testing"

// TestSortGroup runs streams of SORT.
func TestSortGroup(t *testing.T) {
	count := 100
	if testing.Short() {
		count = 20
	}
	runGrammarOn(t, startPair(t, referenceBinary(t), subjectBinary(t)), NewSortGrammar(), count)
}
