package dispatch

import (
	"github.com/sleipnirdb/sleipnir/core/acl"
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/pubsub"
	"github.com/sleipnirdb/sleipnir/core/session"
)

// What users may do is looked at by the gate, again where EXEC or a script runs a command, and again where a wait is over: the
// rights may have changed since. Sessions learn of a change by a visit to their loop (UsersChanged). A session that another
// thread has, or may get to serve its wait, is only marked, and looked at when it is back: until then it runs
// nothing that isn't checked.

// Permitted checks a call, within the leases of another one or alone, against the rights of the session's user. What is
// denied is logged as of the context. The caller owns the session.
func (x *Executor) Permitted(s *session.Session, cmd *command.Command, args [][]byte, from acl.Context) acl.Denial {
	return x.check(s, cmd, args, s.DB, from)
}

func (x *Executor) check(s *session.Session, cmd *command.Command, args [][]byte, db int, from acl.Context) acl.Denial {
	rights := s.User.Rights()
	x.keys = cmd.Ask(&x.asked, rights, args, db, x.d.Set.Space(0).Databases(), x.keys)
	d := rights.Check(&x.asked)
	if d.Reason != acl.Allowed {
		x.d.Hooks.Denied(s, cmd, args, d, from, x.now)
	}
	return d
}

// permit is the gate's check: the error is the reply.
func (x *Executor) permit(s *session.Session, cmd *command.Command, args [][]byte) error {
	db, from := s.DB, acl.TopLevel
	if s.State&session.InMulti != 0 {
		db, from = s.Multi.DB, acl.InMulti
	}
	return refusal(s, cmd, x.check(s, cmd, args, db, from))
}

// refusal is the reply to a call that is denied, nil if it isn't.
func refusal(s *session.Session, cmd *command.Command, d acl.Denial) error {
	if d.Reason == acl.Allowed {
		return nil
	}
	return command.Error("NOPERM " + d.Text(s.User.Name, cmd.Full, "", false))
}

// permitQueued checks a command of a transaction as it runs.
func (x *Executor) permitQueued(s *session.Session, cmd *command.Command, args [][]byte) error {
	why := "no permission"
	switch x.check(s, cmd, args, s.DB, acl.InMulti).Reason {
	case acl.Allowed:
		return nil
	case acl.DeniedCommand:
		why = "no permission to execute the command or subcommand"
	case acl.DeniedKey:
		why = "no permission to touch the specified keys"
	case acl.DeniedChannel:
		why = "no permission to access one of the channels used as arguments"
	case acl.DeniedDB:
		why = "no permission to access the database"
	}
	return command.Error("NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. " +
		"This command is no longer allowed for the following reason: " + why)
}

// permitAgain checks a command that has waited. Its session is claimed, but its state is still the loop's: so the rights tell.
func (x *Executor) permitAgain(o *op) error {
	if u := o.s.User; u == nil || !u.Rights().Limited() {
		return nil
	}
	return refusal(o.s, o.cmd, x.check(o.s, o.cmd, o.args, o.s.DB, acl.TopLevel))
}

// UsersChanged has changes of users take effect on those who are connected, and returns when they have. me is the session that asks, which is
// closed behind its reply if it has to go. The caller is an ordinary goroutine that owns me, if there is one.
func (d *Dispatcher) UsersChanged(changes []acl.Change, me *session.Session) {
	d.EachSession(func(x *Executor, s *session.Session) {
		if s == me {
			s.Recheck = true
			return
		}
		x.follow(s, changes)
	})
	if me == nil {
		return
	}
	for i := range changes {
		if c := &changes[i]; c.User == me.User && (c.Gone || endsSubscriptions(c, me)) {
			me.KillAfterReply = true
		}
	}
}

// follow applies changes of users to a session of this loop.
func (x *Executor) follow(s *session.Session, changes []acl.Change) {
	if !s.Lent && s.User == nil {
		return
	}
	away := s.Lent || s.Block.Waiter != nil
	for i := range changes {
		switch c := &changes[i]; {
		case s.Lent && s.Last.User != c.User.Name || !s.Lent && s.User != c.User:
		case c.Gone, !s.Lent && endsSubscriptions(c, s):
			x.Kill(s)
			return
		}
	}
	if s.Recheck = away; !away {
		x.recheck(s)
	}
}

// endsSubscriptions tells whether a change takes away what the session subscribes to.
func endsSubscriptions(c *acl.Change, s *session.Session) bool {
	for k := range s.Subs.Names {
		for name := range s.Subs.Names[k] {
			if c.EndsSubscriber(name, pubsub.Kind(k) == pubsub.Pattern) { // #nosec G115 -- a kind
				return true
			}
		}
	}
	return false
}

// recheck brings a session of this loop in line with what its user may do now.
func (x *Executor) recheck(s *session.Session) {
	s.Recheck = false
	if s.User == nil {
		return
	}
	if s.User.Deleted() {
		s.State |= session.Locked | session.Closing
		s.Conn.CloseAfterFlush()
		return
	}
	s.LimitUser()
	if s.State&session.Locked != 0 && s.User.Rights().NoPass() && s.User.Rights().Enabled() {
		s.State &^= session.Locked
	}
}
