package lua

import (
	"fmt"
)

// Frame is one call of a builtin: its arguments, and its results to be.
//
// Arguments and results lie on the Lua stack: the arguments at base, the results right behind them.
type Frame struct {
	state  *State
	thread *Thread
	fn     *Function
	base   int // of the first argument
	count  int // arguments
	pushed int // results so far
}

// State is the world that the call happens in.
func (c *Frame) State() *State { return c.state }

// Callee is the function that is being called.
func (c *Frame) Callee() *Function { return c.fn }

// Count is the number of arguments.
func (c *Frame) Count() int { return c.count }

// Arg is the argument i, from 0; Nil beyond the last one.
func (c *Frame) Arg(i int) Value {
	if uint(i) >= uint(c.count) {
		return Nil
	}
	return c.thread.stack[c.base+i]
}

// Args are all arguments: a view that lasts until the next Call.
func (c *Frame) Args() []Value { return c.thread.stack[c.base : c.base+c.count] }

// Push adds a result.
func (c *Frame) Push(v Value) {
	at := c.base + c.count + c.pushed
	if at >= len(c.thread.stack) {
		c.thread.grow(c.state, at+1)
	}
	c.thread.stack[at] = v
	c.thread.high = max(c.thread.high, at+1)
	c.pushed++
}

// Drop takes the last n values pushed away again. A builtin that builds something large has its parts on the stack
// meanwhile, where the accounting sees them.
func (c *Frame) Drop(n int) { c.pushed -= n }

// Pushed is a result pushed before: -1 is the last one.
func (c *Frame) Pushed(i int) Value { return c.thread.stack[c.base+c.count+c.pushed+i] }

// SetResult replaces a result pushed before, counted from 0.
func (c *Frame) SetResult(i int, v Value) { c.thread.stack[c.base+c.count+i] = v }

// Return gives the results; those pushed before stay in front of them. It returns nil, so that a builtin can end with it.
func (c *Frame) Return(results ...Value) error {
	for _, v := range results {
		c.Push(v)
	}
	return nil
}

// maxResults is how many values a builtin may return at once, as in the reference (LUAI_MAXCSTACK).
const maxResults = 8000

// CanPush tells whether n more results may be pushed.
func (c *Frame) CanPush(n int) bool { return n >= 0 && n <= maxResults-c.pushed-c.count }

// Call calls f. It nests on the Go stack, and fails when that has gone too deep. The results are a view that lasts until the
// next Call, Push or Return; they may be handed to Return.
func (c *Frame) Call(f Value, args ...Value) ([]Value, error) {
	return c.state.callAt(c.thread, c.base+c.count+c.pushed, f, args)
}

// Raise makes the error value v an error.
func (c *Frame) Raise(v Value) error { return c.state.newError(v) }

// Errorf makes an error of a text. Level 1 puts the position of the caller in front, 2 that of its caller and so on, 0 none.
func (c *Frame) Errorf(level int, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	return c.state.newError(c.state.String(c.state.where(level) + text))
}

// ArgError says that argument i (from 0) is wrong.
func (c *Frame) ArgError(i int, text string) error {
	name, kind := c.calledAs()
	if kind == "method" {
		if i--; i < 0 {
			return c.Errorf(1, "calling '%s' on bad self (%s)", name, text)
		}
	}
	return c.Errorf(1, "bad argument #%d to '%s' (%s)", i+1, name, text)
}

// calledAs is the name that the calling code has for the function, and the kind of that name.
func (c *Frame) calledAs() (name, kind string) {
	kind, name = c.state.calleeName(c.thread)
	if name == "" {
		name = "?"
	}
	return name, kind
}

// TypeError says that argument i isn't what it should be.
func (c *Frame) TypeError(i int, want string) error {
	got := "no value"
	if i < c.count {
		got = c.Arg(i).TypeName()
	}
	return c.ArgError(i, want+" expected, got "+got)
}

// CheckAny fails if there is no argument i.
func (c *Frame) CheckAny(i int) error {
	if i >= c.count {
		return c.ArgError(i, "value expected")
	}
	return nil
}

// CheckString is argument i, a string, or a number as Lua prints it.
func (c *Frame) CheckString(i int) (string, error) {
	if s, ok := c.Arg(i).ToString(); ok {
		return s, nil
	}
	return "", c.TypeError(i, "string")
}

// OptString is CheckString, and def for nil or none.
func (c *Frame) OptString(i int, def string) (string, error) {
	if c.Arg(i).IsNil() {
		return def, nil
	}
	return c.CheckString(i)
}

// CheckNumber is argument i, a number, or a string that spells one.
func (c *Frame) CheckNumber(i int) (float64, error) {
	if n, ok := c.Arg(i).ToNumber(); ok {
		return n, nil
	}
	return 0, c.TypeError(i, "number")
}

// OptNumber is CheckNumber, and def for nil or none.
func (c *Frame) OptNumber(i int, def float64) (float64, error) {
	if c.Arg(i).IsNil() {
		return def, nil
	}
	return c.CheckNumber(i)
}

// CheckInt is argument i cut to a whole number as the reference's C does it.
func (c *Frame) CheckInt(i int) (int, error) {
	n, err := c.CheckNumber(i)
	return ToInteger(n), err
}

// OptInt is CheckInt, and def for nil or none.
func (c *Frame) OptInt(i, def int) (int, error) {
	if c.Arg(i).IsNil() {
		return def, nil
	}
	return c.CheckInt(i)
}

// CheckTable is argument i, a table.
func (c *Frame) CheckTable(i int) (*Table, error) {
	if t := c.Arg(i).AsTable(); t != nil {
		return t, nil
	}
	return nil, c.TypeError(i, "table")
}

// CheckFunction fails if argument i isn't a function.
func (c *Frame) CheckFunction(i int) (Value, error) {
	if v := c.Arg(i); v.Kind() == KindFunction {
		return v, nil
	}
	return Nil, c.TypeError(i, "function")
}

// ToDisplay is tostring(v), which may ask the metamethod __tostring.
func (c *Frame) ToDisplay(v Value) (Value, error) {
	if h := c.state.metamethod(v, eventToString); !h.IsNil() {
		r, err := c.Call(h, v)
		if err != nil || len(r) == 0 {
			return Nil, err
		}
		return r[0], nil
	}
	if v.Kind() == KindString {
		return v, nil
	}
	return c.state.String(v.basicString()), nil
}
