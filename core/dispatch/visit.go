package dispatch

import (
	"slices"

	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/core/stats"
	"github.com/sleipnirdb/sleipnir/net/loop"
)

// visit is a function on its way to a loop.
type visit struct {
	post loop.Post
	f    func(x *Executor)
	done chan struct{}
}

func visited(l *loop.Loop, arg any) {
	v := arg.(*visit)
	v.f(l.Data.(*Executor))
	close(v.done)
}

// OnLoop runs f on a loop, or on the one that took its place, and waits until
// it has run. Once all loops have ended it does nothing. The caller is an
// ordinary goroutine.
func (d *Dispatcher) OnLoop(l *loop.Loop, f func(x *Executor)) {
	v := &visit{f: f, done: make(chan struct{})}
	v.post.Fn, v.post.Arg = visited, v
	if l.Post(&v.post) {
		<-v.done
	}
}

// EachLoop runs f on every loop, those included that still give their connections
// away, one after the other. The caller is an ordinary goroutine.
func (d *Dispatcher) EachLoop(f func(x *Executor)) {
	var done []*Executor // what comes for a loop that has ended meanwhile goes to another one
	for _, l := range d.Loops.Living() {
		d.OnLoop(l, func(x *Executor) {
			if !slices.Contains(done, x) {
				done = append(done, x)
				f(x)
			}
		})
	}
}

// cutTries is how often Cut tries to get every lease on a loop.
const cutTries = 16

// Cut runs f while every lease is held. It runs on a loop if all leases are free at one of several moments: the system may keep a goroutine from running
// for long while it holds them. The caller is an ordinary goroutine.
func (d *Dispatcher) Cut(f func()) {
	var all partition.Mask
	all.Fill(d.Set.Len())
	done := false
	for try := 0; try < cutTries && !done; try++ {
		loops := d.Loops.Loops()
		d.OnLoop(loops[try%len(loops)], func(x *Executor) {
			if x.takeMask(&all, none) == none {
				f()
				x.giveBackMask(&all, none)
				done = true
			}
		})
	}
	if !done {
		d.ExclusiveAll(func(*Executor) { f() })
	}
}

// EachSession visits every session once on its loop, one after the other. The
// caller is an ordinary goroutine.
func (d *Dispatcher) EachSession(f func(x *Executor, s *session.Session)) {
	seen := make(map[*session.Session]struct{}, d.Loops.Conns())
	for {
		begun, underWay := d.Loops.Moves()
		d.EachLoop(func(x *Executor) {
			x.Sessions(func(s *session.Session) {
				if _, was := seen[s]; !was {
					seen[s] = struct{}{}
					f(x, s)
				}
			})
		})
		if now, _ := d.Loops.Moves(); now == begun && !underWay {
			return
		}
		// Some have changed loops, and may have passed by.
	}
}

// Stats adds up all counters. The caller is an ordinary goroutine.
func (d *Dispatcher) Stats() *stats.Local {
	total := stats.New(len(d.Table.Rows()))
	d.EachLoop(func(x *Executor) { x.Stats.AddTo(total) })
	d.offLoop.addTo(total)
	return total
}

// Changes returns the changes of the data since the start. The caller is an
// ordinary goroutine.
func (d *Dispatcher) Changes() int64 {
	n := d.offLoop.changes()
	d.EachLoop(func(x *Executor) { n += x.Stats.Changes })
	return n
}

// ResetStats sets all counters but Changes to zero. The caller is an ordinary
// goroutine.
func (d *Dispatcher) ResetStats() {
	d.EachLoop(func(x *Executor) { resetStats(x.Stats) })
	d.offLoop.reset()
}

func resetStats(l *stats.Local) {
	keep := l.Changes
	l.Reset()
	l.Changes = keep
}

// Kill ends the connection of a session of this loop, which is not the one that
// asks for it.
func (x *Executor) Kill(s *session.Session) { x.end(s, errKilled) }

// end ends the connection of a session of this loop that isn't being served.
func (x *Executor) end(s *session.Session, why error) {
	c := s.Conn
	home := !s.Lent && x.endWait(s)
	if home {
		x.unblock(s)
		delete(x.paused, s)
	}
	c.Abort(why)
	if home {
		c.Resume()
	}
}
