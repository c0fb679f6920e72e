package script

import (
	"strconv"
	"strings"

	"github.com/sleipnirdb/sleipnir/internal/lua"
	"github.com/sleipnirdb/sleipnir/internal/lualib"
)

// The sandbox: what a script finds.
//
// There are three tables of globals. That of scripts has the libraries, KEYS, ARGV and the table redis, by its other name server. That of functions
// is empty and frozen, and finds the same through its metatable but for KEYS, ARGV and what only scripts have; while a library is loaded,
// it finds nothing but a table redis that can register functions. All are frozen with all that hangs on them.

// hidden are globals of Lua that the sandbox leaves out.
var hidden = []string{"dofile", "loadfile", "print", "require", "module", "package", "io", "debug"}

// world is the part of a machine that is made once.
type world struct {
	state *lua.State
	names map[string]lua.Value

	globals    *lua.Table // of scripts
	keys, argv lua.Value  // the names of what each run gets

	functions *lua.Table // the globals of functions
	lookup    *lua.Table // the metatable of functions
	index     lua.Value  // "__index"
	running   *lua.Table // what functions find when they run
	loading   *lua.Table // what a library finds when it is loaded
}

// build makes the world.
func (m *Machine) build() {
	m.state = lua.New(lua.Limits{Memory: m.engine.host.MaxMemory()})
	m.names = make(map[string]lua.Value)
	m.openLibraries()
	m.globals = m.state.Globals()
	for _, name := range hidden {
		m.set(m.globals, name, lua.Nil)
	}
	m.state.SetCaught(plainError)
	m.keys, m.argv, m.index = m.name("KEYS"), m.name("ARGV"), m.name("__index")

	handler := m.state.Function("__server__err__handler", m.errorHandler)
	m.running = m.copyOf(m.globals)
	m.set(m.running, "_G", m.running.Value())
	m.expose(m.running, m.api())

	m.set(m.globals, "__server__err__handler", handler)
	m.set(m.globals, "__redis__err__handler", handler)
	api := m.api()
	m.add(api, "breakpoint", func(f *lua.Frame) error { return f.Return(lua.Bool(false)) })
	m.add(api, "debug", func(*lua.Frame) error { return nil })
	m.add(api, "replicate_commands", func(f *lua.Frame) error { return f.Return(lua.Bool(true)) })
	m.expose(m.globals, api)

	m.loading = m.state.NewTable(0, 2)
	registry := m.state.NewTable(0, 16)
	m.add(registry, "register_function", m.registerFunction)
	m.addLog(registry)
	m.addVersion(registry)
	m.strict(registry)
	m.expose(m.loading, registry)

	m.functions = m.state.NewTable(0, 0)
	m.lookup = m.state.NewTable(0, 1)
	m.functions.SetMetatable(m.lookup)
	m.find(m.running)

	for _, t := range []*lua.Table{m.globals, m.running, m.loading} {
		m.strict(t)
		freeze(t)
	}
	freeze(m.functions)
	if meta := m.state.StringMetatable(); meta != nil {
		freeze(meta)
	}
}

// openLibraries gives scripts Lua's libraries.
func (m *Machine) openLibraries() {
	m.state.OpenBase()
	m.state.OpenCoroutine()
	m.state.OpenString()
	m.state.OpenTable()
	m.state.OpenMath()
	m.state.OpenOS()
	lualib.Open(m.state)
}

// plainError is what pcall gives for an error that is a table: its text alone, as scripts are used to from the time when errors were strings.
// Where a table has no text, a nil comes behind it, as from the reference.
func plainError(v lua.Value) (value lua.Value, count int) {
	t := v.AsTable()
	if t == nil {
		return v, 1
	}
	if text := t.GetString("err"); isText(text) {
		return text, 1
	}
	return v, 2
}

func isText(v lua.Value) bool { return v.Kind() == lua.KindString || v.Kind() == lua.KindNumber }

// name returns a string as a value, made once.
func (w *world) name(text string) lua.Value {
	v, ok := w.names[text]
	if !ok {
		v = w.state.String(text)
		w.names[text] = v
	}
	return v
}

// find has functions find what is in t.
func (w *world) find(t *lua.Table) { _ = w.lookup.Set(w.index, t.Value()) }

