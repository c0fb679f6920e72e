package lualib

import (
	"fmt"

	"github.com/sleipnirdb/sleipnir/internal/lua"
)

// jsonVersion is that of the C library whose answers these are.
const jsonVersion = "2.1.0"

// null stands for JSON's null in tables, which have no place for nil: what C Lua shows as a null pointer.
var null = lua.NewLight().Value()

// Null is cjson.null.
func Null() lua.Value { return null }

// invalidNumbers says what becomes of numbers that JSON doesn't have.
type invalidNumbers int32

const (
	invalidRefused invalidNumbers = iota
	invalidTaken
	invalidNull
)

// jsonConfig is what scripts may set, once for each table that cjson.new gives.
type jsonConfig struct {
	sparseConvert bool  // a sparse array becomes an object instead of an error
	sparseRatio   int32 // how many times more places than elements make an array sparse; 0: none is
	sparseSafe    int32 // up to which size none is
	encodeDepth   int32
	decodeDepth   int32
	encodeInvalid invalidNumbers
	decodeInvalid bool
	keepBuffer    bool // without effect: the buffer belongs to the State
	precision     int32
}

// newJSON makes a table cjson.
func newJSON(s *lua.State) *lua.Table {
	j := &jsonConfig{
		sparseRatio: 2, sparseSafe: 10, encodeDepth: 1000, decodeDepth: 1000, decodeInvalid: true, keepBuffer: true, precision: 14,
	}
	t := s.NewTable(0, 0)
	for _, e := range []lua.Entry{
		{Name: "encode", Run: j.encode},
		{Name: "decode", Run: j.decode},
		{Name: "encode_sparse_array", Run: j.setSparseArray},
		{Name: "encode_max_depth", Run: settingOf(&j.encodeDepth, 1, maxInt)},
		{Name: "decode_max_depth", Run: settingOf(&j.decodeDepth, 1, maxInt)},
		{Name: "encode_number_precision", Run: settingOf(&j.precision, 1, 14)},
		{Name: "encode_keep_buffer", Run: switchOf(&j.keepBuffer)},
		{Name: "encode_invalid_numbers", Run: j.setEncodeInvalid},
		{Name: "decode_invalid_numbers", Run: switchOf(&j.decodeInvalid)},
		{Name: "new", Run: func(c *lua.Frame) error { return c.Return(newJSON(c.State()).Value()) }},
	} {
		set(t, e.Name, s.Function(e.Name, e.Run))
	}
	set(t, "null", null)
	set(t, "_NAME", s.String("cjson"))
	set(t, "_VERSION", s.String(jsonVersion))
	return t
}

const maxInt = 1<<31 - 1

func atMost(c *lua.Frame, args int) error {
	if c.Count() > args {
		return c.ArgError(args, "found too many arguments")
	}
	return nil
}

// settingOf is a function that sets *n if it is given a number, and returns it.
func settingOf(n *int32, low, high int) lua.Builtin {
	return func(c *lua.Frame) error {
		if err := atMost(c, 1); err != nil {
			return err
		}
		return setNumber(c, 0, n, low, high)
	}
}

func setNumber(c *lua.Frame, arg int, n *int32, low, high int) error {
	if !c.Arg(arg).IsNil() {
		v, err := c.CheckInt32(arg)
		if err != nil {
			return err
		}
		if v < low || v > high {
			return c.ArgError(0, fmt.Sprintf("expected integer between %d and %d", low, high))
		}
		*n = int32(v) //nolint:gosec // CheckInt32
	}
	return c.Return(lua.Number(float64(*n)))
}

// switchOf is a function that sets *on if it is given a boolean, "on" or "off", and returns it.
func switchOf(on *bool) lua.Builtin {
	return func(c *lua.Frame) error {
		if err := atMost(c, 1); err != nil {
			return err
		}
		return setSwitch(c, 0, on)
	}
}

func setSwitch(c *lua.Frame, arg int, on *bool) error {
	v, given, err := option(c, arg, "off", "on")
	if err != nil {
		return err
	}
	if given {
		*on = v == 1
	}
	return c.Return(lua.Bool(*on))
}

// option is which of the names argument i is: false and true stand for the first two.
func option(c *lua.Frame, i int, names ...string) (n int, given bool, err error) {
	switch v := c.Arg(i); v.Kind() {
	case lua.KindNil:
		return 0, false, nil
	case lua.KindBool:
		if v.Truthy() {
			return 1, true, nil
		}
		return 0, true, nil
	}
	s, err := c.CheckString(i)
	if err != nil {
		return 0, false, err
	}
	s = cString(s)
	for n, name := range names {
		if s == name {
			return n, true, nil
		}
	}
	return 0, false, c.ArgError(i, "invalid option '"+s+"'")
}

func (j *jsonConfig) setSparseArray(c *lua.Frame) error {
	if err := atMost(c, 3); err != nil {
		return err
	}
	if err := setSwitch(c, 0, &j.sparseConvert); err != nil {
		return err
	}
	if err := setNumber(c, 1, &j.sparseRatio, 0, maxInt); err != nil {
		return err
	}
	return setNumber(c, 2, &j.sparseSafe, 0, maxInt)
}

func (j *jsonConfig) setEncodeInvalid(c *lua.Frame) error {
	if err := atMost(c, 1); err != nil {
		return err
	}
	v, given, err := option(c, 0, "off", "on", "null")
	if err != nil {
		return err
	}
	if given {
		j.encodeInvalid = invalidNumbers(v) //nolint:gosec // 0 to 2
	}
	if j.encodeInvalid == invalidNull {
		return c.Return(c.State().String("null"))
	}
	return c.Return(lua.Bool(j.encodeInvalid == invalidTaken))
}
