package dispatch

import (
	"math"

	"github.com/sleipnirdb/sleipnir/core/journal"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/net/loop"
)

// Replies that wait for the disk (appendfsync always).
//
// What a reply tells of must be on disk before it goes out: the client's own write, and what it has read of others' writes. So each partition
// remembers the journal's position behind the last write to it, and a session, in Needs, the largest such position of the partitions that its
// commands ran over: that covers both. When the output goes back to the connection, on the session's loop, it is held there for that position
// (loop.Conn.Hold), and the loop goes on with other requests. Durable says how far the disk is, and has the loops that hold something let go of it: so one
// fsync serves all who wait. A read of a partition that nobody has written to since the last fsync isn't held.
//
// No wake-up is lost: a loop enters itself in the list of those that hold before it looks at durable for the last time, and Durable stores
// before it takes the list.

// SetAlways says whether replies wait for the disk. When it is switched off those that wait are sent. Any goroutine.
func (d *Dispatcher) SetAlways(on bool) {
	d.always.Store(on)
	d.tellHolders()
}

// Durable tells that everything up to p is on disk, so that the replies that waited for it are sent. p never falls. One goroutine.
func (d *Dispatcher) Durable(p journal.Position) {
	d.durable.Store(uint64(p))
	d.tellHolders()
}

// sendable is the position up to which replies may be sent.
func (d *Dispatcher) sendable() uint64 {
	if !d.always.Load() {
		return math.MaxUint64
	}
	return d.durable.Load()
}

// tellHolders has each loop that holds output look at sendable.
func (d *Dispatcher) tellHolders() {
	for x := d.holders.Swap(nil); x != nil; {
		next := x.nextHolder // x is free to enter itself again once it has the post
		x.loop.Post(&x.released)
		x = next
	}
}

// written notes the position behind what was just done in partition p, or in those of mask for none.
func (x *Executor) written(at journal.Position, p int, mask *partition.Mask) {
	if p != none {
		x.d.Set.Space(p).SetWritten(at)
		return
	}
	for q := mask.Next(0); q >= 0; q = mask.Next(q + 1) {
		x.d.Set.Space(q).SetWritten(at)
	}
}

// hangsOn returns the position that a reply hangs on that tells of partition p, or of those of mask for none; 0 if replies don't wait.
func (x *Executor) hangsOn(p int, mask *partition.Mask) journal.Position {
	if !x.d.always.Load() {
		return 0
	}
	if p != none {
		return x.d.Set.Space(p).Written()
	}
	at := journal.Position(0)
	for q := mask.Next(0); q >= 0; q = mask.Next(q + 1) {
		at = max(at, x.d.Set.Space(q).Written())
	}
	return at
}

// handBack gives the connection its output, and holds it if it has to wait. On the session's loop.
func (x *Executor) handBack(s *session.Session, c *loop.Conn) {
	c.Out, s.W.B = s.W.B, nil
	if s.Needs != 0 {
		x.hold(s, c)
	}
}

func (x *Executor) hold(s *session.Session, c *loop.Conn) {
	needs := uint64(s.Needs)
	s.Needs = 0
	if needs <= x.d.sendable() {
		return
	}
	c.Hold(needs)
	x.enlist()
}

// enlist has Durable tell this loop, which holds output.
func (x *Executor) enlist() {
	if x.enlisted {
		return
	}
	x.enlisted = true
	for {
		x.nextHolder = x.d.holders.Load()
		if x.d.holders.CompareAndSwap(x.nextHolder, x) {
			break
		}
	}
	x.loop.Release(x.d.sendable())
}

// released sends what may be sent by now. On a loop, mostly that of the executor which asked for it.
func released(l *loop.Loop, arg any) {
	x := l.Data.(*Executor)
	if arg == x {
		x.enlisted = false
	}
	if l.Release(x.d.sendable()) > 0 {
		x.enlist()
	}
}
