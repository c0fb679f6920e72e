package dispatch

import (
	"errors"
	"fmt"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/internal/clock"
	"github.com/sleipnirdb/sleipnir/internal/crc"
)

// Applier runs commands that come from a file, or from the primary: they were accepted once, so there is no gate, and nobody reads the
// replies. It keeps the database that SELECT chose and the transaction that MULTI began. It belongs to one goroutine, which is not a
// loop's. What is done with keys whose time has come is the keyspace's mode, which the caller sets.
type Applier struct {
	y       *offLoopExecutor
	s       session.Session // of no client
	queue   []applied
	block   []byte // the arguments of queue
	args    [][]byte
	inMulti bool
	unit    command.Command // EXEC, over queue
	mask    partition.Mask
	failed  error
	readAt  uint64 // clock ticks at which y.now was read
}

// applied is a command of a transaction.
type applied struct {
	cmd   *command.Command
	first int // of its arguments in Applier.args
	count int
}

// Bounds of an Applier.
const (
	// keptBlock and keptArgs are what remains of the room for a transaction when it was larger.
	keptBlock = 1 << 20
	keptArgs  = 1 << 14
)

// ApplyError is what became of a command that could not be applied.
type ApplyError struct {
	Command string // as it was given
	Err     error
}

func (e *ApplyError) Error() string { return fmt.Sprintf("command '%.128s': %v", e.Command, e.Err) }

// Unwrap returns the command's error.
func (e *ApplyError) Unwrap() error { return e.Err }

const (
	errNotApplied   command.Error = "ERR it doesn't change data, and has no place here"
	errNestedUnit   command.Error = "ERR MULTI calls can not be nested"
	errNoUnit       command.Error = "ERR EXEC without MULTI"
	errUnitBoundary command.Error = "ERR not allowed inside a transaction"
)

// Mute keeps what is applied from the journal: because it comes from there.
func (a *Applier) Mute() { a.y.isMute = true }

// NewApplier returns an applier, which the caller closes.
func (d *Dispatcher) NewApplier() *Applier {
	a := &Applier{y: newOffLoop(d)}
	a.s.State = session.Applied
	a.y.slowTicks, a.y.largeReply, a.y.away = ^uint64(0), orNever(-1), true
	a.unit = *d.Table.Lookup([]byte("exec"))
	a.unit.Scope, a.unit.Route, a.unit.Run = command.ScopeKeys, nil, a.runQueue
	return a
}

// Close ends the applier. A transaction that wasn't completed is forgotten.
func (a *Applier) Close() {
	a.Discard()
	a.y.d.offLoop.inherit(a.y.Stats)
}

// DB returns the database that commands take effect in.
func (a *Applier) DB() int { return a.s.DB }

// Select chooses the database.
func (a *Applier) Select(db int) { a.s.DB = db }

// InMulti says whether a transaction has begun that isn't complete.
func (a *Applier) InMulti() bool { return a.inMulti }

// Discard forgets a transaction that has begun.
func (a *Applier) Discard() {
	a.inMulti = false
	if a.queue = a.queue[:0]; cap(a.block) > keptBlock || cap(a.args) > keptArgs {
		a.queue, a.block, a.args = nil, nil, nil
	}
	a.block, a.args = a.block[:0], a.args[:0]
}

// Apply runs a command. Those from MULTI on take effect together at EXEC. An error is an *ApplyError; what was to take effect
// with the command has then been done as far as it could.
//
// The arguments are the caller's again when it returns.
func (a *Applier) Apply(args [][]byte) error {
	cmd, err := a.y.d.Table.Find(args)
	if err != nil {
		return a.wrong(args, err)
	}
	switch {
	case cmd.Flags&command.MultiControl != 0:
		err = a.control(cmd)
	case cmd.Flags&(command.Write|command.MayReplicate|command.ReadOnly) == 0 && !isNeutral(cmd):
		err = errNotApplied
	case a.inMulti:
		a.enqueue(cmd, args)
	case cmd.Flags&command.Blocking != 0:
		// Within a transaction it doesn't wait.
		a.enqueue(cmd, args)
		err = a.exec()
	default:
		err = a.one(cmd, args)
	}
	return a.wrong(args, err)
}

// isNeutral says whether a command may stand between those that change data.
func isNeutral(cmd *command.Command) bool { return cmd.Name == "select" || cmd.Name == "ping" }

func (a *Applier) wrong(args [][]byte, err error) error {
	if err == nil {
		return nil
	}
	if inner := (*ApplyError)(nil); errors.As(err, &inner) {
		return err // of a command within the transaction
	}
	return &ApplyError{Command: string(args[0]), Err: err}
}

