package lua

import "strings"

// What the machine does seldom. These methods act on the top frame of the thread, whose pc is right behind the instruction. They may call metamethods:
// a Lua function is then on top of the frames when they return, and its result goes where the frame's "then" says.

// maxMetaLoop bounds chains of __index and __newindex.
const maxMetaLoop = 100

// top is the running frame.
func (t *Thread) running() *frame { return &t.frames[t.depth-1] }

// callMeta calls a metamethod with its arguments above the frame's registers.
func (s *State) callMeta(t *Thread, then after, thenA uint8, h Value, args ...Value) error {
	if err := s.Work(1); err != nil {
		return err
	}
	f := t.running()
	at := int(f.base) + f.fn.proto.size
	if at+len(args)+1 > len(t.stack) {
		t.grow(s, at+len(args)+1)
	}
	t.stack[at] = h
	copy(t.stack[at+1:], args)
	t.high = max(t.high, at+1+len(args))
	_, _, err := s.begin(t, pending{at: int32(at), want: 1, flag: flagThen, then: then, thenA: thenA}, len(args))
	return err
}

// proceed does what a metamethod's result was wanted for. The frame that asked is on top.
func (s *State) proceed(t *Thread, c pending, result Value) error {
	f := t.running()
	switch c.then {
	case thenStore:
		t.stack[int(f.base)+int(c.thenA)] = result
	case thenCompare:
		s.decide(f, result.Truthy() == (c.thenA != 0))
	case thenConcat:
		t.stack[int(f.base)+int(c.thenA)] = result
		_, err := s.concat(t, f, f.fn.proto.code[f.pc-1], int(c.thenA))
		return err
	}
	return nil
}

// decide takes the jump of the comparison that the frame has just done, or not.
func (s *State) decide(f *frame, jump bool) {
	if jump {
		f.pc += int32(f.fn.proto.code[f.pc-1].d())
	}
}

func (t *Thread) store(a uint8, v Value) { t.stack[int(t.running().base)+int(a)] = v }

// index is R[a] = v[key]. Register reg holds v, if it isn't negative.
func (s *State) index(t *Thread, v, key Value, a uint8, reg int) error {
	for range maxMetaLoop {
		var h Value
		if tab := v.AsTable(); tab != nil {
			if p := tab.find(key); p != nil && p.p != nil {
				t.store(a, *p)
				return nil
			}
			if h = tab.meta.handler(eventIndex); h.p == nil {
				t.store(a, Nil)
				return nil
			}
		} else if h = s.metamethod(v, eventIndex); h.p == nil {
			return s.typeError(t, "index", v, reg)
		}
		if h.Kind() == KindFunction {
			return s.callMeta(t, thenStore, a, h, v, key)
		}
		v, reg = h, -1
	}
	return s.runtimeError("loop in gettable")
}

// setIndex is v[key] = value.
func (s *State) setIndex(t *Thread, v, key, value Value, reg int) error {
	for range maxMetaLoop {
		var h Value
		if tab := v.AsTable(); tab != nil {
			p := tab.find(key)
			if p == nil || p.p == nil {
				h = tab.meta.handler(eventNewIndex)
			}
			if h.p == nil {
				if tab.frozen {
					return s.runtimeError("%s", errReadonly.Error())
				}
				return s.assign(tab, p, key, value)
			}
		} else if h = s.metamethod(v, eventNewIndex); h.p == nil {
			return s.typeError(t, "index", v, reg)
		}
		if h.Kind() == KindFunction {
			return s.callMeta(t, thenDrop, 0, h, v, key, value)
		}
		v, reg = h, -1
	}
	return s.runtimeError("loop in settable")
}

// assign stores a value in a table, at p if that is there.
func (s *State) assign(tab *Table, p *Value, key, value Value) error {
	if p != nil {
		tab.absent = 0
		*p = value
		return nil
	}
	if err := tab.Set(key, value); err != nil {
		return s.positioned(err)
	}
	return nil
}

// setList stores the items of a table constructor at first+1 and on.
func (s *State) setList(tab *Table, first int, items []Value) error {
	if need := first + len(items); need > len(tab.arr) {
		if err := s.positionedOrNil(tab.resize(need, len(tab.nodes))); err != nil {
			return err
		}
	}
	copy(tab.arr[first:], items)
	return nil
}

func (s *State) positionedOrNil(err error) error {
	if err != nil {
		return s.positioned(err)
	}
	return nil
}

// arith is R[a] = x op y, for what isn't two numbers.
func (s *State) arith(t *Thread, e event, x, y Value, i instruction) error {
	m, ok := x.ToNumber()
	if n, ok2 := y.ToNumber(); ok && ok2 {
		t.store(i.a(), Number(arithmetic(e, m, n)))
		return nil
	}
	h := s.metamethod(x, e)
	if h.p == nil {
		h = s.metamethod(y, e)
	}
	if h.p != nil {
		return s.callMeta(t, thenStore, i.a(), h, x, y)
	}
	left, right := i.operands()
	if ok {
		x, left = y, right
	}
	return s.typeError(t, "perform arithmetic on", x, left)
}

