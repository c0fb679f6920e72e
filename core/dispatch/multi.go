package dispatch

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/session"
)

// enqueue keeps a command, whose effective flags are given, for EXEC: its arguments are copied, in one block.
func (x *Executor) enqueue(s *session.Session, cmd *command.Command, flags command.Flags, args [][]byte) {
	kept, size := command.CloneArgs(args)
	s.Multi.Queue = append(s.Multi.Queue, session.Queued{Command: cmd.ID, Args: kept})
	s.Multi.Bytes += size
	s.Multi.Flags |= uint64(flags)
	s.Multi.Inverse |= ^uint64(flags)
	if cmd.Full == "select" {
		if n, err := command.ParseDB(args[1], x.d.Set.Space(0).Databases()); err == nil {
			s.Multi.DB = n
		}
	}
	s.W.Status("QUEUED")
}

// abandon leaves a transaction whose EXEC was refused.
func (x *Executor) abandon(s *session.Session) {
	s.Multi = session.Multi{}
	s.State &^= session.InMulti | session.DirtyExec
	x.d.Hooks.Abandoned(s)
}

// RunNested executes a command within the leases of c, as EXEC does.
func (x *Executor) RunNested(c *command.Call, cmd *command.Command, args [][]byte) {
	if c.Session.State&session.Restricted != 0 {
		if err := x.permitQueued(c.Session, cmd, args); err != nil {
			x.Stats.Failed(err.Error())
			c.W.Error(err.Error())
			return
		}
	}
	outer := *c
	c.Cmd, c.Args, c.InExec, c.Partition = cmd, args, true, none
	c.Places, c.Prefetched, c.Told = nil, false, false
	mark := len(c.W.B)
	start := ticksNow()
	err := cmd.Run(c)
	c.Settle(outer.Dirty)
	spent := ticksNow() - start
	x.Stats.Ran(cmd.ID, spent)
	if spent > x.slowTicks {
		x.slow(c.Session, cmd, args, spent)
	}
	if c.Session.State&session.Tracking != 0 {
		x.remember(c.Session, cmd, args)
	}
	if x.d.monitors.Load() != 0 {
		x.d.tell(c.Session, cmd, args, "")
	}
	if err != nil {
		c.W.B = c.W.B[:mark]
		x.Stats.Commands[cmd.ID].Failed++
		x.Stats.Failed(err.Error())
		c.W.Error(err.Error())
	}
	dirty := c.Dirty
	*c = outer
	c.Dirty, c.Told = dirty, true // the effect of what runs others is theirs
}
