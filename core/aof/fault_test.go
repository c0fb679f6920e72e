package aof

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/sleipnirdb/sleipnir/core/journal"
	"github.com/sleipnirdb/sleipnir/internal/vfs"
)

// The fault matrix: one life of a server is lived again and again, and each time another call to the file system fails in one of these ways.
var faults = []struct {
	name string
	vfs.Fault
	cut bool // the power goes, at the call
}{
	{name: "ENOSPC", Fault: vfs.Fault{Err: syscall.ENOSPC}},
	{name: "short write", Fault: vfs.Fault{Err: syscall.ENOSPC, Written: 7}},
	{name: "EIO", Fault: vfs.Fault{Err: syscall.EIO}},
	{name: "power cut", Fault: vfs.Fault{Err: syscall.EIO, Written: 7}, cut: true},
}

// place is a call: the so-many-th of its kind on a file.
type place struct {
	call  string
	times int
}

// trial is one life.
type trial struct {
	*bed
	mem    *vfs.Memory
	random *rand.Rand

	mu    sync.Mutex // guards what follows
	seen  map[string]int
	after *vfs.Memory // of the power cut
	must  int         // writes that must be in it

	sent  []journal.Position // of each write
	acked atomic.Int64       // writes that are known to be on disk
}

// newTrial prepares a life in which the call at a place fails; nothing fails at the zero place.
func newTrial(t *testing.T, policy string, at place, fault int, seed uint64) *trial {
	r := &trial{mem: vfs.NewMemory(), seen: make(map[string]int), random: rand.New(rand.NewPCG(seed, 4))}
	x := &vfs.Faulty{FS: r.mem, Decide: func(_ int, c vfs.Call) vfs.Fault {
		if !c.Op.Changes() {
			return vfs.Fault{}
		}
		call := fmt.Sprintf("%s %s", c.Op, c.Name)
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.seen[call]++; at != (place{call, r.seen[call]}) {
			return vfs.Fault{}
		}
		f := faults[fault]
		if f.cut && r.after == nil {
			r.must = int(r.acked.Load())
			r.after = r.mem.PowerCut(r.random)
		}
		return f.Fault
	}}
	r.bed = tryBed(t, x, "appendfsync "+policy)
	return r
}

func (r *trial) isCut() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.after != nil
}

// isOver says whether the process is dead.
func (r *trial) isOver() bool { return r.died.Load() || r.isCut() }

// set makes the next write. Each is of a key of its own, so that what is lost shows.
func (r *trial) set() {
	r.leases.Lock()
	defer r.leases.Unlock()
	p := r.writeHeld(fmt.Sprintf("%04d", len(r.sent)), "v")
	r.sent = append(r.sent, p)
}

// written returns how many writes there were, and the position of the last one. A rewrite that nobody waits for any more may write, too.
func (r *trial) written() (count int, last journal.Position) {
	r.leases.Lock()
	defer r.leases.Unlock()
	count = len(r.sent)
	return count, r.sent[count-1]
}

// settled waits until all writes are on disk, or never will be.
func (r *trial) settled() {
	count, last := r.written()
	r.wait("the sync", func() bool { return r.isOver() || r.log.Durable() >= last })
	if !r.isOver() {
		r.acked.Store(int64(count))
	}
}

// live is the life: writes, a rewrite with writes in it, writes, another rewrite.
func (r *trial) live() error {
	if err := r.start(); err != nil {
		return err
	}
	r.during = func() { r.set() }
	for range 2 {
		for range 3 {
			r.set()
			r.settled()
		}
		r.set()
		r.set()
		r.log.Rewrite(false)
		r.wait("the rewrite", func() bool { return r.isOver() || !r.log.Status().IsRewriting })
	}
	if !r.isOver() {
		r.set()
		r.settled()
	}
	return nil
}

// places are the calls of a life in which nothing fails.
func places(t *testing.T, policy string) []place {
	r := newTrial(t, policy, place{}, 0, 1)
	if err := r.live(); err != nil {
		t.Fatal(err)
	}
	r.stop()
	var list []place
	for _, call := range slices.Sorted(maps.Keys(r.seen)) {
		for n := range r.seen[call] {
			list = append(list, place{call, n + 1})
		}
	}
	return list
}

// checkPrefix checks that the writes that came back are the first so many, and all that must be there.
func checkPrefix(t *testing.T, what string, keys map[string]string, must int) {
	t.Helper()
	for i := range len(keys) {
		if keys[fmt.Sprintf("%04d", i)] != "v" {
			t.Errorf("%s: of %d writes that came back the %dth is missing", what, len(keys), i)
			return
		}
	}
	if len(keys) < must {
		t.Errorf("%s: %d writes came back, %d were acknowledged", what, len(keys), must)
	}
}

// again starts a server on what a life left.
func again(t *testing.T, what string, x vfs.FS, must int) {
	t.Helper()
	b := tryBed(t, x)
	if err := b.start(); err != nil {
		t.Errorf("%s: it doesn't start again: %v", what, err)
		return
	}
	checkPrefix(t, what, b.keys, must)
	b.stop()
}

func TestFaults(t *testing.T) {
	for _, policy := range []string{"always", "everysec"} {
		list := places(t, policy)
		if len(list) < 40 {
			t.Fatalf("only %d calls", len(list))
		}
		for i, f := range faults {
			t.Run(policy+" "+f.name, func(t *testing.T) {
				for n, at := range list {
					if !f.cut && f.Written > 0 && !strings.HasPrefix(at.call, "write") {
						continue
					}
					tryFault(t, policy, at, i, uint64(n))
				}
			})
		}
	}
}

// tryFault lives a life with a fault, and judges what is left.
func tryFault(t *testing.T, policy string, at place, fault int, seed uint64) {
	t.Helper()
	what := fmt.Sprintf("%s at %s #%d, seed %d", faults[fault].name, at.call, at.times, seed)
	r := newTrial(t, policy, at, fault, seed)
	err := r.live()
	if err == nil && !r.isOver() { // if it can, it recovers
		r.wait(what+": the recovery", func() bool { return r.isOver() || r.log.Status().WriteError == nil })
		r.set()
		r.settled()
	}
	switch {
	case r.isCut():
		again(t, what, r.after, r.must)
		_ = r.log.Close(false)
		return
	case err != nil: // it didn't start
		again(t, what, r.mem.PowerCut(r.random), 0)
		return
	case r.died.Load():
		if policy != "always" {
			t.Errorf("%s: the process ended", what)
		}
		again(t, what, r.mem.PowerCut(r.random), int(r.acked.Load()))
		_ = r.log.Close(false)
		return
	}
	if at.times%2 == 0 {
		if err := r.log.Close(false); err != nil && !strings.HasPrefix(at.call, "close") {
			t.Errorf("%s: close: %v", what, err)
		}
	}
	count, _ := r.written()
	again(t, what, r.mem.PowerCut(r.random), count)
	_ = r.log.Close(false)
}
