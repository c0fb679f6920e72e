package dispatch

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/core/tracking"
	"github.com/sleipnirdb/sleipnir/internal/crc"
	"github.com/sleipnirdb/sleipnir/net/loop"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

// Client-side caching (core/tracking has the order of things, and why it is that).
//
// Around each command of a session that tracks: before it runs, with its leases held, the invalidations that have come are written, and the
// partitions are told who is at work, for NOLOOP; after it, before the leases go, what it has read is remembered. Commands that are run
// within another one, by EXEC or a script, are remembered by themselves (remember is their seam), and the rest is around the whole.

// attended are the states in which something is to be done around a command.
const attended = session.NoTouch | session.Tracking | session.TrackingEnded

// attend readies what the states ask for. The leases are held: of p, or for none of x.holding.
func (x *Executor) attend(s *session.Session, p int) {
	if s.State&session.NoTouch != 0 {
		x.noTouch(p, true)
	}
	s.State &^= session.TrackingEnded
	if s.State&session.Tracking == 0 {
		return
	}
	if p != none || x.holding.Next(0) >= 0 { // else it was done before, and this may be CLIENT REPLY
		x.hear(s)
	}
	if s.State&session.TrackingNoLoop != 0 {
		x.setSelf(p, s.ID)
	}
}

// hear writes the invalidations that have come. Without replies there is no order to keep, and the loop does it.
func (x *Executor) hear(s *session.Session) {
	if s.State&(session.ReplyOff|session.ReplySkip) == 0 {
		s.TakeFeed(&s.W)
	}
}

// attended undoes that, and remembers what cmd has read.
func (x *Executor) attended(s *session.Session, cmd *command.Command, args [][]byte, p int) {
	if s.State&session.NoTouch != 0 {
		x.noTouch(p, false)
	}
	if s.State&(session.Tracking|session.TrackingEnded) == 0 {
		return
	}
	x.setSelf(p, 0)
	x.remember(s, cmd, args)
	if s.State&(session.TrackingCaching|session.InMulti) == session.TrackingCaching && cmd.Container == nil && !s.Blocked() {
		s.State &^= session.TrackingCaching // CLIENT leaves it for the next command
	}
}

// setSelf says whose changes are not for himself.
func (x *Executor) setSelf(p int, id uint64) {
	if p != none {
		x.d.Tracking.Table(p).SetSelf(id)
		return
	}
	for q := x.holding.Next(0); q >= 0; q = x.holding.Next(q + 1) {
		x.d.Tracking.Table(q).SetSelf(id)
	}
}

// remembers reports whether the reads of a session in this state are remembered.
func remembers(state session.State) bool {
	switch state & (session.Tracking | session.TrackingBroadcast) {
	case session.Tracking:
		given := state&session.TrackingCaching != 0
		return (given || state&session.TrackingOptIn == 0) && !(given && state&session.TrackingOptOut != 0)
	default:
		return false
	}
}

// remember notes the keys that a command has read for a session that tracks. Their leases are held.
func (x *Executor) remember(s *session.Session, cmd *command.Command, args [][]byte) {
	if cmd.Flags&(command.ReadOnly|command.PubSub|command.RunsScript) != command.ReadOnly || !remembers(s.State) {
		return
	}
	feed := s.Feed.Load()
	if cmd.OneKey > 0 {
		x.rememberKey(feed, args[cmd.OneKey])
		return
	}
	keys, err := cmd.AppendKeys(args, x.keys[:0])
	if err != nil {
		return
	}
	x.keys = keys
	for _, k := range keys {
		x.rememberKey(feed, args[k.Pos])
	}
}

func (x *Executor) rememberKey(feed *tracking.Feed, key []byte) {
	p := x.d.Set.Of(crc.Slot(key))
	x.d.Tracking.Table(p).Remember(feed, key)
	x.d.Set.Space(p).SetFollow(keyspace.FollowModified)
}

// listen enters the prefixes of a session in the loop's book.
func (x *Executor) listen(s *session.Session) {
	x.Listeners.Drop(s)
	if f := s.Feed.Load(); f != nil {
		x.Listeners.Add(s, f)
	}
}

// listenAgain is listen for a session that comes from another loop: what was broadcast meanwhile has missed it.
func (x *Executor) listenAgain(s *session.Session) {
	f := s.Feed.Load()
	if f == nil || s.State&session.TrackingBroadcast == 0 {
		return
	}
	x.listen(s)
	f.Distrust()
}

// close ends a connection after its last reply. Who redirects to it finds it gone by then.
func (x *Executor) close(s *session.Session, c *loop.Conn) {
	x.closeFeed(s)
	c.CloseAfterFlush()
}

// closeFeed ends what a session tracks. On its loop.
func (x *Executor) closeFeed(s *session.Session) {
	f := s.Feed.Load()
	if f == nil {
		return
	}
	x.d.Tracking.Stop(f)
	f.Close()
	x.Listeners.Drop(s)
}

// EvictTracked brings the tables of tracking back to so many keys, as far as a slice of work goes. On a loop, which holds no lease. It reports whether
// there is more to do.
func (x *Executor) EvictTracked(limit int64) (more bool) {
	t := x.d.Tracking
	keys, _ := t.Keys()
	if limit == 0 || keys <= limit {
		return false
	}
	for i := range t.Tables() {
		p := (int(uint(x.ticks)%uint(t.Tables())) + i) % t.Tables() // #nosec G115 -- below the number of tables
		if t.Table(p).Used() == 0 {
			continue
		}
		x.TryWith(p, func(*partition.Set) {
			keys -= int64(t.Table(p).Evict(int(min(keys-limit, evictTracked))))
		})
		if keys <= limit {
			return false
		}
	}
	return true
}

// evictTracked is how many keys of a partition are forgotten in one go.
const evictTracked = 256

// attendWaiting is attend for a claimed waiter's command: its reply will stand behind the invalidations that have come, and before those that come. The
// leases are held: of p, or for none of x.holding. It reports whether attendedWaiting is to be called.
func (x *Executor) attendWaiting(s *session.Session, p int) bool {
	if s.State&session.Tracking == 0 {
		return false
	}
	s.Feed.Load().Mark()
	if s.State&session.TrackingNoLoop != 0 {
		x.setSelf(p, s.ID)
	}
	return true
}

// attendedWaiting undoes that, and remembers what was read.
func (x *Executor) attendedWaiting(o *op, p int) {
	x.setSelf(p, 0)
	x.remember(o.s, o.cmd, o.args)
}

// appendAround appends a reply that somebody else has made, and the invalidations before and behind it.
func appendAround(s *session.Session, reply []byte) {
	w := resp.Writer{B: s.W.B, Resp3: s.W.Resp3}
	s.TakeFeedAround(&w, reply)
	s.W.B = w.B
}
