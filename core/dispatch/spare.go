package dispatch

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/internal/crc"
	"github.com/sleipnirdb/sleipnir/net/loop"
)

// Writes while a snapshot is taken.
//
// A snapshot has to have what the cut holds of a key before the key is changed. So before a command runs that may change something, each
// of its keys is shown to the space that has it (keyspace.Space.Preserve), which serialises the old version if the snapshot hasn't come
// there yet. That is done here, once and for every command, by the same extraction of keys that found the leases: no handler knows of it.
// Nothing of the command has run then, so it can be put off: where the snapshot's budget is used up, or the key is a large collection that
// is being read. The session is lent to nobody, the leases are given back, and when the snapshot says that there is room (Release) the
// command is run as any one that had to wait for leases.

// heldBack are the commands that a snapshot puts off.
type heldBack struct {
	count   atomic.Int32
	release atomic.Uint64 // how often Release was called

	mu  sync.Mutex // guards ops; a leaf
	ops []*op
}

// SetWalked says whether writes are told to a snapshot. It is switched on under every lease.
func (d *Dispatcher) SetWalked(on bool) { d.walked.Store(on) }

// HeldBack returns how many commands a snapshot puts off at present.
func (d *Dispatcher) HeldBack() int { return int(d.held.count.Load()) }

// spare sees to it that a snapshot has what the command may change. If it says no, the command is put off, and the session is no longer the
// caller's.
func (x *Executor) spare(s *session.Session, cmd *command.Command, args [][]byte) bool {
	before := x.d.held.release.Load()
	if x.spareCall(s, cmd, args) {
		return true
	}
	var o *op
	if s.Lent {
		o = opOf(s)
	} else {
		o = x.lend(s, cmd, args)
	}
	x.d.holdBack(o, before)
	return false
}

// spareWaiter is spare for a wait that is about to be served. What is put off is the op, whose turn is kept.
func (x *Executor) spareWaiter(o *op) bool {
	if !x.d.walked.Load() {
		return true
	}
	before := x.d.held.release.Load()
	if x.spareKeys(o.cmd, o.args, o.s.DB) {
		return true
	}
	x.d.holdBack(o, before)
	return false
}

// spareCall is spare for the keys of a command, or of those of a transaction.
func (x *Executor) spareCall(s *session.Session, cmd *command.Command, args [][]byte) bool {
	if cmd.Flags&command.RunsQueue == 0 {
		return x.spareKeys(cmd, args, s.DB)
	}
	for i := range s.Multi.Queue {
		q := &s.Multi.Queue[i]
		// SELECT may be among them: so all databases.
		if row := x.d.Table.Rows()[q.Command]; !x.spareKeys(row, q.Args, anyDB) {
			return false
		}
	}
	return true
}

const anyDB = -1

// spareKeys shows the keys of a command to the snapshot.
func (x *Executor) spareKeys(cmd *command.Command, args [][]byte, db int) bool {
	if cmd.Flags&(command.Write|command.MayReplicate) == 0 {
		return true
	}
	if cmd.Flags&command.Roams != 0 {
		db = anyDB
	}
	if cmd.OneKey > 0 {
		return x.spareKey(db, args[cmd.OneKey])
	}
	keys, err := cmd.AppendKeys(args, x.keys[:0])
	if err != nil {
		return true // the handler words the error, and changes nothing
	}
	x.keys = keys
	for _, k := range keys {
		if !x.spareKey(db, args[k.Pos]) {
			return false
		}
	}
	return true
}

func (x *Executor) spareKey(db int, key []byte) bool {
	return x.d.Set.Space(x.d.Set.Of(crc.Slot(key))).Preserve(db, key)
}

// holdBack puts an op off until the Release after the number before, which was read before it was refused.
func (d *Dispatcher) holdBack(o *op, before uint64) {
	d.held.mu.Lock()
	d.held.ops = append(d.held.ops, o)
	d.held.count.Store(int32(len(d.held.ops))) // #nosec G115 -- sessions
	d.held.mu.Unlock()
	if d.held.release.Load() != before {
		d.Release()
	}
}

// releaseEvery is how often awaitRelease looks.
const releaseEvery = time.Millisecond

// awaitRelease waits for the Release after the number before. The caller is an ordinary goroutine.
func (d *Dispatcher) awaitRelease(before uint64) {
	for d.walked.Load() && d.held.release.Load() == before {
		time.Sleep(releaseEvery)
	}
}

// Release has every command that was put off try again. Any goroutine.
func (d *Dispatcher) Release() {
	d.held.release.Add(1)
	if d.held.count.Load() == 0 {
		return
	}
	d.held.mu.Lock()
	ops := d.held.ops
	d.held.ops = nil
	d.held.count.Store(0)
	d.held.mu.Unlock()
	for _, o := range ops {
		o.s.Conn.Post(&o.again)
	}
}

// again runs a command that was put off, on the session's loop.
func again(l *loop.Loop, arg any) {
	o := arg.(*op)
	x := l.Data.(*Executor)
	x.now = l.NowMs
	if o.waiter != nil {
		x.queueForToken(o)
		return
	}
	s, cmd := o.s, o.cmd
	if o.left || x.leaves(s, cmd, o.args) {
		go x.d.runOffLoop(o)
		return
	}
	if cmd.OneKey > 0 {
		p := x.d.Set.Of(crc.Slot(o.args[cmd.OneKey]))
		o.stage, o.at = wantsOne, p
		if lease := x.d.Set.Lease(p); lease.AcquireOrPost(&o.task) && !x.runLent(o, p) {
			x.giveBack(lease)
		}
		return
	}
	// It had keys, and they were found.
	_, _, _ = x.needs(s, cmd, o.args)
	o.mask = x.mask
	x.queueForToken(o)
}