// operands are the registers of an arithmetic instruction's operands, -1 for constants.
func (i instruction) operands() (left, right int) {
	switch op := i.op(); {
	case op >= opAdd && op <= opPow:
		return int(i.b()), int(i.c())
	case op >= opKAdd && op <= opKPow:
		return -1, int(i.b())
	default:
		return int(i.b()), -1
	}
}

// length is R[a] = #v, for what is neither a table nor a string.
func (s *State) length(t *Thread, v Value, i instruction) error {
	h := s.metamethod(v, eventLen)
	if h.p == nil {
		return s.typeError(t, "get length of", v, int(i.b()))
	}
	return s.callMeta(t, thenStore, i.a(), h, v, Nil)
}

// concat is R[a] = R[b] .. … .. R[last]. It goes from right to left, since a metamethod may be called for any two: the result of
// those comes back by proceed, into the left one's register. called tells that frames may have changed.
func (s *State) concat(t *Thread, f *frame, i instruction, last int) (called bool, err error) {
	base, first := int(f.base), int(i.b())
	for last > first {
		r := t.stack[base : base+last+1]
		n := textsAtEnd(r[first:])
		if n < 2 {
			return true, s.concatMeta(t, r, last)
		}
		text, err := s.join(r[last+1-n:])
		if err != nil {
			return false, err
		}
		last -= n - 1
		t.stack[base+last] = text
	}
	t.stack[base+int(i.a())] = t.stack[base+first]
	return false, nil
}

func isText(v Value) bool { return v.p != nil && (v.p.kind == KindString || v.p.kind == KindNumber) }

// textsAtEnd is how many values at the end are strings or numbers.
func textsAtEnd(vs []Value) int {
	n := 0
	for n < len(vs) && isText(vs[len(vs)-1-n]) {
		n++
	}
	return n
}

func (s *State) concatMeta(t *Thread, r []Value, last int) error {
	x, y := r[last-1], r[last]
	h := s.metamethod(x, eventConcat)
	if h.p == nil {
		h = s.metamethod(y, eventConcat)
	}
	if h.p != nil {
		return s.callMeta(t, thenConcat, uint8(last-1), h, x, y)
	}
	if isText(x) {
		return s.typeError(t, "concatenate", y, last)
	}
	return s.typeError(t, "concatenate", x, last-1)
}

// join makes one string of strings and numbers.
func (s *State) join(vs []Value) (Value, error) {
	if len(vs) == 2 && vs[0].p.kind == KindString && vs[1].p.kind == KindString {
		x, y := vs[0].p.str, vs[1].p.str
		switch {
		case len(x) == 0:
			return vs[1], nil
		case len(y) == 0:
			return vs[0], nil
		}
		if err := s.Charge(int64(stringBytes + len(x) + len(y))); err != nil {
			return Nil, err
		}
		s.budget -= (len(x) + len(y)) / bytesPerStep
		return Value{p: &object{kind: KindString, str: x + y}}, nil
	}
	total := 0
	for _, v := range vs {
		total += len(v.p.str)
	}
	if err := s.Room(int64(total)); err != nil {
		return Nil, err
	}
	s.budget -= total / bytesPerStep
	buf := s.scratch[:0]
	for _, v := range vs {
		if v.p.kind == KindString {
			buf = append(buf, v.p.str...)
		} else {
			buf = AppendNumber(buf, v.n)
		}
	}
	if cap(buf) <= keptScratch {
		s.scratch = buf
	}
	if err := s.Charge(int64(stringBytes + len(buf))); err != nil {
		return Nil, err
	}
	return Value{p: &object{kind: KindString, str: string(buf)}}, nil
}

// keptScratch bounds the buffer that a State keeps.
const keptScratch = 1 << 16

// equal decides the jump of a comparison of two different objects of one kind.
func (s *State) equal(t *Thread, x, y Value, i instruction) error {
	h := s.metamethod(x, eventEq)
	if other := s.metamethod(y, eventEq); h.p == nil || !RawEqual(h, other) {
		s.decide(t.running(), i.c() == 0)
		return nil
	}
	return s.callMeta(t, thenCompare, i.c(), h, x, y)
}

