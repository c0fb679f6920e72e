package dispatch

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/journal"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/net/loop"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

// stage is how far a waiting command has come.
type stage uint8

const (
	// wantsOne: posted to the lease of partition at.
	wantsOne stage = iota
	// wantsSeveral: posted to the lease of partition at, to try the rest of
	// mask from there; holds nothing.
	wantsSeveral
	// wantsToken: posted to the token; holds nothing.
	wantsToken
	// wantsNext: holds the token and the members of mask below at; posted to
	// the lease of partition at.
	wantsNext
)

// op is a command that waits for leases. It belongs to whoever owns the
// session, or, for an off-loop executor, to whoever holds the lease it is
// posted to.
type op struct {
	task     partition.Task
	s        *session.Session
	cmd      *command.Command
	args     [][]byte
	stage    stage
	at       int
	attempts int
	turned   int // how often a script that takes long has turned it back
	mask     partition.Mask
	// waiter is nil but for the op of a wait for keys. Then reply gathers the
	// answer, which hangs on needs, spans says that the command needs several partitions, and ready,
	// of database db, is the key that it is to be served for.
	waiter *keyspace.Waiter
	reply  resp.Writer
	needs  journal.Position
	spans  bool
	ready  []byte
	db     int
	// left: the command has run, and was too long for where it did.
	left bool
	// lentAt is the clock when the session was lent, and waited for how long it
	// waited until its command ran.
	lentAt, waited uint64
	resume         loop.Post
	adopt          loop.Post
	again          loop.Post
	// wake tells the goroutine that waits here that its leases are held, and if
	// hasToken says so the token too; nil for a session's op.
	wake     chan struct{}
	hasToken bool
	// visit is all that this goroutine wants to do. A script that holds the lease for long may do it, and says so by visited.
	visit   func(p int)
	visited bool
	// busy is why a goroutine that waits to run cmd for a session gets nothing.
	busy error
}

// opOf returns the session's op, made at its first wait.
func opOf(s *session.Session) *op {
	if o, _ := s.Op.(*op); o != nil {
		return o
	}
	o := &op{s: s}
	o.task.Owner = o
	o.resume.Fn, o.resume.Arg = resumed, s
	o.again.Fn, o.again.Arg = again, o
	s.Op = o
	return o
}

// take gets partition p's lease and keeps it as held, or says that it is busy
// and stays so for a while. What was held before is given back.
func (x *Executor) take(p int) bool {
	x.drop()
	l := x.d.Set.Lease(p)
	if !l.TryAcquire() {
		for try := 0; ; try++ {
			if try == x.d.bounds.spin {
				return false
			}
			if !l.Busy() && l.TryAcquire() {
				break
			}
		}
	}
	x.held = p
	x.enter(p)
	return true
}

// drop gives back the lease that is kept over a run of commands.
func (x *Executor) drop() {
	if x.held != none {
		x.checkCommitted()
		l := x.d.Set.Lease(x.held)
		x.held = none
		if !l.TryRelease() {
			x.giveBack(l)
		}
	}
}

// giveBack releases a lease after serving what waits for it. It does not
// recurse: a task that needs further leases leaves them to the outermost call.
func (x *Executor) giveBack(l *partition.Lease) {
	x.drains = append(x.drains, l)
	if x.draining {
		return
	}
	x.draining = true
	for served := 0; ; {
		if len(x.drains) == 0 {
			if len(x.later) == 0 {
				break
			}
			last := len(x.later) - 1
			x.drains = append(x.drains, x.later[last])
			x.later = x.later[:last]
		}
		top := len(x.drains) - 1
		l := x.drains[top]
		t := l.Next()
		if t == nil {
			x.drains = x.drains[:top]
			x.sendHome()
			continue
		}
		x.drains = x.drains[:top]
		o := t.Owner.(*op)
		if served >= x.d.bounds.served && x.handOver(l, o) {
			continue
		}
		served++
		if !x.serve(l, o) {
			// Below what the task added: that is given back first.
			x.drains = append(x.drains, nil)
			copy(x.drains[top+1:], x.drains[top:])
			x.drains[top] = l
		}
	}
	x.draining = false
	x.sendHome()
}

// sendHome posts the sessions that were served back to their loops. It may wake
// one, which takes as long as several commands: so it waits until the lease is
// back.
func (x *Executor) sendHome() {
	for i, o := range x.served {
		x.served[i] = nil
		o.s.Conn.Post(&o.resume)
	}
	x.served = x.served[:0]
}

// serve advances an op that was posted to l, which x holds. It reports whether
// the op took the lease over.
func (x *Executor) serve(l *partition.Lease, o *op) (taken bool) {
	x.Stats.Served++
	switch o.stage {
	case wantsOne:
		if o.wake != nil {
			o.wake <- struct{}{}
			return true
		}
		return x.runLent(o, o.at)
	case wantsSeveral:
		at := o.at
		if !x.takeRest(o) {
			x.retry(o)
			return false
		}
		if o.wake != nil {
			o.wake <- struct{}{}
			return true
		}
		mask := o.mask // the op may be in use again once its session ran
		x.holding = mask
		if x.runLent(o, none) {
			return true
		}
		x.giveBackMask(&mask, at)
	case wantsToken:
		x.takeInOrder(o, o.mask.Next(0))
		return true
	case wantsNext:
		x.takeInOrder(o, o.mask.Next(o.at+1))
		return true
	}
	return false
}

