package dispatch

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/internal/crc"
	"github.com/sleipnirdb/sleipnir/net/loop"
)

// Commands that wait for keys.
//
// A session that waits is parked on its loop, and its waiter stands in the
// queues of its keys (keyspace/waiters.go). Whoever made one of them ready runs
// the waiting command again before it lets go of the lease: on its own thread,
// with a reply buffer of the op, so that of the session it only reads what
// doesn't change. Then it posts the op to the session's loop, which takes the
// reply over (answered). Between those who want to serve and the loop that
// wants to end the wait, the waiter's state decides.
//
// The command runs again as a whole, so it needs the partitions of all its
// keys: of the other ones that it waits for, and of the destination of a BLMOVE.
// Mostly they are free to be taken. If one isn't, the op goes on by the
// serialized path with the waiter still claimed, so that its turn is kept.

// Waiting returns how many sessions wait for keys. Any goroutine may call it.
func (d *Dispatcher) Waiting() int { return int(d.waiting.Load()) }

// await makes the session's wait known to those who may serve it. The leases
// of its keys are held.
func (x *Executor) await(s *session.Session, cmd *command.Command) {
	w := s.Block.Waiter
	o := &op{s: s, cmd: cmd, args: s.Block.Args, waiter: w}
	o.task.Owner = o
	o.resume.Fn, o.resume.Arg = answered, o
	o.again.Fn, o.again.Arg = again, o
	o.reply.Resp3 = s.W.Resp3
	if keys, err := cmd.AppendKeys(o.args, x.keys[:0]); err == nil {
		for _, k := range keys {
			o.mask.Add(x.d.Set.Of(crc.Slot(o.args[k.Pos])))
		}
	}
	o.spans = o.mask.Len() > 1
	w.Owner = o
	x.d.waiting.Add(1)
}

// serveReady serves those who wait for keys that became ready while the lease
// of p, or those of x.holding for none, are held.
func (x *Executor) serveReady(p int) {
	r := service{x: x, have: x.holding}
	if p != none {
		if !x.d.Set.Space(p).Ready() {
			return
		}
		r.have = partition.Mask{}
		r.have.Add(p)
	}
	for again := true; again; {
		again = false
		for q := r.have.Next(0); q >= 0; q = r.have.Next(q + 1) {
			space := x.d.Set.Space(q)
			if !space.Ready() {
				continue
			}
			x.now = max(x.now, nowMs()) // what made the key ready may have taken its time
			space.SetNow(x.now)
			for key, ok := space.NextReady(); ok; key, ok = space.NextReady() {
				again = true
				space.Serve(key, func(w *keyspace.Waiter) keyspace.Service { return r.serve(w, key, q) })
			}
		}
	}
	x.settleLoose() // keys that turned out to have expired
	x.giveBackMask(&r.more, none)
}

// service is one run of serveReady.
type service struct {
	x          *Executor
	have, more partition.Mask // held; those of them that were taken on the way
}

// serve tries to serve a claimed waiter from a key of partition p.
func (r *service) serve(w *keyspace.Waiter, key keyspace.ReadyKey, p int) keyspace.Service {
	x, o := r.x, w.Owner.(*op)
	at := p
	if o.spans {
		at = none
		var missing partition.Mask
		for q := o.mask.Next(0); q >= 0; q = o.mask.Next(q + 1) {
			if !r.have.Has(q) {
				missing.Add(q)
			}
		}
		if x.takeMask(&missing, none) != none {
			o.ready, o.db = []byte(key.Key()), key.DB().Index()
			x.queueForToken(o)
			return keyspace.ServiceLater
		}
		for q := missing.Next(0); q >= 0; q = missing.Next(q + 1) {
			r.have.Add(q)
			r.more.Add(q)
		}
	}
	if x.d.walked.Load() {
		o.ready, o.db = []byte(key.Key()), key.DB().Index()
		if !x.spareWaiter(o) {
			return keyspace.ServiceLater
		}
	}
	x.holding = r.have
	if x.rerun(o, at) {
		return keyspace.ServiceDone
	}
	return keyspace.ServiceNone
}