func flagOf(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

// less decides the jump of x < y, which is taken if that is when.
func (s *State) less(t *Thread, x, y Value, when bool) error {
	switch {
	case x.p == &numberObject && y.p == &numberObject:
		s.decide(t.running(), (x.n < y.n) == when)
		return nil
	case x.Kind() == KindString && y.Kind() == KindString:
		s.decide(t.running(), (x.p.str < y.p.str) == when)
		return nil
	}
	if h := s.orderHandler(x, y, eventLt); h.p != nil {
		return s.callMeta(t, thenCompare, flagOf(when), h, x, y)
	}
	return s.orderError(x, y)
}

// lessEqual decides the jump of x <= y.
func (s *State) lessEqual(t *Thread, x, y Value, when bool) error {
	switch {
	case x.p == &numberObject && y.p == &numberObject:
		s.decide(t.running(), (x.n <= y.n) == when)
		return nil
	case x.Kind() == KindString && y.Kind() == KindString:
		s.decide(t.running(), (x.p.str <= y.p.str) == when)
		return nil
	}
	if h := s.orderHandler(x, y, eventLe); h.p != nil {
		return s.callMeta(t, thenCompare, flagOf(when), h, x, y)
	}
	if h := s.orderHandler(y, x, eventLt); h.p != nil { // not y < x
		return s.callMeta(t, thenCompare, flagOf(!when), h, y, x)
	}
	return s.orderError(x, y)
}

// orderHandler is the metamethod that both values have in common.
func (s *State) orderHandler(x, y Value, e event) Value {
	if x.Kind() != y.Kind() {
		return Nil
	}
	h := s.metamethod(x, e)
	if h.p == nil || !RawEqual(h, s.metamethod(y, e)) {
		return Nil
	}
	return h
}

func (s *State) orderError(x, y Value) error { return s.runtimeError("%s", orderProblem(x, y)) }

func orderProblem(x, y Value) string {
	if x.Kind() == y.Kind() {
		return "attempt to compare two " + x.TypeName() + " values"
	}
	return "attempt to compare " + x.TypeName() + " with " + y.TypeName()
}

// compareConstant is a comparison with a number of what isn't one.
func (s *State) compareConstant(t *Thread, op opcode, x, k Value) error {
	switch op {
	case opLtK, opNotLtK:
		return s.less(t, x, k, op == opLtK)
	case opLeK, opNotLeK:
		return s.lessEqual(t, x, k, op == opLeK)
	case opGtK, opNotGtK:
		return s.less(t, k, x, op == opGtK)
	default:
		return s.lessEqual(t, k, x, op == opGeK)
	}
}

// LessThan compares two values as Lua's < does, for builtins that sort.
func (c *Frame) LessThan(x, y Value) (bool, error) {
	switch {
	case x.p == &numberObject && y.p == &numberObject:
		return x.n < y.n, nil
	case x.Kind() == KindString && y.Kind() == KindString:
		return strings.Compare(x.p.str, y.p.str) < 0, nil
	}
	h := c.state.orderHandler(x, y, eventLt)
	if h.p == nil {
		return false, c.Errorf(0, "%s", orderProblem(x, y))
	}
	r, err := c.Call(h, x, y)
	return len(r) > 0 && r[0].Truthy(), err
}

func (s *State) forPrepare(first, limit, step *Value) error {
	for _, v := range []struct {
		v    *Value
		what string
	}{{first, "initial value"}, {limit, "limit"}, {step, "step"}} {
		n, ok := v.v.ToNumber()
		if !ok {
			return s.runtimeError("'for' %s must be a number", v.what)
		}
		*v.v = Number(n)
	}
	return nil
}

// iterate is one step of next or of the iterator of ipairs. It isn't ok where the call has to be done in full.
func (s *State) iterate(sp special, state, control Value, k, v *Value) (ok bool, err error) {
	tab := state.AsTable()
	if tab == nil {
		return false, nil
	}
	if sp == specialIpairs {
		i := int(control.n) + 1
		if *v = tab.GetInt(i); v.p == nil {
			*k = Nil
		} else {
			setNumber(k, float64(i))
		}
		return true, nil
	}
	*k, *v, ok = tab.Next(control)
	if !ok {
		err = s.runtimeError("invalid key to 'next'")
	}
	return true, err
}

// closure is *to = a closure of p made by fn.
func (s *State) closure(t *Thread, fn *Function, p *proto, base int, to *Value) {
	c := s.newClosure(p, fn.env)
	for i, u := range p.upvals {
		if u.fromStack {
			c.upvals[i] = t.capture(s, base+int(u.index))
		} else {
			c.upvals[i] = fn.upvals[u.index]
		}
	}
	*to = c.Value()
}

// varargs is R[a] … = …
func (s *State) varargs(t *Thread, f *frame, i instruction) {
	from := int(f.at) + 1 + f.fn.proto.params
	n := max(0, int(f.base)-from)
	to := int(f.base) + int(i.a())
	want := int(i.b()) - 1
	if want < 0 {
		if to+n > len(t.stack) {
			t.grow(s, to+n)
		}
		t.high = max(t.high, to+n)
	}
	t.deliver(s, from, n, to, want)
}
