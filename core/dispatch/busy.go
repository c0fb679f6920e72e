package dispatch

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/internal/clock"
)

// Scripts that take long.
//
// A script is entered here at its first interrupt: when it has left its loop, or could not. From then on it is interrupted about every millisecond,
// and looks after those who wait for its leases, who must not suffer more than they have to:
//
//   - Who came by the serialized path holds the token and other leases while he waits, and would pass the wait on to everybody. He is turned back
//     (turnBack): he lets go of all, and waits for the script's lease alone. Who comes later sees that a script holds it, and does so by himself.
//     So that one script after the other doesn't keep him away for ever, he is turned back later each time, and at last only by a busy one.
//   - Who only wants to look at one partition after the other (EachPartition: INFO, MEMORY) is served in between: the script's
//     commands are not under way, and he asks for figures.
//   - All others wait in the lease's mailbox for its end, and hold nothing: sessions, claimed waits, Exclusive (snapshots that want their cut, the
//     end of the process, a WATCH that is undone).
//
// After busy-reply-threshold the script is busy. Then sessions don't wait any more: those in its mailboxes are answered BUSY and sent home, and the
// gate (GateBusy) answers who comes, if he needs one of its leases, or none: to a client without keys, the server is busy. Who needs other
// leases goes on, and who may talk to a busy server (AllowBusy) is let through; if he needs one of the leases, as WATCH does, he waits. Waits
// for keys stay what they are.
//
// What takes leases only if they are free, as expiry, eviction, the walk of a snapshot and the return of memory do, passes the script's by.
//
// The loops stay free of all this: they see a lease that is taken. So every loop answers whoever doesn't need it, and SCRIPT KILL, which needs
// no lease, sets a flag here that the next interrupt reads. A script that has written is not ended so, as half of it would stay; at the end of
// the process it stops where it is (Freeze), and as its effects are not in the journal yet, nothing of it is ever seen.

// scripts are the scripts that take long.
type scripts struct {
	mu     sync.Mutex                 // guards changes; a leaf
	list   atomic.Pointer[[]*longRun] // nil while there is none
	frozen atomic.Bool
}

// longRun is a script in the list.
type longRun struct {
	script     *command.Script // guarded by scripts.mu for others than its owner, who hears of them by Killed
	name       string
	isFunction bool
	isApplied  bool
	args       [][]byte
	mask       partition.Mask // what it holds
	start      uint64         // clock ticks
	busy       atomic.Bool
}

// all returns the scripts that take long. Any thread.
func (l *scripts) all() []*longRun {
	if list := l.list.Load(); list != nil {
		return *list
	}
	return nil
}

// change replaces the list. What it does with the gate goes with it.
func (d *Dispatcher) changeScripts(f func(list []*longRun) []*longRun) {
	l := &d.scripts
	l.mu.Lock()
	defer l.mu.Unlock()
	list := f(slices.Clone(l.all()))
	d.SetGate(GateBusy, slices.ContainsFunc(list, func(r *longRun) bool { return r.busy.Load() }))
	if len(list) == 0 {
		l.list.Store(nil)
		return
	}
	l.list.Store(&list)
}

// turnsBack says whether a script that takes too long for the op to wait with all that it holds has partition p.
func (d *Dispatcher) turnsBack(o *op, p int) bool {
	return d.scripts.list.Load() != nil &&
		slices.ContainsFunc(d.scripts.all(), func(r *longRun) bool { return r.mask.Has(p) && r.turnsBack(o) })
}

// patience is for how long an op waits for a script with all that it holds, the first time.
const patience = int64(time.Millisecond)

// turnsBack says whether an op that holds others up is to let go. Each time it waits twice as long, so that it comes to its turn whatever scripts there are.
func (r *longRun) turnsBack(o *op) bool {
	return r.busy.Load() || clock.Since(r.start) > patience<<min(o.turned, maxTurned)
}

// maxTurned bounds the shift: more than a day.
const maxTurned = 30

// Interrupt looks after those who wait for a script that takes long, and tells it if it has to end.
func (x *Executor) Interrupt(c *command.Call, sc *command.Script) error {
	if x.d.scripts.frozen.Load() {
		select {} // the process ends
	}
	r, _ := sc.Watched.(*longRun)
	if r == nil {
		r = x.watch(c, sc)
	}
	if sc.Killed() {
		return command.ErrKilled
	}
	if !r.busy.Load() {
		if ms := clock.Since(r.start) / 1e6; ms >= x.d.Config.Int(config.BusyReplyThreshold) {
			x.d.Hooks.Busy(r.name, r.isFunction, ms)
			x.d.changeScripts(func(list []*longRun) []*longRun {
				r.busy.Store(true)
				return list
			})
		}
	}
	for p := r.mask.Next(0); p >= 0; p = r.mask.Next(p + 1) {
		if l := x.d.Set.Lease(p); l.Waited() {
			l.Sift(func(t *partition.Task) bool { return x.waits(t.Owner.(*op), r) })
		}
	}
	return nil
}

// watch enters a script in the list.
func (x *Executor) watch(c *command.Call, sc *command.Script) *longRun {
	args, _ := command.CloneArgs(c.Args)
	r := &longRun{
		script: sc, name: sc.Name, isFunction: sc.IsFunction, isApplied: c.Session.State&session.Applied != 0,
		args: args, mask: *c.Held, start: clock.Ticks(),
	}
	if c.Partition >= 0 {
		r.mask = partition.Mask{}
		r.mask.Add(c.Partition)
	}
	sc.Watched = r
	x.d.changeScripts(func(list []*longRun) []*longRun { return append(list, r) })
	return r
}

