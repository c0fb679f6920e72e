package script

import (
	"errors"
	"strings"
	"time"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/internal/clock"
	"github.com/sleipnirdb/sleipnir/internal/lua"
)

// Loading a library: its code is run, and calls redis.register_function for each function.

// loaded is a library in one machine.
type loaded struct {
	library   *Library
	callbacks []lua.Value // by Function.index
	isFirst   bool        // the library's functions aren't known yet
	until     uint64      // clock ticks, 0 for ever
}

// loadTime is how long the code of a library may take.
const loadTime = 500 * time.Millisecond

// register runs the code of a library that is new.
func (m *Machine) register(lib *Library, isTimed bool) error {
	l := &loaded{library: lib, isFirst: true}
	if isTimed {
		l.until = clock.Ticks() + clock.NanosToTicks(int64(loadTime))
	}
	if err := m.load(l); err != nil {
		return command.Error("ERR Error registering functions: " + errorOf(err))
	}
	m.libraries[lib] = l
	return nil
}

// callback returns a function as it is in this machine.
func (m *Machine) callback(f *Function) (lua.Value, error) {
	l := m.libraries[f.Library]
	if l == nil {
		m.forgetLibraries()
		l = &loaded{library: f.Library}
		m.isSilent = true
		err := m.load(l)
		m.isSilent = false
		if err != nil || f.index >= len(l.callbacks) {
			return lua.Nil, command.Error("ERR Error registering functions: " + errorOf(err))
		}
		m.libraries[f.Library] = l
	}
	return l.callbacks[f.index], nil
}

// forgetLibraries forgets those that are in force no more.
func (m *Machine) forgetLibraries() {
	now := m.engine.Libraries()
	for lib := range m.libraries {
		if now.Library(lib.Name) != lib {
			delete(m.libraries, lib)
		}
	}
}

// load runs the code of a library.
func (m *Machine) load(l *loaded) error {
	m.registers = l
	m.find(m.loading)
	m.state.SetInterrupt(firstBudget, m.interrupt)
	_, err := m.state.Run(m.state.LoadIn(l.library.chunk, m.functions))
	m.find(m.running)
	m.registers = nil
	return err
}

const errLoadTime command.Error = "ERR FUNCTION LOAD timeout"

// checkLoading ends the code of a library that takes too long.
func (m *Machine) checkLoading() (budget int, err error) {
	if l := m.registers; l != nil && l.until != 0 && clock.Ticks() > l.until {
		return 0, errLoadTime
	}
	return awayBudget, nil
}

// errorOf is the text of what has ended the code of a library.
func errorOf(err error) string {
	raised := (*lua.Error)(nil)
	switch {
	case err == nil:
		return ""
	case !errors.As(err, &raised):
		return strings.TrimPrefix(err.Error(), "ERR ")
	}
	if t := raised.Value.AsTable(); t != nil {
		text, _ := t.GetString("err").ToString()
		return text
	}
	return "ERR " + raised.Error()
}

// registerFunction is redis.register_function.
func (m *Machine) registerFunction(f *lua.Frame) error {
	l := m.registers
	if l == nil {
		return m.raise(f, "server.register_function can only be called on FUNCTION LOAD command")
	}
	fn := &Function{Library: l.library, index: len(l.callbacks)}
	var callback lua.Value
	var wrong string
	switch f.Count() {
	case 1:
		callback, wrong = fn.named(f.Arg(0))
	case 2:
		callback, wrong = fn.positional(f.Arg(0), f.Arg(1))
	default:
		wrong = "wrong number of arguments to server.register_function"
	}
	if wrong == "" && l.isFirst {
		wrong = l.library.register(fn)
	}
	if wrong != "" {
		return m.raise(f, wrong)
	}
	l.callbacks = append(l.callbacks, callback)
	return nil
}

// register adds a function, or says what is wrong with it.
func (l *Library) register(fn *Function) (wrong string) {
	if !isName(fn.Name) {
		return errName
	}
	for _, other := range l.Functions {
		if other.Name == fn.Name {
			return "Function already exists in the library"
		}
	}
	l.Functions = append(l.Functions, fn)
	return ""
}

// positional reads the arguments name and callback.
func (fn *Function) positional(name, callback lua.Value) (lua.Value, string) {
	var ok bool
	if fn.Name, ok = name.ToString(); !ok {
		return lua.Nil, "first argument to server.register_function must be a string"
	}
	if callback.Kind() != lua.KindFunction {
		return lua.Nil, "second argument to server.register_function must be a function"
	}
	return callback, ""
}

// named reads a table of arguments.
func (fn *Function) named(v lua.Value) (callback lua.Value, wrong string) {
	t := v.AsTable()
	if t == nil {
		return lua.Nil, "calling server.register_function with a single argument is only applicable to Lua table (representing named arguments)."
	}
	isNamed := false
	for k, v, _ := t.Next(lua.Nil); !k.IsNil(); k, v, _ = t.Next(k) {
		key, isString := k.ToString()
		if !isString {
			return lua.Nil, "named argument key given to server.register_function is not a string"
		}
		switch strings.ToLower(key) {
		case "function_name":
			if fn.Name, isNamed = v.ToString(); !isNamed {
				return lua.Nil, "function_name argument given to server.register_function must be a string"
			}
		case "description":
			text, ok := v.ToString()
			if !ok {
				return lua.Nil, "description argument given to server.register_function must be a string"
			}
			fn.Description = &text
		case "callback":
			if v.Kind() != lua.KindFunction {
				return lua.Nil, "callback argument given to server.register_function must be a function"
			}
			callback = v
		case "flags":
			if wrong = fn.readFlags(v.AsTable()); wrong != "" {
				return lua.Nil, wrong
			}
		default:
			return lua.Nil, "unknown argument given to server.register_function"
		}
	}
	switch {
	case !isNamed:
		return lua.Nil, "server.register_function must get a function name argument"
	case callback.IsNil():
		return lua.Nil, "server.register_function must get a callback argument"
	}
	return callback, ""
}

// readFlags reads a list of flags.
func (fn *Function) readFlags(list *lua.Table) (wrong string) {
	if list == nil {
		return "flags argument to server.register_function must be a table representing function flags"
	}
	for i := 1; ; i++ {
		v := list.GetInt(i)
		if v.IsNil() {
			return ""
		}
		name, _ := v.ToString()
		flag := flagOf(strings.ToLower(name))
		if flag == 0 {
			return "unknown flag given"
		}
		fn.Flags |= flag
	}
}