// runLent executes a lent session's command, and sends the session home. It reports whether the
// leases have gone with the session.
func (x *Executor) runLent(o *op, p int) (taken bool) {
	if o.waiter != nil {
		x.runWaiting(o)
		return false
	}
	s := o.s
	if x.loop == nil {
		x.now = nowMs()
	}
	if p != none {
		x.enter(p)
	}
	x.ticks = ticksNow()
	o.waited = x.ticks - o.lentAt
	mark := len(s.W.B)
	switch x.run(s, o.cmd, o.args, p) {
	case lent:
		return false // it has left, or was put off
	case gone:
		return true
	case ran, parked:
	}
	if s.State&(session.ReplyOff|session.ReplySkip|session.ReplySkipNext) != 0 {
		silence(s, o.cmd, mark)
	}
	x.served = append(x.served, o)
	return false
}

// resumed takes a session back on its loop and goes on with its input.
func resumed(_ *loop.Loop, arg any) {
	s := arg.(*session.Session)
	s.Lent = false
	c := s.Conn
	x := c.Loop().Data.(*Executor)
	s.NetOut += uint64(len(s.W.B))
	replied := len(s.W.B)
	x.handBack(s, c)
	if x.isBounded {
		x.bound(s, max(replied, c.OutPending()))
	}
	s.TakePushes()
	if s.Resubscribe {
		s.Resubscribe = false
		x.resubscribe(s)
	}
	x.subscribe(s)
	if s.Recheck && s.Block.Waiter == nil {
		x.recheck(s)
	}
	if s.State&session.Closing != 0 || s.KillAfterReply {
		x.close(s, c)
	}
	c.Resume()
	if !s.Blocked() {
		return
	}
	w := s.Block.Waiter
	if c.Aborted() && x.endWait(s) { // killed meanwhile
		x.unblock(s)
		return
	}
	s.Commands-- // it counts when the wait is over
	x.block(s)
	c.Flush()
	c.Unpin()
	c.Park()
	if w != nil && w.Over() {
		x.answer(s, w.Owner.(*op)) // it was served before it came home
	}
}

// lend readies a session for another thread. From the moment its task is
// posted the caller must not touch it.
func (x *Executor) lend(s *session.Session, cmd *command.Command, args [][]byte) *op {
	x.Stats.Posted++
	o := opOf(s)
	o.cmd, o.attempts, o.turned, o.left = cmd, 0, 0, false
	o.args = append(o.args[:0], args...)
	o.lentAt, o.waited = ticksNow(), 0
	s.Last = s.View()
	s.Lent = true
	s.Parser.Reset() // what was read ahead is read again
	c := s.Conn
	c.Out = s.W.B
	c.Park()
	s.W.B = c.Out
	return o
}

// unlend takes back what lend readied, when the lease came free after all.
func unlend(o *op) {
	o.s.Lent = false
	o.s.Conn.Resume()
}

// lendFor waits for partition p's lease.
func (x *Executor) lendFor(s *session.Session, cmd *command.Command, args [][]byte, p int) outcome {
	o := x.lend(s, cmd, args)
	o.stage, o.at = wantsOne, p
	if !x.d.Set.Lease(p).AcquireOrPost(&o.task) {
		return lent
	}
	unlend(o)
	x.held = p
	x.enter(p)
	return x.run(s, cmd, args, p)
}

// withSeveral runs a command over the partitions of x.mask: all or none.
func (x *Executor) withSeveral(s *session.Session, r *request) outcome {
	busy := x.takeMask(&x.mask, none)
	if busy == none {
		if r.isPlaced {
			x.placed = r
		}
		return x.runWith(s, r.cmd, r.args)
	}
	o := x.lend(s, r.cmd, r.args)
	o.mask, o.stage, o.at = x.mask, wantsSeveral, busy
	for o.attempts < x.d.bounds.attempts {
		if !x.d.Set.Lease(o.at).AcquireOrPost(&o.task) {
			return lent
		}
		at := o.at
		if x.takeRest(o) {
			unlend(o)
			x.mask = o.mask
			return x.runWith(s, r.cmd, r.args)
		}
		x.giveBack(x.d.Set.Lease(at))
	}
	return x.queueForToken(o)
}

// runWith runs a command of this loop whose x.mask is held, and gives it back.
func (x *Executor) runWith(s *session.Session, cmd *command.Command, args [][]byte) outcome {
	p := x.mask.Next(0)
	if x.mask.Next(p+1) >= 0 {
		p = none
	}
	mask := x.mask
	x.holding = mask
	out := x.run(s, cmd, args, p)
	if out != gone {
		x.giveBackMask(&mask, none)
	}
	return out
}

