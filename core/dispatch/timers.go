package dispatch

import (
	"math"
	"time"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/net/loop"
)

// timers ends the waits that are due, and returns in how many milliseconds the
// next one is (-1: none).
func (x *Executor) timers() int {
	x.unpause()
	next := x.patrol()
	if len(x.asking) > 0 && x.endOver() > 0 {
		next = sooner(next, 1)
	}
	if len(x.blocked) > 0 && x.now >= x.dueMs {
		x.endDue()
	}
	if left := x.dueMs - x.now; len(x.blocked) > 0 && x.dueMs != math.MaxInt64 {
		next = sooner(next, int(max(1, min(left, maxTimerMs))))
	}
	if len(x.paused) > 0 && x.d.gate.Load()&(GateAllPaused|GateWritesPaused) != 0 {
		next = sooner(next, int(max(1, min(x.d.pausedUntilMs.Load()-x.now, maxTimerMs))))
	}
	return next
}

// block notes a session of this loop that waits.
func (x *Executor) block(s *session.Session) {
	if len(x.blocked) == 0 {
		x.dueMs = math.MaxInt64
	}
	x.blocked[s] = struct{}{}
	if s.Block.IsOver != nil {
		x.asking[s] = struct{}{}
	}
	if until := s.Block.UntilMs; until != 0 {
		x.dueMs = min(x.dueMs, until)
	}
	x.changed = true
}

// endOver ends the waits that say that they are over, and returns how many others there are.
func (x *Executor) endOver() int {
	for s := range x.asking {
		if _, waits := x.blocked[s]; !waits || s.Block.IsOver == nil {
			delete(x.asking, s)
			continue
		}
		if !s.Lent && s.Block.IsOver() {
			delete(x.asking, s)
			x.timeOut(s)
		}
	}
	return len(x.asking)
}

// endDue ends the waits whose time has come.
func (x *Executor) endDue() {
	due := int64(math.MaxInt64)
	for s := range x.blocked {
		switch until := s.Block.UntilMs; {
		case s.Lent || until == 0:
		case until > x.now || !x.endWait(s):
			due = min(due, until)
		default:
			x.timeOut(s)
		}
	}
	x.dueMs = due
}

// maxTimerMs bounds how long a loop sleeps for a timer; it then looks again.
const maxTimerMs = 60_000

// timeOut answers a wait that ran out of time, and that nobody can serve any
// more.
func (x *Executor) timeOut(s *session.Session) {
	delete(x.blocked, s)
	if w := s.Block.Waiter; w != nil {
		x.Stats.Ran(w.Owner.(*op).cmd.ID, 0)
	}
	s.Commands++
	reply := s.Block.Timeout
	cancel := s.Block.Cancel
	s.Block = session.Block{}
	if cancel != nil {
		cancel(s)
	}
	s.W.B, s.Conn.Out = s.Conn.Out, nil
	reply(s)
	s.Conn.Out, s.W.B = s.W.B, nil
	s.TakePushes()
	if s.Recheck {
		x.recheck(s)
	}
	s.Conn.Resume()
}

// unblock forgets a wait whose client goes away.
func (x *Executor) unblock(s *session.Session) {
	delete(x.blocked, s)
	if cancel := s.Block.Cancel; cancel != nil {
		cancel(s)
	}
	s.Block = session.Block{}
}

const errUnblocked command.Error = "UNBLOCKED client unblocked via CLIENT UNBLOCK"

// Unblock ends the wait of a session of this loop, as CLIENT UNBLOCK does, and
// reports whether it waited.
func (x *Executor) Unblock(s *session.Session, withError bool) bool {
	if s.Lent || !s.Blocked() || !x.endWait(s) {
		return false
	}
	if withError {
		w := s.Block.Waiter
		s.Block.Timeout = func(s *session.Session) {
			if w != nil {
				x.Stats.Commands[w.Owner.(*op).cmd.ID].Failed++
			}
			x.Stats.Failed(errUnblocked.Error())
			s.W.Error(errUnblocked.Error())
		}
	}
	x.timeOut(s)
	return true
}

