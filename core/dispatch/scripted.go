package dispatch

import (
	"time"

	"github.com/sleipnirdb/sleipnir/core/acl"
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/session"
)

// The commands of a script.
//
// They run within the leases of the call that runs the script, one after the other, and what they do is one unit of the journal. Each is
// checked as the gate checks a request, but for what only concerns clients, and in the order and with the words of the reference.
//
// A command that a snapshot isn't ready for can't be put off here, as what the script has done stands. So the keys that the call declares
// are shown to the snapshot before the script begins (spare.go); a script that nothing is known of runs on an ordinary goroutine while
// a snapshot is taken (Executor.leaves); and for what remains the thread waits. It waits with its leases, and that is no deadlock: the snapshot says no where its
// budget is used up, or where it reads the entry. The budget comes back as the sink writes pieces, in whatever order they come,
// and it ends reading entries by itself; it takes no lease for either. What is not given to the sink yet, the open
// piece of each partition, is bounded by a share of the budget.

// errOnLoop is what a script gets that has changed something, and then calls a command that may take long or asks the loops, while it holds up
// a loop itself. Scripts whose code names such a command begin off the loop, so it takes a name that is put together.
const errOnLoop command.Error = "ERR This command can't be called from here, name it in the code of the script"

// RunScripted executes a command that a script calls. It returns TooLong where the script has to run as a whole, from the beginning, off
// the loop.
func (x *Executor) RunScripted(c *command.Call, sc *command.Script, args [][]byte) error {
	cmd, err := x.d.Table.Find(args)
	if err == nil {
		err = x.permitScripted(c, sc, cmd, args)
	} else if cmd == nil {
		err = command.ErrScriptUnknown
	} else {
		err = command.ErrScriptArity
	}
	if err != nil {
		if cmd != nil {
			x.Stats.Commands[cmd.ID].Rejected++
		}
		x.Stats.Failed(err.Error())
		return err
	}
	if cmd.Flags&command.OffLoop != 0 && x.loop != nil && (cmd.Long == nil || cmd.Long(args)) {
		if sc.Acted {
			return errOnLoop
		}
		if !sc.Write() { // nobody may kill the run that is given up
			return command.ErrKilled
		}
		return command.TooLong
	}
	if cmd.Flags&command.Write != 0 && !sc.Write() {
		return command.ErrKilled
	}
	if cmd.Flags&command.ReadOnly == 0 {
		sc.Acted = true
	}
	if cmd.Flags&(command.Write|command.MayReplicate) != 0 && x.d.walked.Load() {
		x.awaitSpared(cmd, args, sc.DB)
	}
	return x.scripted(c, sc, cmd, args)
}

// permitScripted says why a script may not call a command.
func (x *Executor) permitScripted(c *command.Call, sc *command.Script, cmd *command.Command, args [][]byte) error {
	if cmd.Flags&command.NoScript != 0 && !x.d.FreeScripts.Load() {
		return command.ErrNoScript
	}
	if s := c.Session; s.State&session.Restricted != 0 {
		if d := x.check(s, cmd, args, sc.DB, acl.InScript); d.Reason != acl.Allowed {
			return command.Error("NOPERM ACL failure in script: " + d.Text(s.User.Name, cmd.Full, "", false))
		}
	}
	if sc.ReadOnly && cmd.Flags&(command.Write|command.MayReplicate) != 0 {
		return command.ErrScriptWrites
	}
	gate := x.d.gate.Load()
	if gate&(GateDisk|GateMemory|GateReplicas) == 0 || sc.Wrote() {
		return nil // what has begun to write goes on
	}
	if gate&GateDisk != 0 && cmd.Flags&command.Write != 0 {
		if err := x.d.diskError.Load(); err != nil {
			return *err
		}
	}
	if gate&GateReplicas != 0 && cmd.Flags&command.Write != 0 {
		return errFewReplicas
	}
	if gate&GateMemory != 0 && c.Session.Short && !sc.AllowOOM && cmd.Flags&command.DenyOOM != 0 {
		return command.ErrOOM
	}
	return nil
}

// awaitSpared waits until a snapshot has what a command may change.
func (x *Executor) awaitSpared(cmd *command.Command, args [][]byte, db int) {
	for !x.spareKeys(cmd, args, db) {
		time.Sleep(releaseEvery)
	}
}

// scripted runs a command that was permitted.
func (x *Executor) scripted(c *command.Call, sc *command.Script, cmd *command.Command, args [][]byte) error {
	s := c.Session
	outer := *c
	outerDB := s.DB
	s.DB = sc.DB
	c.Cmd, c.Args, c.W, c.InExec = cmd, args, &sc.W, true
	c.Places, c.Prefetched, c.Told, c.Resumed = nil, false, false, false
	if sc.Untold {
		c.Effects = nil
	}
	sc.W.B = sc.W.B[:0]
	start := ticksNow()
	err := cmd.Run(c)
	c.Settle(outer.Dirty)
	spent := ticksNow() - start
	x.Stats.Ran(cmd.ID, spent)
	s.Commands++
	if spent > x.slowTicks {
		x.slow(s, cmd, args, spent)
	}
	if s.State&session.Tracking != 0 {
		x.remember(s, cmd, args)
	}
	if x.d.monitors.Load() != 0 {
		x.d.tell(s, cmd, args, "lua")
	}
	sc.DB, s.DB = s.DB, outerDB
	dirty := c.Dirty
	*c = outer
	c.Dirty, c.Told = dirty, true // the effect of the script is that of its commands
	if err != nil {
		sc.W.B = sc.W.B[:0]
		x.Stats.Commands[cmd.ID].Failed++
		x.Stats.Failed(err.Error())
	}
	return err
}

// Announce tells those who monitor of a call that runs a script, ahead of the script's commands.
func (x *Executor) Announce(c *command.Call) {
	if x.d.monitors.Load() != 0 {
		x.d.announce(c.Session, c.Args, "")
	}
}
