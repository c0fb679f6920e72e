package lua

import "github.com/sleipnirdb/sleipnir/internal/luasyntax"

func isCall(e luasyntax.Expression) bool {
	switch e.(type) {
	case *luasyntax.Call, *luasyntax.Method:
		return true
	}
	return false
}

// isOpen tells whether an expression may have any number of values.
func isOpen(e luasyntax.Expression) bool {
	_, vararg := e.(*luasyntax.Vararg)
	return vararg || isCall(e)
}

// open compiles an open expression to want values from the next register on; -1: to all, up to the top.
func (c *compiler) open(e luasyntax.Expression, want int) {
	if _, ok := e.(*luasyntax.Vararg); ok {
		c.line = e.Line()
		c.emit(opVararg, c.free, want+1, 0, 0)
		return
	}
	c.call(e, want+1)
}

// list compiles expressions into the next registers. It tells whether the last one is open.
func (c *compiler) list(es []luasyntax.Expression) bool {
	for i, e := range es {
		if i == len(es)-1 && isOpen(e) {
			c.open(e, -1)
			return true
		}
		c.next(e)
	}
	return false
}

// call compiles a call; the results, results-1 many (0: all), begin at the first register that was free.
func (c *compiler) call(e luasyntax.Expression, results int) {
	base := c.free
	var args []luasyntax.Expression
	extra := 0
	switch e := e.(type) {
	case *luasyntax.Call:
		c.next(e.Function)
		args = e.Args
	case *luasyntax.Method:
		object := c.operand(e.Object)
		c.free = base
		c.reserve(2)
		c.line = e.Line()
		c.emit(opSelf, base, object, 0, c.text(e.Name))
		args, extra = e.Args, 1
	}
	count := len(args) + extra + 1
	if c.list(args) {
		count = 0
	}
	c.line = e.Line()
	c.emit(opCall, base, count, results, 0)
	c.free = base
	if results > 1 {
		c.proto.size = max(c.proto.size, base+results-1)
	}
}

// next compiles an expression into the next register, which it takes.
func (c *compiler) next(e luasyntax.Expression) int {
	if e = inner(e); isOpen(e) {
		c.open(e, 1)
		return c.reserve(1)
	}
	r := c.reserve(1)
	c.expression(e, r)
	return r
}

// operand is a register that holds the expression: a local's own, or a new one.
func (c *compiler) operand(e luasyntax.Expression) int {
	if l, ok := inner(e).(*luasyntax.LocalName); ok {
		return l.Local.Register
	}
	return c.next(e)
}

// inner is what is in parentheses, where one value is wanted anyway.
func inner(e luasyntax.Expression) luasyntax.Expression {
	for {
		p, ok := e.(*luasyntax.Paren)
		if !ok {
			return e
		}
		e = p.Inner
	}
}

// expression compiles an expression into the register dst.
func (c *compiler) expression(e luasyntax.Expression, dst int) {
	switch e := e.(type) {
	case *luasyntax.Nil:
		c.line = e.Line()
		c.emit(opLoadNil, dst, 0, 0, 0)
	case *luasyntax.True:
		c.emit(opLoadBool, dst, 1, 0, 0)
	case *luasyntax.False:
		c.emit(opLoadBool, dst, 0, 0, 0)
	case *luasyntax.Number:
		c.emit(opLoadK, dst, 0, 0, c.number(e.Value))
	case *luasyntax.String:
		c.emit(opLoadK, dst, 0, 0, c.text(e.Value))
	case *luasyntax.LocalName:
		if e.Local.Register != dst {
			c.emit(opMove, dst, e.Local.Register, 0, 0)
		}
	case *luasyntax.UpvalueName:
		c.line = e.Line()
		c.emit(opGetUpval, dst, e.Index, 0, 0)
	case *luasyntax.GlobalName:
		c.line = e.Line()
		c.emit(opGetGlobal, dst, 0, 0, c.text(e.Name))
	case *luasyntax.Index:
		c.index(e, dst)
	case *luasyntax.Vararg, *luasyntax.Call, *luasyntax.Method:
		c.line = e.Line()
		c.open(e, 1)
		if c.free != dst {
			c.emit(opMove, dst, c.reserve(1), 0, 0)
			c.free--
		}
	case *luasyntax.Closure:
		c.line = e.Line()
		c.closure(e.Body, dst)
	case *luasyntax.Paren:
		c.expression(e.Inner, dst)
	case *luasyntax.Table:
		c.table(e, dst)
	case *luasyntax.Unary:
		c.unary(e, dst)
	case *luasyntax.Binary:
		c.binary(e, dst)
	}
}

func (c *compiler) closure(f *luasyntax.Function, dst int) {
	p := c.unit.function(f, c)
	c.proto.protos = append(c.proto.protos, p)
	c.emit(opClosure, dst, 0, 0, len(c.proto.protos)-1)
}

// keyForm is how an instruction has the key of an index.
type keyForm uint8

const (
	keyRegister keyForm = iota
	keyText             // a constant
	keyWhole            // the number itself
)

const maxWholeKey = 1 << 30

// constantKey is the key of an index, if it is a constant that the instruction can hold.
func (c *compiler) constantKey(e luasyntax.Expression) (int, keyForm) {
	switch e := e.(type) {
	case *luasyntax.String:
		return c.text(e.Value), keyText
	case *luasyntax.Number:
		if n := int(e.Value); e.Value >= 1 && e.Value <= maxWholeKey && float64(n) == e.Value {
			return n, keyWhole
		}
	}
	return 0, keyRegister
}