// EndScript takes a script out of the list.
func (x *Executor) EndScript(sc *command.Script) {
	if sc.Watched == nil {
		return
	}
	r := sc.Watched.(*longRun)
	sc.Watched = nil
	x.d.changeScripts(func(list []*longRun) []*longRun {
		return slices.DeleteFunc(list, func(other *longRun) bool { return other == r })
	})
}

// waits looks at one who waits for a lease of the script that runs here, and says whether he goes on waiting.
func (x *Executor) waits(o *op, r *longRun) bool {
	if o.visit != nil {
		o.visit(o.at)
		o.visited = true
		o.wake <- struct{}{}
		return false
	}
	if o.stage == wantsNext && r.turnsBack(o) {
		x.d.letGo(o)
		o.turn()
	}
	if !r.busy.Load() || o.waiter != nil || o.cmd == nil || o.cmd.Flags&command.AllowBusy != 0 {
		return true
	}
	if o.wake != nil {
		o.busy = r.err()
		o.wake <- struct{}{}
		return false
	}
	s := o.s
	x.refuse(s, o.cmd, o.args, r.err())
	s.Conn.Post(&o.resume)
	return false
}

// turn has an op that was turned back begin anew.
func (o *op) turn() {
	o.stage, o.attempts = wantsSeveral, 0
	o.turned++
}

// letGo gives back what an op in stage wantsNext holds: the token, and the partitions below at. The caller doesn't serve those who wait for
// them, as he is in the middle of something: a goroutine does.
func (d *Dispatcher) letGo(o *op) {
	var waited []*partition.Lease
	give := func(l *partition.Lease) {
		if !l.TryRelease() {
			waited = append(waited, l)
		}
	}
	for p := o.mask.Next(0); p < o.at; p = o.mask.Next(p + 1) {
		give(d.Set.Lease(p))
	}
	give(&d.Set.Token)
	if len(waited) > 0 {
		go d.serveLeases(waited)
	}
}

// serveLeases serves those who wait for leases that nobody needs any more.
func (d *Dispatcher) serveLeases(leases []*partition.Lease) {
	y := d.offLoop.get(d)
	defer func() {
		if reason := recover(); reason != nil {
			d.Hooks.Crashed(&y.Executor, reason)
		}
	}()
	y.now = nowMs()
	for _, l := range leases {
		y.giveBack(l)
	}
	d.offLoop.put(y)
}

// turnBack has the holder of the token wait for partition p, which a script holds for long, without holding anything.
func (x *Executor) turnBack(o *op, p int) {
	o.at = p
	x.d.letGo(o)
	o.turn()
	l := x.d.Set.Lease(p)
	if l.AcquireOrPost(&o.task) {
		l.Return(&o.task) // it has ended
		x.giveBack(l)
	}
}

// err is what a client is told while the script is busy.
func (r *longRun) err() error {
	if r.isFunction {
		return command.ErrBusyFunction
	}
	return command.ErrBusyScript
}

// busyFor says why a request can't be served at present: a busy script holds what it needs, or it needs nothing.
func (x *Executor) busyFor(s *session.Session, cmd *command.Command, args [][]byte) error {
	all, several, err := x.needs(s, cmd, args)
	for _, r := range x.d.scripts.all() {
		if r.busy.Load() && (err != nil || !all && !several || meet(&r.mask, &x.mask)) {
			return r.err()
		}
	}
	return nil
}

func meet(a, b *partition.Mask) bool {
	for i := range a {
		if a[i]&b[i] != 0 {
			return true
		}
	}
	return false
}

// Busy is what is answered while a script is busy; nil while none is. Any thread.
func (d *Dispatcher) Busy() error {
	for _, r := range d.scripts.all() {
		if r.busy.Load() {
			return r.err()
		}
	}
	return nil
}

// KillScript has a script end, or a function, as SCRIPT KILL and FUNCTION KILL do. Where several take long it is every one that is busy, or else the
// oldest. Any thread.
func (d *Dispatcher) KillScript(isFunction bool) error {
	d.scripts.mu.Lock() // none of them ends meanwhile
	defer d.scripts.mu.Unlock()
	meant := d.scripts.all()
	if len(meant) == 0 {
		return command.ErrNotBusy
	}
	if busy := slices.DeleteFunc(slices.Clone(meant), func(r *longRun) bool { return !r.busy.Load() }); len(busy) > 0 {
		meant = busy
	} else {
		meant = meant[:1]
	}
	var refused error
	killed := 0
	for _, r := range meant {
		if err := r.kill(isFunction); err != nil {
			refused = err
		} else {
			killed++
		}
	}
	if killed > 0 {
		return nil
	}
	return refused
}

// kill ends a script, or says why the command for functions, or that for scripts, can't.
func (r *longRun) kill(asFunction bool) error {
	switch {
	case r.isApplied:
		return command.ErrUnkillableApplied
	case r.script.Wrote():
		return command.ErrUnkillable
	case r.isFunction != asFunction:
		return r.err()
	case !r.script.Kill():
		return command.ErrUnkillable // it has begun to write just now
	}
	return nil
}

// IsLong says whether a script takes long at present. Any thread.
func (d *Dispatcher) IsLong() bool { return d.scripts.list.Load() != nil }

// Running is a script that takes long.
type Running struct {
	Name       string
	IsFunction bool
	Args       [][]byte
	Ms         int64
}

// Running returns the scripts that take long, the oldest first. Any thread.
func (d *Dispatcher) Running() []Running {
	var all []Running
	for _, r := range d.scripts.all() {
		all = append(all, Running{r.name, r.isFunction, r.args, clock.Since(r.start) / 1e6})
	}
	return all
}

// Freeze stops every script that takes long where it is, for good: the process ends.
func (d *Dispatcher) Freeze() { d.scripts.frozen.Store(true) }
