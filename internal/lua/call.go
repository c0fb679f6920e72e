package lua

// pending is what a caller wants of a call: where its function is and its results go, how many (-1: all, up to t.top), and what
// else is to be done with them.
type pending struct {
	at, want int32
	flag     uint8
	then     after
	thenA    uint8
}

func (f *frame) pending() pending { return pending{f.at, f.want, f.flag, f.then, f.thenA} }

// push begins a call of a Lua function, whose count arguments lie behind it.
//
// The arguments of a vararg function stay where they are, and its registers begin above them, with the named ones moved
// there; else the registers begin with the arguments.
func (s *State) push(t *Thread, fn *Function, at, count int, want int32, flag uint8) error {
	p := fn.proto
	base := at + 1
	if p.vararg {
		base += count
	}
	high := base + p.size
	if high+window > len(t.stack) {
		t.grow(s, high)
		if s.used > s.limit {
			if err := s.checkMemory(0); err != nil {
				return err
			}
		}
	}
	if high > t.high {
		t.high = high
	}
	if t.depth == len(t.frames) {
		if err := s.moreFrames(t); err != nil {
			return err
		}
	}
	if !p.vararg {
		for i := count; i < p.params; i++ {
			t.stack[base+i] = Nil
		}
	} else {
		s.moveParameters(t, p, at+1, base, count)
	}
	f := &t.frames[t.depth]
	t.depth++
	f.fn = fn
	f.base, f.at, f.want, f.pc, f.tail = int32(base), int32(at), want, 0, 0
	f.kind, f.flag = frameLua, flag
	return nil
}

func (s *State) moveParameters(t *Thread, p *proto, from, base, count int) {
	if p.argTable {
		extra := max(0, count-p.params)
		arg := s.NewTable(extra, 1)
		for i := range extra {
			arg.arr[i] = t.stack[from+p.params+i]
		}
		_ = arg.SetString("n", Number(float64(extra))) // there is room for it
		t.stack[base+p.params] = arg.Value()
	}
	for i := range p.params {
		if i < count {
			t.stack[base+i] = t.stack[from+i]
			t.stack[from+i] = Nil
		} else {
			t.stack[base+i] = Nil
		}
	}
}

// moreFrames makes room for another frame.
func (s *State) moreFrames(t *Thread) error {
	if t.depth >= s.maxDepth {
		return s.runtimeError("stack overflow")
	}
	frames := make([]frame, min(2*len(t.frames), s.maxDepth))
	copy(frames, t.frames)
	if err := s.Charge(int64(len(frames)-len(t.frames)) * frameBytes); err != nil {
		return err
	}
	t.frames = frames
	return nil
}

// replace makes a frame that of another Lua function, called in its place.
func (s *State) replace(t *Thread, f *frame, fn *Function, at, count int) error {
	if t.open != nil {
		t.closeFrom(int(f.base))
	}
	to := int(f.at)
	s.budget -= count / placesPerStep
	copy(t.stack[to:], t.stack[at:at+1+count])
	old := *f
	t.depth--
	if err := s.push(t, fn, to, count, old.want, old.flag); err != nil {
		t.depth++
		return err
	}
	f = &t.frames[t.depth-1]
	f.then, f.thenA, f.tail = old.then, old.thenA, old.tail+1
	return nil
}

// pushMark lays a mark on the frames.
func (s *State) pushMark(t *Thread, kind frameKind, c pending) error {
	if t.depth == len(t.frames) {
		if err := s.moreFrames(t); err != nil {
			return err
		}
	}
	t.frames[t.depth] = frame{at: c.at, base: c.at, want: c.want, flag: c.flag, then: c.then, thenA: c.thenA, kind: kind}
	t.depth++
	return nil
}

// deliver moves n results from one place to another, as many as are wanted.
func (t *Thread) deliver(s *State, from, n, to, want int) {
	s.budget -= n / placesPerStep
	if want < 0 {
		copy(t.stack[to:], t.stack[from:from+n])
		t.top = to + n
		return
	}
	if to+want > len(t.stack) {
		t.grow(s, to+want)
	}
	n = min(n, want)
	copy(t.stack[to:], t.stack[from:from+n])
	clear(t.stack[to+n : to+want])
}

// callBuiltin calls an ordinary builtin, whose count arguments begin at base. The n results lie at from.
func (s *State) callBuiltin(t *Thread, fn *Function, base, count int) (from, n int, err error) {
	if s.active == len(s.calls) {
		s.calls = append(s.calls, &Frame{state: s})
	}
	c := s.calls[s.active]
	s.active++
	c.thread, c.fn = t, fn
	c.base, c.count, c.pushed = base, count, 0
	err = fn.builtin(c)
	s.active--
	from, n = c.base+c.count, c.pushed
	if from+n > t.high {
		t.high = from + n
	}
	if err != nil {
		return 0, 0, s.raised(err)
	}
	if s.used > s.limit {
		t.top = from + n
		err = s.checkMemory(0)
	}
	return from, n, err
}