func (c *compiler) index(e *luasyntax.Index, dst int) {
	free := c.free
	object := c.operand(e.Object)
	key, form := c.constantKey(e.Key)
	if form == keyRegister {
		key = c.operand(e.Key)
	}
	c.line = e.Line()
	switch form {
	case keyText:
		c.emit(opGetField, dst, object, 0, key)
	case keyWhole:
		c.emit(opGetInt, dst, object, 0, key)
	default:
		c.emit(opGetIndex, dst, object, key, 0)
	}
	c.free = free
}

const maxPresize = 0x7fff // of a part of a new table

func (c *compiler) table(e *luasyntax.Table, dst int) {
	c.line = e.Line()
	list := 0
	for _, item := range e.Items {
		if item.Key == nil {
			list++
		}
	}
	arr := list
	if n := len(e.Items); n > 0 && e.Items[n-1].Key == nil && isOpen(e.Items[n-1].Value) {
		arr--
	}
	free := c.free
	target := dst // the list's items have to follow the table
	if target != c.free-1 {
		target = c.reserve(1)
	}
	c.emit(opNewTable, target, 0, 0, min(arr, maxPresize)|min(len(e.Items)-list, maxPresize)<<16)
	stored, pending := 0, 0
	for i, item := range e.Items {
		if item.Key != nil {
			c.tableField(item, target)
			continue
		}
		if i == len(e.Items)-1 && isOpen(item.Value) {
			c.open(item.Value, -1)
			c.emit(opSetList, target, 0, 0, stored)
			pending = 0
			break
		}
		c.next(item.Value)
		if pending++; pending == flushItems {
			c.emit(opSetList, target, pending, 0, stored)
			stored, pending, c.free = stored+pending, 0, target+1
		}
	}
	if pending > 0 {
		c.emit(opSetList, target, pending, 0, stored)
	}
	if dst != target {
		c.emit(opMove, dst, target, 0, 0)
	}
	c.free = free
}

func (c *compiler) tableField(item luasyntax.Item, table int) {
	free := c.free
	key, form := c.constantKey(item.Key)
	if form == keyRegister {
		key = c.operand(item.Key)
	}
	value := c.operand(item.Value)
	c.storeIndex(place{table, key, form}, value)
	c.free = free
}

func (c *compiler) unary(e *luasyntax.Unary, dst int) {
	if n, ok := constantOf(e); ok {
		c.emit(opLoadK, dst, 0, 0, c.number(n))
		return
	}
	free := c.free
	operand := c.operand(e.Operand)
	c.line = e.Line()
	switch e.Op {
	case luasyntax.Not:
		c.emit(opNot, dst, operand, 0, 0)
	case luasyntax.Minus:
		c.emit(opUnm, dst, operand, 0, 0)
	default:
		c.emit(opLen, dst, operand, 0, 0)
	}
	c.free = free
}

func (c *compiler) binary(e *luasyntax.Binary, dst int) {
	free := c.free
	switch {
	case e.Op <= luasyntax.Pow:
		c.arithmetic(e, dst)
	case e.Op == luasyntax.Concat:
		c.concat(e, dst)
	case e.Op == luasyntax.And || e.Op == luasyntax.Or:
		c.expression(e.Left, dst)
		jump := c.emit(opTest, dst, 0, truth(e.Op == luasyntax.Or), 0)
		c.expression(e.Right, dst)
		c.patchHere([]int{jump})
	default:
		yes := c.condition(e, true)
		c.emit(opLoadBool, dst, 0, 0, 0)
		over := c.emit(opJump, 0, 0, 0, 0)
		c.patchHere(yes)
		c.emit(opLoadBool, dst, 1, 0, 0)
		c.patchHere([]int{over})
	}
	c.free = free
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// constantOf is the value of an expression of numbers, if it has one. Divisions by zero and NaN are left to the machine, as in the reference.
func constantOf(e luasyntax.Expression) (float64, bool) {
	switch e := e.(type) {
	case *luasyntax.Number:
		return e.Value, true
	case *luasyntax.Paren:
		return constantOf(e.Inner)
	case *luasyntax.Unary:
		if n, ok := constantOf(e.Operand); ok && e.Op == luasyntax.Minus {
			return -n, true
		}
	}
	return 0, false
}

func (c *compiler) arithmetic(e *luasyntax.Binary, dst int) {
	op := opcode(e.Op - luasyntax.Add)
	left, leftConstant := constantOf(e.Left)
	right, rightConstant := constantOf(e.Right)
	switch {
	case leftConstant && rightConstant && !(e.Op >= luasyntax.Div && right == 0):
		n := arithmetic(event(op)+eventAdd, left, right)
		if n == n {
			c.emit(opLoadK, dst, 0, 0, c.number(n))
			return
		}
		fallthrough
	case rightConstant:
		operand := c.operand(e.Left)
		c.line = e.Line()
		c.emit(opAddK+op, dst, operand, 0, c.number(right))
	case leftConstant:
		operand := c.operand(e.Right)
		c.line = e.Line()
		c.emit(opKAdd+op, dst, operand, 0, c.number(left))
	default:
		a := c.operand(e.Left)
		b := c.operand(e.Right)
		c.line = e.Line()
		c.emit(opAdd+op, dst, a, b, 0)
	}
}

// concat gathers a .. b .. c into one instruction over consecutive registers.
func (c *compiler) concat(e *luasyntax.Binary, dst int) {
	first := c.free
	var right luasyntax.Expression = e
	for {
		b, ok := right.(*luasyntax.Binary)
		if !ok || b.Op != luasyntax.Concat {
			break
		}
		c.next(b.Left)
		right = b.Right
	}
	last := c.next(right)
	c.line = e.Line()
	c.emit(opConcat, dst, first, last, 0)
}
