package object

import (
	"encoding/binary"
	"math/bits"
)

// Odd constants with well-spread bits (of pi, e and the golden ratio).
const (
	hashK0 = 0x9e3779b97f4a7c15
	hashK1 = 0x243f6a8885a308d3
	hashK2 = 0xb7e151628aed2a6b
)

// HashOf returns the seeded 64-bit hash of a key, or of a field or member of a collection.
//
// The bytes are read as words, folded two at a time by a multiplication of 64 by 64 bits whose halves are xored, and mixed
// once more at the end; so every bit of the result depends on every bit of key and seed, the highest, which choose the
// segment of a table, as well as the lowest. Both factors of each product hold secret bits, or a word chosen to make one
// factor zero would erase all that came before it.
//
// It isn't cryptographic: the seed is random per process and never shown, which is what keeps a client from choosing keys
// that collide.
func HashOf(seed uint64, key []byte) uint64 {
	n := len(key)
	s0, s1 := seed^hashK0, bits.RotateLeft64(seed, 29)^hashK1
	var x, y uint64
	switch {
	case n > 16:
		s0 = foldFront(s0, s1, key)
		x = binary.LittleEndian.Uint64(key[n-16:])
		y = binary.LittleEndian.Uint64(key[n-8:])
	case n >= 8:
		x = binary.LittleEndian.Uint64(key)
		y = binary.LittleEndian.Uint64(key[n-8:])
	case n >= 4:
		x = uint64(binary.LittleEndian.Uint32(key))
		y = uint64(binary.LittleEndian.Uint32(key[n-4:]))
	case n > 0:
		x = uint64(key[0])<<16 | uint64(key[n>>1])<<8 | uint64(key[n-1])
	}
	hi, lo := bits.Mul64(x^s1, y^s0)
	return fold(hi^hashK2^uint64(n), lo^s1)
}

// foldFront folds all but the last 1 to 16 bytes of a key of more than 16 into s0. Two lanes keep two
// multiplications in flight.
func foldFront(s0, s1 uint64, key []byte) uint64 {
	t0 := bits.RotateLeft64(s1, 17) // not an xor: nobody may know by how much the lanes differ
	for len(key) > 32 {
		s0 = fold(binary.LittleEndian.Uint64(key)^s1, binary.LittleEndian.Uint64(key[8:])^s0)
		t0 = fold(binary.LittleEndian.Uint64(key[16:])^s1, binary.LittleEndian.Uint64(key[24:])^t0)
		key = key[32:]
	}
	s0 ^= t0
	if len(key) > 16 {
		s0 = fold(binary.LittleEndian.Uint64(key)^s1, binary.LittleEndian.Uint64(key[8:])^s0)
	}
	return s0
}

func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}
