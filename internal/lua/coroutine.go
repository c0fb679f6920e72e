package lua

// Coroutines. Resuming one lays a mark on the frames of the resumer and goes on with the frames of the other thread, in the same
// interpreter; so coroutines need no Go stack, and a run can be suspended inside of them.

// maxResumed bounds how many threads wait for each other.
const maxResumed = maxNested

// NewThread makes a coroutine that will run f.
func (s *State) newCoroutine(f Value) *Thread {
	t := s.newThread()
	t.stack[0] = f
	t.high = 1
	return t
}

// resume goes on with another thread: the first argument of coroutine.resume, or that of a function of coroutine.wrap.
func (s *State) resume(t *Thread, fn *Function, c pending, count int) (left bool, n int, err error) {
	at := int(c.at)
	kind, co, first := frameWrapped, (*Thread)(nil), at+1
	if fn.special == specialWrapped {
		co = fn.native.wrapped
	} else {
		kind = frameResume
		if co = t.stack[at+1].asThread(); co == nil || count == 0 {
			return false, 0, s.runtimeError("bad argument #1 to '%s' (coroutine expected)", fn.native.name)
		}
		first, count = at+2, count-1
	}
	if problem := s.cannotResume(t, co); problem != "" {
		if kind == frameWrapped {
			return false, 0, s.runtimeError("%s", problem)
		}
		t.stack[at], t.stack[at+1] = Bool(false), s.String(problem)
		return s.leave(t, c, at, 2)
	}
	if err := s.pushMark(t, kind, c); err != nil {
		return false, 0, err
	}
	t.status, co.status = normal, running
	co.resumer, co.level, s.current = t, t.level+1, co
	to := 1
	if co.started {
		to = int(co.yielded.at) + 1
	}
	if to+count+window > len(co.stack) {
		co.grow(s, to+count)
	}
	copy(co.stack[to:], t.stack[first:first+count])
	co.high = max(co.high, to+count)
	if !co.started {
		co.started = true
		return s.begin(co, pending{want: -1, flag: flagBottom}, count)
	}
	return s.leave(co, co.yielded, to, count)
}

func (s *State) cannotResume(t, co *Thread) string {
	status := co.status
	if co == t {
		status = running
	}
	if status != suspended {
		return "cannot resume " + statusNames[status] + " coroutine"
	}
	if t.level >= maxResumed {
		return "C stack overflow"
	}
	return ""
}

// yield goes back to the resumer, with the arguments of yield as its results.
func (s *State) yield(t *Thread, c pending, count int) (left bool, n int, err error) {
	if t == s.main || t.nested > 0 {
		return false, 0, s.newError(s.String("attempt to yield across metamethod/C-call boundary"))
	}
	t.yielded, t.status = c, suspended
	t, c, from, n := s.backToResumer(t, int(c.at)+1, count)
	return s.leave(t, c, from, n)
}

// backToResumer makes the resumer of t the current thread, and takes the mark there away. The n values at from become what the call wanted.
func (s *State) backToResumer(t *Thread, from, n int) (r *Thread, c pending, at, count int) {
	r = t.resumer
	t.resumer, s.current, r.status = nil, r, running
	r.depth--
	mark := &r.frames[r.depth]
	at = int(mark.at)
	if at+1+n+window > len(r.stack) {
		r.grow(s, at+1+n)
	}
	copy(r.stack[at+1:], t.stack[from:from+n])
	r.high = max(r.high, at+1+n)
	if mark.kind == frameResume {
		r.stack[at] = Bool(true)
		return r, mark.pending(), at, n + 1
	}
	return r, mark.pending(), at + 1, n
}

// OpenCoroutine adds the library coroutine to the globals.
func (s *State) OpenCoroutine() {
	lib := s.NewTable(0, 8)
	s.registerSpecial(lib, "resume", specialResume)
	s.registerSpecial(lib, "yield", specialYield)
	s.Register(lib, "create", coroutineCreate)
	s.Register(lib, "wrap", coroutineWrap)
	s.Register(lib, "status", coroutineStatus)
	s.Register(lib, "running", coroutineRunning)
	_ = s.globals.SetString("coroutine", lib.Value())
}

func (c *Frame) newCoroutine() (*Thread, error) {
	f := c.Arg(0)
	if fn := f.AsFunction(); fn == nil || fn.proto == nil {
		return nil, c.ArgError(0, "Lua function expected")
	}
	return c.state.newCoroutine(f), nil
}

func coroutineCreate(c *Frame) error {
	t, err := c.newCoroutine()
	if err != nil {
		return err
	}
	return c.Return(t.Value())
}

func coroutineWrap(c *Frame) error {
	t, err := c.newCoroutine()
	if err != nil {
		return err
	}
	f := c.state.newBuiltin("wrap", nil, specialWrapped)
	f.native.wrapped = t
	return c.Return(f.Value())
}

func coroutineStatus(c *Frame) error {
	t := c.Arg(0).asThread()
	if t == nil {
		return c.ArgError(0, "coroutine expected")
	}
	return c.Return(c.state.String(statusNames[t.status]))
}

func coroutineRunning(c *Frame) error {
	if c.thread == c.state.main {
		return c.Return(Nil)
	}
	return c.Return(c.thread.Value())
}
