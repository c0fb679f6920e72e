package lua

import "github.com/sleipnirdb/sleipnir/internal/luasyntax"

// statements compiles a block without the end of its scope.
func (c *compiler) statements(b luasyntax.Block) {
	for _, s := range b {
		locals := c.free
		c.statement(s)
		if !declares(s) {
			c.free = locals
		}
	}
}

// declares tells whether a statement's registers outlive it.
func declares(s luasyntax.Statement) bool {
	switch s.(type) {
	case *luasyntax.LocalStatement, *luasyntax.LocalFunction:
		return true
	}
	return false
}

func (c *compiler) block(b luasyntax.Block) {
	base := c.free
	c.statements(b)
	c.leave(base)
}

func (c *compiler) statement(s luasyntax.Statement) {
	switch s := s.(type) {
	case *luasyntax.LocalStatement:
		c.line = s.Line
		base := c.free
		c.values(s.Values, len(s.Names))
		for i, l := range s.Names {
			c.declare(l, base+i)
		}
	case *luasyntax.LocalFunction:
		c.line = s.Line
		r := c.reserve(1)
		c.declare(s.Name, r)
		c.closure(s.Body, r)
	case *luasyntax.Assignment:
		c.assignment(s)
	case *luasyntax.CallStatement:
		c.call(s.Call, 1)
	case *luasyntax.Do:
		c.block(s.Body)
	case *luasyntax.While:
		c.while(s)
	case *luasyntax.Repeat:
		c.repeat(s)
	case *luasyntax.If:
		c.conditional(s)
	case *luasyntax.NumericFor:
		c.numericFor(s)
	case *luasyntax.GenericFor:
		c.genericFor(s)
	case *luasyntax.Return:
		c.returning(s)
	case *luasyntax.Break:
		c.line = s.Line
		l := c.loops[len(c.loops)-1]
		c.closeScopes(l.base)
		l.breaks = append(l.breaks, c.emit(opJump, 0, 0, 0, 0))
	}
}

// values brings a list to want values in the next registers.
func (c *compiler) values(list []luasyntax.Expression, want int) {
	base := c.free
	for i, e := range list {
		if i == len(list)-1 && isOpen(e) && want > i {
			c.open(e, want-i)
			c.free = base + i
			c.reserve(want - i)
			return
		}
		c.next(e)
		if i >= want {
			c.free = base + want // evaluated, and dropped
		}
	}
	if missing := want - len(list); missing > 0 {
		c.emit(opLoadNil, c.reserve(missing), missing-1, 0, 0)
	}
}

func (c *compiler) assignment(s *luasyntax.Assignment) {
	if len(s.Targets) == 1 && len(s.Values) == 1 {
		c.assignOne(s.Targets[0], s.Values[0])
		return
	}
	places := make([]place, len(s.Targets))
	for i, t := range s.Targets {
		places[i] = c.place(t, s.Targets)
	}
	base := c.free
	c.line = s.Line
	c.values(s.Values, len(s.Targets))
	for i := len(places) - 1; i >= 0; i-- {
		c.store(s.Targets[i], places[i], base+i)
	}
}

func (c *compiler) assignOne(target, value luasyntax.Expression) {
	if l, ok := target.(*luasyntax.LocalName); ok {
		if writesLate(value) {
			c.expression(value, l.Local.Register)
			return
		}
	}
	p := c.place(target, nil)
	c.store(target, p, c.operand(value))
}

// writesLate tells whether the code of an expression writes to its register only when it has read all that it needs.
func writesLate(e luasyntax.Expression) bool {
	switch e := e.(type) {
	case *luasyntax.Binary:
		return e.Op != luasyntax.And && e.Op != luasyntax.Or
	case *luasyntax.Table:
		return false
	case *luasyntax.Paren:
		return writesLate(e.Inner)
	}
	return true
}

// place is where an assignment goes: for an Index its table and key in registers, or a constant key.
type place struct {
	object, key int
	form        keyForm
}

// place computes the operands of a target. Locals that are targets too are copied: they must be read before they change.
func (c *compiler) place(target luasyntax.Expression, others []luasyntax.Expression) place {
	ix, ok := target.(*luasyntax.Index)
	if !ok {
		return place{}
	}
	p := place{object: c.unchanged(ix.Object, others)}
	if p.key, p.form = c.constantKey(ix.Key); p.form == keyRegister {
		p.key = c.unchanged(ix.Key, others)
	}
	return p
}

func (c *compiler) unchanged(e luasyntax.Expression, others []luasyntax.Expression) int {
	r := c.operand(e)
	for _, o := range others {
		if l, ok := o.(*luasyntax.LocalName); ok && l.Local.Register == r {
			copied := c.reserve(1)
			c.emit(opMove, copied, r, 0, 0)
			return copied
		}
	}
	return r
}

