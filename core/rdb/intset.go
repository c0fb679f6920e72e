package rdb

import (
	"encoding/binary"

	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

// An intset is a sorted array of integers of one width:
//
//	width u32 (2, 4 or 8 bytes) | count u32 | integers, signed, rising
const (
	intsetHead = 8

	errIntset Corrupt = "an intset is damaged"
)

// intset is an intset while it is read.
type intset struct {
	b     []byte // what is left of the integers
	width int
	last  int64
	begun bool
}

// openIntset checks the frame of an intset.
func openIntset(b []byte) (intset, error) {
	if len(b) < intsetHead {
		return intset{}, errIntset
	}
	width, count := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
	if width != 2 && width != 4 && width != 8 {
		return intset{}, errIntset
	}
	if count == 0 || uint64(width)*uint64(count) != uint64(len(b)-intsetHead) {
		return intset{}, errIntset
	}
	return intset{b: b[intsetHead:], width: int(width)}, nil
}

func (s *intset) total() uint64 { return uint64(len(s.b) / s.width) } // #nosec G115 -- not negative

func (s *intset) next() (i packed.Value, ok bool, err error) {
	if len(s.b) == 0 {
		return packed.Value{}, false, nil
	}
	n := signed(s.b[:s.width])
	s.b = s.b[s.width:]
	if s.begun && n <= s.last {
		return packed.Value{}, false, errIntset
	}
	s.last, s.begun = n, true
	return packed.IntValue(n), true, nil
}

// appendIntsetHead appends the frame of an intset for integers of the given width.
func appendIntsetHead(dst []byte, width, count int) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(width))  // #nosec G115 -- 2, 4 or 8
	return binary.LittleEndian.AppendUint32(dst, uint32(count)) // #nosec G115 -- bounded by the caller
}

// intWidth is the width of an intset with this integer.
func intWidth(n int64) int {
	switch {
	case n >= -1<<15 && n < 1<<15:
		return 2
	case n >= -1<<31 && n < 1<<31:
		return 4
	}
	return 8
}

// signed reads a little endian integer of one to eight bytes.
func signed(b []byte) int64 {
	var u uint64
	for i, c := range b {
		u |= uint64(c) << (8 * i)
	}
	shift := 64 - 8*len(b)
	return int64(u<<shift) >> shift // #nosec G115 -- two's complement
}

// appendSigned appends the low bytes of an integer.
func appendSigned(dst []byte, u uint64, width int) []byte {
	for i := range width {
		dst = append(dst, byte(u>>(8*i))) // #nosec G115 -- cut on purpose
	}
	return dst
}
