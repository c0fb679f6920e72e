package unsafestr

import (
	"bytes"
	"testing"
)

func TestViews(t *testing.T) {
	for _, s := range []string{"", "a", "hello\x00world", string(make([]byte, 1000))} {
		b := []byte(s)
		if got := String(b); got != s {
			t.Errorf("String(%q) = %q", b, got)
		}
		if got := Bytes(s); !bytes.Equal(got, b) || cap(got) != len(s) {
			t.Errorf("Bytes(%q) = %q with cap %d", s, got, cap(got))
		}
	}
	if String(nil) != "" {
		t.Error("String(nil) is not empty")
	}
}

func TestNoAllocations(t *testing.T) {
	b, s, n := []byte("some bytes"), "a string", 0
	m := map[string]int{"some bytes": 1}
	if got := testing.AllocsPerRun(100, func() { n += m[String(b)] + len(Bytes(s)) }); got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}
