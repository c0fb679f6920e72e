package server

import (
	"sync/atomic"
	"time"

	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/snapshot"
	"github.com/sleipnirdb/sleipnir/internal/clock"
	"github.com/sleipnirdb/sleipnir/net/loop"
)

// walking is the loops' part in snapshots: they walk the data between requests. What an ordinary goroutine did under a lease, the system could put off
// for long, with everybody who wants the lease.
type walking struct {
	taker   *snapshot.Taker
	walkers [loop.MaxLoops]walker
}

// walker is a loop's. A slice of the walk is a post, which posts itself again: so the loop looks for requests between slices, and an idle one
// does nothing else.
type walker struct {
	*snapshot.Walker
	s      *Server
	post   loop.Post
	posted atomic.Bool // or running
	again  atomic.Bool // Stir came while it ran

	// Loop.
	inputs uint64 // of the loop, as of the last slice
	rested uint64 // clock ticks from which on a busy loop may walk again
}

const (
	// walkSlice is how long a slice takes, and walkRest how many times longer a loop that has requests does without one.
	walkSlice = 50_000
	walkRest  = 3
	// walkLater is how long a loop does without a slice after one met a script that takes long.
	walkLater = time.Millisecond
)

func (w *walking) init(s *Server) {
	w.taker = snapshot.New(s.Set, (*snapshotHost)(s), func() int64 { return s.snapshotBudget() })
	for i := range w.walkers {
		v := &w.walkers[i]
		v.Walker, v.s = w.taker.NewWalker(i), s
		v.post.Fn, v.post.Arg = walkOn, v
	}
}

// stir has every loop walk. Any thread.
func (w *walking) stir(loops []*loop.Loop) {
	for _, l := range loops {
		v := &w.walkers[l.Index]
		v.again.Store(true)
		v.start(l)
	}
}

func (v *walker) start(l *loop.Loop) {
	if !v.posted.Swap(true) && !l.Post(&v.post) {
		v.posted.Store(false)
	}
}

// walkOn does one slice.
func walkOn(l *loop.Loop, arg any) {
	v := arg.(*walker)
	v.again.Store(false)
	more, later := v.walk(l)
	v.posted.Store(false)
	switch {
	case later:
		time.AfterFunc(walkLater, func() { v.start(l) })
	case more || v.again.Load():
		v.start(l)
	}
}

// walk says whether there is more to do, and whether that has time.
func (v *walker) walk(l *loop.Loop) (more, later bool) {
	now := clock.Ticks()
	inputs := l.Figures().Inputs
	isBusy := inputs != v.inputs
	v.inputs = inputs
	if isBusy && int64(v.rested-now) > 0 { // #nosec G115 -- a difference
		return true, false
	}
	x, free := l.Data.(*dispatch.Executor), true
	more = v.Slice(walkSlice, func(p int, f func(*partition.Set)) bool {
		free = x.TryWith(p, f)
		return free
	})
	if !free && v.s.dispatcher.IsLong() {
		v.Skip()
		later = true // a script may have it for long
	}
	end := clock.Ticks()
	v.rested = end + walkRest*(end-now)
	return more, later
}

// snapshotHost is the server as snapshots see it.
type snapshotHost Server

// Cut runs f while every lease is held.
func (h *snapshotHost) Cut(f func()) { h.dispatcher.Cut(f) }

// Stir has the loops walk.
func (h *snapshotHost) Stir() { h.walking.stir(h.loops.Living()) }

// Loops returns how many loops there are.
func (h *snapshotHost) Loops() int { return len(h.loops.Loops()) }

// Release has commands that a snapshot put off try again.
func (h *snapshotHost) Release() { h.dispatcher.Release() }

// Walked says whether writes are told to a snapshot.
func (h *snapshotHost) Walked(on bool) { h.dispatcher.SetWalked(on) }

// KeyDelay is the directive rdb-key-save-delay.
func (h *snapshotHost) KeyDelay() time.Duration { return delayOf(h.Config.Int(config.RDBKeySaveDelay)) }

// Rescue reports a panic.
func (h *snapshotHost) Rescue() {
	if reason := recover(); reason != nil {
		(*Server)(h).crashed(nil, reason)
	}
}
