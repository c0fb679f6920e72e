package lua

import "github.com/sleipnirdb/sleipnir/internal/invariant"

// Entry is a function of a library.
type Entry struct {
	Name string
	Run  Builtin
}

// Library makes a table of functions, in their order: pairs shows them in the one that the reference has.
func (s *State) Library(entries []Entry) *Table {
	t := s.NewTable(0, len(entries))
	t.add(entries)
	return t
}

// OpenLibrary makes a library and gives it a global name.
func (s *State) OpenLibrary(name string, entries []Entry) *Table {
	t := s.Library(entries)
	must(s.globals.SetString(name, t.Value()))
	return t
}

func (t *Table) add(entries []Entry) {
	for _, e := range entries {
		must(t.SetString(e.Name, t.state.Function(e.Name, e.Run)))
	}
}

// must is for what can't fail: keys that are names, in a State that has run no script yet.
func must(err error) {
	invariant.Check(err == nil, "a library finds no room")
}

// holding is a function of f that holds values, as a Lua function holds those of its surroundings.
func (s *State) holding(name string, f Builtin, holds ...Value) Value {
	fn := s.newBuiltin(name, f, ordinary)
	fn.upvals = make([]*upvalue, len(holds))
	cells := make([]upvalue, len(holds))
	for i, v := range holds {
		cells[i].closed = v
		cells[i].at = &cells[i].closed
		fn.upvals[i] = &cells[i]
	}
	s.used += int64(len(holds)) * (8 + upvalueBytes)
	return fn.Value()
}

func (c *Frame) upvalue(i int) Value       { return *c.fn.upvals[i].at }
func (c *Frame) setUpvalue(i int, v Value) { *c.fn.upvals[i].at = v }

// keptBuffer is how large a buffer is kept for the next one.
const keptBuffer = 64 << 10

// TakeBuffer is an empty buffer to build a string in. The caller gives it back, or lets it go. Who takes one meanwhile gets
// another.
func (s *State) TakeBuffer() []byte {
	b := s.buffer
	s.buffer = nil
	return b[:0]
}

// GiveBuffer gives back what TakeBuffer gave, grown as it may be.
func (s *State) GiveBuffer(b []byte) {
	if cap(b) <= keptBuffer {
		s.buffer = b
	}
}

// maxIndexChain is how many tables may be each other's __index (MAXTAGLOOP of the reference).
const maxIndexChain = 100

// Index is t[k] as Lua code has it, metamethods included.
func (c *Frame) Index(t, k Value) (Value, error) {
	for range maxIndexChain {
		if table := t.AsTable(); table != nil {
			if v := table.Get(k); !v.IsNil() {
				return v, nil
			}
			if table.meta == nil {
				return Nil, nil
			}
		}
		h := c.state.metamethod(t, eventIndex)
		switch {
		case h.Kind() == KindFunction:
			return first(c.Call(h, t, k))
		case !h.IsNil():
			t = h
		case t.AsTable() != nil:
			return Nil, nil
		default:
			return Nil, c.Errorf(0, "attempt to index a %s value", t.TypeName())
		}
	}
	return Nil, c.Errorf(0, "loop in gettable")
}

func first(results []Value, err error) (Value, error) {
	if err != nil || len(results) == 0 {
		return Nil, err
	}
	return results[0], nil
}
