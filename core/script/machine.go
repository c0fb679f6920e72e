package script

import (
	"errors"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/internal/clock"
	"github.com/sleipnirdb/sleipnir/internal/lua"
)

// Machine is a Lua world that runs one script at a time. It belongs to an executor, or, where its script has left the loop, to the session.
type Machine struct {
	world
	engine *Engine
	// busy: a script is under way that may go on elsewhere. Its owner.
	busy bool
	// leaves: the run is given up, to begin anew off the loop.
	leaves bool

	// The run that is under way.
	script *command.Script
	caller *command.Call
	// started is the clock when it began, in ticks, and looked when it was looked at last.
	started, looked uint64

	args   [][]byte // of the command that is called
	digits []byte   // the texts of numbers among them

	// What one script after the other uses, as none can keep it: the functions of their chunks, KEYS and ARGV.
	mains               map[*lua.Chunk]lua.Value
	keyTable, argvTable *lua.Table

	libraries map[*Library]*loaded
	registers *loaded // the library that is being loaded
	isSilent  bool    // it has been loaded before, elsewhere
}

func newMachine(e *Engine) *Machine {
	m := &Machine{engine: e, script: &command.Script{}, libraries: make(map[*Library]*loaded), mains: make(map[*lua.Chunk]lua.Value)}
	m.build()
	return m
}

// Work is what a machine is to do.
type Work struct {
	Keys, Args [][]byte
	Flags      Flags
	// ReadOnly: the command says that nothing is written.
	ReadOnly bool
}

// begin readies the machine for a run.
func (m *Machine) begin(c *command.Call, name string, isFunction bool, w *Work) {
	m.busy, m.leaves, m.caller = true, false, c
	s := m.script
	s.W.Resp3, s.DB, s.Untold = false, c.Session.DB, false
	s.ReadOnly = w.ReadOnly || w.Flags&NoWrites != 0
	s.AllowOOM = w.Flags&Compat == 0 && w.Flags&AllowOOM != 0
	s.Name, s.IsFunction = name, isFunction
	m.started = clock.Ticks()
	m.looked = m.started
	m.state.SetInterrupt(firstBudget, m.interrupt)
}

// run runs a function, and answers the call.
func (m *Machine) run(f lua.Value, args ...lua.Value) error {
	results, err := m.state.Run(f, args...)
	return m.end(results, err)
}

// resume goes on with a run.
func (m *Machine) resume(c *command.Call) error {
	m.caller = c
	results, err := m.state.Resume()
	return m.end(results, err)
}

// end answers the call, unless the run is to go on elsewhere.
func (m *Machine) end(results []lua.Value, err error) error {
	c := m.caller
	if errors.Is(err, lua.ErrSuspended) {
		c.Session.Script = m
		if c.Machine == any(m) {
			c.Machine = nil
		}
		return command.Suspended
	}
	if m.leaves || errors.Is(err, command.TooLong) {
		err = command.TooLong
	} else if err != nil {
		err = m.failed(err)
	} else {
		v := lua.Nil
		if len(results) > 0 {
			v = results[0]
		}
		err = m.reply(v)
	}
	m.clear()
	return err
}

// clear forgets the run.
func (m *Machine) clear() {
	c := m.caller
	m.caller, m.busy = nil, false
	if m.script.Watched == nil {
		m.script.Renew()
	} else {
		c.Nested.EndScript(m.script)
		m.script = &command.Script{} // others may look at the old one yet
	}
	if cap(m.script.W.B) > keptBytes {
		m.script.W.B = nil
	}
	if cap(m.digits) > keptBytes {
		m.digits = nil
	}
	clear(m.args)
	if c.Session.Script == any(m) {
		c.Session.Script = nil
		m.engine.giveBack(m)
	}
}

// keptBytes is what remains of a buffer that had to grow.
const keptBytes = 64 << 10

// keptMains is how many functions of chunks are kept.
const keptMains = 64

// main is the function of a chunk.
func (m *Machine) main(c *lua.Chunk) lua.Value {
	if f, isKept := m.mains[c]; isKept {
		m.state.Renew(f)
		return f
	}
	if len(m.mains) == keptMains {
		clear(m.mains)
	}
	f := m.state.Load(c)
	m.mains[c] = f
	return f
}

// keptItems is how many strings KEYS and ARGV may have to be used again.
const keptItems = 64

// fill makes a table of strings and gives it to scripts by name. It is the table of the run before, where that will do.
func (m *Machine) fill(kept **lua.Table, name lua.Value, items [][]byte) {
	t := *kept
	if t == nil || len(items) > keptItems {
		t = m.state.NewTable(len(items), 0)
		*kept = nil
		if len(items) <= keptItems {
			*kept = t
		}
		_ = m.globals.Set(name, t.Value())
	} else {
		t.Refill(len(items))
	}
	for i, item := range items {
		_ = t.SetInt(i+1, m.state.Bytes(item))
	}
}

// array makes a table of strings.
func (m *Machine) array(items [][]byte) lua.Value {
	t := m.state.NewTable(len(items), 0)
	for i, item := range items {
		_ = t.SetInt(i+1, m.state.Bytes(item))
	}
	return t.Value()
}

// reply answers with what the script has returned. What is an error is the call's, to be counted as one.
func (m *Machine) reply(v lua.Value) error {
	c := m.caller
	t := v.AsTable()
	if t == nil {
		m.answer(c.W, v, 0)
		return nil
	}
	text, isError := m.get(t, "err").AsString()
	if !isError {
		m.answer(c.W, v, 0)
		return nil
	}
	return m.fail(text, m.get(t, "ignore_error_stats_update").Truthy())
}

// fail answers with an error, which has been counted or will be.
func (m *Machine) fail(text string, isCounted bool) error {
	if isCounted {
		m.caller.W.Error(text)
		return nil
	}
	return command.Error(text)
}

// display is a value as tostring has it.
func display(v lua.Value) string {
	switch v.Kind() {
	case lua.KindString, lua.KindNumber:
		text, _ := v.ToString()
		return text
	case lua.KindNil:
		return "nil"
	case lua.KindBool:
		if v.Truthy() {
			return "true"
		}
		return "false"
	}
	return v.TypeName() + ": " + v.Pointer()
}

// failed answers with the error that has ended the script.
func (m *Machine) failed(err error) error {
	raised := (*lua.Error)(nil)
	if !errors.As(err, &raised) {
		return command.Error("ERR " + err.Error())
	}
	where := ""
	if raised.Source != "" {
		where = " script: " + m.script.Name + ", on " + raised.Source + ":" + string(appendNumber(nil, float64(raised.Line))) + "."
	}
	t := raised.Value.AsTable()
	if t == nil {
		return m.fail("ERR "+display(raised.Value)+where, false)
	}
	text, _ := m.get(t, "err").ToString()
	return m.fail(text+where, m.get(t, "ignore_error_stats_update").Truthy())
}
