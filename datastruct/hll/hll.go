// Package hll estimates how many different elements were added, in the byte format that Valkey keeps in its strings.
//
// # The format
//
//	offset  size  what
//	0       4     "HYLL"
//	4       1     encoding: 0 dense, 1 sparse
//	5       3     zero
//	8       8     cached cardinality, little endian; the highest bit says that it no longer holds
//	16      …     registers
//
// An element's hash has 64 bits: the low 14 choose one of 16384 registers, the zeros at the low end of the others, plus one, are the
// element's rank, 1 to 51. A register keeps the highest rank that it saw.
//
// Dense registers have six bits each, one after the other from the least significant bit of the first byte on: 12288 bytes. Sparse ones are
// run lengths:
//
//	00xxxxxx            zero    x+1 registers of 0
//	01xxxxxx yyyyyyyy   xzero   xy+1 registers of 0
//	1vvvvvxx            value   x+1 registers of v+1
//
// The same additions make the same bytes as in Valkey, so that a value may move between the two at any time. Nothing is said against the
// length of sparse registers that a client has written; so each loop over them is bounded by the bytes, and what doesn't add up to 16384
// registers is reported as [ErrCorrupt], never believed.
package hll

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

const (
	indexBits = 14
	// Registers is their number.
	Registers = 1 << indexBits
	// rankBits are the bits of a hash that count for the rank.
	rankBits     = 64 - indexBits
	maxRank      = rankBits + 1
	registerBits = 6

	// HeaderBytes is the size of what precedes the registers.
	HeaderBytes = 16
	// DenseBytes is the size of a dense value.
	DenseBytes = HeaderBytes + Registers*registerBits/8
	// EmptyBytes is the size of a value without elements.
	EmptyBytes = HeaderBytes + 2

	offEncoding    = 4
	offCardinality = 8
	stale          = 1 << 63

	encDense  = 0
	encSparse = 1
)

// ErrCorrupt is returned for sparse registers that are not as many as they should be.
var ErrCorrupt = errors.New("hll: corrupt sparse registers")

// Valid says whether b has the form of a value: header, and length if it is dense. Sparse registers are not looked at.
func Valid(b []byte) bool {
	if len(b) < HeaderBytes || string(b[:offEncoding]) != "HYLL" || b[offEncoding] > encSparse {
		return false
	}
	return b[offEncoding] == encSparse || len(b) == DenseBytes
}

// Sparse says whether a valid value is sparse.
func Sparse(b []byte) bool { return b[offEncoding] == encSparse }

// Init makes a value without elements of the first EmptyBytes of b.
func Init(b []byte) {
	clear(b[:HeaderBytes])
	copy(b, "HYLL")
	b[offEncoding] = encSparse
	putZeros(b[HeaderBytes:], Registers)
}

// Cached returns the cardinality that the value remembers, if that still holds.
func Cached(b []byte) (n uint64, ok bool) {
	n = binary.LittleEndian.Uint64(b[offCardinality:])
	return n, n&stale == 0
}

// Remember puts a cardinality into the value. One of 2^63 or more is the mark of a stale one.
func Remember(b []byte, n uint64) { binary.LittleEndian.PutUint64(b[offCardinality:], n) }

// Invalidate marks the remembered cardinality as stale.
func Invalidate(b []byte) { b[offCardinality+7] |= stale >> 56 }

// Place returns the register that an element falls to, and its rank.
func Place(element []byte) (index int, rank uint8) {
	h := hash(element)
	return int(h & (Registers - 1)), uint8(bits.TrailingZeros64(h>>indexBits|1<<rankBits) + 1)
}

const (
	murmurSeed  = 0xadc83b19
	murmurMul   = 0xc6a4a7935bd1e995
	murmurShift = 47
)

// hash is MurmurHash2 in its form of 64 bits.
func hash(b []byte) uint64 {
	h := uint64(murmurSeed) ^ uint64(len(b))*murmurMul
	for ; len(b) >= 8; b = b[8:] {
		k := binary.LittleEndian.Uint64(b) * murmurMul
		h = (h ^ (k^k>>murmurShift)*murmurMul) * murmurMul
	}
	if len(b) > 0 {
		var rest [8]byte
		copy(rest[:], b)
		h = (h ^ binary.LittleEndian.Uint64(rest[:])) * murmurMul
	}
	h = (h ^ h>>murmurShift) * murmurMul
	return h ^ h>>murmurShift
}
