package process

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestSetTitle(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, title := range []string{"short", strings.Repeat("long ", 100), ""} {
		cmd := exec.Command(self, "some", "arguments")
		cmd.Env = append(os.Environ(), "PROCESS_TEST=title", "PROCESS_TEST_TITLE="+title, "FILLER="+strings.Repeat("x", 2000))
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(out), "permission denied") || strings.Contains(string(out), "operation not permitted") {
			t.Skip("this system doesn't allow it")
		}
		if got := strings.TrimRight(string(out), "\x00"); got != title {
			t.Errorf("got %q, want %q", got, title)
		}
	}
}