// copyOf returns a table with the same fields.
func (w *world) copyOf(t *lua.Table) *lua.Table {
	same := w.state.NewTable(0, 64)
	for k, v, _ := t.Next(lua.Nil); !k.IsNil(); k, v, _ = t.Next(k) {
		_ = same.Set(k, v)
	}
	return same
}

// expose gives a table of functions both its names.
func (m *Machine) expose(globals, api *lua.Table) {
	m.set(globals, "server", api.Value())
	m.set(globals, "redis", api.Value())
}

// strict has an error raised where something is looked for that isn't there.
func (m *Machine) strict(t *lua.Table) {
	meta := m.state.NewTable(0, 1)
	_ = meta.Set(m.index, m.state.Function("__index", absent))
	t.SetMetatable(meta)
}

// absent is the __index of a strict table.
func absent(f *lua.Frame) error {
	if f.Count() != 2 {
		return f.Errorf(1, "Wrong number of arguments to luaProtectedTableError")
	}
	name, ok := f.Arg(1).ToString()
	if !ok {
		return f.Errorf(1, "Second argument to luaProtectedTableError must be a string or number")
	}
	return f.Errorf(1, "Script attempted to access nonexistent global variable '%s'", name)
}

// freeze freezes a table and all that hangs on it.
func freeze(t *lua.Table) {
	if t.Frozen() {
		return
	}
	t.Freeze()
	for k, v, _ := t.Next(lua.Nil); !k.IsNil(); k, v, _ = t.Next(k) {
		if inner := v.AsTable(); inner != nil {
			freeze(inner)
		}
	}
	if meta := t.Metatable(); meta != nil {
		freeze(meta)
	}
}

// add adds a function to a table.
func (m *Machine) add(t *lua.Table, name string, f lua.Builtin) {
	m.set(t, name, m.state.Function(name, f))
}

// api makes the table that scripts and functions call redis.
func (m *Machine) api() *lua.Table {
	t := m.state.NewTable(0, 32)
	m.add(t, "call", func(f *lua.Frame) error { return m.call(f, true) })
	m.add(t, "pcall", func(f *lua.Frame) error { return m.call(f, false) })
	m.addLog(t)
	m.addVersion(t)
	m.add(t, "setresp", m.setresp)
	m.add(t, "sha1hex", m.sha1hex)
	m.add(t, "error_reply", m.errorReply)
	m.add(t, "status_reply", m.statusReply)
	m.add(t, "set_repl", m.setRepl)
	for name, bits := range map[string]int{"REPL_NONE": 0, "REPL_AOF": replAOF, "REPL_SLAVE": replReplica,
		"REPL_REPLICA": replReplica, "REPL_ALL": replAOF | replReplica} {
		m.set(t, name, lua.Number(float64(bits)))
	}
	m.add(t, "acl_check_cmd", m.aclCheckCmd)
	return t
}

func (m *Machine) addLog(t *lua.Table) {
	m.add(t, "log", m.log)
	for level, name := range []string{"LOG_DEBUG", "LOG_VERBOSE", "LOG_NOTICE", "LOG_WARNING"} {
		m.set(t, name, lua.Number(float64(level)))
	}
}

// The version of Redis that scripts are told besides, for those who look for its features.
const (
	redisVersion       = "7.2.4"
	redisVersionNumber = 0x00070204
)

func (m *Machine) addVersion(t *lua.Table) {
	m.set(t, "REDIS_VERSION_NUM", lua.Number(redisVersionNumber))
	m.set(t, "REDIS_VERSION", m.state.String(redisVersion))
	m.set(t, "VALKEY_VERSION_NUM", lua.Number(float64(versionNumber(m.engine.version))))
	m.set(t, "VALKEY_VERSION", m.state.String(m.engine.version))
	m.set(t, "SERVER_NAME", m.state.String("valkey"))
}

// versionNumber is a version as a number, a byte for each part: 9.1.0 is 0x090100.
func versionNumber(version string) (n int) {
	for _, part := range strings.Split(version, ".") {
		digits, _ := strconv.Atoi(part)
		n = n<<8 | digits
	}
	return n
}

// errorHandler is what the reference has as a global: it makes a table of an error.
func (m *Machine) errorHandler(f *lua.Frame) error {
	v := f.Arg(0)
	if v.AsTable() == nil {
		text, err := f.ToDisplay(v)
		if err != nil {
			return err
		}
		s, _ := text.AsString()
		v = m.failure("-ERR "+s, false)
	}
	return f.Return(v)
}
