package invariant

import "testing"

func TestCheck(t *testing.T) {
	Check(true, "never")
	defer func() {
		if got := recover() != nil; got != Enabled {
			t.Errorf("a false condition panicked: %v, want %v", got, Enabled)
		}
	}()
	Check(false, "expected by the test")
}