// positioned makes an error of the running Lua code of a plain one.
func (s *State) positioned(err error) error {
	switch err.(type) {
	case *Error, *abort:
		return err
	}
	return s.runtimeError("%s", err.Error())
}

// raised makes a Lua error of a plain one that a builtin returned. Its text has no position, as what the reference finds wrong within
// a C function.
func (s *State) raised(err error) error {
	switch err.(type) {
	case *Error, *abort:
		return err
	}
	return s.newError(s.String(err.Error()))
}

// begin calls whatever is at c.at with the count arguments behind it. When it returns, a Lua function is on top of the
// frames of s.current, and has yet to run; or, with left, the call from Go that c or a frame below stands for is over and has n results.
func (s *State) begin(t *Thread, c pending, count int) (left bool, n int, err error) {
	for tried := false; ; {
		at := int(c.at)
		fn := t.stack[at].AsFunction()
		switch {
		case fn == nil:
			h := s.metamethod(t.stack[at], eventCall)
			if tried || h.Kind() != KindFunction {
				return false, 0, s.callError(t, at)
			}
			if at+count+2 > len(t.stack) {
				t.grow(s, at+count+2)
			}
			copy(t.stack[at+1:], t.stack[at:at+1+count])
			t.stack[at] = h
			t.high = max(t.high, at+count+2)
			count++
			tried = true
		case fn.proto != nil:
			if err := s.push(t, fn, at, count, c.want, c.flag); err != nil {
				return false, 0, err
			}
			f := &t.frames[t.depth-1]
			f.then, f.thenA = c.then, c.thenA
			return false, 0, nil
		case fn.special == ordinary || fn.special >= specialNext:
			from, n, err := s.callBuiltin(t, fn, at+1, count)
			if err != nil {
				return false, 0, err
			}
			return s.leave(t, c, from, n)
		case fn.special == specialPcall || fn.special == specialXpcall:
			if count, err = s.protect(t, fn, c, count); err != nil {
				return false, 0, err
			}
			c = pending{at: c.at + 1, want: -1, flag: flagMark}
			tried = false
		case fn.special == specialYield:
			return s.yield(t, c, count)
		default:
			return s.resume(t, fn, c, count)
		}
	}
}

// protect lays the mark of pcall or xpcall. The function to call comes right behind the one at c.at; count is of its arguments.
func (s *State) protect(t *Thread, fn *Function, c pending, count int) (int, error) {
	at := int(c.at)
	if fn.special == specialPcall {
		if count == 0 {
			return 0, s.runtimeError("bad argument #1 to '%s' (value expected)", fn.native.name)
		}
		return count - 1, s.pushMark(t, framePcall, c)
	}
	if count < 2 {
		return 0, s.runtimeError("bad argument #2 to '%s' (value expected)", fn.native.name)
	}
	t.stack[at] = t.stack[at+2] // the handler
	return 0, s.pushMark(t, frameXpcall, c)
}

// leave gives the n results at from to who wanted them, through all marks on the way.
func (s *State) leave(t *Thread, c pending, from, n int) (left bool, count int, err error) {
	for {
		switch {
		case c.flag&flagEntry != 0:
			t.deliver(s, from, n, int(c.at), -1)
			return true, n, nil
		case c.flag&flagBottom != 0:
			t.status = dead
			t, c, from, n = s.backToResumer(t, from, n)
		case c.flag&flagMark != 0:
			t.depth--
			mark := &t.frames[t.depth]
			at := int(mark.at)
			if mark.kind == frameHandler {
				t.deliver(s, from, n, at+1, 1)
				t.stack[at], n = Bool(false), 2
			} else {
				t.deliver(s, from, n, at+1, -1)
				t.stack[at], n = Bool(true), n+1
			}
			from, c = at, mark.pending()
		case c.flag&flagThen != 0:
			result := Nil
			if n > 0 {
				result = t.stack[from]
			}
			return false, 0, s.proceed(t, c, result)
		default:
			t.deliver(s, from, n, int(c.at), int(c.want))
			return false, 0, nil
		}
	}
}

// callAt calls f from Go, with the stack free from at on.
func (s *State) callAt(t *Thread, at int, f Value, args []Value) ([]Value, error) {
	if s.nested >= maxNested {
		return nil, s.runtimeError("C stack overflow")
	}
	if need := at + 1 + len(args); need > len(t.stack) {
		t.grow(s, need)
	}
	t.stack[at] = f
	copy(t.stack[at+1:], args)
	t.high = max(t.high, at+1+len(args))
	active, depth := s.active, t.depth
	s.nested++
	t.nested++
	left, n, err := s.begin(t, pending{at: int32(at), want: -1, flag: flagEntry}, len(args))
	if err != nil {
		left, n, err = s.rescueTo(t, depth, err)
	}
	if !left && err == nil {
		n, err = s.execute(s.current)
	}
	s.nested--
	t.nested--
	s.active = active
	if err != nil {
		return nil, err
	}
	return t.stack[at : at+n], nil
}