// control carries out MULTI, EXEC and their like.
func (a *Applier) control(cmd *command.Command) error {
	switch {
	case cmd.Flags&command.RunsQueue != 0:
		if !a.inMulti {
			return errNoUnit
		}
		return a.exec()
	case cmd.Name == "multi":
		if a.inMulti {
			return errNestedUnit
		}
		a.inMulti = true
		return nil
	}
	return errUnitBoundary
}

// enqueue keeps a command for EXEC.
func (a *Applier) enqueue(cmd *command.Command, args [][]byte) {
	a.queue = append(a.queue, applied{cmd, len(a.args), len(args)})
	for _, arg := range args {
		// A block that grows leaves the old one to the arguments in it.
		at := len(a.block)
		a.block = append(a.block, arg...)
		a.args = append(a.args, a.block[at:len(a.block):len(a.block)])
	}
}

// exec runs the commands that were queued as one.
func (a *Applier) exec() error {
	defer a.Discard()
	a.mask = partition.Mask{}
	for i := range a.queue {
		q := &a.queue[i]
		if err := a.add(q.cmd, a.args[q.first:q.first+q.count]); err != nil {
			return &ApplyError{Command: q.cmd.Full, Err: err}
		}
	}
	a.failed = nil
	a.run(&a.unit, nil, none)
	return a.failed
}

// runQueue is the handler of a.unit.
func (a *Applier) runQueue(c *command.Call) error {
	for i := range a.queue {
		q := &a.queue[i]
		c.W.B = c.W.B[:0]
		c.Nested.RunNested(c, q.cmd, a.args[q.first:q.first+q.count])
		if err := replied(c.W.B); err != nil && a.failed == nil {
			a.failed = &ApplyError{Command: q.cmd.Full, Err: err}
		}
	}
	c.W.B = c.W.B[:0]
	return nil
}

// one runs a command by itself.
func (a *Applier) one(cmd *command.Command, args [][]byte) error {
	p := none
	a.mask = partition.Mask{}
	if cmd.OneKey > 0 {
		p = a.y.d.Set.Of(crc.Slot(args[cmd.OneKey]))
		a.mask.Add(p)
	} else if err := a.add(cmd, args); err != nil {
		return err
	}
	a.run(cmd, args, p)
	return replied(a.s.W.B)
}

// add adds the partitions of a command to a.mask.
func (a *Applier) add(cmd *command.Command, args [][]byte) error {
	if cmd.OneKey > 0 {
		a.mask.Add(a.y.d.Set.Of(crc.Slot(args[cmd.OneKey])))
		return nil
	}
	all, several, err := a.y.needs(&a.s, cmd, args)
	if err != nil || !all && !several {
		return err
	}
	for i := range a.mask {
		a.mask[i] |= a.y.mask[i]
	}
	return nil
}

// run takes the leases of a.mask, one of which is p or none, and runs a command.
func (a *Applier) run(cmd *command.Command, args [][]byte, p int) {
	for !a.try(cmd, args, p) {
		continue
	}
}

// try is run. It says false after a wait for a snapshot that has to have the keys first.
func (a *Applier) try(cmd *command.Command, args [][]byte, p int) bool {
	x := &a.y.Executor
	a.s.W.B = a.s.W.B[:0]
	a.readClock()
	before := x.d.held.release.Load()
	isSpared := false
	if x.takeMask(&a.mask, none) == none {
		isSpared = a.runSpared(cmd, args, p)
		x.giveBackMask(&a.mask, none)
	} else {
		a.y.wait.mask = a.mask
		a.y.acquireMask()
		isSpared = a.runSpared(cmd, args, p)
		a.y.releaseAll()
	}
	if !isSpared {
		x.d.awaitRelease(before)
	}
	return isSpared
}

// runSpared runs a command whose leases are held, unless a snapshot has to have its keys first.
func (a *Applier) runSpared(cmd *command.Command, args [][]byte, p int) bool {
	x := &a.y.Executor
	x.holding = a.mask
	if x.d.walked.Load() {
		if cmd != &a.unit {
			return x.spareKeys(cmd, args, a.s.DB) && x.run(&a.s, cmd, args, p) != lent
		}
		for i := range a.queue {
			q := &a.queue[i]
			if !x.spareKeys(q.cmd, a.args[q.first:q.first+q.count], anyDB) {
				return false
			}
		}
	}
	x.run(&a.s, cmd, args, p)
	return true
}

// readClock reads the wall clock, where a millisecond or so has passed.
func (a *Applier) readClock() {
	x := &a.y.Executor
	x.ticks = ticksNow()
	if x.now == 0 || clock.TicksToNanos(x.ticks-a.readAt) > 1e6 {
		x.now, a.readAt = nowMs(), x.ticks
	}
}

// replied returns the error that a reply is, if it is one.
func replied(reply []byte) error {
	if len(reply) == 0 || reply[0] != '-' {
		return nil
	}
	return command.Error(reply[1 : len(reply)-len("\r\n")])
}