// rerun runs a claimed waiter's command as a key became ready, and sends
// the session home; or it reports false, and the wait goes on.
// p is its only partition, or none: then x.holding has those that it needs.
func (x *Executor) rerun(o *op, p int) bool {
	c := &x.call
	x.prepare(o.s, o.cmd, o.args, p)
	tracks, feed := x.attendWaiting(o.s, p), o.s.Feed.Load()
	c.W, c.Again = &o.reply, true
	start := ticksNow()
	err := x.permitAgain(o)
	isDenied := err != nil
	if !isDenied {
		err = o.cmd.Run(c)
	}
	if c.Effects != nil {
		if at := x.settle(); at != 0 {
			o.s.Wrote = at // claimed, the session is this thread's
			x.written(at, p, &o.mask)
		}
		o.needs = x.hangsOn(p, &o.mask)
	}
	if tracks {
		x.attendedWaiting(o, p)
	}
	spent := ticksNow() - start
	c.Again = false
	x.Stats.Changes += c.Dirty
	if err == command.Parked {
		o.reply.B = o.reply.B[:0]
		if o.waiter.Unclaim() {
			o.s.Conn.Post(&loop.Post{Fn: answered, Arg: o})
		}
		if tracks {
			feed.Nudge() // it may have come to what was withheld
		}
		return false
	}
	count := &x.Stats.Commands[o.cmd.ID]
	if isDenied {
		count.Rejected++
	} else {
		x.Stats.Ran(o.cmd.ID, spent)
	}
	if spent > x.slowTicks {
		x.slow(o.s, o.cmd, o.args, spent)
	}
	if err != nil {
		o.reply.B = o.reply.B[:0]
		if !isDenied {
			count.Failed++
		}
		x.Stats.Failed(err.Error())
		o.reply.Error(err.Error())
	}
	x.changed = true
	o.waiter.Served()
	o.s.Conn.Post(&o.resume)
	return true
}

// runWaiting is rerun for an op that had to wait for leases, which x.holding
// are.
func (x *Executor) runWaiting(o *op) {
	if x.loop == nil {
		x.now = nowMs()
	}
	x.ticks = ticksNow()
	key := o.ready
	db := x.d.Set.Space(x.d.Set.Of(crc.Slot(key))).DB(o.db)
	w := o.waiter
	if !x.spareWaiter(o) {
		return
	}
	if x.rerun(o, none) {
		for _, k := range w.Keys {
			if k.DB == o.db && string(k.Key) == string(key) {
				db.Leave(k)
			}
		}
	}
	db.Signal(key) // those behind it had to let it go first
	x.serveReady(none)
}

// answered brings a served waiter's reply to its session, on the loop of that. If
// the waiter wasn't served, it looks after what had to wait meanwhile.
func answered(_ *loop.Loop, arg any) {
	o := arg.(*op)
	s := o.s
	if s.Lent || s.Block.Waiter != o.waiter {
		return // resumed sees to it, or has done so; or the session is gone
	}
	x := s.Conn.Loop().Data.(*Executor)
	switch {
	case o.waiter.Over():
		x.answer(s, o)
	case s.Conn.Aborted() && x.endWait(s):
		x.unblock(s)
		s.Conn.Resume()
	default:
		x.changed = true
	}
}

// answer ends the wait of a session of this loop that was served.
func (x *Executor) answer(s *session.Session, o *op) {
	delete(x.blocked, s)
	s.Block = session.Block{}
	s.Commands++
	x.d.waiting.Add(-1)
	if len(o.waiter.Keys) > 1 {
		x.leaveQueues(o.waiter)
	}
	c := s.Conn
	s.W.B, c.Out = c.Out, nil
	mark := len(s.W.B)
	appendAround(s, o.reply.B)
	if s.State&(session.ReplyOff|session.ReplySkip|session.ReplySkipNext) != 0 {
		silence(s, o.cmd, mark)
	}
	s.NetOut += uint64(len(s.W.B) - mark)
	s.Needs = max(s.Needs, o.needs)
	x.handBack(s, c)
	s.TakePushes()
	if s.Recheck {
		x.recheck(s)
	}
	c.Resume()
}

// endWait keeps others from serving the session's wait. It returns false if
// one of them is about to: then answered is called soon.
func (x *Executor) endWait(s *session.Session) bool {
	w := s.Block.Waiter
	if w == nil {
		return true
	}
	if !w.Cancel() {
		return false
	}
	x.d.waiting.Add(-1)
	x.leaveQueues(w)
	return true
}

// leaveQueues takes a waiter that is over out of the queues where that can be
// done at once. From the others it will be swept out.
func (x *Executor) leaveQueues(w *keyspace.Waiter) {
	for _, k := range w.Keys {
		x.TryWith(x.d.Set.Of(crc.Slot(k.Key)), func(set *partition.Set) {
			set.Space(set.Of(crc.Slot(k.Key))).DB(k.DB).Leave(k)
		})
	}
}
