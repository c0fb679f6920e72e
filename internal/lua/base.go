package lua

import (
	"errors"
	"strings"
)

// OpenBase adds the basic functions to the globals: those of the reference that don't touch files.
func (s *State) OpenBase() {
	g := s.globals
	for _, b := range []struct {
		name string
		f    Builtin
	}{
		{"assert", baseAssert}, {"collectgarbage", baseCollectGarbage}, {"error", baseError}, {"gcinfo", baseGCInfo}, {"getfenv", baseGetFenv},
		{"getmetatable", baseGetMetatable}, {"load", baseLoad}, {"loadstring", baseLoadString}, {"newproxy", baseNewProxy},
		{"rawequal", baseRawEqual}, {"rawget", baseRawGet}, {"rawset", baseRawSet}, {"select", baseSelect}, {"setfenv", baseSetFenv},
		{"setmetatable", baseSetMetatable}, {"tonumber", baseToNumber}, {"tostring", baseToString}, {"type", baseType}, {"unpack", baseUnpack},
	} {
		s.Register(g, b.name, b.f)
	}
	s.registerSpecial(g, "pcall", specialPcall)
	s.registerSpecial(g, "xpcall", specialXpcall)
	next := s.newBuiltin("next", baseNext, specialNext)
	s.setField(g, "next", next.Value())
	s.Register(g, "pairs", func(c *Frame) error {
		if _, err := c.CheckTable(0); err != nil {
			return err
		}
		return c.Return(next.Value(), c.Arg(0), Nil)
	})
	iterator := s.newBuiltin("ipairs_aux", baseIpairsStep, specialIpairs)
	s.Register(g, "ipairs", func(c *Frame) error {
		if _, err := c.CheckTable(0); err != nil {
			return err
		}
		return c.Return(iterator.Value(), c.Arg(0), Number(0))
	})
	s.setField(g, "_G", g.Value())
	s.setField(g, "_VERSION", s.String("Lua 5.1"))
}

// setField sets a field while a State is being set up, where nothing can fail but memory, which the first run finds out.
func (s *State) setField(t *Table, name string, v Value) { _ = t.SetString(name, v) }

// Register puts a builtin into a table, under its name.
func (s *State) Register(t *Table, name string, f Builtin) {
	s.setField(t, name, s.Function(name, f))
}

func (s *State) registerSpecial(t *Table, name string, sp special) {
	s.setField(t, name, s.newBuiltin(name, nil, sp).Value())
}

func baseAssert(c *Frame) error {
	if err := c.CheckAny(0); err != nil {
		return err
	}
	if c.Arg(0).Truthy() {
		return c.Return(c.Args()...)
	}
	text, err := c.OptString(1, "assertion failed!")
	if err != nil {
		return err
	}
	return c.Errorf(1, "%s", text)
}

func baseError(c *Frame) error {
	level, err := c.OptInt(1, 1)
	if err != nil {
		return err
	}
	v := c.Arg(0)
	if text, ok := v.ToString(); ok && level > 0 {
		v = c.state.String(c.state.where(level) + text)
	}
	return c.Raise(v)
}

func baseType(c *Frame) error {
	if err := c.CheckAny(0); err != nil {
		return err
	}
	return c.Return(Value{p: typeNames[c.Arg(0).Kind()]})
}

var typeNames = [...]*object{
	constant("nil"), constant("boolean"), constant("userdata"), constant("number"), constant("string"), constant("table"), constant("function"), constant("thread"),
}

func baseToString(c *Frame) error {
	if err := c.CheckAny(0); err != nil {
		return err
	}
	v, err := c.ToDisplay(c.Arg(0))
	if err != nil {
		return err
	}
	return c.Return(v)
}

func baseToNumber(c *Frame) error {
	base, err := c.OptInt(1, 10)
	if err != nil {
		return err
	}
	if base == 10 {
		if err := c.CheckAny(0); err != nil {
			return err
		}
		if n, ok := c.Arg(0).ToNumber(); ok {
			return c.Return(Number(n))
		}
		return c.Return(Nil)
	}
	text, err := c.CheckString(0)
	if err != nil {
		return err
	}
	if base < 2 || base > 36 {
		return c.ArgError(1, "base out of range")
	}
	if n, ok := parseBase(text, base); ok {
		return c.Return(Number(n))
	}
	return c.Return(Nil)
}

