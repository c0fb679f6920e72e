package dispatch

import (
	"sync"
	"time"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/core/stats"
	"github.com/sleipnirdb/sleipnir/internal/crc"
)

// nowMs is the wall clock where no loop keeps one.
func nowMs() int64 { return time.Now().UnixMilli() }

// executorPool holds the executors of ordinary goroutines.
type executorPool struct {
	mu   sync.Mutex // guards all; a leaf: nothing is locked under it
	free []*offLoopExecutor
	past *stats.Local // of work off the loops, and of loops that ended
}

// offLoopExecutor is an executor that may wait.
type offLoopExecutor struct {
	Executor
	wait  op
	going going // what was suspended, and goes on here
}

func (pool *executorPool) get(d *Dispatcher) *offLoopExecutor {
	if y := pool.take(); y != nil {
		y.configure()
		return y
	}
	return newOffLoop(d)
}

func newOffLoop(d *Dispatcher) *offLoopExecutor {
	y := &offLoopExecutor{}
	y.init(d)
	y.wait.task.Owner = &y.wait
	y.wait.wake = make(chan struct{}, 1)
	return y
}

func (pool *executorPool) take() *offLoopExecutor {
	pool.mu.Lock()
	defer pool.mu.Unlock()
	n := len(pool.free)
	if n == 0 {
		return nil
	}
	y := pool.free[n-1]
	pool.free = pool.free[:n-1]
	return y
}

func (pool *executorPool) put(y *offLoopExecutor) {
	pool.inherit(y.Stats)
	y.Stats.Reset()
	pool.mu.Lock()
	pool.free = append(pool.free, y)
	pool.mu.Unlock()
}

// inherit adds counters to those of the past.
func (pool *executorPool) inherit(l *stats.Local) {
	pool.mu.Lock()
	defer pool.mu.Unlock()
	if pool.past == nil {
		pool.past = stats.New(len(l.Commands))
	}
	l.AddTo(pool.past)
}

func (pool *executorPool) addTo(total *stats.Local) {
	pool.mu.Lock()
	defer pool.mu.Unlock()
	if pool.past != nil {
		pool.past.AddTo(total)
	}
}

func (pool *executorPool) reset() {
	pool.mu.Lock()
	defer pool.mu.Unlock()
	if pool.past != nil {
		resetStats(pool.past)
	}
}

func (pool *executorPool) changes() int64 {
	pool.mu.Lock()
	defer pool.mu.Unlock()
	if pool.past == nil {
		return 0
	}
	return pool.past.Changes
}

// leaves says whether a command runs on an ordinary goroutine from the start: one that
// may take long, and has no way to leave later. That is a transaction with scripts in it, and while a snapshot is taken a script of which nobody knows what it
// writes: it may have to wait for the snapshot.
func (x *Executor) leaves(s *session.Session, cmd *command.Command, args [][]byte) bool {
	flags := x.effectiveFlags(s, cmd, args)
	switch {
	case flags&command.OffLoop != 0:
		return cmd.Long == nil || cmd.Long(args)
	case cmd.Flags&command.RunsQueue != 0:
		return flags&command.RunsScript != 0
	case flags&command.RunsScript == 0 || flags&(command.Write|command.MayReplicate) == 0 || !x.d.walked.Load():
		return false
	}
	all, _, _ := x.needs(s, cmd, args)
	return all
}

// offLoop runs a command on an ordinary goroutine while its connection is
// parked.
func (x *Executor) offLoop(s *session.Session, cmd *command.Command, args [][]byte) outcome {
	o := x.lend(s, cmd, args)
	go x.d.runOffLoop(o)
	return lent
}

// leave sends a call that was found to be too long off the loop, where it runs
// again as a whole. Its leases are held. From here on the session is another
// thread's.
func (x *Executor) leave(s *session.Session, cmd *command.Command, args [][]byte, p int) outcome {
	x.ticks = ticksNow()
	if x.d.waiting.Load() != 0 {
		x.serveReady(p) // its look-ups may have removed keys
	}
	if !s.Lent {
		x.drop()
		x.lend(s, cmd, args)
	}
	o := opOf(s)
	o.left = cmd.Flags&(command.RunsScript|command.RunsQueue) == 0 // these leave before they have made look-ups
	go x.d.runOffLoop(o)
	return lent
}

// repeat says that the call which comes has made its look-ups before, or that
// it is over.
func (y *offLoopExecutor) repeat(begin bool) {
	for p := y.wait.mask.Next(0); p >= 0; p = y.wait.mask.Next(p + 1) {
		if space := y.d.Set.Space(p); begin {
			space.BeginRepeat()
		} else {
			space.EndRepeat()
		}
	}
}

func (d *Dispatcher) runOffLoop(o *op) {
	y := d.offLoop.get(d)
	defer func() {
		if reason := recover(); reason != nil {
			d.Hooks.Crashed(&y.Executor, reason)
		}
	}()
	y.run(o)
	d.offLoop.put(y)
}

// run executes a lent session's command, waiting for the leases it needs.
func (y *offLoopExecutor) run(o *op) {
	y.now = nowMs()
	s := o.s
	if err := y.acquire(s, o.cmd, o.args); err != nil {
		y.refuse(s, o.cmd, o.args, err)
		s.Conn.Post(&o.resume)
		return
	}
	if y.effectiveFlags(s, o.cmd, o.args)&command.RunsScript != 0 {
		y.giveToken() // nobody is to wait for it as long as scripts may take
	}
	y.ticks = ticksNow()
	o.waited = y.ticks - o.lentAt
	mark := len(s.W.B)
	y.holding = y.wait.mask
	y.away = true
	isRepeat := o.left
	if isRepeat {
		y.repeat(true)
	}
	out := y.Executor.run(s, o.cmd, o.args, none)
	if isRepeat {
		y.repeat(false)
	}
	y.away = false
	if out == lent { // it was put off
		y.releaseAll()
		return
	}
	y.end(o, mark)
}

