package command

import (
	"sync/atomic"

	"github.com/sleipnirdb/sleipnir/net/resp"
)

// Script is one run of a script, as far as those see it who run its commands. It belongs to the owner of the session that called it.
//
// Whoever runs scripts makes one for each run (and may use it again, see Renew), has the script's commands run
// by [Nested.RunScripted], and calls [Nested.Interrupt] from time to time while the script is at work.
type Script struct {
	// W gets the reply of each command, in RESP2 or RESP3 as the script wants.
	W resp.Writer
	// DB is the database that the script's commands take effect in. It begins as the session's, and SELECT changes it for the script only.
	DB int
	// ReadOnly: it may not write. AllowOOM: it may use memory when there is none to spare.
	ReadOnly, AllowOOM bool
	// Untold: the journal doesn't get what its commands do (redis.set_repl).
	Untold bool
	// Name is the function's, or that of the body. IsFunction says which.
	Name       string
	IsFunction bool

	// Acted: one of its commands did more than read data. The owner's.
	Acted bool

	// Watched is the dispatcher's, nil until the first Interrupt.
	Watched any

	fate atomic.Uint32
}

// What becomes of a script is decided once: by its first command that writes, or by who kills it.
const (
	open uint32 = iota
	wrote
	killed
)

// Write notes that a command that writes is let through. From then on the script isn't stopped half-way, but at the end of the process. It
// says no if somebody has killed the script before.
func (s *Script) Write() bool {
	return s.fate.Load() == wrote || s.fate.CompareAndSwap(open, wrote)
}

// Renew readies a script for another run, if nobody else was ever told of it: it was never Watched.
func (s *Script) Renew() {
	s.Acted = false
	if s.fate.Load() != open {
		s.fate.Store(open)
	}
}

// Wrote says whether a command that writes was let through. Any thread.
func (s *Script) Wrote() bool { return s.fate.Load() == wrote }

// Kill has the next Interrupt end the script. It says no if the script has written. Any thread.
func (s *Script) Kill() bool {
	return s.fate.CompareAndSwap(open, killed) || s.Killed()
}

// Killed says whether the script has to end.
func (s *Script) Killed() bool { return s.fate.Load() == killed }

// Suspended is what a handler returns whose script takes long and can go on elsewhere, after [Call.MaySuspend] has said so. It has
// written no reply, and keeps the script in Session.Script; neither the call nor the array of its arguments stays. The handler is called again, with [Call.Resumed], on an ordinary goroutine
// that holds what the call held, and that has what the script's commands did so far. Nobody else comes in between.
const Suspended Error = "suspended"

// ErrKilled is why [Nested.Interrupt] ends a script. [Nested.RunScripted] may return it too.
const ErrKilled Error = "ERR Script killed by user with SCRIPT KILL."

// MaySuspend says whether the handler may return Suspended: the call holds up a loop, and isn't part of a transaction.
func (c *Call) MaySuspend() bool { return c.MayLeave && !c.InExec }

// Errors of a script's commands, which begin with ERR as all that have no code of their own.
const (
	ErrScriptUnknown Error = "ERR Unknown command called from script"
	ErrScriptArity   Error = "ERR Wrong number of args calling command from script"
	ErrNoScript      Error = "ERR This Redis command is not allowed from script"
	ErrScriptWrites  Error = "ERR Write commands are not allowed from read-only scripts."
)

// What others are told while a script takes long, and who wants to end it.
const (
	ErrBusyScript   Error = "BUSY Valkey is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."
	ErrBusyFunction Error = "BUSY Valkey is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE."
	ErrNotBusy      Error = "NOTBUSY No scripts in execution right now."
	ErrUnkillable   Error = "UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the " +
		"script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command."
	ErrUnkillableApplied Error = "UNKILLABLE The busy script was sent by a master instance in the context of replication and cannot be killed."
)
