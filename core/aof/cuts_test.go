package aof

import (
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/internal/vfs"
)

// TestRewritesBeforeTheWriterTurns has two rewrites end while a sync takes its time: what was written between them is in the first one's file.
func TestRewritesBeforeTheWriterTurns(t *testing.T) {
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
	b.rewrite()
	p := b.write("last", "v")
	close(goOn)
	b.wait("the sync", func() bool { return b.durable.Load() >= uint64(p) })
	want := b.data()
	after := newBed(t, b.crash())
	sameData(t, "after a crash", after.keys, want)
	after.stop()
}