// parseBase is C's strtoul over the whole of s.
func parseBase(s string, base int) (float64, bool) {
	s = strings.Trim(s, " \t\n\v\f\r")
	negative := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		negative, s = s[0] == '-', s[1:]
	}
	if base == 16 && len(s) > 2 && (s[:2] == "0x" || s[:2] == "0X") {
		s = s[2:]
	}
	var n uint64
	overflow := false
	for i := 0; i < len(s); i++ {
		d := digit(s[i])
		if d >= base {
			return 0, false
		}
		if n > (1<<64-1-uint64(d))/uint64(base) {
			overflow = true
		}
		n = n*uint64(base) + uint64(d)
	}
	if overflow {
		return 1<<64 - 1, true
	}
	if negative {
		n = -n
	}
	return float64(n), s != ""
}

func digit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'z':
		return int(c|0x20-'a') + 10
	}
	return 99
}

func baseSelect(c *Frame) error {
	if s, ok := c.Arg(0).AsString(); ok && strings.HasPrefix(s, "#") {
		return c.Return(Number(float64(c.Count() - 1)))
	}
	i, err := c.CheckInt(0)
	if err != nil {
		return err
	}
	if i < 0 {
		i += c.Count()
	} else if i > c.Count() {
		i = c.Count()
	}
	if i < 1 {
		return c.ArgError(0, "index out of range")
	}
	return c.Return(c.Args()[i:]...)
}

func baseUnpack(c *Frame) error {
	t, err := c.CheckTable(0)
	if err != nil {
		return err
	}
	from, err := c.OptInt(1, 1)
	if err != nil {
		return err
	}
	to, err := c.OptInt(2, t.Len())
	if err != nil {
		return err
	}
	from, to = int(int32(from)), int(int32(to)) //nolint:gosec // as the reference's C
	if from > to {
		return nil
	}
	if !c.CanPush(to - from + 1) {
		return c.Errorf(1, "too many results to unpack")
	}
	for i := from; i <= to; i++ {
		c.Push(t.GetInt(i))
	}
	return nil
}

func baseNext(c *Frame) error {
	t, err := c.CheckTable(0)
	if err != nil {
		return err
	}
	k, v, ok := t.Next(c.Arg(1))
	switch {
	case !ok:
		return c.Errorf(0, "invalid key to 'next'")
	case k.IsNil():
		return c.Return(Nil)
	}
	return c.Return(k, v)
}

func baseIpairsStep(c *Frame) error {
	i, err := c.CheckInt(1)
	if err != nil {
		return err
	}
	t, err := c.CheckTable(0)
	if err != nil {
		return err
	}
	v := t.GetInt(i + 1)
	if v.IsNil() {
		return nil
	}
	return c.Return(Number(float64(i+1)), v)
}

func baseRawEqual(c *Frame) error {
	for i := range 2 {
		if err := c.CheckAny(i); err != nil {
			return err
		}
	}
	return c.Return(Bool(RawEqual(c.Arg(0), c.Arg(1))))
}

func baseRawGet(c *Frame) error {
	t, err := c.CheckTable(0)
	if err != nil {
		return err
	}
	if err := c.CheckAny(1); err != nil {
		return err
	}
	return c.Return(t.Get(c.Arg(1)))
}

func baseRawSet(c *Frame) error {
	t, err := c.CheckTable(0)
	if err != nil {
		return err
	}
	for i := 1; i <= 2; i++ {
		if err := c.CheckAny(i); err != nil {
			return err
		}
	}
	if err := t.Writable(); err != nil {
		return err
	}
	if err := t.Set(c.Arg(1), c.Arg(2)); err != nil {
		return err
	}
	return c.Return(c.Arg(0))
}

func baseGetMetatable(c *Frame) error {
	if err := c.CheckAny(0); err != nil {
		return err
	}
	meta := c.state.MetatableOf(c.Arg(0))
	if meta == nil {
		return c.Return(Nil)
	}
	if guard := meta.handler(eventMetatable); !guard.IsNil() {
		return c.Return(guard)
	}
	return c.Return(meta.Value())
}

func baseSetMetatable(c *Frame) error {
	t, err := c.CheckTable(0)
	if err != nil {
		return err
	}
	if k := c.Arg(1).Kind(); c.Count() < 2 || k != KindNil && k != KindTable {
		return c.ArgError(1, "nil or table expected")
	}
	if !t.meta.handler(eventMetatable).IsNil() {
		return c.Errorf(1, "cannot change a protected metatable")
	}
	if err := t.Writable(); err != nil {
		return err
	}
	t.SetMetatable(c.Arg(1).AsTable())
	return c.Return(c.Arg(0))
}

