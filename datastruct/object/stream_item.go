package object

import "encoding/binary"

// Fields and values of stream entries are items: a header that tells length or number, and the bytes of a text. The text of a
// 64-bit integer in canonical form is kept as a number. It is Valkey's listpack element without the length at its end.
//
//	header                          what
//	0nnnnnnn                        number of 7 bits, not negative
//	10llllll                        text of up to 63 bytes
//	110nnnnn nnnnnnnn               number of 13 bits
//	1110llll llllllll               text of up to 4095 bytes
//	11110000 and 4 bytes            text
//	11110001 to 11110100            number of 2, 3, 4 or 8 bytes
const (
	itemSmallText = 0x80
	itemInt13     = 0xc0
	itemText12    = 0xe0
	itemText32    = 0xf0
	itemInt16     = 0xf1
	itemInt24     = 0xf2
	itemInt32     = 0xf3
	itemInt64     = 0xf4

	maxItemHeader = 5 // what an item needs beyond the length of its text, at most
	maxItemInt    = 9 // bytes of the longest number
)

// StreamItem is a field or a value of a stream's entry. Text is a view that is valid until the stream is changed.
type StreamItem struct {
	Text  []byte // if not IsInt
	Int   int64
	IsInt bool
}

// putItem writes the item of a text to the head of b, which has room for the text and maxItemHeader bytes more, and returns its size.
func putItem(b, text []byte) int {
	if n, ok := ParseInt(text); ok {
		return putItemInt(b, n)
	}
	n := len(text)
	switch {
	case n < 64:
		b[0] = itemSmallText | byte(n)
		return 1 + copy(b[1:], text)
	case n < 4096:
		b[0], b[1] = itemText12|byte(n>>8), byte(n)
		return 2 + copy(b[2:], text)
	}
	b[0] = itemText32
	binary.LittleEndian.PutUint32(b[1:], uint32(n))
	return 5 + copy(b[5:], text)
}

// putItemInt writes the item of a number.
func putItemInt(b []byte, n int64) int {
	w := sizeItemInt(n)
	switch w {
	case 1:
		b[0] = byte(n)
	case 2:
		b[0], b[1] = itemInt13|byte(n>>8)&0x1f, byte(n)
	case 3:
		b[0] = itemInt16
		binary.LittleEndian.PutUint16(b[1:], uint16(n))
	case 4:
		b[0], b[3] = itemInt24, byte(n>>16)
		binary.LittleEndian.PutUint16(b[1:], uint16(n))
	case 5:
		b[0] = itemInt32
		binary.LittleEndian.PutUint32(b[1:], uint32(n))
	default:
		b[0] = itemInt64
		binary.LittleEndian.PutUint64(b[1:], uint64(n))
	}
	return w
}

// sizeItemInt returns the size of a number's item.
func sizeItemInt(n int64) int {
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
	return maxItemInt
}

// itemAt returns the item at the head of b and its size.
func itemAt(b []byte) (StreamItem, int) {
	h := b[0]
	if h&0xc0 == itemSmallText {
		end := 1 + int(h&0x3f)
		return StreamItem{Text: b[1:end:end]}, end
	}
	if h < 0x80 {
		return StreamItem{Int: int64(h), IsInt: true}, 1
	}
	if h&0xf0 == itemText12 || h == itemText32 {
		from, n := textAt(b)
		return StreamItem{Text: b[from : from+n : from+n]}, from + n
	}
	n, w := intAt(b)
	return StreamItem{Int: n, IsInt: true}, w
}

// textAt returns where the text of the item at the head of b begins, and its length. It isn't a short one.
func textAt(b []byte) (from, n int) {
	if b[0] == itemText32 {
		return 5, int(binary.LittleEndian.Uint32(b[1:]))
	}
	return 2, int(b[0]&15)<<8 | int(b[1])
}

// intAt returns the number at the head of b and the size of its item. It isn't a short one.
func intAt(b []byte) (int64, int) {
	switch b[0] {
	case itemInt16:
		return int64(int16(binary.LittleEndian.Uint16(b[1:]))), 3
	case itemInt24:
		return int64(int32(uint32(b[1])<<8|uint32(b[2])<<16|uint32(b[3])<<24) >> 8), 4
	case itemInt32:
		return int64(int32(binary.LittleEndian.Uint32(b[1:]))), 5
	case itemInt64:
		return int64(binary.LittleEndian.Uint64(b[1:])), 9
	}
	return int64(int16((uint16(b[0]&0x1f)<<8|uint16(b[1]))<<3) >> 3), 2
}

// itemSize returns the size of the item at the head of b.
func itemSize(b []byte) int {
	h := b[0]
	switch {
	case h < 0x80:
		return 1
	case h < itemInt13:
		return 1 + int(h&0x3f)
	case h < itemText12:
		return 2
	case h <= itemText32:
		from, n := textAt(b)
		return from + n
	}
	_, w := intAt(b)
	return w
}

// isItem says whether the item at the head of b has the given text, and returns its size if so.
func isItem(b, text []byte) (size int, ok bool) {
	if n := len(text); n < 64 && b[0] == itemSmallText|byte(n) {
		return 1 + n, string(b[1:1+n]) == string(text)
	}
	it, size := itemAt(b)
	if it.IsInt {
		n, isInt := ParseInt(text)
		return size, isInt && n == it.Int
	}
	return size, string(it.Text) == string(text)
}

// listpackSize returns what an item of size bytes takes in a listpack: there, its length follows it.
func listpackSize(size int) int {
	switch {
	case size < 1<<7:
		return size + 1
	case size < 1<<14-1: // Valkey's oddity
		return size + 2
	case size < 1<<21-1:
		return size + 3
	case size < 1<<28-1:
		return size + 4
	}
	return size + 5
}

// listpackInt is listpackSize of a number.
func listpackInt(n int64) int { return sizeItemInt(n) + 1 }
