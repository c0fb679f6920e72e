package bitops

import (
	"encoding/binary"
	"math"
)

// fieldBytes is what a field of 64 bits may lie across.
const fieldBytes = 9

// Field is an integer of Width bits at a bit offset: 1 to 64 bits in two's complement, or 1 to 63 without a sign. Its value is
// handled in the 64 bits of a uint64, a signed one extended to all of them.
type Field struct {
	Offset int64
	Width  uint
	Signed bool
}

// Get returns the field's value. Behind the end of b all is zero.
func (f Field) Get(b []byte) uint64 {
	var window [fieldBytes]byte
	copy(window[:], b[min(f.Offset>>3, int64(len(b))):])
	shift := uint(f.Offset & 7)
	top := binary.BigEndian.Uint64(window[:])<<shift | uint64(window[8])>>(8-shift)
	if f.Signed {
		return uint64(int64(top) >> (wordBits - f.Width))
	}
	return top >> (wordBits - f.Width)
}

// Put writes the field's low bits. It lies within b.
func (f Field) Put(b []byte, value uint64) {
	var window [fieldBytes]byte
	b = b[f.Offset>>3:]
	n := copy(window[:], b)
	shift := uint(f.Offset & 7)
	value <<= wordBits - f.Width
	mask := ^uint64(0) << (wordBits - f.Width)
	first := binary.BigEndian.Uint64(window[:])
	binary.BigEndian.PutUint64(window[:], first&^(mask>>shift)|value>>shift)
	window[8] = window[8]&^byte(mask<<(8-shift)) | byte(value<<(8-shift))
	copy(b[:n], window[:])
}

// Overflow says what becomes of a result that doesn't fit its field.
type Overflow uint8

// The ways.
const (
	Wrap     Overflow = iota // the low bits are kept
	Saturate                 // the nearest value that fits
	Fail                     // as Wrap; the caller doesn't store it
)

// Add returns value+by as the field can hold it, and whether it had to be bent to fit. A value that doesn't fit by itself is bent likewise, so that
// adding 0 fits any number into the field.
func (f Field) Add(value uint64, by int64, o Overflow) (sum uint64, bent bool) {
	if f.Signed {
		return f.addSigned(int64(value), by, o)
	}
	limit := uint64(1)<<f.Width - 1
	switch {
	case value > limit, by > 0 && uint64(by) > limit-value:
		if o == Saturate {
			return limit, true
		}
	case by < 0 && -uint64(by) > value:
		if o == Saturate {
			return 0, true
		}
	default:
		return value + uint64(by), false
	}
	return (value + uint64(by)) & limit, true
}

func (f Field) addSigned(value, by int64, o Overflow) (sum uint64, bent bool) {
	unused := wordBits - f.Width
	high, low := int64(math.MaxInt64)>>unused, int64(math.MinInt64)>>unused
	// How far value may go up and down. For a value out of range these may wrap: Valkey then saturates a number near the lowest of 64 bits to the
	// field's highest, and so do we.
	up, down := high-value, low-value
	narrow := f.Width != wordBits
	switch {
	case value > high, by > up && (narrow || value >= 0 && by > 0):
		if o == Saturate {
			return uint64(high), true
		}
	case value < low, by < down && (narrow || value < 0 && by < 0):
		if o == Saturate {
			return uint64(low), true
		}
	default:
		return uint64(value + by), false
	}
	return uint64((value + by) << unused >> unused), true
}
