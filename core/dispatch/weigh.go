package dispatch

import "github.com/sleipnirdb/sleipnir/core/session"

// What clients take outside the arenas (unread input, unsent output, queued
// transactions) counts as used memory. A loop looks at its sessions a few at a
// time, so that many of them cost no more per tick than few, and goes around
// once more for as long as its connections read or write. The sum is of one
// atomic, to which loops add what has changed.

const (
	// weighEveryMs is how often a loop looks at some of its sessions.
	weighEveryMs = 10
	// weighRun is at how many it looks then.
	weighRun = 256
	// SessionBytes is about what a session takes beside its buffers.
	SessionBytes = 1024
)

// weighing is a loop's way around its sessions. Loop only.
type weighing struct {
	next   int // in the list of connections; one that moves up is seen the next time
	nextMs int64
	// traffic is the count of reads and writes when this way around began.
	traffic uint64
}

// Weight returns what a session takes outside the arenas. Of one that is lent
// it leaves out what its borrower holds. On the session's loop.
func Weight(s *session.Session) int64 {
	n := s.Conn.MemoryBytes() + SessionBytes
	if !s.Lent {
		n += s.Multi.Bytes + s.Subs.Bytes + s.Watch.Bytes
	}
	return int64(n)
}

// ClientBytes is what all clients take, as of some milliseconds ago. Any
// goroutine.
func (d *Dispatcher) ClientBytes() int64 { return d.clientBytes.Load() }

// weigh looks at some sessions, and returns in how many ms it wants to go on
// (-1: no wish).
func (x *Executor) weigh() int {
	w := &x.weighing
	if len(x.loop.Conns()) == 0 {
		return -1
	}
	f := x.loop.Figures()
	traffic := f.Reads + f.Writes
	if w.next == 0 && w.traffic == traffic {
		return -1
	}
	if left := w.nextMs - x.now; left > 0 && left <= weighEveryMs {
		return int(left)
	}
	w.nextMs = x.now + weighEveryMs
	if w.next == 0 {
		w.traffic = traffic
	}
	conns, changed := x.loop.Conns(), int64(0)
	end := min(w.next+weighRun, len(conns))
	for ; w.next < end; w.next++ {
		s, _ := conns[w.next].Data.(*session.Session)
		if s == nil || s.Lent {
			continue
		}
		now := Weight(s)
		changed += now - s.Weighed
		s.Weighed = now
	}
	if w.next >= len(conns) {
		w.next = 0
	}
	if changed != 0 {
		x.d.clientBytes.Add(changed)
	}
	if x.clientLimit != 0 && x.d.ClientBytes() >= x.clientLimit {
		x.d.evictClients(x.clientLimit)
	}
	return weighEveryMs
}

// forgetWeight takes a session out of the sum: it is gone.
func (d *Dispatcher) forgetWeight(s *session.Session) {
	d.clientBytes.Add(-s.Weighed)
	s.Weighed = 0
}
