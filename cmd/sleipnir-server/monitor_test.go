package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/sleipnirdb/sleipnir/internal/client"
	"github.com/sleipnirdb/sleipnir/internal/launch"
)

// TestMonitorAllLoops has connections on several loops send commands, and expects each command's line once, those of one connection in
// order, at a session that monitors on one loop.
func TestMonitorAllLoops(t *testing.T) {
	const conns, commands = 8, 50
	binary, err := launch.Build("cmd/sleipnir-server", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	srv, err := launch.Start(launch.Options{Binary: binary, Dir: t.TempDir(), Args: []string{"--io-threads", "4", "--rename-command", "EXEC", "RUN"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := srv.Stop(); err != nil {
			t.Error(err)
		}
	}()
	monitor := dial(t, srv)
	if v, err := monitor.Do("MONITOR"); err != nil || v.Text != "OK" {
		t.Fatal(v, err)
	}
	var senders sync.WaitGroup
	for i := range conns {
		c := dial(t, srv)
		senders.Go(func() {
			for j := range commands {
				if v, err := c.Do("SET", fmt.Sprint("key", i), fmt.Sprint(j)); err != nil || v.Text != "OK" {
					t.Errorf("connection %d: %v, %v", i, v, err)
				}
			}
		})
	}
	next := make(map[int]int)
	for range conns * commands {
		v, _, err := monitor.Read()
		if err != nil {
			t.Fatal(err)
		}
		var at, addr string
		var i, j int
		if n, err := fmt.Sscanf(v.Text, `%s [0 %s "SET" "key%d" "%d"`, &at, &addr, &i, &j); n != 4 {
			t.Fatalf("%q: %v", v.Text, err)
		}
		if next[i] != j {
			t.Fatalf("connection %d: command %d, want %d", i, j, next[i])
		}
		next[i]++
	}
	senders.Wait()
	testRenamedExec(t, dial(t, srv))
}

// testRenamedExec runs a transaction by the name that EXEC was given.
func testRenamedExec(t *testing.T, c *client.Conn) {
	t.Helper()
	for _, step := range []struct{ send, want string }{
		{"MULTI", "+OK"},
		{"SET key 1", "+QUEUED"},
		{"INCR key", "+QUEUED"},
		{"EXEC", "-ERR unknown command 'EXEC', with args beginning with: "},
		{"DISCARD", "+OK"},
		{"MULTI", "+OK"},
		{"SET key 1", "+QUEUED"},
		{"INCR key", "+QUEUED"},
		{"RUN", "[+OK :2]"},
		{"MULTI", "+OK"},
		{"RUN too many", "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command"},
		{"GET key", `"2"`},
	} {
		v, err := c.Do(strings.Fields(step.send)...)
		if err != nil || v.String() != step.want {
			t.Errorf("%s: %v %v, want %s", step.send, v, err, step.want)
		}
	}
}

func dial(t *testing.T, srv *launch.Server) *client.Conn {
	t.Helper()
	c, err := srv.Dial(waitLimit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}
