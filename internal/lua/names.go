package lua

// Names of values in error texts. They aren't kept while the code runs: when something is wrong the code before the instruction tells where
// the value in a register came from.

// typeError says that an operation can't be done with v, which is in register reg of the running frame (or in none, if negative).
func (s *State) typeError(t *Thread, operation string, v Value, reg int) error {
	kind, name := "", ""
	if f := t.running(); reg >= 0 && f.kind == frameLua {
		kind, name = f.fn.proto.describe(int(f.pc)-1, reg)
	}
	if kind != "" {
		return s.runtimeError("attempt to %s %s '%s' (a %s value)", operation, kind, name, v.TypeName())
	}
	return s.runtimeError("attempt to %s a %s value", operation, v.TypeName())
}

// callError says that what is at a place of the stack can't be called.
func (s *State) callError(t *Thread, at int) error {
	reg := -1
	if t.depth > 0 {
		if f := t.running(); f.kind == frameLua {
			i := f.fn.proto.code[f.pc-1]
			if op := i.op(); (op == opCall || op == opTailCall) && int(f.base)+int(i.a()) == at {
				reg = int(i.a())
			}
		}
		return s.typeError(t, "call", t.stack[at], reg)
	}
	return s.runtimeError("attempt to call a %s value", t.stack[at].TypeName())
}

// calleeName is what the running Lua function calls the builtin that it has called.
func (s *State) calleeName(t *Thread) (kind, name string) {
	if t.depth == 0 {
		return "", ""
	}
	f := t.running()
	if f.kind != frameLua {
		return "", ""
	}
	i := f.fn.proto.code[f.pc-1]
	if op := i.op(); op == opCall || op == opTailCall {
		return f.fn.proto.describe(int(f.pc)-1, int(i.a()))
	}
	return "", ""
}

// describe tells what register reg holds at the instruction pc: a local, global, field, upvalue or method, and its name.
func (p *proto) describe(pc, reg int) (kind, name string) {
	for range maxRegisters { // follows moves, each to a lower register
		if name := p.localName(pc, reg); name != "" {
			return "local", name
		}
		at := p.setter(pc, reg)
		if at < 0 {
			return "", ""
		}
		i := p.code[at]
		switch i.op() {
		case opMove:
			if int(i.b()) >= reg {
				return "", ""
			}
			pc, reg = at, int(i.b())
			continue
		case opGetGlobal:
			return "global", p.consts[i.d()].p.str
		case opGetField:
			return "field", p.consts[i.d()].p.str
		case opSelf:
			return "method", p.consts[i.d()].p.str
		case opGetUpval:
			return "upvalue", p.upvals[i.b()].name
		case opGetInt, opGetIndex:
			return "field", "?"
		}
		return "", ""
	}
	return "", ""
}

func (p *proto) localName(pc, reg int) string {
	for _, l := range p.locals {
		if l.register == reg && l.start <= pc && pc < l.end {
			return l.name
		}
	}
	return ""
}

// setter is the instruction before pc that gave the register its value, or -1. Jumps forward are taken, as the reference does.
func (p *proto) setter(pc, reg int) int {
	last := -1
	for at := 0; at < pc; at++ {
		i := p.code[at]
		if p.sets(i, reg) {
			last = at
		}
		if jumps(i.op()) {
			if to := at + 1 + i.d(); to > at && to <= pc {
				at = to - 1
			}
		}
	}
	return last
}

func jumps(op opcode) bool {
	return op >= opJump && op <= opNotGeK || op == opForPrep || op == opForLoop || op == opTForLoop
}

// sets tells whether an instruction writes to a register.
func (p *proto) sets(i instruction, reg int) bool {
	a := int(i.a())
	switch op := i.op(); {
	case op == opLoadNil:
		return reg >= a && reg <= a+int(i.b())
	case op == opSelf:
		return reg == a || reg == a+1
	case op == opCall || op == opTailCall:
		return reg >= a
	case op == opTForCall:
		return reg >= a+3
	case op == opForLoop:
		return reg == a || reg == a+3
	case op == opForPrep:
		return reg == a
	case op == opTForLoop:
		return reg == a+2
	case op == opVararg:
		return reg >= a && (i.b() == 0 || reg < a+int(i.b())-1)
	case op == opSetUpval || op == opSetGlobal || op == opSetField || op == opSetInt || op == opSetIndex || op == opSetList,
		op >= opJump && op <= opNotGeK, op >= opReturn && op <= opReturn1, op == opClose:
		return false
	}
	return reg == a
}