// end sends a session home whose command has run, with the reply from mark on, and then gives the leases back: that may mean to
// serve others. Who has the reply finds the command counted.
func (y *offLoopExecutor) end(o *op, mark int) {
	s := o.s
	if s.State&(session.ReplyOff|session.ReplySkip|session.ReplySkipNext) != 0 {
		silence(s, o.cmd, mark)
	}
	y.d.offLoop.inherit(y.Stats)
	y.Stats.Reset()
	s.Conn.Post(&o.resume)
	y.releaseAll()
}

// acquire takes what the command needs into y.wait.mask.
func (y *offLoopExecutor) acquire(s *session.Session, cmd *command.Command, args [][]byte) error {
	y.wait.mask = partition.Mask{}
	if cmd.OneKey > 0 {
		y.wait.mask.Add(y.d.Set.Of(crc.Slot(args[cmd.OneKey])))
	} else {
		all, several, err := y.needs(s, cmd, args)
		if err != nil {
			return err
		}
		if !all && !several {
			return nil
		}
		y.wait.mask = y.mask
	}
	y.wait.cmd = cmd
	y.acquireMask()
	y.wait.cmd = nil
	return y.wait.busy
}

// acquireMask waits until every partition of y.wait.mask is held: a single one
// by its lease, several by the serialized path. Where it says y.wait.busy none is.
func (y *offLoopExecutor) acquireMask() {
	o := &y.wait
	o.hasToken, o.visited, o.busy, o.attempts, o.turned = false, false, nil, 0, 0
	first := o.mask.Next(0)
	if first < 0 {
		return
	}
	if o.mask.Next(first+1) < 0 {
		o.stage, o.at = wantsOne, first
		if !y.d.Set.Lease(first).AcquireOrPost(&o.task) {
			if <-o.wake; o.visited || o.busy != nil {
				return
			}
			y.now = nowMs()
		}
		y.enter(first)
		return
	}
	y.Stats.Tokens++
	o.stage = wantsToken
	if y.d.Set.Token.AcquireOrPost(&o.task) {
		y.takeInOrder(o, first)
	}
	if <-o.wake; o.busy != nil {
		return
	}
	y.now = nowMs()
	for p := first; p >= 0; p = o.mask.Next(p + 1) {
		y.enter(p)
	}
}

// releaseAll gives back what acquireMask took.
func (y *offLoopExecutor) releaseAll() {
	y.giveBackMask(&y.wait.mask, none)
	y.giveToken()
	y.wait.mask = partition.Mask{}
}

// giveToken gives the token back, if it was needed to get the leases.
func (y *offLoopExecutor) giveToken() {
	if y.wait.hasToken {
		y.wait.hasToken = false
		y.giveBack(&y.d.Set.Token)
	}
}

// Exclusive runs f while the partitions in mask are held, on the calling
// goroutine, which must not be a loop's.
func (d *Dispatcher) Exclusive(mask *partition.Mask, f func(x *Executor)) {
	y := d.offLoop.get(d)
	y.now = nowMs()
	y.wait.mask = *mask
	y.acquireMask()
	y.now = nowMs()
	f(&y.Executor)
	y.settleLoose()
	if d.waiting.Load() != 0 {
		y.holding = *mask
		y.serveReady(none)
	}
	y.releaseAll()
	d.offLoop.put(y)
}

// EachPartition runs f while each partition in turn is held, one at a time. f
// is short. The caller is an ordinary goroutine that holds no lease.
//
// Where a lease is free f runs on a loop: the system may keep a goroutine from
// running for long while it holds one, and the loops have the processors.
func (d *Dispatcher) EachPartition(f func(p int)) {
	var left partition.Mask
	left.Fill(d.Set.Len())
	for _, l := range d.Loops.Loops() {
		d.OnLoop(l, func(x *Executor) {
			for p := left.Next(0); p >= 0; p = left.Next(p + 1) {
				if x.TryWith(p, func(*partition.Set) { f(p) }) {
					left.Remove(p)
				}
			}
		})
	}
	y := d.offLoop.get(d)
	y.wait.visit = f
	for p := left.Next(0); p >= 0; p = left.Next(p + 1) {
		y.now = nowMs()
		y.wait.mask = partition.Mask{}
		y.wait.mask.Add(p)
		y.acquireMask()
		if y.wait.visited {
			continue
		}
		f(p)
		y.settleLoose()
		y.releaseAll()
	}
	y.wait.visit, y.wait.mask = nil, partition.Mask{}
	d.offLoop.put(y)
}

// ExclusiveAll is Exclusive over every partition.
func (d *Dispatcher) ExclusiveAll(f func(x *Executor)) {
	var all partition.Mask
	all.Fill(d.Set.Len())
	d.Exclusive(&all, f)
}

// OnFree runs f with an executor that holds nothing, on the calling goroutine,
// which must not be a loop's.
func (d *Dispatcher) OnFree(f func(x *Executor)) { d.Exclusive(&partition.Mask{}, f) }