// load gives the function of a source, or nil and what is wrong with it.
func (c *Frame) load(source, name string) error {
	if err := c.state.Charge(int64(len(source)) * compiledBytes); err != nil {
		return err
	}
	if err := c.state.Work(len(source) * sourceSteps); err != nil {
		return err
	}
	chunk, err := c.state.Compile(source, name)
	if err != nil {
		return c.Return(Nil, c.state.String(err.Error()))
	}
	return c.Return(c.state.Load(chunk))
}

const (
	compiledBytes = 16 // of tree and code for a byte of source, about
	sourceSteps   = 2  // steps that a byte of source costs the time of, about
)

func baseLoadString(c *Frame) error {
	source, err := c.CheckString(0)
	if err != nil {
		return err
	}
	name, err := c.OptString(1, source)
	if err != nil {
		return err
	}
	return c.load(source, name)
}

func baseLoad(c *Frame) error {
	name, err := c.OptString(1, "=(load)")
	if err != nil {
		return err
	}
	f, err := c.CheckFunction(0)
	if err != nil {
		return err
	}
	var source strings.Builder
	for {
		r, err := c.Call(f)
		if err != nil {
			var e *Error
			if errors.As(err, &e) { // as the reference, which reads in a protected call
				return c.Return(Nil, e.Value)
			}
			return err
		}
		if len(r) == 0 || r[0].IsNil() {
			return c.load(source.String(), name)
		}
		piece, ok := r[0].ToString()
		if !ok {
			return c.Return(Nil, c.state.String(c.state.where(1)+"reader function must return a string"))
		}
		if piece == "" {
			return c.load(source.String(), name)
		}
		if err := c.state.Charge(int64(len(piece))); err != nil {
			return err
		}
		source.WriteString(piece)
	}
}

// functionAt is the function that getfenv and setfenv mean by their first argument; nil for the thread.
func (c *Frame) functionAt(level int) (*Function, error) {
	if f := c.Arg(0).AsFunction(); f != nil {
		return f, nil
	}
	if level < 0 {
		return nil, c.ArgError(0, "level must be non-negative")
	}
	if level == 0 {
		return nil, nil
	}
	f := c.state.frameAt(level)
	if f == nil || f.kind != frameLua {
		return nil, c.ArgError(0, "invalid level")
	}
	return f.fn, nil
}

func baseGetFenv(c *Frame) error {
	level := 1
	if c.Arg(0).AsFunction() == nil {
		var err error
		if level, err = c.OptInt(0, 1); err != nil {
			return err
		}
	}
	f, err := c.functionAt(level)
	if err != nil {
		return err
	}
	if f == nil || f.proto == nil {
		return c.Return(c.state.globals.Value())
	}
	return c.Return(f.env.Value())
}

func baseSetFenv(c *Frame) error {
	env, err := c.CheckTable(1)
	if err != nil {
		return err
	}
	level := 1
	if c.Arg(0).AsFunction() == nil {
		if level, err = c.CheckInt(0); err != nil {
			return err
		}
	}
	f, err := c.functionAt(level)
	if err != nil {
		return err
	}
	if f == nil || f.proto == nil {
		return c.Errorf(1, "'setfenv' cannot change environment of given object")
	}
	f.env = env
	return c.Return(f.Value())
}

func baseCollectGarbage(c *Frame) error {
	option, err := c.OptString(0, "collect")
	if err != nil {
		return err
	}
	switch option {
	case "count":
		return c.Return(Number(float64(c.state.used) / 1024))
	case "step":
		return c.Return(Bool(true))
	case "collect":
		c.state.Collect()
		if err := c.state.Work(int(c.state.used / collectStep)); err != nil {
			return err
		}
	case "stop", "restart", "setpause", "setstepmul":
	default:
		return c.ArgError(0, "invalid option '"+option+"'")
	}
	return c.Return(Number(0))
}

// collectStep is how many bytes of live memory cost a marking pass as much as a step.
const collectStep = 64

func baseGCInfo(c *Frame) error { return c.Return(Number(float64(c.state.used / 1024))) }

// baseNewProxy makes a userdata: with a new metatable for true, with that of another proxy, or with none.
func baseNewProxy(c *Frame) error {
	var meta *Table
	switch v := c.Arg(0); {
	case !v.Truthy():
	case v.Kind() == KindBool:
		meta = c.state.NewTable(0, 0)
	default:
		u := v.AsUserdata()
		if u == nil || u.meta == nil {
			return c.ArgError(0, "boolean or proxy expected")
		}
		meta = u.meta
	}
	return c.Return(c.state.NewUserdata(nil, meta).Value())
}
