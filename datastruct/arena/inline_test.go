package arena

import (
	"os/exec"
	"strings"
	"testing"
)

// TestInlined asks the compiler whether it inlines what every access to stored data goes through.
func TestInlined(t *testing.T) {
	if testing.Short() || debug {
		t.Skip("runs the compiler")
	}
	out, err := exec.Command("go", "build", "-gcflags=-m", ".").CombinedOutput()
	if err != nil {
		t.Skipf("no compiler: %v", err)
	}
	for _, name := range []string{"(*Arena).Ptr", "(*Arena).Bytes", "(*Arena).Cap", "(*Arena).Used", "(*Arena).UsedBy",
		"(*Arena).page", "(*Arena).link", "PutRef", "GetRef", "(*gauge).add", "(*gauge).load"} {
		if !strings.Contains(string(out), ": can inline "+name) {
			t.Errorf("%s isn't inlined", name)
		}
	}
}
