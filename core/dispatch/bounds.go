package dispatch

import (
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/net/loop"
)

// unlimitedOutput is how much of a session's output no limit counts: Valkey has
// a buffer of this size for each client, and limits what doesn't fit in.
const unlimitedOutput = 16 << 10

// checkOutput ends a connection whose unread replies pass its class's
// client-output-buffer-limit: at once over the hard one, after some seconds
// over the soft one. On the session's loop.
func (x *Executor) checkOutput(s *session.Session, c *loop.Conn, pending int) {
	class, state := config.ClassNormal, &s.State
	if s.Lent {
		state = &s.Last.State
	}
	if *state&session.Subscribed != 0 {
		class = config.ClassPubsub
	}
	limit, size := &x.output[class], uint64(max(pending-unlimitedOutput, 0)) // #nosec G115 -- a length
	if limit.Hard != 0 && size >= limit.Hard {
		x.Stats.OutputLimited++
		c.Abort(errOutputLimit)
		return
	}
	if limit.Soft == 0 || size < limit.Soft {
		s.OverSinceMs = 0
		return
	}
	if s.OverSinceMs == 0 {
		s.OverSinceMs = x.now
	}
	if x.now-s.OverSinceMs > limit.Seconds*1000 {
		x.Stats.OutputLimited++
		c.Abort(errOutputLimit)
	}
}

// patrolMs is how often a loop looks at all of its connections.
const patrolMs = 1000

// patrol ends connections that were idle for too long, or left their replies
// unread for too long. It returns in how many milliseconds it wants to run
// again (-1: no wish).
func (x *Executor) patrol() int {
	if x.idleMs == 0 && !x.outputLimited {
		return -1
	}
	if left := x.patrolledMs + patrolMs - x.now; left > 0 && left <= patrolMs {
		return int(left)
	}
	x.patrolledMs = x.now
	x.Sessions(func(s *session.Session) {
		if s.Lent {
			return
		}
		if x.outputLimited && !s.Conn.Parked() {
			x.checkOutput(s, s.Conn, s.Conn.OutPending())
		}
		if x.idleMs != 0 && x.now-s.ActiveMs > x.idleMs && !s.Blocked() && s.State&(session.Subscribed|session.Monitoring) == 0 {
			s.Conn.Abort(errIdle)
			s.Conn.Resume()
		}
	})
	if len(x.loop.Conns()) == 0 {
		return -1
	}
	return patrolMs
}