// Pause holds back commands until the given unix time: all of them, or those
// that write. A later end and the stricter mode win, as in Valkey.
func (d *Dispatcher) Pause(untilMs int64, all bool) {
	d.pauseMu.Lock()
	defer d.pauseMu.Unlock()
	d.pausedUntilMs.Store(max(untilMs, d.pausedUntilMs.Load()))
	if all {
		d.SetGate(GateAllPaused, true)
	}
	d.SetGate(GateWritesPaused, true)
}

// settleEvery is how often AwaitWrites looks.
const settleEvery = time.Millisecond

// AwaitWrites waits until no command that writes is under way any more that had passed the gate before the caller closed it: on each
// loop the command that it was in has ended, and none waits for a lease or runs elsewhere. The caller is an
// ordinary goroutine and holds no lease.
func (d *Dispatcher) AwaitWrites() {
	for {
		writing := false
		d.EachSession(func(_ *Executor, s *session.Session) {
			writing = writing || s.Lent && writes(s)
		})
		if !writing {
			return
		}
		time.Sleep(settleEvery)
	}
}

// writes tells whether a lent session's command may write.
func writes(s *session.Session) bool {
	o, _ := s.Op.(*op)
	return o != nil && o.cmd != nil && o.cmd.Flags&(command.Write|command.MayReplicate|command.RunsQueue) != 0
}

// PauseLeft returns for how many ms CLIENT PAUSE still holds, 0 if it doesn't.
func (d *Dispatcher) PauseLeft(nowMs int64) int64 {
	if d.gate.Load()&(GateAllPaused|GateWritesPaused) == 0 {
		return 0
	}
	return max(d.pausedUntilMs.Load()-nowMs, 0)
}

// Unpause ends CLIENT PAUSE, and has every loop go on with what it held back.
func (d *Dispatcher) Unpause() {
	d.pauseMu.Lock()
	d.endPause()
	d.pauseMu.Unlock()
	d.Loops.Each(func(l *loop.Loop) { l.Data.(*Executor).unpause() })
}

// endPause opens the gate. The caller holds pauseMu.
func (d *Dispatcher) endPause() {
	d.SetGate(GateAllPaused|GateWritesPaused, false)
	d.pausedUntilMs.Store(0)
}

// unpause lets held-back sessions go on once the pause is over.
func (x *Executor) unpause() {
	d := x.d
	if d.gate.Load()&(GateAllPaused|GateWritesPaused) != 0 && x.now >= d.pausedUntilMs.Load() {
		d.pauseMu.Lock()
		if x.now >= d.pausedUntilMs.Load() { // nobody has paused again meanwhile
			d.endPause()
		}
		d.pauseMu.Unlock()
	}
	if x.pausedBy&^d.gate.Load() == 0 {
		return
	}
	x.pausedBy = 0
	for s := range x.paused {
		delete(x.paused, s)
		s.Conn.Resume()
	}
}

// journalFull holds back commands that write while the journal's readers are too far behind.
func (d *Dispatcher) journalFull(full bool) { d.SetGate(GateJournalFull, full) }

// journalDrained lets them go on when the readers have caught up.
func (d *Dispatcher) journalDrained() {
	d.Loops.Each(func(l *loop.Loop) { l.Data.(*Executor).unpause() })
}

// slow reports a command that took longer than slowlog-log-slower-than.
func (x *Executor) slow(s *session.Session, cmd *command.Command, args [][]byte, ticks uint64) {
	if cmd.Flags&command.SkipCommandLog != 0 {
		return
	}
	waited := uint64(0)
	if o, _ := s.Op.(*op); o != nil && s.Lent { // else it ran at once
		waited = o.waited
	}
	x.d.Hooks.Slow(s, cmd, args, ticks, waited, x.now)
}
