package lua

import (
	"math"
	"strconv"

	"github.com/sleipnirdb/sleipnir/internal/luasyntax"
)

// The compiler goes through the tree once. Registers are a stack: locals lie at the bottom, temporaries above them. An expression
// is compiled into a register that the caller names; where the caller only wants to read it, into a temporary, or
// not at all if it is a local. A condition is compiled into jumps.
//
// Everything between a statement's temporaries and the locals is free after the statement.

const (
	maxRegisters = 250     // as the reference
	maxConstants = 1 << 18 // likewise
	maxCode      = 1 << 28
	flushItems   = 50 // items of a table's list that are kept in registers at a time
)

// compiler makes the code of one function.
type compiler struct {
	proto   *proto
	parent  *compiler
	unit    *unit
	numbers map[uint64]int
	strings map[string]int
	free    int // the first free register
	line    int // of the code being made
	loops   []*loop
	active  []activeLocal
}

// activeLocal is a local in scope, and its place in proto.locals.
type activeLocal struct {
	local *luasyntax.Local
	info  int
}

// unit is what the functions of a chunk share.
type unit struct {
	source  string
	strings map[string]*object
	err     *SyntaxError
}

// loop is one that a break may leave.
type loop struct {
	breaks []int // jumps
	base   int   // first register of its own
}

func compile(tree *luasyntax.Function, source string) (*proto, error) {
	u := &unit{source: source, strings: map[string]*object{}}
	p := u.function(tree, nil)
	if u.err != nil {
		return nil, u.err
	}
	return p, nil
}

func (u *unit) function(f *luasyntax.Function, parent *compiler) *proto {
	c := &compiler{
		proto:  &proto{source: u.source, params: len(f.Params), vararg: f.Vararg, argTable: f.ArgTable, first: f.Line, last: f.LastLine},
		parent: parent, unit: u, numbers: map[uint64]int{}, strings: map[string]int{}, line: f.Line,
	}
	for _, up := range f.Upvalues {
		info := upvalInfo{up.Local.Name, up.FromParent, uint8(up.Index)}
		if up.FromParent {
			info.index = uint8(up.Local.Register)
		}
		c.proto.upvals = append(c.proto.upvals, info)
	}
	for _, l := range f.Params {
		c.declare(l, c.reserve(1))
	}
	if f.Arg != nil {
		c.declare(f.Arg, c.reserve(1))
		if !f.ArgTable {
			c.emit(opLoadNil, f.Arg.Register, 0, 0, 0)
		}
	}
	c.block(f.Body)
	c.line = f.LastLine
	c.emit(opReturn0, 0, 0, 0, 0)
	c.endLocals(0)
	return c.proto
}

// fail notes the first thing that the machine can't hold.
func (c *compiler) fail(text string) {
	if c.unit.err == nil {
		c.unit.err = &SyntaxError{Text: chunkID(c.unit.source, maxSyntaxSource) + ":" + strconv.Itoa(c.line) + ": " + text, Line: c.line}
	}
}

func (c *compiler) emit(op opcode, a, b, cc, d int) int {
	if len(c.proto.code) >= maxCode {
		c.fail("code size overflow")
		return 0
	}
	c.proto.code = append(c.proto.code, encode(op, a, b, cc, d))
	c.proto.lines = append(c.proto.lines, int32(c.line))
	return len(c.proto.code) - 1
}

func (c *compiler) here() int { return len(c.proto.code) }

// reserve takes n registers.
func (c *compiler) reserve(n int) int {
	r := c.free
	c.free += n
	if c.free > maxRegisters {
		c.fail("function or expression too complex")
		c.free = r // what follows is thrown away
		return r
	}
	c.proto.size = max(c.proto.size, c.free)
	return r
}

// patch makes jumps go to a place.
func (c *compiler) patch(jumps []int, to int) {
	for _, j := range jumps {
		i := c.proto.code[j]
		c.proto.code[j] = i&0xffff_ffff | instruction(uint32(int32(to-j-1)))<<32
	}
}

func (c *compiler) patchHere(jumps []int) { c.patch(jumps, c.here()) }

func (c *compiler) constant(v Value) int {
	if len(c.proto.consts) >= maxConstants {
		c.fail("constant table overflow")
		return 0
	}
	c.proto.consts = append(c.proto.consts, v)
	return len(c.proto.consts) - 1
}

func (c *compiler) number(n float64) int {
	bits := math.Float64bits(n)
	if n == 0 {
		bits = 0 // both zeros are one constant, and the first one met is it: as in the reference
	}
	i, ok := c.numbers[bits]
	if !ok {
		i = c.constant(Number(n))
		c.numbers[bits] = i
	}
	return i
}

func (c *compiler) text(s string) int {
	i, ok := c.strings[s]
	if !ok {
		o := c.unit.strings[s]
		if o == nil {
			o = constant(s)
			c.unit.strings[s] = o
		}
		i = c.constant(Value{p: o})
		c.strings[s] = i
	}
	return i
}

// declare makes a register a local from here on.
func (c *compiler) declare(l *luasyntax.Local, register int) {
	l.Register = register
	c.active = append(c.active, activeLocal{l, len(c.proto.locals)})
	c.proto.locals = append(c.proto.locals, localInfo{l.Name, register, c.here(), math.MaxInt})
}

// leave ends the scopes of the locals at and above a register.
func (c *compiler) leave(register int) {
	c.closeScopes(register)
	c.endLocals(register)
}

// closeScopes lets captured locals at and above a register live on in their closures.
func (c *compiler) closeScopes(register int) {
	for i := len(c.active) - 1; i >= 0 && c.active[i].local.Register >= register; i-- {
		if c.active[i].local.Captured {
			c.emit(opClose, register, 0, 0, 0)
			return
		}
	}
}

// endLocals frees the registers of the locals at and above one.
func (c *compiler) endLocals(register int) {
	for n := len(c.active); n > 0 && c.active[n-1].local.Register >= register; n = len(c.active) {
		c.proto.locals[c.active[n-1].info].end = c.here()
		c.active = c.active[:n-1]
	}
	c.free = register
}
