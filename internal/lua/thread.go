package lua

// Thread is a stack of values and a stack of frames: the main one of a State, or a coroutine.
//
// A frame's registers are stack[base : base+256], whatever it needs of them: the interpreter addresses them by a byte with
// no bounds check, so there are always window slots above the highest base. Frames overlap: a callee's
// arguments are where its caller put them.
type Thread struct {
	object
	stack   []Value
	frames  []frame
	depth   int // frames in use
	top     int // end of the values of an open call, return or list
	high    int // no slot at or above it was written since the last scrub
	open    *upvalue
	status  status
	nested  int     // interpreters on the Go stack that began on this thread
	resumer *Thread // who waits for this one
	level   int     // how many wait for each other
	yielded pending // the call of yield that waits for its results
	started bool
}

type status uint8

const (
	suspended status = iota
	running
	normal // has resumed another one
	dead
)

var statusNames = [...]string{"suspended", "running", "normal", "dead"}

const (
	window     = 256
	frameBytes = 64
)

// frame is one call under way.
type frame struct {
	fn    *Function // nil for marks
	base  int32     // of the registers
	at    int32     // where the function was: its results go there
	want  int32     // results wanted; -1: all
	pc    int32     // of the next instruction, where it isn't running
	tail  int32     // tail calls that this frame has seen
	kind  frameKind
	flag  uint8
	tries uint8 // of an error handler
	then  after // what is done with the result in the calling frame
	thenA uint8
}

// frameKind tells code from marks: a mark stands for a builtin that calls, without a Go frame.
type frameKind uint8

const (
	frameLua frameKind = iota
	framePcall
	frameXpcall  // the handler is in the slot before the function
	frameHandler // the handler of an xpcall runs
	frameResume  // another thread runs
	frameWrapped // the same, for a function of coroutine.wrap
)

// Flags of frames. A return from a frame without any is the quick one.
const (
	flagEntry  uint8 = 1 << iota // its return ends the interpreter that runs it
	flagMark                     // the frame below is a mark
	flagThen                     // has something to do in the calling frame
	flagBottom                   // the first frame of a coroutine
)

// after is what the result of a metamethod is for.
type after uint8

const (
	thenStore   after = iota // goes into register thenA
	thenDrop                 // nothing
	thenCompare              // decides a jump
	thenConcat               // is the right operand of the rest of a concatenation
)

// Value is the thread as a value.
func (t *Thread) Value() Value { return Value{p: &t.object} }

const (
	firstSlots  = 2 * window
	firstFrames = 16
)

func (s *State) newThread() *Thread {
	t := &Thread{stack: make([]Value, firstSlots), frames: make([]frame, firstFrames)}
	t.object = object{kind: KindThread, hash: s.newID(), rare: &rare{thread: t}}
	s.used += firstSlots*valueBytes + firstFrames*frameBytes
	return t
}

// grow makes the stack at least n slots and a window large.
func (t *Thread) grow(s *State, n int) {
	size := max(2*len(t.stack), n+window)
	s.used += int64(size-len(t.stack)) * valueBytes
	stack := make([]Value, size)
	copy(stack, t.stack)
	t.stack = stack
	for u := t.open; u != nil; u = u.next {
		u.at = &stack[u.index]
	}
}

// capture is the open upvalue of a stack slot.
func (t *Thread) capture(s *State, slot int) *upvalue {
	link := &t.open
	for *link != nil && (*link).index > slot {
		link = &(*link).next
	}
	if u := *link; u != nil && u.index == slot {
		return u
	}
	u := &upvalue{at: &t.stack[slot], index: slot, next: *link}
	*link = u
	s.used += upvalueBytes
	return u
}

// closeFrom ends the scopes of captured slots at and above slot.
func (t *Thread) closeFrom(slot int) {
	for u := t.open; u != nil && u.index >= slot; u = t.open {
		t.open = u.next
		u.closed = *u.at
		u.at = &u.closed
		u.next = nil
	}
}

// unwind drops all frames but depth.
func (t *Thread) unwind(depth int) {
	if t.depth > depth {
		t.closeFrom(int(t.frames[depth].at))
	}
	t.depth = depth
}

// scrub forgets values that are no longer used, so that the collector may have them, and stacks that grew large.
func (t *Thread) scrub() {
	if len(t.stack) > keptSlots {
		t.stack = make([]Value, firstSlots)
		t.frames = make([]frame, firstFrames)
	} else {
		clear(t.stack[:t.high])
		for i := range t.frames {
			if t.frames[i].fn == nil {
				break
			}
			t.frames[i] = frame{}
		}
	}
	t.high = 0
}

const keptSlots = 1 << 14