// store assigns a register to a target.
func (c *compiler) store(target luasyntax.Expression, p place, value int) {
	c.line = target.Line()
	switch t := target.(type) {
	case *luasyntax.LocalName:
		if t.Local.Register != value {
			c.emit(opMove, t.Local.Register, value, 0, 0)
		}
	case *luasyntax.UpvalueName:
		c.emit(opSetUpval, value, t.Index, 0, 0)
	case *luasyntax.GlobalName:
		c.emit(opSetGlobal, value, 0, 0, c.text(t.Name))
	case *luasyntax.Index:
		c.storeIndex(p, value)
	}
}

func (c *compiler) storeIndex(p place, value int) {
	switch p.form {
	case keyText:
		c.emit(opSetField, p.object, value, 0, p.key)
	case keyWhole:
		c.emit(opSetInt, p.object, value, 0, p.key)
	default:
		c.emit(opSetIndex, p.object, p.key, value, 0)
	}
}

func (c *compiler) enterLoop(base int) *loop {
	l := &loop{base: base}
	c.loops = append(c.loops, l)
	return l
}

func (c *compiler) leaveLoop(l *loop) {
	c.loops = c.loops[:len(c.loops)-1]
	c.patchHere(l.breaks)
}

// loopTo jumps back.
func (c *compiler) loopTo(start int) {
	c.patch([]int{c.emit(opLoop, 0, 0, 0, 0)}, start)
}

func (c *compiler) while(s *luasyntax.While) {
	start := c.here()
	c.line = s.Line
	l := c.enterLoop(c.free)
	out := c.condition(s.Condition, false)
	c.block(s.Body)
	c.loopTo(start)
	c.patchHere(out)
	c.leaveLoop(l)
}

func (c *compiler) repeat(s *luasyntax.Repeat) {
	start, base := c.here(), c.free
	l := c.enterLoop(base)
	c.statements(s.Body)
	out := c.condition(s.Condition, true)
	c.closeScopes(base)
	c.loopTo(start)
	c.patchHere(out)
	c.leave(base)
	c.leaveLoop(l)
}

func (c *compiler) conditional(s *luasyntax.If) {
	var ends []int
	for i, clause := range s.Clauses {
		c.line = clause.Condition.Line()
		free := c.free
		next := c.condition(clause.Condition, false)
		c.free = free
		c.block(clause.Body)
		if i < len(s.Clauses)-1 || s.Else != nil {
			ends = append(ends, c.emit(opJump, 0, 0, 0, 0))
		}
		c.patchHere(next)
	}
	c.block(s.Else)
	c.patchHere(ends)
}

func (c *compiler) numericFor(s *luasyntax.NumericFor) {
	base := c.free
	c.line = s.Line
	c.next(s.First)
	c.next(s.Limit)
	if s.Step != nil {
		c.next(s.Step)
	} else {
		c.emit(opLoadK, c.reserve(1), 0, 0, c.number(1))
	}
	c.line = s.Line
	prep := c.emit(opForPrep, base, 0, 0, 0)
	l := c.enterLoop(base)
	body := c.here()
	c.declare(s.Name, c.reserve(1))
	c.statements(s.Body)
	c.leave(base + 3)
	c.patchHere([]int{prep})
	c.line = s.Line
	c.patch([]int{c.emit(opForLoop, base, 0, 0, 0)}, body)
	c.endLocals(base)
	c.leaveLoop(l)
}

func (c *compiler) genericFor(s *luasyntax.GenericFor) {
	base := c.free
	c.line = s.Line
	c.values(s.Values, 3)
	c.line = s.Line
	jump := c.emit(opJump, 0, 0, 0, 0)
	l := c.enterLoop(base)
	body := c.here()
	first := c.reserve(len(s.Names))
	for i, n := range s.Names {
		c.declare(n, first+i)
	}
	c.statements(s.Body)
	c.leave(first)
	c.patchHere([]int{jump})
	c.line = s.Line
	c.reserve(3) // the call needs them
	c.emit(opTForCall, base, 0, len(s.Names), 0)
	c.patch([]int{c.emit(opTForLoop, base, 0, 0, 0)}, body)
	c.endLocals(base)
	c.leaveLoop(l)
}

func (c *compiler) returning(s *luasyntax.Return) {
	c.line = s.Line
	switch len(s.Values) {
	case 0:
		c.emit(opReturn0, 0, 0, 0, 0)
		return
	case 1:
		if isCall(s.Values[0]) {
			base := c.free
			c.call(s.Values[0], 0)
			at := c.here() - 1
			i := c.proto.code[at]
			c.proto.code[at] = encode(opTailCall, int(i.a()), int(i.b()), 0, 0)
			c.emit(opReturn, base, 0, 0, 0)
			return
		}
		if !isOpen(s.Values[0]) {
			c.emit(opReturn1, c.operand(s.Values[0]), 0, 0, 0)
			return
		}
	}
	base := c.free
	if c.list(s.Values) {
		c.emit(opReturn, base, 0, 0, 0)
		return
	}
	c.emit(opReturn, base, len(s.Values)+1, 0, 0)
}
