package script

import (
	"strings"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/internal/lua"
	"github.com/sleipnirdb/sleipnir/internal/unsafestr"
)

// The functions of the table redis.

// raise makes a text an error.
func (m *Machine) raise(f *lua.Frame, text string) error { return f.Raise(m.failure(text, false)) }

// call is redis.call, or redis.pcall, which returns the error that the other one raises.
func (m *Machine) call(f *lua.Frame, raises bool) error {
	fail := func(v lua.Value) error {
		if raises {
			return f.Raise(v)
		}
		return f.Return(v)
	}
	if wrong := m.collect(f); wrong != "" {
		return fail(m.failure(wrong, false))
	}
	if err := m.caller.Nested.RunScripted(m.caller, m.script, m.args); err == command.TooLong {
		m.leaves = true
		m.state.SetInterrupt(1, m.interrupt)
		return f.Return(lua.Nil)
	} else if err != nil {
		return fail(m.failure("-"+err.Error(), true))
	}
	m.called()
	reply := m.script.W.B
	switch {
	case len(reply) == 0: // what has replies of its own isn't for scripts
		return f.Return(lua.Nil)
	case reply[0] == '-':
		return fail(m.read(reply))
	}
	f.Push(m.read(reply))
	return nil
}

// sha1hex is redis.sha1hex.
func (m *Machine) sha1hex(f *lua.Frame) error {
	if f.Count() != 1 {
		return m.raise(f, "wrong number of arguments")
	}
	text, _ := f.Arg(0).ToString()
	return f.Return(m.state.String(SHA1(unsafestr.Bytes(text))))
}

// onlyString returns the argument if it is the only one and a string.
func onlyString(f *lua.Frame) (string, bool) {
	text, ok := f.Arg(0).AsString()
	return text, ok && f.Count() == 1
}

const errOneString = "wrong number or type of arguments"

// errorReply is redis.error_reply.
func (m *Machine) errorReply(f *lua.Frame) error {
	text, ok := onlyString(f)
	if !ok {
		return f.Return(m.failure(errOneString, false))
	}
	text = command.Echo(unsafestr.Bytes(text))
	if !strings.HasPrefix(text, "-") {
		text = "-" + text
	}
	return f.Return(m.failure(text, false))
}

// statusReply is redis.status_reply.
func (m *Machine) statusReply(f *lua.Frame) error {
	if _, ok := onlyString(f); !ok {
		return f.Return(m.failure(errOneString, false))
	}
	return f.Return(m.field("ok", f.Arg(0)))
}

// setresp is redis.setresp.
func (m *Machine) setresp(f *lua.Frame) error {
	if f.Count() != 1 {
		return m.raise(f, "server.setresp() requires one argument.")
	}
	version, _ := f.Arg(0).ToNumber()
	switch int(version) {
	case 2, 3:
		m.script.W.Resp3 = int(version) == 3
		return nil
	}
	return m.raise(f, "RESP version must be 2 or 3.")
}

// Whom redis.set_repl has told of what a script does.
const (
	replAOF = 1 << iota
	replReplica
)

// setRepl is redis.set_repl. There is one journal for files and replicas: they are told both, or neither.
func (m *Machine) setRepl(f *lua.Frame) error {
	if f.Count() != 1 {
		return m.raise(f, "server.set_repl() requires one argument.")
	}
	bits, _ := f.Arg(0).ToNumber()
	if int(bits)&^(replAOF|replReplica) != 0 {
		return m.raise(f, "Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.")
	}
	m.script.Untold = int(bits) == 0
	return nil
}

// The levels of redis.log.
const (
	lowestLevel  = 0
	highestLevel = 3
)

// log is redis.log.
func (m *Machine) log(f *lua.Frame) error {
	if f.Count() < 2 {
		return m.raise(f, "server.log() requires two arguments or more.")
	}
	number, ok := f.Arg(0).ToNumber()
	if !ok {
		return m.raise(f, "First argument must be a number (log level).")
	}
	level := int(number)
	if level < lowestLevel || level > highestLevel {
		return m.raise(f, "Invalid log level.")
	}
	if m.isSilent {
		return nil
	}
	var line strings.Builder
	for i := 1; i < f.Count(); i++ {
		if text, ok := f.Arg(i).ToString(); ok {
			if i > 1 {
				line.WriteByte(' ')
			}
			line.WriteString(text)
		}
	}
	m.engine.host.LogLine(level, line.String())
	return nil
}

// aclCheckCmd is redis.acl_check_cmd.
func (m *Machine) aclCheckCmd(f *lua.Frame) error {
	if wrong := m.collect(f); wrong != "" {
		return m.raise(f, wrong)
	}
	cmd, _ := m.engine.host.CommandTable().Find(m.args) // how many arguments there are doesn't matter
	if cmd == nil {
		return m.raise(f, "Invalid command passed to server.acl_check_cmd()")
	}
	return f.Return(lua.Bool(m.engine.host.MayRun(m.caller, cmd, m.args)))
}
