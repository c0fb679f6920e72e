// Package lualib has the libraries that Valkey gives its scripts besides Lua's own: cjson, cmsgpack, bit and struct.
//
// Their answers are those of the C libraries that the reference carries, oddities included. What they read
// comes from anybody: they are bounded in depth as those are, pay for their steps out of the script's budget, and ask for
// memory before they take it.
package lualib

import (
	"github.com/sleipnirdb/sleipnir/internal/invariant"
	"github.com/sleipnirdb/sleipnir/internal/lua"
)

// Open adds all libraries to the globals.
func Open(s *lua.State) {
	set(s.Globals(), "cjson", newJSON(s).Value())
	openStruct(s)
	openMsgpack(s)
	openBit(s)
}

// set is for what can't fail: names, in a State that has run no script yet.
func set(t *lua.Table, name string, v lua.Value) {
	err := t.SetString(name, v)
	invariant.Check(err == nil, "a library finds no room")
}

// bytesPerStep is how many bytes are copied or looked at for one step of the script's budget.
const bytesPerStep = 32

// cString is s up to its first zero byte, which is where the C libraries see its end.
func cString(s string) string {
	for i := range len(s) {
		if s[i] == 0 {
			return s[:i]
		}
	}
	return s
}

// finish makes the result of what was built in the State's buffer.
func finish(c *lua.Frame, out []byte) error {
	s := c.State()
	if err := s.Work(len(out) / bytesPerStep); err != nil {
		return err
	}
	if err := s.Room(int64(len(out))); err != nil {
		return err
	}
	v := s.Bytes(out)
	s.GiveBuffer(out)
	return c.Return(v)
}
