package script

import (
	"sync"
	"sync/atomic"

	"github.com/sleipnirdb/sleipnir/core/command"
)

// Host is the server as scripts see it.
type Host interface {
	// CommandTable is that of the commands.
	CommandTable() *command.Table
	// LogLine writes a line to the server's log: level 0 is for debugging, 3 a warning.
	LogLine(level int, text string)
	// MaxMemory is how many bytes one script may use, 0 for any number.
	MaxMemory() int64
	// MayRun says whether the session's user may run a command.
	MayRun(c *command.Call, cmd *command.Command, args [][]byte) bool
}

// Engine holds the scripts and the libraries of functions, and has the machines that run them. Any goroutine may use it, but for what says otherwise.
type Engine struct {
	Scripts   cache
	host      Host
	version   string // that scripts are told
	libraries atomic.Pointer[Libraries]

	made     atomic.Int64 // machines
	mu       sync.Mutex   // guards machines; a leaf
	machines []*Machine   // that nobody has
}

// NewEngine returns an engine. version is the one of Valkey that scripts are told.
func NewEngine(host Host, version string) *Engine {
	e := &Engine{Scripts: newCache(), host: host, version: version}
	e.libraries.Store(&Libraries{})
	return e
}

// machine returns the executor's machine, or another one where that is taken: by a script that has left its loop.
func (e *Engine) machine(c *command.Call) *Machine {
	if m, _ := c.Machine.(*Machine); m != nil && !m.busy {
		return m
	}
	m := e.take()
	c.Machine = m
	return m
}

// take returns a machine that nobody has.
func (e *Engine) take() *Machine {
	if m := e.idle(); m != nil {
		return m
	}
	e.made.Add(1)
	return newMachine(e)
}

// idle takes a machine that nobody has, nil if there is none.
func (e *Engine) idle() *Machine {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := len(e.machines)
	if n == 0 {
		return nil
	}
	m := e.machines[n-1]
	e.machines = e.machines[:n-1]
	return m
}

// giveBack keeps a machine that nobody has any more.
func (e *Engine) giveBack(m *Machine) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.machines) < maxIdle {
		e.machines = append(e.machines, m)
	}
}

// MachineBytes is what the machines take that have been made, by a rough count.
func (e *Engine) MachineBytes() int64 { return e.made.Load() * MachineSize }

// MachineSize is what a machine takes that does nothing.
const MachineSize = 48 << 10

// maxIdle is how many machines are kept that nobody has.
const maxIdle = 16
