package lua

// Builtin is a Go function that Lua code may call. It takes its arguments from the frame and leaves its results there. It
// must not keep the frame.
type Builtin func(c *Frame) error

// Function is a Lua closure or a builtin.
type Function struct {
	object
	proto   *proto // of Lua code; nil for builtins
	env     *Table // where its globals are
	upvals  []*upvalue
	single  [1]*upvalue // room for upvals where there is one
	builtin Builtin
	special special
	native  *native // nil for Lua code
}

// native is what else is known of a builtin.
type native struct {
	name    string
	wrapped *Thread // of specialWrapped
}

// special builtins switch frames or threads, so the interpreter does them itself and they need no Go stack.
type special uint8

const (
	ordinary special = iota
	specialPcall
	specialXpcall
	specialResume
	specialWrapped // what coroutine.wrap gave
	specialYield
	specialNext
	specialIpairs // the iterator of ipairs
)

// Value is the function as a value.
func (f *Function) Value() Value { return Value{p: &f.object} }

// Env is the table of the function's globals.
func (f *Function) Env() *Table { return f.env }

// upvalue is a local variable that a closure has captured. While the variable's scope lasts, at points into the stack; then
// it points to closed.
type upvalue struct {
	at     *Value
	closed Value
	index  int      // of the stack slot
	next   *upvalue // the open upvalue with the next lower index
}

// Function makes a function of f. The name is for error texts.
func (s *State) Function(name string, f Builtin) Value {
	return s.newBuiltin(name, f, ordinary).Value()
}

func (s *State) newBuiltin(name string, f Builtin, sp special) *Function {
	fn := &Function{builtin: f, native: &native{name: name}, special: sp, env: s.globals}
	fn.object = object{kind: KindFunction, hash: s.newID(), fn: fn}
	s.used += closureBytes
	return fn
}

func (s *State) newClosure(p *proto, env *Table) *Function {
	fn := &Function{proto: p, env: env}
	fn.object = object{kind: KindFunction, hash: s.newID(), fn: fn}
	if n := len(p.upvals); n <= len(fn.single) {
		fn.upvals = fn.single[:n]
	} else {
		fn.upvals = make([]*upvalue, n)
	}
	s.used += closureBytes + int64(len(p.upvals))*8
	return fn
}

// Load makes a function of the chunk whose globals are the State's.
func (s *State) Load(c *Chunk) Value { return s.LoadIn(c, s.globals) }

// Renew readies a function of a chunk for another run: code may have given it other globals.
func (s *State) Renew(f Value) { f.AsFunction().env = s.globals }

// LoadIn makes a function of the chunk whose globals are env.
func (s *State) LoadIn(c *Chunk, env *Table) Value { return s.newClosure(c.main, env).Value() }
