package object

import (
	"encoding/binary"
	"fmt"
	"math"
)

// intset is the smallest form of a set: all members are integers. It is a view of a block.
//
//	offset  size  what
//	0       4     how many members there are
//	4       1     the width of a member in bytes: 2, 4 or 8
//	5       3     zero
//	8       …     the members in ascending order, two's complement
//
// All numbers are little endian. The width is that of the widest member that there has ever been.
type intset []byte

const (
	intsetHead  = 8
	intsetWidth = 4 // where the width stands
)

func (s intset) len() int   { return int(binary.LittleEndian.Uint32(s)) }
func (s intset) width() int { return int(s[intsetWidth]) }

// used returns the bytes of head and members.
func (s intset) used() int { return intsetHead + s.len()*s.width() }

// setHead makes s a block of n members of so many bytes each.
func (s intset) setHead(n, width int) {
	clear(s[:intsetHead])
	binary.LittleEndian.PutUint32(s, uint32(n))
	s[intsetWidth] = byte(width)
}

// widthOf returns how many bytes a member needs.
func widthOf(n int64) int {
	switch {
	case n == int64(int16(n)):
		return 2
	case n == int64(int32(n)):
		return 4
	}
	return 8
}

// at returns member i.
func (s intset) at(i int) int64 {
	switch s[intsetWidth] {
	case 2:
		return int64(int16(binary.LittleEndian.Uint16(s[intsetHead+2*i:])))
	case 4:
		return int64(int32(binary.LittleEndian.Uint32(s[intsetHead+4*i:])))
	}
	return int64(binary.LittleEndian.Uint64(s[intsetHead+8*i:]))
}

// put makes n member i, of the width that the block has.
func (s intset) put(i int, n int64) {
	switch s[intsetWidth] {
	case 2:
		binary.LittleEndian.PutUint16(s[intsetHead+2*i:], uint16(n))
	case 4:
		binary.LittleEndian.PutUint32(s[intsetHead+4*i:], uint32(n))
	default:
		binary.LittleEndian.PutUint64(s[intsetHead+8*i:], uint64(n))
	}
}

// find returns the place of n, or the one where it belongs.
func (s intset) find(n int64) (i int, ok bool) {
	lo, hi := 0, s.len()
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if m := s.at(mid); m < n {
			lo = mid + 1
		} else if hi = mid; m == n {
			return mid, true
		}
	}
	return lo, false
}

// insert puts n at place i. There is room for it, and its width isn't above that of the block.
func (s intset) insert(i int, n int64) {
	w, used := s.width(), s.used()
	copy(s[intsetHead+(i+1)*w:used+w], s[intsetHead+i*w:used])
	s.setHead(s.len()+1, w)
	s.put(i, n)
}

// remove takes out the member at place i.
func (s intset) remove(i int) {
	w, used := s.width(), s.used()
	copy(s[intsetHead+i*w:], s[intsetHead+(i+1)*w:used])
	s.setHead(s.len()-1, w)
}

// copyTo makes dst, which has room, a block of the same members, each so many bytes wide: no less than in s.
func (s intset) copyTo(dst intset, width int) {
	n := s.len()
	dst.setHead(n, width)
	if width == s.width() {
		copy(dst[intsetHead:], s[intsetHead:s.used()])
		return
	}
	for i := range n {
		dst.put(i, s.at(i))
	}
}

// sane checks the invariants.
func (s intset) sane() error {
	if w := s.width(); w != 2 && w != 4 && w != 8 {
		return fmt.Errorf("members of %d bytes", w)
	}
	last := int64(math.MinInt64)
	for i := range s.len() {
		n := s.at(i)
		if i > 0 && n <= last {
			return fmt.Errorf("member %d, %d, comes after %d", i, n, last)
		}
		last = n
	}
	return nil
}
