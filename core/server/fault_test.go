package server

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/sleipnirdb/sleipnir/internal/client"
	"github.com/sleipnirdb/sleipnir/internal/vfs"
)

// faultWait bounds each wait.
const faultWait = 20 * time.Second

// onDisk starts a server whose files are in x. It has loaded its data.
func onDisk(t *testing.T, x vfs.FS, directives ...string) (*Server, *client.Conn) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	s := testServer(t, append([]string{"port", "0", "unixsocket", path, "save", ""}, directives...)...)
	s.FS = x
	s.aof = s.newAppendOnly()
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if err := s.loadData(); err != nil {
		t.Fatal(err)
	}
	c, err := client.Dial("unix", path, faultWait)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return s, c
}

// newDisk is a file system in memory with the working directory, where the snapshot goes.
func newDisk(t *testing.T) *vfs.Memory {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	m := vfs.NewMemory()
	if err := m.MkdirAll(here, 0o700); err != nil {
		t.Fatal(err)
	}
	return m
}

// reply is what a command answers, as text.
func reply(t *testing.T, c *client.Conn, words ...string) string {
	t.Helper()
	v, err := c.Do(words...)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(v.Format())
}

// until asks until the answer has a text in it.
func until(t *testing.T, c *client.Conn, want string, words ...string) {
	t.Helper()
	last := ""
	for end := time.Now().Add(faultWait); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if last = reply(t, c, words...); strings.Contains(last, want) {
			return
		}
	}
	t.Fatalf("%v: %s, want %s", words, last, want)
}

// TestFullDisk fills the disk under the append-only file: writes are refused, reads are not, and when there is room again all goes on, with nothing
// lost that was taken.
func TestFullDisk(t *testing.T) {
	var full atomic.Bool
	disk := newDisk(t)
	x := &vfs.Faulty{FS: disk, Decide: func(_ int, c vfs.Call) vfs.Fault {
		if full.Load() && c.Op == vfs.OpWrite {
			return vfs.Fault{Err: syscall.ENOSPC, Written: c.Bytes / 2}
		}
		return vfs.Fault{}
	}}
	_, c := onDisk(t, x, "appendonly", "yes")
	taken := 0
	set := func() string {
		r := reply(t, c, "SET", fmt.Sprint(taken), "v")
		if r == "OK" {
			taken++
		}
		return r
	}
	for range 20 {
		set()
	}
	full.Store(true)
	for end := time.Now().Add(faultWait); ; time.Sleep(time.Millisecond) {
		if r := set(); r == "(error) MISCONF Errors writing to the AOF file: No space left on device" {
			break
		} else if time.Now().After(end) {
			t.Fatalf("writes aren't refused: %s", r)
		}
	}
	if got := reply(t, c, "GET", "0"); !strings.Contains(got, "v") {
		t.Errorf("a read: %s", got)
	}
	until(t, c, "aof_last_write_status:err", "INFO", "persistence")
	full.Store(false)
	until(t, c, "aof_last_write_status:ok", "INFO", "persistence")
	for end := time.Now().Add(faultWait); set() != "OK"; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("writes are still refused")
		}
	}
	if got := reply(t, c, "WAITAOF", "1", "0", "0"); !strings.Contains(got, "1") {
		t.Errorf("WAITAOF: %s", got)
	}
	_, c = onDisk(t, disk.PowerCut(nil), "appendonly", "yes")
	if got := reply(t, c, "DBSIZE"); !strings.Contains(got, fmt.Sprint(taken)) {
		t.Errorf("%s keys came back, %d were taken", got, taken)
	}
}

// TestStalledDisk stops the disk: nobody waits for it, but who asked to.
func TestStalledDisk(t *testing.T) {
	goOn := make(chan struct{})
	release := sync.OnceFunc(func() { close(goOn) })
	defer release()
	var stalled atomic.Bool
	disk := newDisk(t)
	x := &vfs.Faulty{FS: disk, Decide: func(_ int, c vfs.Call) vfs.Fault {
		if stalled.Load() && (c.Op == vfs.OpWrite || c.Op == vfs.OpSync) {
			return vfs.Fault{Stall: func() { <-goOn }}
		}
		return vfs.Fault{}
	}}
	_, c := onDisk(t, x, "appendonly", "yes")
	stalled.Store(true)
	for i := range 1000 {
		if got := reply(t, c, "SET", fmt.Sprint(i), "v"); got != "OK" {
			t.Fatalf("a write: %s", got)
		}
		if got := reply(t, c, "GET", fmt.Sprint(i)); !strings.Contains(got, "v") {
			t.Fatalf("a read: %s", got)
		}
	}
	stalled.Store(false)
	release()
	if got := reply(t, c, "WAITAOF", "1", "0", "0"); !strings.Contains(got, "1") {
		t.Errorf("WAITAOF: %s", got)
	}
	_, c = onDisk(t, disk.PowerCut(nil), "appendonly", "yes")
	if got := reply(t, c, "DBSIZE"); !strings.Contains(got, "1000") {
		t.Errorf("%s keys came back", got)
	}
}

// TestSaveFaults has each call of SAVE and BGSAVE fail in turn. The file of before stays, and the next save goes well.
func TestSaveFaults(t *testing.T) {
	for _, fault := range []vfs.Fault{{Err: syscall.ENOSPC}, {Err: syscall.ENOSPC, Written: 5}, {Err: syscall.EIO}} {
		var armed atomic.Int64 // the call that fails, counted down to 1
		disk := newDisk(t)
		x := &vfs.Faulty{FS: disk, Decide: func(int, vfs.Call) vfs.Fault {
			if armed.Add(-1) == 0 {
				return fault
			}
			return vfs.Fault{}
		}}
		_, c := onDisk(t, x)
		for n := int64(1); ; n++ {
			reply(t, c, "SET", fmt.Sprint(n), "v")
			armed.Store(n)
			if n%2 == 0 {
				reply(t, c, "BGSAVE")
				until(t, c, "rdb_bgsave_in_progress:0", "INFO", "persistence")
			} else {
				reply(t, c, "SAVE")
			}
			if armed.Load() > 0 { // it needed fewer calls
				break
			}
			if n%2 == 0 {
				until(t, c, "rdb_last_bgsave_status:err", "INFO", "persistence")
			}
			if got := reply(t, c, "SAVE"); got != "OK" {
				t.Fatalf("%v at call %d: the next SAVE: %s", fault, n, got)
			}
			until(t, c, "rdb_last_bgsave_status:ok", "INFO", "persistence")
		}
		want := reply(t, c, "DBSIZE")
		_, c = onDisk(t, disk.PowerCut(rand.New(rand.NewPCG(1, 2))))
		if got := reply(t, c, "DBSIZE"); got != want {
			t.Errorf("%v: %s keys came back, want %s", fault, got, want)
		}
	}
}
