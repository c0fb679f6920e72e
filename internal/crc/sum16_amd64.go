package crc

import "golang.org/x/sys/cpu"

// canSum16 tells whether the processor has what sum16 is made of. Set before main.
var canSum16 = cpu.X86.HasPCLMULQDQ && cpu.X86.HasSSSE3

// sum16 returns the CRC-16 of p in the lower half, and in the upper half something else than 0 if p has a '{'. p must not be
// empty.
//
// It multiplies without carries, which is what a remainder of polynomials is made of, and needs no table: on a server whose
// first cache is full of data, a table of 4 KiB is slow to find.
//
//go:noescape
func sum16(p []byte) uint32
