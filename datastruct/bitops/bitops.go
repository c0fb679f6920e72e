// Package bitops works on byte strings as rows of bits, a word at a time.
//
// Bit 0 is the most significant bit of the first byte, so that a number read from a bit range stands in it as it is written down:
// the most significant bit first.
//
//	byte      0        1
//	        +--------+--------+-
//	bit     |01234567|89……    |
//	        +--------+--------+-
//
// Whoever calls guarantees that ranges lie within the bytes; what comes from outside is bounded by then.
package bitops

import (
	"encoding/binary"
	"math/bits"
)

const (
	wordBytes = 8
	wordBits  = 64
	// stride is how much the loops take at a time: enough words that the processor works on several at once.
	stride = 8 * wordBytes
)

// Count returns the number of ones.
func Count(b []byte) int64 {
	var n0, n1, n2, n3 int
	for len(b) >= stride {
		w := b[:stride:stride]
		n0 += bits.OnesCount64(binary.LittleEndian.Uint64(w[0:])) + bits.OnesCount64(binary.LittleEndian.Uint64(w[32:]))
		n1 += bits.OnesCount64(binary.LittleEndian.Uint64(w[8:])) + bits.OnesCount64(binary.LittleEndian.Uint64(w[40:]))
		n2 += bits.OnesCount64(binary.LittleEndian.Uint64(w[16:])) + bits.OnesCount64(binary.LittleEndian.Uint64(w[48:]))
		n3 += bits.OnesCount64(binary.LittleEndian.Uint64(w[24:])) + bits.OnesCount64(binary.LittleEndian.Uint64(w[56:]))
		b = b[stride:]
	}
	for len(b) >= wordBytes {
		n0 += bits.OnesCount64(binary.LittleEndian.Uint64(b))
		b = b[wordBytes:]
	}
	return int64(n0 + n1 + n2 + n3 + bits.OnesCount64(tail(b)))
}

// CountRange returns the number of ones in the bits from..to-1.
func CountRange(b []byte, from, to int64) int64 {
	if from >= to {
		return 0
	}
	first, last := from>>3, (to-1)>>3
	n := Count(b[first : last+1])
	n -= int64(bits.OnesCount8(b[first] &^ (0xff >> (from & 7))))
	return n - int64(bits.OnesCount8(b[last]&(0x7f>>((to-1)&7))))
}

// First returns the position of the first bit among from..to-1 that is one, or zero if bit is 0; -1 if there is none.
func First(b []byte, bit byte, from, to int64) int64 {
	if from >= to {
		return -1
	}
	var flip uint64 // makes what is looked for a one
	if bit == 0 {
		flip = ^uint64(0)
	}
	at, end := from>>3, (to+7)>>3
	drop := uint(from & 7) // bits of the first word that are before the range
	for b := b[:end]; ; {
		rest := b[at:]
		w := word(rest) ^ flip
		w &= ^uint64(0) >> drop
		if w != 0 {
			// Zeros behind the last byte were flipped too, and a part of the last byte may be out of range.
			if found := at<<3 + int64(bits.LeadingZeros64(w)); found < to {
				return found
			}
			return -1
		}
		drop = 0
		if len(rest) <= wordBytes {
			return -1
		}
		at += wordBytes
		at += skip(b[at:], flip)
	}
}

// skip returns the bytes of the strides at the start of b that equal flip in every word.
func skip(b []byte, flip uint64) int64 {
	n := int64(0)
	for len(b) >= stride {
		w := b[:stride:stride]
		other := (binary.LittleEndian.Uint64(w[0:]) ^ flip) | (binary.LittleEndian.Uint64(w[8:]) ^ flip) |
			(binary.LittleEndian.Uint64(w[16:]) ^ flip) | (binary.LittleEndian.Uint64(w[24:]) ^ flip) |
			(binary.LittleEndian.Uint64(w[32:]) ^ flip) | (binary.LittleEndian.Uint64(w[40:]) ^ flip) |
			(binary.LittleEndian.Uint64(w[48:]) ^ flip) | (binary.LittleEndian.Uint64(w[56:]) ^ flip)
		if other != 0 {
			return n
		}
		b, n = b[stride:], n+stride
	}
	return n
}

// word returns the first eight bytes as a big-endian number, with zeros for those that b lacks.
func word(b []byte) uint64 {
	if len(b) >= wordBytes {
		return binary.BigEndian.Uint64(b)
	}
	return tail(b)
}

// tail returns fewer than eight bytes as a big-endian number, with zeros behind them.
func tail(b []byte) uint64 {
	var full [wordBytes]byte
	copy(full[:], b)
	return binary.BigEndian.Uint64(full[:])
}

// Get returns the bit at the position, zero behind the end.
func Get(b []byte, at int64) byte {
	if at>>3 >= int64(len(b)) {
		return 0
	}
	return b[at>>3] >> (7 - at&7) & 1
}

// Put sets the bit at the position, which is within b, and returns what it was.
func Put(b []byte, at int64, bit byte) byte {
	p, shift := &b[at>>3], 7-at&7
	old := *p >> shift & 1
	*p = *p&^(1<<shift) | bit<<shift
	return old
}
