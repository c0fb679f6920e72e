package lua

import (
	"errors"
	"math"
)

// Limits bound what the scripts of a State may use.
type Limits struct {
	Memory int64 // bytes; 0: no limit
	Depth  int   // calls of Lua functions within each other; 0: as the reference, 20000
}

const (
	defaultDepth = 20000 // LUAI_MAXCALLS of the reference
	maxNested    = 200   // LUAI_MAXCCALLS: Go frames between Lua frames
)

// State is one Lua world: globals, metatables of the basic types, and the accounting of what its scripts use. One thread at a
// time may use it.
type State struct {
	globals    *Table
	stringMeta *Table
	main       *Thread // of Run
	current    *Thread // that runs
	nested     int     // interpreters on the Go stack
	active     int     // builtins on the Go stack
	running    bool    // Run hasn't come to its end: it is under way or suspended
	ids        uint32

	maxDepth  int
	used      int64 // bytes charged since the last marking pass, and what was alive then
	limit     int64
	epoch     uint16
	budget    int // backward jumps and calls until the interrupt
	interrupt func() (budget int, err error)

	caught  func(v Value) (value Value, count int)
	results []Value // of Run
	scratch []byte
	calls   []*Frame // of builtins, one for each depth of nesting, used again and again

	buffer []byte // of library functions that build strings; nil while one has it
	random Random // of math.random
}

// New makes a State with an empty table of globals.
func New(limits Limits) *State {
	s := &State{limit: limits.Memory, maxDepth: limits.Depth, budget: math.MaxInt}
	if s.limit <= 0 {
		s.limit = math.MaxInt64
	}
	if s.maxDepth <= 0 {
		s.maxDepth = defaultDepth
	}
	s.globals = s.NewTable(0, 64)
	s.main = s.newThread()
	s.current = s.main
	return s
}

// Globals is the table of globals.
func (s *State) Globals() *Table { return s.globals }

// SetCaught has pcall give what f does in the place of the error value v: a value, and nils behind it up to count.
func (s *State) SetCaught(f func(v Value) (value Value, count int)) { s.caught = f }

// StringMetatable is the metatable of strings, or nil.
func (s *State) StringMetatable() *Table { return s.stringMeta }

// SetStringMetatable gives all strings a metatable.
func (s *State) SetStringMetatable(t *Table) { s.stringMeta = t }

func (s *State) newID() uint32 {
	s.ids++
	return s.ids
}

// String is the Lua string of a Go string, which isn't copied.
func (s *State) String(text string) Value {
	s.used += stringBytes + int64(len(text))
	return Value{p: &object{kind: KindString, str: text}}
}

// Bytes is a Lua string with a copy of b.
func (s *State) Bytes(b []byte) Value { return s.String(string(b)) }

// NewUserdata makes a userdata with an identity of its own.
func (s *State) NewUserdata(content any, meta *Table) *Userdata {
	u := &Userdata{Data: content, meta: meta}
	u.object = object{kind: KindUserdata, hash: s.newID(), rare: &rare{user: u}}
	s.used += closureBytes
	return u
}

// SetInterrupt has f called after so many backward jumps and calls. It gives the next budget, or an error, which ends the
// run: no pcall catches it, and Run returns it. ErrSuspend asks Run to return with ErrSuspended; it is taken for a
// budget alone where that can't be. No interrupt is called after SetInterrupt(0, nil).
func (s *State) SetInterrupt(budget int, f func() (budget int, err error)) {
	s.budget, s.interrupt = max(budget, 1), f
	if f == nil {
		s.budget = math.MaxInt
	}
}

// ErrSuspend is an interrupt's wish that Run returns, to be gone on with by Resume.
var ErrSuspend = errors.New("lua: suspend")

// ErrSuspended is what Run and Resume return when the run isn't over.
var ErrSuspended = errors.New("lua: suspended")

var errNotRunning = errors.New("lua: nothing is suspended")

// abort carries an error that no pcall may catch.
type abort struct{ err error }

func (a *abort) Error() string { return a.err.Error() }
func (a *abort) Unwrap() error { return a.err }

// interrupted is called where the budget is used up.
func (s *State) interrupted() error {
	if s.interrupt == nil {
		s.budget = math.MaxInt
		return nil
	}
	budget, err := s.interrupt()
	s.budget = max(budget, 1)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrSuspend):
		if s.CanSuspend() {
			return ErrSuspended
		}
		return nil
	}
	return &abort{err}
}

// Work counts n more steps of a builtin that loops by itself. The builtin returns the error as it is.
func (s *State) Work(n int) error {
	if s.budget -= n; s.budget >= 0 {
		return nil
	}
	s.nested++ // a builtin is on the Go stack: there is no suspending
	err := s.interrupted()
	s.nested--
	return err
}

// CanSuspend tells whether the run could be suspended here: no Go function lies between Lua functions.
func (s *State) CanSuspend() bool { return s.nested <= 1 }

// Run calls f. The results are a view that lasts until the next use of the State. An error is an *Error (what Lua code raised
// or did wrong), ErrSuspended, ErrMemory, or what the interrupt gave.
func (s *State) Run(f Value, args ...Value) ([]Value, error) {
	if s.running {
		s.abandon()
	}
	s.running = true
	return s.settle(s.callAt(s.main, 0, f, args))
}

// Resume goes on with a run that was suspended.
func (s *State) Resume() ([]Value, error) {
	if !s.running {
		return nil, errNotRunning
	}
	s.nested++
	s.main.nested++
	n, err := s.execute(s.current)
	s.nested--
	s.main.nested--
	return s.settle(s.main.stack[:n], err)
}

// Suspended tells whether there is a run to go on with.
func (s *State) Suspended() bool { return s.running }

// Abandon gives up a suspended run.
func (s *State) Abandon() {
	if s.running {
		s.abandon()
	}
}

func (s *State) abandon() {
	for t := s.current; t != s.main && t != nil; t = t.resumer {
		t.status = dead
		t.unwind(0)
	}
	s.main.unwind(0)
	s.current, s.running = s.main, false
	s.main.scrub()
}

// settle ends a run, if it is at its end.
func (s *State) settle(results []Value, err error) ([]Value, error) {
	if err == ErrSuspended {
		return nil, err
	}
	results = append(s.results[:0], results...)
	s.results = results
	s.abandon()
	if err != nil {
		return nil, unwrapAbort(err)
	}
	return results, nil
}

func unwrapAbort(err error) error {
	var a *abort
	if errors.As(err, &a) {
		return a.err
	}
	return err
}
