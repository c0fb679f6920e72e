package script

import (
	"math"

	"github.com/sleipnirdb/sleipnir/internal/lua"
	"github.com/sleipnirdb/sleipnir/internal/unsafestr"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

// From Lua's arguments to those of a command.

// What a script calls wrongly.
const (
	errNoArgs  = "Please specify at least one argument for this call"
	errArgType = "Command arguments must be strings or integers"
)

// exactInts is up to where every integer is a number of Lua's.
const exactInts = 1 << 53

// collect turns the arguments of a Lua call into those of a command, which are views, valid until the next call. It returns what is wrong, or "".
func (m *Machine) collect(f *lua.Frame) (wrong string) {
	m.args, m.digits = m.args[:0], m.digits[:0]
	n := f.Count()
	if n == 0 {
		return errNoArgs
	}
	for i := range n {
		v := f.Arg(i)
		if s, ok := v.AsString(); ok {
			m.args = append(m.args, unsafestr.Bytes(s))
			continue
		}
		d, ok := v.AsNumber()
		if !ok {
			return errArgType
		}
		// Digits that move when the buffer grows leave the old ones to the arguments before.
		at := len(m.digits)
		m.digits = appendNumber(m.digits, d)
		m.args = append(m.args, m.digits[at:len(m.digits):len(m.digits)])
	}
	return ""
}

// appendNumber appends a number as commands take it: an integer wherever it is one, and else the shortest text that means the same.
func appendNumber(dst []byte, d float64) []byte {
	if d == math.Trunc(d) && math.Abs(d) < exactInts {
		return resp.AppendInt(dst, int64(d))
	}
	return resp.AppendDouble(dst, d)
}
