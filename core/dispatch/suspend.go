package dispatch

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/internal/invariant"
)

// Scripts that leave their loop.
//
// A script begins on the loop, as any command. When it has used up its budget its handler returns command.Suspended, and all that the call is
// made of moves to an executor of its own on an ordinary goroutine, where the handler is called again (Call.Resumed) and ends it:
//
//	session        is lent, as to a holder of leases that it waits for
//	leases         as they are held: the one that the loop kept, that of the mailbox that is being served, or a mask. They are never free
//	               on the way, so nobody sees half of what the script does, and nobody needs to look whether something changed
//	effects        the unit gathered so far. The partitions point at the effects of the executor that holds them, so they are entered anew
//	time           the call's Now; it stands still in a script
//	counts         what the call has changed so far, and when it began: it is counted once, when it is over
//
// The token is not among them. It is the right to wait while one holds, and the script waits for nobody: it had all its leases when it
// began. So whoever took them by the serialized path gives the token on.
//
// Who ran the command must know that the leases are no longer his: that is the outcome gone.

// going is what else a call takes with it.
type going struct {
	row   command.Command // the call's, with a handler that goes on
	p     int             // its only partition, or none
	dirty int64
	told  bool
}

// suspend moves a call that returned Suspended. From here on the session and the leases are another thread's.
func (x *Executor) suspend(s *session.Session, cmd *command.Command, args [][]byte, p int) outcome {
	invariant.Check(x.call.MaySuspend(), "a call is suspended that may not be")
	y := x.d.offLoop.get(x.d)
	y.now, y.ticks = x.now, x.ticks
	y.wait.mask = x.holding
	if p != none {
		y.wait.mask = partition.Mask{}
		y.wait.mask.Add(p)
		if p == x.held {
			x.held = none
		}
	}
	y.going = going{row: *cmd, p: p, dirty: x.call.Dirty, told: x.call.Told}
	y.effects.Unit, x.effects.Unit = x.effects.Unit, y.effects.Unit
	for q := y.wait.mask.Next(0); q >= 0; q = y.wait.mask.Next(q + 1) {
		y.enter(q)
	}
	if !s.Lent {
		x.lend(s, cmd, args)
	}
	x.ticks = ticksNow()
	o := opOf(s)
	go y.resume(o, cmd)
	return gone
}

// resume goes on with a suspended call, to its end.
func (y *offLoopExecutor) resume(o *op, cmd *command.Command) {
	d := y.d
	defer func() {
		if reason := recover(); reason != nil {
			d.Hooks.Crashed(&y.Executor, reason)
		}
	}()
	g := &y.going
	// What has to be done before a command has been done.
	g.row.Flags &^= command.Write | command.MayReplicate
	g.row.Run = func(c *command.Call) error {
		c.Cmd, c.Dirty, c.Told, c.Resumed = cmd, g.dirty, g.told, true
		err := cmd.Run(c)
		c.Resumed = false
		return err
	}
	y.away, y.holding = true, y.wait.mask
	mark := len(o.s.W.B)
	out := y.Executor.run(o.s, &g.row, o.args, g.p)
	invariant.Check(out == ran, "a call that was resumed has not ended")
	y.away = false
	y.end(o, mark)
	y.going = going{}
	d.offLoop.put(y)
}
