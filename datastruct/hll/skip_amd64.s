#include "textflag.h"

DATA twoHighBits<>+0(SB)/8, $0xc0c0c0c0c0c0c0c0
DATA twoHighBits<>+8(SB)/8, $0xc0c0c0c0c0c0c0c0
GLOBL twoHighBits<>(SB), RODATA|NOPTR, $16

DATA xzeroBits<>+0(SB)/8, $0x4040404040404040
DATA xzeroBits<>+8(SB)/8, $0x4040404040404040
GLOBL xzeroBits<>(SB), RODATA|NOPTR, $16

DATA valueLength<>+0(SB)/8, $0x0303030303030303
DATA valueLength<>+8(SB)/8, $0x0303030303030303
GLOBL valueLength<>(SB), RODATA|NOPTR, $16

DATA zeroLength<>+0(SB)/8, $0x3f3f3f3f3f3f3f3f
DATA zeroLength<>+8(SB)/8, $0x3f3f3f3f3f3f3f3f
GLOBL zeroLength<>(SB), RODATA|NOPTR, $16

DATA xzeroLength<>+0(SB)/8, $0x3f3f3f3f3f3f3f3f
DATA xzeroLength<>+8(SB)/8, $0x003f3f3f3f3f3f3f
GLOBL xzeroLength<>(SB), RODATA|NOPTR, $16

DATA oneBitEach<>+0(SB)/8, $0x8040201008040201
DATA oneBitEach<>+8(SB)/8, $0x8040201008040201
GLOBL oneBitEach<>(SB), RODATA|NOPTR, $16

// func skip(b []byte, at, first, index int) (newAt, newFirst, prev int)
//
// Sixteen bytes a turn, with hardly a branch on what they are.
TEXT ·skip(SB), NOSPLIT, $0-72
	MOVQ b_base+0(FP), SI
	MOVQ b_len+8(FP), DX
	MOVQ at+24(FP), AX
	MOVQ first+32(FP), BX
	MOVQ index+40(FP), DI
	MOVQ AX, R12               // prev
	SUBQ $16, DX               // the last place of a turn
	MOVOU twoHighBits<>(SB), X10
	MOVOU xzeroBits<>(SB), X11
	MOVOU valueLength<>(SB), X12
	MOVOU zeroLength<>(SB), X13
	MOVOU oneBitEach<>(SB), X14
	MOVOU xzeroLength<>(SB), X8
	PXOR  X9, X9

turn:
	CMPQ AX, DX
	JGT  done
	MOVOU (SI)(AX*1), X0

	// R9: a bit for each byte that begins an xzero. Any byte that looks like one does (R8), but for the second byte of
	// another: of bytes in a row that look so, each other one, beginning with the first. A sum whose carries run through
	// the rows that begin at an even place tells these from the others.
	MOVO     X0, X1
	PAND     X10, X1
	PCMPEQB  X11, X1
	PMOVMSKB X1, R8
	LEAL     (R8)(R8*1), R9
	NOTL     R9
	ANDL     R8, R9
	ANDL     $0x5555, R9
	ADDL     R8, R9
	NOTL     R9
	ANDL     R8, R9
	MOVL     R8, R10
	XORL     R9, R10
	ANDL     $0x5555, R9
	ANDL     $0xaaaa, R10
	ORL      R10, R9

	// R10: whether the last byte begins an xzero, which is left to the next turn. X2, X3: the first and the second bytes of xzeros.
	MOVL       R9, R10
	SHRL       $15, R10
	MOVQ       R9, X2
	PUNPCKLBW  X2, X2
	PUNPCKLWL  X2, X2
	PUNPCKLLQ  X2, X2
	PAND       X14, X2
	PCMPEQB    X14, X2
	MOVO       X2, X3
	PSLLO      $1, X3

	// X6: of each byte what it adds to the lengths, one for the run that it begins included; summed up.
	PXOR    X4, X4
	PCMPGTB X0, X4
	MOVO    X4, X5
	PAND    X12, X5
	PANDN   X13, X4
	POR     X4, X5
	POR     X3, X5
	PAND    X0, X5
	MOVO    X2, X6
	PANDN   X5, X6
	PCMPEQB X7, X7
	PXOR    X3, X7
	PSUBB   X7, X6
	PSADBW  X9, X6

	// X2: the high parts of the lengths of xzeros, likewise.
	PAND    X8, X2
	PAND    X0, X2
	PSADBW  X9, X2
	PSLLQ   $8, X2
	PADDQ   X2, X6
	MOVHLPS X6, X7
	PADDQ   X6, X7
	MOVQ    X7, R11
	SUBQ    R10, R11
	ADDQ    BX, R11
	CMPQ    R11, DI
	JGT     done

	// The last run has begun a byte before if its second byte is the last one here.
	MOVQ R11, BX
	MOVL $14, CX
	SUBL R10, CX
	SHRL CX, R9
	ANDL $1, R9
	LEAQ 15(AX), R12
	SUBQ R10, R12
	SUBQ R9, R12

	// A branch and no subtraction: so the next turn needn't wait for what this one finds.
	ADDQ  $16, AX
	TESTL R10, R10
	JEQ   turn
	DECQ  AX
	JMP   turn

done:
	MOVQ AX, newAt+48(FP)
	MOVQ BX, newFirst+56(FP)
	MOVQ R12, prev+64(FP)
	RET
