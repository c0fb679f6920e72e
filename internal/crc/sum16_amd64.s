#include "textflag.h"

// What the CRC-16 of a long message needs of P = x^16+x^12+x^5+1.
//   x^192 mod P and x^128 mod P: fold the two halves of sixteen bytes over the next sixteen.
DATA fold<>+0(SB)/8, $0x000000000000aefc // x^128 mod P
DATA fold<>+8(SB)/8, $0x000000000000650b // x^192 mod P
GLOBL fold<>(SB), RODATA|NOPTR, $16

//   x^80 mod P: folds the upper half over the lower; x^80 / P without its leading bit: Barrett's quotient.
DATA last<>+0(SB)/8, $0x000000000000eb23
DATA last<>+8(SB)/8, $0x11303471a041b343
GLOBL last<>(SB), RODATA|NOPTR, $16

//   P without its leading bit.
DATA poly<>+0(SB)/8, $0x0000000000001021
DATA poly<>+8(SB)/8, $0x0000000000000000
GLOBL poly<>(SB), RODATA|NOPTR, $16

// Loaded at 16-n it makes PSHUFB reverse the first n bytes and clear the others.
DATA reverse<>+0(SB)/8, $0x08090a0b0c0d0e0f
DATA reverse<>+8(SB)/8, $0x0001020304050607
DATA reverse<>+16(SB)/8, $0x8080808080808080
DATA reverse<>+24(SB)/8, $0x8080808080808080
GLOBL reverse<>(SB), RODATA|NOPTR, $32

// Loaded at 16-n it keeps the first n bytes.
DATA keep<>+0(SB)/8, $0xffffffffffffffff
DATA keep<>+8(SB)/8, $0xffffffffffffffff
DATA keep<>+16(SB)/8, $0x0000000000000000
DATA keep<>+24(SB)/8, $0x0000000000000000
GLOBL keep<>(SB), RODATA|NOPTR, $32

// Sixteen '{'.
DATA braces<>+0(SB)/8, $0x7b7b7b7b7b7b7b7b
DATA braces<>+8(SB)/8, $0x7b7b7b7b7b7b7b7b
GLOBL braces<>(SB), RODATA|NOPTR, $16

// func sum16(p []byte) uint32
//
// X0 holds the message so far modulo P, as a polynomial of 128 bits; the last byte read is its lowest.
TEXT ·sum16(SB), NOSPLIT, $0-28
	MOVQ	p_base+0(FP), SI
	MOVQ	p_len+8(FP), CX
	LEAQ	reverse<>(SB), R8
	MOVOU	braces<>(SB), X7

	// The head: as many bytes as aren't a multiple of sixteen, or sixteen.
	LEAQ	-1(CX), DX
	ANDQ	$15, DX
	INCQ	DX
	MOVL	$16, BX
	SUBQ	DX, BX
	CMPQ	CX, $16
	JGE	whole
	// Less than sixteen bytes: what is read past them must not be on a page that they aren't on.
	MOVL	SI, AX
	ANDL	$4095, AX
	CMPL	AX, $4080
	JHI	edge

whole:
	MOVOU	(SI), X0
	MOVOU	(R8)(BX*1), X1
	PSHUFB	X1, X0
	JMP	head

edge:
	MOVOU	-16(SI)(CX*1), X0
	MOVOU	(R8), X1
	PSHUFB	X1, X0
	LEAQ	keep<>(SB), R9
	MOVOU	(R9)(BX*1), X1
	PAND	X1, X0

head:
	MOVO	X0, X6
	PCMPEQB	X7, X6 // X6: where a brace was seen
	ADDQ	DX, SI
	SUBQ	DX, CX
	JZ	reduce
	MOVOU	fold<>(SB), X4
	MOVOU	(R8), X5

loop:
	MOVOU	(SI), X2
	MOVO	X2, X3
	PCMPEQB	X7, X3
	POR	X3, X6
	PSHUFB	X5, X2
	MOVO	X0, X1
	PCLMULQDQ	$0x00, X4, X0
	PCLMULQDQ	$0x11, X4, X1
	PXOR	X2, X0
	PXOR	X1, X0
	ADDQ	$16, SI
	SUBQ	$16, CX
	JNZ	loop

reduce:
	// The upper half times x^80, the lower half times x^16: what is above bit 16 of both is V, to be reduced times x^16.
	MOVOU	last<>(SB), X4
	MOVO	X0, X1
	PCLMULQDQ	$0x01, X4, X1
	MOVO	X1, X2
	PSRLDQ	$2, X2
	PXOR	X0, X2
	// The quotient V*x^16 / P, and the remainder.
	MOVO	X2, X3
	PCLMULQDQ	$0x10, X4, X3
	PSRLDQ	$8, X3
	PXOR	X2, X3
	MOVOU	poly<>(SB), X4
	PCLMULQDQ	$0x00, X4, X3
	PXOR	X1, X3
	MOVQ	X3, AX
	MOVWLZX	AX, AX
	PMOVMSKB	X6, BX
	SHLL	$16, BX
	ORL	BX, AX
	MOVL	AX, ret+24(FP)
	RET
