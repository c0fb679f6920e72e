package aof

import (
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/internal/vfs"
)

// TestCutsBeforeTheWriterTurns makes a second cut while a sync takes its time, so that the writer hasn't come to the first one: what was written
// between them is in the first one's file, for a crash before the second base is complete.
func TestCutsBeforeTheWriterTurns(t *testing.T) {
	mem := vfs.NewMemory()
	begun, goOn := make(chan struct{}), make(chan struct{})
	stalled := false
	x := &vfs.Faulty{FS: mem, Decide: func(_ int, c vfs.Call) vfs.Fault {
		if c.Op != vfs.OpSync || !strings.HasSuffix(c.Name, ".1.incr.aof") || stalled {
			return vfs.Fault{}
		}
		stalled = true
		return vfs.Fault{Stall: func() { close(begun); <-goOn }}
	}}
	b := newBed(t, x, "appendfsync always")
	b.write("first", "v")
	<-begun
	b.rewrite()
	b.write("between", "v")
	inBase, finish := make(chan struct{}), make(chan struct{})
	b.during = func() { close(inBase); <-finish }
	if b.log.Rewrite(false) != Started {
		t.Fatal("the second rewrite doesn't start")
	}
	<-inBase
	p := b.write("last", "v")
	close(goOn)
	b.wait("the sync", func() bool { return b.durable.Load() >= uint64(p) })
	want := b.data()
	left := b.crash()
	close(finish)
	after := newBed(t, left)
	sameData(t, "after a crash", after.keys, want)
	after.stop()
}
