package lua

import "errors"

// rescue takes frames away until one catches the error. If none does before the frame that was entered from Go, the error is returned.
// With left, the call from Go is over all the same, and has n results.
func (s *State) rescue(err error) (left bool, n int, failed error) {
	return s.rescueTo(nil, -1, err)
}

// rescueTo also stops where thread t has no more than depth frames: a call from Go that failed before it had a frame.
func (s *State) rescueTo(base *Thread, depth int, err error) (left bool, n int, failed error) {
	var fatal *abort
	uncatchable := errors.As(err, &fatal)
	for {
		t := s.current
		if t == base && t.depth <= depth {
			return false, 0, err
		}
		c := pending{flag: flagBottom} // of a coroutine that has no frame yet
		if t.depth > 0 {
			f := &t.frames[t.depth-1]
			t.closeFrom(int(f.at))
			if !uncatchable && f.kind >= framePcall && f.kind <= frameHandler {
				if left, n, err = s.catch(t, f, err); err == nil {
					return left, n, nil
				}
				continue
			}
			c = f.pending()
			t.depth--
		}
		if c.flag&flagEntry != 0 {
			return false, 0, err
		}
		if c.flag&flagBottom != 0 {
			var caught bool
			if caught, left, n, err = s.fail(t, err, uncatchable); caught && err == nil {
				return left, n, nil
			}
		}
	}
}

// fail ends a coroutine by an error, which coroutine.resume catches. Else the error goes on in the resumer.
func (s *State) fail(t *Thread, err error, uncatchable bool) (caught, left bool, n int, failed error) {
	t.status, t.depth = dead, 0
	r := t.resumer
	t.resumer, s.current, r.status = nil, r, running
	mark := &r.frames[r.depth-1]
	if uncatchable || mark.kind != frameResume {
		mark.kind = frameWrapped
		return false, false, 0, s.rethrown(err)
	}
	r.depth--
	at := int(mark.at)
	r.stack[at], r.stack[at+1] = Bool(false), s.errorValue(err)
	left, n, err = s.leave(r, mark.pending(), at, 2)
	return true, left, n, err
}

// rethrown is an error of a coroutine that goes on in who called it: a text gets the position of that call in front.
func (s *State) rethrown(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	if text, ok := e.Value.ToString(); ok {
		e.Value = s.String(s.where(2) + text) // level 1 is the mark
	}
	return e
}

// catch gives an error to the mark f, the top frame. An error that it returns is to be caught further down, or by the same mark again.
func (s *State) catch(t *Thread, f *frame, err error) (left bool, n int, failed error) {
	at := int(f.at)
	value := s.errorValue(err)
	switch f.kind {
	case frameHandler:
		if f.tries++; f.tries > maxTries {
			value = s.String("error in error handling")
			break
		}
		return s.handle(t, f, t.stack[at], value)
	case frameXpcall:
		f.kind, f.tries = frameHandler, 0
		return s.handle(t, f, t.stack[at], value)
	}
	count := 1
	if f.kind == framePcall && s.caught != nil {
		value, count = s.caught(value)
	}
	t.depth--
	c := f.pending()
	t.stack[at], t.stack[at+1], t.stack[at+2] = Bool(false), value, Nil
	return s.leave(t, c, at, 1+count)
}

// maxTries bounds how often an error handler is called for its own errors.
const maxTries = 20

// handle calls the handler of xpcall.
func (s *State) handle(t *Thread, f *frame, handler, value Value) (left bool, n int, err error) {
	at := int(f.at)
	if handler.Kind() != KindFunction {
		f.tries = maxTries
		return false, 0, s.newError(s.String("error in error handling"))
	}
	t.stack[at+1], t.stack[at+2] = handler, value
	return s.begin(t, pending{at: f.at + 1, want: -1, flag: flagMark}, 1)
}

// errorValue is what pcall gives for an error.
func (s *State) errorValue(err error) Value {
	var e *Error
	if errors.As(err, &e) {
		return e.Value
	}
	return s.String(err.Error())
}
