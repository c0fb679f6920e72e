package server

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sleipnirdb/sleipnir/internal/client"
)

// TestMessagesWhileWaiting has a client that waits for a key hear of messages at once, in their order, large ones too.
func TestMessagesWhileWaiting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	s := testServer(t, "port", "0", "unixsocket", path, "save", "", "io-threads", "2")
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	dial := func() *client.Conn {
		c, err := client.Dial("unix", path, trackedPatience)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	waiter, other := dial(), dial()
	for _, args := range [][]string{{"HELLO", "3"}, {"SUBSCRIBE", "news"}} {
		if _, err := waiter.Do(args...); err != nil {
			t.Fatal(err)
		}
	}
	if err := waiter.Write(client.AppendCommand(nil, []string{"BLPOP", "queue", "0"})); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(trackedPatience); s.dispatcher.Waiting() == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the client doesn't wait")
		}
	}
	var out []byte
	texts := []string{"one", strings.Repeat("two", 1<<20), "three", ""}
	for _, text := range texts {
		out = client.AppendCommand(out, []string{"PUBLISH", "news", text})
	}
	if err := other.Write(out); err != nil {
		t.Fatal(err)
	}
	for i, text := range texts {
		v, _, err := waiter.Read()
		if err != nil || v.Kind != client.Push || v.Elems[2].Text != text {
			t.Fatalf("message %d: %.60s, %v", i, v, err)
		}
		if v, _, err = other.Read(); err != nil || v.Text != "1" {
			t.Fatalf("PUBLISH %d: %v, %v", i, v, err)
		}
	}
	if v, err := other.Do("RPUSH", "queue", "element"); err != nil || v.IsError() {
		t.Fatal(v, err)
	}
	if v, _, err := waiter.Read(); err != nil || len(v.Elems) != 2 || v.Elems[1].Text != "element" {
		t.Errorf("BLPOP: %v, %v", v, err)
	}
}
