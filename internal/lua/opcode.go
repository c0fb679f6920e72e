package lua

// instruction is one step of the machine, 64 bits wide:
//
//	bits  0–7   op
//	bits  8–15  a   a register, mostly where the result goes
//	bits 16–23  b   a register or a small number
//	bits 24–31  c   a register or a small number
//	bits 32–63  d   a signed number: the index of a constant, a whole key, or how far to jump
//
// b and c together are bc, the index of a constant in comparisons that jump. Jumps count from the next instruction.
//
// The width is for the sake of d: a field's name, a compared constant and the target of a jump are in the instruction itself, no operand
// needs a bit to tell a register from a constant, and a comparison with its jump is one step.
type instruction uint64

func (i instruction) op() opcode { return opcode(i) }
func (i instruction) a() uint8   { return uint8(i >> 8) }
func (i instruction) b() uint8   { return uint8(i >> 16) }
func (i instruction) c() uint8   { return uint8(i >> 24) }
func (i instruction) bc() uint16 { return uint16(i >> 16) }
func (i instruction) d() int     { return int(int32(i >> 32)) }

func encode(op opcode, a, b, c, d int) instruction {
	return instruction(op) | instruction(uint8(a))<<8 | instruction(uint8(b))<<16 | instruction(uint8(c))<<24 | instruction(uint32(int32(d)))<<32
}

type opcode uint8

// R is a register, K a constant, U an upvalue. "…" ends at the top that an open call or list left.
const (
	opMove      opcode = iota // R[a] = R[b]
	opLoadK                   // R[a] = K[d]
	opLoadNil                 // R[a] … R[a+b] = nil
	opLoadBool                // R[a] = b ~= 0
	opGetUpval                // R[a] = U[b]
	opSetUpval                // U[b] = R[a]
	opGetGlobal               // R[a] = env[K[d]]
	opSetGlobal               // env[K[d]] = R[a]
	opGetField                // R[a] = R[b][K[d]]
	opSetField                // R[a][K[d]] = R[b]
	opGetInt                  // R[a] = R[b][d]
	opSetInt                  // R[a][d] = R[b]
	opGetIndex                // R[a] = R[b][R[c]]
	opSetIndex                // R[a][R[b]] = R[c]
	opSelf                    // R[a+1] = R[b]; R[a] = R[b][K[d]]
	opNewTable                // R[a] = {}; d is the size of both parts
	opSetList                 // R[a][d+i] = R[a+i], i = 1 … b; b = 0: up to the top
	opAdd                     // R[a] = R[b] + R[c], and so the next five
	opSub
	opMul
	opDiv
	opMod
	opPow
	opAddK // R[a] = R[b] + K[d], and so the next five; K is a number
	opSubK
	opMulK
	opDivK
	opModK
	opPowK
	opKAdd // R[a] = K[d] + R[b], and so the next five
	opKSub
	opKMul
	opKDiv
	opKMod
	opKPow
	opUnm      // R[a] = -R[b]
	opNot      // R[a] = not R[b]
	opLen      // R[a] = #R[b]
	opConcat   // R[a] = R[b] .. … .. R[c]
	opJump     // jump d
	opLoop     // jump d, backward
	opTest     // if truth of R[a] is c: jump d
	opEq       // if (R[a] == R[b]) is c: jump d
	opLt       // if (R[a] < R[b]) is c: jump d
	opLe       // if (R[a] <= R[b]) is c: jump d
	opEqK      // if R[a] == K[bc]: jump d
	opNeK      // if R[a] ~= K[bc]: jump d
	opLtK      // if R[a] < K[bc]: jump d; K is a number in this and the next seven
	opNotLtK   // if not R[a] < K[bc]: jump d
	opLeK      // …
	opNotLeK   //
	opGtK      // if K[bc] < R[a]: jump d
	opNotGtK   //
	opGeK      //
	opNotGeK   //
	opCall     // R[a] … R[a+c-2] = R[a](R[a+1] … R[a+b-1]); b = 0: arguments up to the top; c = 0: all results
	opTailCall // return R[a](R[a+1] … R[a+b-1])
	opReturn   // return R[a] … R[a+b-2]; b = 0: up to the top
	opReturn0  // return
	opReturn1  // return R[a]
	opForPrep  // check and step back R[a] … R[a+2]; jump d, to the opForLoop
	opForLoop  // R[a] += R[a+2]; if within R[a+1]: R[a+3] = R[a]; jump d
	opTForCall // R[a+3] … R[a+2+c] = R[a](R[a+1], R[a+2])
	opTForLoop // if R[a+3] ~= nil: R[a+2] = R[a+3]; jump d
	opClosure  // R[a] = closure of the function d
	opVararg   // R[a] … R[a+b-2] = …; b = 0: all
	opClose    // end the scopes of captured registers at and above a
)
