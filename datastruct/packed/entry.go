package packed

import (
	"encoding/binary"
	"slices"
)

// First bytes of an entry, see the package comment.
const (
	text6  = 0x80 // + 6 bits of length
	int13  = 0xc0 // + 5 bits
	text12 = 0xe0 // + 4 bits of length
	text32 = 0xf0
	int16b = 0xf1
	int24b = 0xf2
	int32b = 0xf3
	int64b = 0xf4

	maxText6  = 1<<6 - 1
	maxText12 = 1<<12 - 1

	headMax = 9 // the longest head with a number in it
)

// sizes holds the size of an entry, back included, by its first byte; 0 where that doesn't say it. Constant after start-up.
var sizes = func() (t [256]uint8) {
	for h := range t {
		switch {
		case h < text6:
			t[h] = 2
		case h < int13:
			t[h] = uint8(1 + h - text6 + 1)
		case h < text12:
			t[h] = 3
		}
	}
	t[int16b], t[int24b], t[int32b], t[int64b] = 4, 5, 6, 10
	return t
}()

// Size returns the size of the entry at a position.
func (b Block) Size(at int) int { return b.sizeOf(b[at], at) }

// sizeOf is Size for an entry whose first byte is known.
//
//gcassert:inline
func (b Block) sizeOf(h byte, at int) int {
	if n := int(sizes[h]); n != 0 {
		return n
	}
	return b.longSize(at)
}

// longSize is Size for a text of more than 63 bytes.
func (b Block) longSize(at int) int {
	head, n := b.longText(at)
	return head + n + backBytes(head+n)
}

// longText returns the length of the head and that of the text, of a text of more than 63 bytes.
func (b Block) longText(at int) (head, n int) {
	h := b[at:]
	if h[0] == text32 {
		return 5, int(binary.LittleEndian.Uint32(h[1:]))
	}
	return 2, int(h[0]&0xf)<<8 | int(h[1])
}

// Get returns the entry at a position.
func (b Block) Get(at int) Value {
	v, _ := b.Read(at)
	return v
}

// Read returns the entry at a position, and the position of the next one, or End.
func (b Block) Read(at int) (v Value, next int) {
	h := b[at]
	if h&0xc0 == text6 {
		from := at + 1
		to := from + int(h&maxText6)
		return Value{Bytes: b[from:to:to]}, to + 1
	}
	if h < text6 {
		return Value{Int: int64(h), IsInt: true}, at + 2
	}
	return b.readSlow(at)
}

// Texts reads short texts, from a position on, into dst: as many as dst holds, or as follow one another without an integer or a longer text
// between them. It returns how many, and the position behind them.
func (b Block) Texts(at int, dst [][]byte) (n, next int) {
	used := b[:b.End()]
	for n < len(dst) && at < len(used) && used[at]&0xc0 == text6 {
		from := at + 1
		at = from + int(used[at]&maxText6)
		dst[n] = used[from:at:at]
		at++
		n++
	}
	return n, at
}

func (b Block) readSlow(at int) (Value, int) {
	v, n := longItem(b[at:])
	return v, at + n + backBytes(n)
}

// number returns the integer at a position, of more than 7 bits.
func (b Block) number(at int) int64 {
	h := b[at:]
	switch h[0] {
	case int16b:
		return int64(int16(binary.LittleEndian.Uint16(h[1:])))
	case int24b:
		return int64(int32(uint32(h[1])<<8|uint32(h[2])<<16|uint32(h[3])<<24) >> 8)
	case int32b:
		return int64(int32(binary.LittleEndian.Uint32(h[1:])))
	case int64b:
		return int64(binary.LittleEndian.Uint64(h[1:]))
	}
	return int64(int16(uint16(h[0])<<11|uint16(h[1])<<3) >> 3)
}

// intBody returns the bytes that an integer takes without the back.
func intBody(n int64) int {
	switch {
	case n >= 0 && n < 1<<7:
		return 1
	case n >= -1<<12 && n < 1<<12:
		return 2
	case n >= -1<<15 && n < 1<<15:
		return 3
	case n >= -1<<23 && n < 1<<23:
		return 4
	case n >= -1<<31 && n < 1<<31:
		return 5
	}
	return 9
}

