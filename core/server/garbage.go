package server

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

// garbage says where flushed keys and large collections wait to be freed, so that nobody has to look
// while there are none.
type garbage struct {
	waiting atomic.Int64  // partitions with garbage
	marks   []atomic.Bool // by partition
	pending atomic.Int64  // keys flushed and not freed, roughly: for INFO
	freed   atomic.Int64  // keys freed in the background

	disposals sync.WaitGroup // under way
}

func (g *garbage) init(partitions int) { g.marks = make([]atomic.Bool, partitions) }

func (g *garbage) mark(p int) {
	if !g.marks[p].Swap(true) {
		g.waiting.Add(1)
	}
}

// add tells of one large collection of partition p that waits to be freed.
func (g *garbage) add(p int) {
	g.pending.Add(1)
	g.mark(p)
}

// free gives slices of time to the partitions with garbage. On a loop, once a
// tick. It returns in how many ms it wants to run again.
func (g *garbage) free(x *dispatch.Executor) int {
	if g.waiting.Load() == 0 {
		return -1
	}
	next := -1
	for p := range g.marks {
		if !g.marks[p].Load() {
			continue
		}
		free := x.TryWith(p, func(set *partition.Set) {
			space := set.Space(p)
			before := space.Garbage()
			more := space.FreeSlice(int64(freeSlice))
			g.account(before - space.Garbage())
			// Only the lease's holder takes a mark away, so none is lost.
			if !more && g.marks[p].Swap(false) {
				g.waiting.Add(-1)
			}
		})
		if next = 1; free {
			break // one slice a tick: commands come first
		}
	}
	return next
}

func (g *garbage) account(keys int) {
	g.pending.Add(-int64(keys))
	g.freed.Add(int64(keys))
}

// disposeChunks is how much memory one step gives back, in chunks of 64 KiB.
const disposeChunks = 16

// dispose gives an arena that nobody knows any more back to the system, in the background; nil is none.
func (s *Server) dispose(old *arena.Arena) {
	if old == nil {
		return
	}
	s.garbage.disposals.Go(func() {
		defer s.rescue()
		for old.Dispose(disposeChunks) {
			runtime.Gosched()
		}
	})
}

// dispose gives whole arenas back to the system, on an ordinary goroutine.
func (g *garbage) dispose(old []*keyspace.Detached, keys int) {
	for _, o := range old {
		for o.Dispose(disposeChunks) {
			runtime.Gosched()
		}
	}
	g.account(keys)
}
