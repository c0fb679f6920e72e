package lua

import "github.com/sleipnirdb/sleipnir/internal/luasyntax"

// condition compiles an expression into jumps that are taken if its truth is when; else the code goes on behind it. The
// jumps are still to be patched.
func (c *compiler) condition(e luasyntax.Expression, when bool) []int {
	free := c.free
	defer func() { c.free = free }()
	switch e := e.(type) {
	case *luasyntax.Paren:
		return c.condition(e.Inner, when)
	case *luasyntax.True, *luasyntax.Number, *luasyntax.String:
		return c.always(when)
	case *luasyntax.False, *luasyntax.Nil:
		return c.always(!when)
	case *luasyntax.Unary:
		if e.Op == luasyntax.Not {
			return c.condition(e.Operand, !when)
		}
	case *luasyntax.Binary:
		switch e.Op {
		case luasyntax.And:
			return c.both(e, when, false)
		case luasyntax.Or:
			return c.both(e, when, true)
		case luasyntax.Equal, luasyntax.NotEqual:
			return c.equality(e, when == (e.Op == luasyntax.Equal))
		case luasyntax.Less:
			return c.order(opLt, opLtK, opGtK, e.Left, e.Right, e, when)
		case luasyntax.LessEqual:
			return c.order(opLe, opLeK, opGeK, e.Left, e.Right, e, when)
		case luasyntax.Greater:
			return c.order(opLt, opLtK, opGtK, e.Right, e.Left, e, when)
		case luasyntax.GreaterEqual:
			return c.order(opLe, opLeK, opGeK, e.Right, e.Left, e, when)
		}
	}
	r := c.operand(e)
	c.line = e.Line()
	return []int{c.emit(opTest, r, 0, truth(when), 0)}
}

func (c *compiler) always(jump bool) []int {
	if !jump {
		return nil
	}
	return []int{c.emit(opJump, 0, 0, 0, 0)}
}

// both compiles and (decided by a false left side) and or (decided by a true one).
func (c *compiler) both(e *luasyntax.Binary, when, decides bool) []int {
	if when == decides {
		return append(c.condition(e.Left, decides), c.condition(e.Right, when)...)
	}
	over := c.condition(e.Left, decides)
	jumps := c.condition(e.Right, when)
	c.patchHere(over)
	return jumps
}

const maxShortConstant = 1 << 16 // bc

// equality jumps if left == right is when.
func (c *compiler) equality(e *luasyntax.Binary, when bool) []int {
	left, right := e.Left, e.Right
	if _, ok := c.comparable(left); ok {
		left, right = right, left
	}
	k, ok := c.comparable(right)
	a := c.operand(left)
	if ok && k < maxShortConstant {
		op := opEqK
		if !when {
			op = opNeK
		}
		c.line = e.Line()
		return []int{c.emit(op, a, k&0xff, k>>8, 0)}
	}
	b := c.operand(right)
	c.line = e.Line()
	return []int{c.emit(opEq, a, b, truth(when), 0)}
}

// comparable is the index of a constant that an expression is.
func (c *compiler) comparable(e luasyntax.Expression) (int, bool) {
	switch e := e.(type) {
	case *luasyntax.String:
		return c.text(e.Value), true
	case *luasyntax.Nil:
		return c.constant(Nil), true
	case *luasyntax.True:
		return c.constant(Bool(true)), true
	case *luasyntax.False:
		return c.constant(Bool(false)), true
	}
	n, ok := constantOf(e)
	if !ok {
		return 0, false
	}
	return c.number(n), true
}

// order jumps if left < right (or <=) is when. withRight compares a register with a constant, withLeft a constant with a register.
func (c *compiler) order(op, withRight, withLeft opcode, left, right luasyntax.Expression, e *luasyntax.Binary, when bool) []int {
	not := opcode(truth(!when)) // the opcodes of a constant stand in pairs
	if n, ok := constantOf(right); ok {
		if k := c.number(n); k < maxShortConstant {
			a := c.operand(left)
			c.line = e.Line()
			return []int{c.emit(withRight+not, a, k&0xff, k>>8, 0)}
		}
	} else if n, ok := constantOf(left); ok {
		if k := c.number(n); k < maxShortConstant {
			a := c.operand(right)
			c.line = e.Line()
			return []int{c.emit(withLeft+not, a, k&0xff, k>>8, 0)}
		}
	}
	a, b := c.orderedOperands(left, right, e.Left == left)
	c.line = e.Line()
	return []int{c.emit(op, a, b, truth(when), 0)}
}

// orderedOperands evaluates both sides in the order of the source.
func (c *compiler) orderedOperands(left, right luasyntax.Expression, leftFirst bool) (a, b int) {
	if leftFirst {
		a = c.operand(left)
		return a, c.operand(right)
	}
	b = c.operand(right)
	return c.operand(left), b
}