// withToken runs a command of this loop over x.mask by the serialized path.
func (x *Executor) withToken(s *session.Session, cmd *command.Command, args [][]byte) outcome {
	// Without contention everything is free: no need to park.
	if x.takeMask(&x.mask, none) == none {
		return x.runWith(s, cmd, args)
	}
	o := x.lend(s, cmd, args)
	o.mask = x.mask
	return x.queueForToken(o)
}

// queueForToken starts the serialized path of an op that holds nothing.
func (x *Executor) queueForToken(o *op) outcome {
	x.Stats.Tokens++
	o.stage = wantsToken
	if x.d.Set.Token.AcquireOrPost(&o.task) {
		x.takeInOrder(o, o.mask.Next(0))
	}
	return lent
}

// takeInOrder goes on taking the op's partitions from p on, for the holder of
// the token. On a busy one the op is left with its holder, who goes on.
func (x *Executor) takeInOrder(o *op, p int) {
	for p >= 0 {
		if x.d.turnsBack(o, p) {
			x.turnBack(o, p)
			return
		}
		o.stage, o.at = wantsNext, p
		next := o.mask.Next(p + 1)
		if !x.d.Set.Lease(p).AcquireOrPost(&o.task) {
			return
		}
		p = next
	}
	if o.wake != nil {
		o.hasToken = true
		o.wake <- struct{}{}
		return
	}
	mask := o.mask
	for p := mask.Next(0); p >= 0; p = mask.Next(p + 1) {
		x.enter(p)
	}
	x.holding = mask
	if !x.runLent(o, none) {
		x.giveBackMask(&mask, none)
	}
	x.giveBack(&x.d.Set.Token)
}

// takeRest tries the op's partitions besides at, which is held. On failure at
// is the busy one and only the lease that was held before is still held.
func (x *Executor) takeRest(o *op) bool {
	o.attempts++
	busy := x.takeMask(&o.mask, o.at)
	if busy == none {
		x.enter(o.at)
		return true
	}
	o.at = busy
	return false
}

// retry posts an op that lost an attempt to the lease that was busy, or sends
// it to the token.
func (x *Executor) retry(o *op) {
	if o.attempts >= x.d.bounds.attempts {
		x.queueForToken(o)
		return
	}
	l := x.d.Set.Lease(o.at)
	if l.AcquireOrPost(&o.task) {
		// Free by now: serve it from there once the present lease is back.
		l.Return(&o.task)
		x.later = append(x.later, l)
	}
}

// takeMask takes every lease of m besides have, or none of them: then it
// returns the busy one.
func (x *Executor) takeMask(m *partition.Mask, have int) (busy int) {
	for p := m.Next(0); p >= 0; p = m.Next(p + 1) {
		if p == have {
			continue
		}
		l := x.d.Set.Lease(p)
		if !l.TryAcquire() && !x.spin(l) {
			for q := m.Next(0); q < p; q = m.Next(q + 1) {
				if q != have {
					x.release(q)
				}
			}
			return p
		}
		x.enter(p)
	}
	return none
}

// spin waits for one of several leases.
func (x *Executor) spin(l *partition.Lease) bool {
	for range x.d.bounds.spinSeveral {
		if !l.Busy() && l.TryAcquire() {
			return true
		}
	}
	return false
}

// giveBackMask releases every lease of m besides keep.
func (x *Executor) giveBackMask(m *partition.Mask, keep int) {
	for p := m.Next(0); p >= 0; p = m.Next(p + 1) {
		if p != keep {
			x.release(p)
		}
	}
}

func (x *Executor) release(p int) {
	x.checkCommitted()
	if l := x.d.Set.Lease(p); !l.TryRelease() {
		x.giveBack(l)
	}
}

// handOver gives a lease with its next task to the loop of that task's
// session. It reports false where that is this very loop.
func (x *Executor) handOver(l *partition.Lease, o *op) bool {
	if o.s == nil || o.s.Conn.Loop() == x.loop {
		return false
	}
	l.Return(&o.task)
	o.adopt.Fn, o.adopt.Arg = adopted, l
	o.s.Conn.Post(&o.adopt)
	return true
}

// adopted goes on draining a lease that another loop handed over.
func adopted(l *loop.Loop, arg any) {
	x := l.Data.(*Executor)
	x.now = l.NowMs
	x.giveBack(arg.(*partition.Lease))
}

// TryWith runs f while partition p is held, if its lease is free. For
// background work on the executor's own thread, between commands.
func (x *Executor) TryWith(p int, f func(set *partition.Set)) bool {
	if !x.d.Set.Lease(p).TryAcquire() {
		return false
	}
	x.enter(p)
	f(x.d.Set)
	x.settleLoose()
	if x.d.waiting.Load() != 0 {
		x.serveReady(p)
	}
	x.release(p)
	return true
}
