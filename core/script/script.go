// Package script runs Lua scripts and functions in the sandbox that Valkey's
// users know.
//
// # Terms
//
// A *script* comes by EVAL or SCRIPT LOAD, and is named by the SHA1 of its text. A *library* comes by FUNCTION LOAD; its code registers *functions*,
// which FCALL runs. A *machine* is a Lua world with the sandbox, which runs one script at a time: each executor keeps one, so scripts run on all
// cores. Code is compiled once, and machines share what comes of it.
//
// # What can leak
//
// Everything that a script finds is frozen: the table of globals, the libraries in it, the metatable of strings. So a run can leave nothing behind for the
// next one, and needs no new world. Only KEYS and ARGV are made for each run, and belong to it. A library's functions may keep
// something in its local variables; as a machine has its own copy of the library, so it has of these.
//
// # Keys
//
// When a script comes, its syntax tree is searched for a proof that it touches no key but those that its call declares (proof.go). Of a proved script only
// the partitions of these keys are held while it runs; others run with all partitions held, so that keys which nobody declared work too.
package script

import (
	"sync/atomic"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/internal/crc"
	"github.com/sleipnirdb/sleipnir/internal/lua"
	"github.com/sleipnirdb/sleipnir/internal/unsafestr"
)

// Script is what EVAL runs. Never changed, but for its use.
type Script struct {
	Hash  string // SHA1 of Body, 40 lower-case digits
	Body  string
	Flags Flags
	// IsProved: it touches no key but the declared ones.
	IsProved bool
	// IsNesting: a function of the libraries may call back into it.
	IsNesting bool

	chunk *lua.Chunk
	// used is when it was used last, in clock ticks. Atomic.
	used atomic.Uint64
	// evictable: it came by EVAL alone. Atomic.
	evictable atomic.Bool
}

// chunkName is what a script is called in the texts of errors.
const chunkName = "@user_script"

// Load compiles a script and caches it, unless it is there already. isKept: until the cache is flushed.
func (e *Engine) Load(body []byte, isKept bool) (*Script, error) {
	if s := e.Scripts.FindBody(body); s != nil {
		if isKept {
			e.Scripts.Keep(s)
		}
		return s, nil
	}
	s := &Script{Hash: SHA1(body), Body: string(body)}
	flags, length, err := readShebang(s.Body)
	if err != nil {
		return nil, err
	}
	s.Flags = flags
	code := s.Body[length:]
	if s.chunk, err = lua.Compile(code, chunkName); err != nil {
		return nil, command.Error("ERR Error compiling script (new function): " + err.Error())
	}
	s.IsProved, s.IsNesting = e.prove(code, chunkName, false)
	return e.Scripts.add(s, isKept), nil
}

// FlagsOf returns the flags of a script that isn't cached.
func FlagsOf(body []byte) Flags {
	flags, _, err := readShebang(unsafestr.String(body))
	if err != nil {
		return Compat
	}
	return flags
}

// Run runs a script, and answers the call.
func (e *Engine) Run(c *command.Call, s *Script, w *Work) error {
	if s.evictable.Load() {
		s.touch()
	}
	m := e.machine(c)
	m.begin(c, s.Hash, false, w)
	m.fill(&m.keyTable, m.keys, w.Keys)
	m.fill(&m.argvTable, m.argv, w.Args)
	return m.run(m.main(s.chunk))
}

// Call runs a function, and answers the call.
func (e *Engine) Call(c *command.Call, f *Function, w *Work) error {
	m := e.machine(c)
	callback, err := m.callback(f)
	if err != nil {
		return err
	}
	m.begin(c, f.Name, true, w)
	return m.run(callback, m.array(w.Keys), m.array(w.Args))
}

// Resume goes on with the script that the call's handler was suspended with.
func Resume(c *command.Call) error { return c.Session.Script.(*Machine).resume(c) }

// Route adds the partitions that a run needs to m: those of its declared keys, or all.
func Route(isProved bool, keys [][]byte, c *command.Call, m *partition.Mask) {
	if !isProved {
		m.Fill(c.Set.Len())
		return
	}
	for _, key := range keys {
		m.Add(c.Set.Of(crc.Slot(key)))
	}
}

// Holds tells whether the call holds the partitions that a run needs.
func Holds(isProved bool, keys [][]byte, c *command.Call) bool {
	if !isProved {
		return c.Held.Len() == c.Set.Len()
	}
	for _, key := range keys {
		if !c.Held.Has(c.Set.Of(crc.Slot(key))) {
			return false
		}
	}
	return true
}