// textHead returns the length of the head of a text of n bytes.
func textHead(n int) int {
	switch {
	case n <= maxText6:
		return 1
	case n <= maxText12:
		return 2
	}
	return 5
}

// backBytes returns the length of the back of n bytes of head and text. The limits are one below what would fit, from
// two bytes on: so they stand in the files of the family.
func backBytes(n int) int {
	switch {
	case n < 1<<7:
		return 1
	case n < 1<<14-1:
		return 2
	case n < 1<<21-1:
		return 3
	case n < 1<<28-1:
		return 4
	}
	return 5
}

// putHead writes the head, and the number if it is one, into a buffer, and returns how long that is.
func putHead(h *[headMax]byte, v Value) int {
	if v.IsInt {
		return putInt(h, v.Int)
	}
	n := len(v.Bytes)
	switch textHead(n) {
	case 1:
		h[0] = text6 | byte(n)
		return 1
	case 2:
		h[0], h[1] = text12|byte(n>>8), byte(n)
		return 2
	}
	h[0] = text32
	binary.LittleEndian.PutUint32(h[1:], uint32(n))
	return 5
}

func putInt(h *[headMax]byte, n int64) int {
	body := intBody(n)
	switch body {
	case 1:
		h[0] = byte(n)
	case 2:
		h[0], h[1] = int13|byte(n>>8)&0x1f, byte(n)
	case 3:
		h[0] = int16b
		binary.LittleEndian.PutUint16(h[1:], uint16(n))
	case 4:
		h[0] = int24b
		h[1], h[2], h[3] = byte(n), byte(n>>8), byte(n>>16)
	case 5:
		h[0] = int32b
		binary.LittleEndian.PutUint32(h[1:], uint32(n))
	default:
		h[0] = int64b
		binary.LittleEndian.PutUint64(h[1:], uint64(n))
	}
	return body
}

// put writes an entry to the start of dst, which has room for it.
func put(dst []byte, v Value) {
	if n := len(v.Bytes); !v.IsInt && n <= maxText6 {
		dst[0] = text6 | byte(n)
		copy(dst[1:], v.Bytes)
		dst[1+n] = byte(1 + n)
		return
	}
	n := PutItem(dst, v)
	putBack(dst[n:], n)
}

// AppendEntry appends the entry of v to bytes that are to become a block.
func AppendEntry(dst []byte, v Value) []byte {
	at := len(dst)
	dst = slices.Grow(dst, v.Size())[:at+v.Size()]
	put(dst[at:], v)
	return dst
}

// putBack writes the back of n bytes.
func putBack(dst []byte, n int) {
	for i := backBytes(n) - 1; i >= 0; i-- {
		dst[i] = byte(n) | 0x80
		n >>= 7
	}
	dst[0] &= 0x7f
}

// back returns what the back that ends in front of a position says, and its own length. It stops after five bytes.
func (b Block) back(at int) (n, width int) {
	for shift := 0; width < 5; shift += 7 {
		width++
		c := b[at-width]
		n |= int(c&0x7f) << shift
		if c < 0x80 {
			break
		}
	}
	return n, width
}

// Number returns the integer at a position and the position of the next entry, or End. It is Read for who expects
// integers: ok is false for a text.
func (b Block) Number(at int) (n int64, next int, ok bool) {
	h := b[at]
	switch {
	case h < text6:
		return int64(h), at + 2, true
	case h < int13:
		return 0, at, false
	case h < text12:
		return int64(int16(uint16(h)<<11|uint16(b[at+1])<<3) >> 3), at + 3, true
	case h == int64b:
		return int64(binary.LittleEndian.Uint64(b[at+1:])), at + 10, true
	case h == int24b:
		_ = b[at+3]
		return int64(int32(uint32(b[at+1])<<8|uint32(b[at+2])<<16|uint32(b[at+3])<<24) >> 8), at + 5, true
	case h < int16b || h > int64b:
		return 0, at, false
	}
	return b.number(at), at + int(sizes[h]), true
}
