package dispatch

import (
	"net/netip"
	"strings"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/session"
)

// Conditions of the whole process that take every command through the gate.
const (
	// GateWritesPaused and GateAllPaused: CLIENT PAUSE.
	GateWritesPaused uint32 = 1 << (16 + iota)
	GateAllPaused
	// GateLoading: the dataset is being loaded.
	GateLoading
	// GateMemory: used memory is over maxmemory.
	GateMemory
	// GateJournalFull: the journal's readers are behind. Writes wait.
	GateJournalFull
	// GateHotKeys: the keys that are used are counted.
	GateHotKeys
	// GateDisk: what was promised about data on disk can't be kept.
	GateDisk
	// GateReplicas: there are fewer replicas than writes need.
	GateReplicas
	// GateBusy: a script is busy.
	GateBusy
)

// gatePauses are the conditions under which sessions wait.
const gatePauses = GateWritesPaused | GateAllPaused | GateJournalFull

// alwaysGated are commands that the gate has to see in any state.
const alwaysGated = command.Protected | command.PubSub

// listens are the flags of the commands that subscribe and unsubscribe.
const listens = command.PubSub | command.InPubSub

// errMonitors calls a session that monitors a replica, which it is to Valkey.
const errMonitors command.Error = "ERR Replica can't interact with the keyspace"

const errFewReplicas command.Error = "NOREPLICAS Not enough good replicas to write."

// verdict is what the gate says of a request.
type verdict uint8

const (
	passed verdict = iota
	refused
	queued // by MULTI; already replied
	paused
)

// pass checks a request in Valkey's order. Existence and argument count were
// checked before.
func (x *Executor) pass(s *session.Session, cmd *command.Command, args [][]byte) (verdict, error) {
	gate := x.d.gate.Load()
	flags := x.effectiveFlags(s, cmd, args)
	if cmd.Flags&command.Protected != 0 {
		if err := x.protected(s, cmd); err != nil {
			return refused, err
		}
	}
	if s.State&session.Locked != 0 && cmd.Flags&command.NoAuth == 0 {
		return refused, command.ErrNoAuth
	}
	if s.State&session.InMulti != 0 && cmd.Flags&command.NoMulti != 0 {
		return refused, command.Error("ERR Command not allowed inside a transaction")
	}
	if s.State&session.Restricted != 0 {
		if err := x.permit(s, cmd, args); err != nil {
			return refused, err
		}
	}
	if gate&GateMemory != 0 && !x.roomFor(s, flags) {
		return refused, command.ErrOOM
	}
	if gate&GateDisk != 0 && (flags&command.Write != 0 || cmd.Full == "ping") {
		if err := x.d.diskError.Load(); err != nil {
			return refused, *err
		}
	}
	if gate&GateReplicas != 0 && flags&command.Write != 0 && s.State&session.Applied == 0 {
		return refused, errFewReplicas
	}
	if s.State&session.Subscribed != 0 && !s.W.Resp3 && cmd.Flags&command.InPubSub == 0 {
		return refused, command.Error("ERR Can't execute '" + cmd.Full +
			"': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context")
	}
	if s.State&session.Subscribed == 0 && cmd.Flags&listens == listens && strings.HasSuffix(cmd.Name, "unsubscribe") {
		return refused, command.Error("NOSUB '" + cmd.Full + "' command executed not in subscribed mode")
	}
	if gate&GateLoading != 0 && flags&command.Loading == 0 {
		return refused, command.ErrLoading
	}
	if gate&GateBusy != 0 && cmd.Flags&command.AllowBusy == 0 {
		if err := x.busyFor(s, cmd, args); err != nil {
			return refused, err
		}
	}
	if s.State&session.Monitoring != 0 {
		if flags&(command.Write|command.ReadOnly|command.MayReplicate) != 0 {
			return refused, errMonitors
		}
	} else if gate&GateAllPaused != 0 ||
		(gate&(GateWritesPaused|GateJournalFull) != 0 && flags&(command.Write|command.MayReplicate) != 0) {
		x.pausedBy |= gate & gatePauses
		return paused, nil
	}
	if gate&GateHotKeys != 0 {
		x.countKeys(s, cmd, args)
	}
	if s.State&session.InMulti != 0 && cmd.Flags&command.MultiControl == 0 {
		x.enqueue(s, cmd, flags, args)
		return queued, nil
	}
	return passed, nil
}

// roomFor reports whether a command with these flags may use memory. It gives
// back the lease that is kept, so that its partition can lose keys too. The
// commands of a script are told what was found when it began.
//
// Valkey evicts before any command. Here most leave it to the next tick, but
// who keeps keys on his side hears of it before his next reply.
func (x *Executor) roomFor(s *session.Session, flags command.Flags) bool {
	if flags&(command.DenyOOM|command.RunsScript) == 0 && s.State&session.Tracking == 0 {
		return true
	}
	x.drop()
	s.Short = !x.d.Memory.MakeRoom(x)
	return !s.Short || flags&command.DenyOOM == 0
}

// effectiveFlags are the command's own, or those that a script declares, and for EXEC those of what it will run.
func (x *Executor) effectiveFlags(s *session.Session, cmd *command.Command, args [][]byte) command.Flags {
	switch {
	case cmd.Flags&(command.RunsQueue|command.RunsScript) == 0:
		return cmd.Flags
	case cmd.Effective != nil:
		return cmd.Effective(args) | command.RunsScript
	case s.State&session.InMulti == 0 || cmd.Flags&command.RunsQueue == 0:
		return cmd.Flags
	}
	return (cmd.Flags | command.Flags(s.Multi.Flags)) &^ (command.Flags(s.Multi.Inverse) & (command.Stale | command.Loading))
}

// protected checks a command that a directive has to allow.
func (x *Executor) protected(s *session.Session, cmd *command.Command) error {
	top := cmd
	if cmd.Container != nil {
		top = cmd.Container
	}
	directive, id := "enable-debug-command", config.EnableDebugCommand
	if top.Name == "module" {
		directive, id = "enable-module-command", config.EnableModuleCommand
	}
	switch x.d.Config.Str(id) {
	case "yes":
		return nil
	case "local":
		if isLocal(s.Conn.RemoteAddr()) {
			return nil
		}
	}
	return command.Error("ERR " + strings.ToUpper(top.Name) + " command not allowed. If the " + directive +
		" option is set to \"local\", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.")
}

// isLocal reports whether an address is of this machine: loopback or a unix
// socket.
func isLocal(addr string) bool {
	ap, err := netip.ParseAddrPort(addr)
	return err != nil || ap.Addr().Unmap().IsLoopback()
}

// RefuseWrites has commands that write answered with an error, and PING, so that who watches the server sees it; empty lets them pass.
func (d *Dispatcher) RefuseWrites(why command.Error) {
	d.diskError.Store(&why)
	d.SetGate(GateDisk, why != "")
}

// SetGate turns conditions of the process on or off.
func (d *Dispatcher) SetGate(bits uint32, on bool) {
	if on {
		d.gate.Or(bits)
		return
	}
	d.gate.And(^bits)
}

// Gate returns the conditions in force.
func (d *Dispatcher) Gate() uint32 { return d.gate.Load() }
