// Package packed is a flat block of small entries: the form of small hashes, lists, sets and sorted sets, and of the
// leaves of large lists and streams.
//
// # Terms
//
//	block    a byte slice that the caller got from the arena; it may be longer than what is used of it
//	entry    one element, field, member or score: a text or an integer
//	position the offset of an entry's first byte in its block
//	end      the offset behind the last entry
//
// # Layout
//
//	0        4       6                                             used-1
//	├ used   ┼ count ┼ entry ┼ entry ┼ entry ┼ …                    ┼ 0xff ┤  room
//	 u32 LE   u16 LE
//
//	entry:   ├ head, 1 to 5 bytes ┼ text or number ┼ back, 1 to 5 bytes ┤
//
// The head says what follows and how long it is; the back is the length of head and text, written so that it can be read
// from its last byte towards the front. So a block is read both ways, and a text of 16 bytes costs 18.
//
//	first byte   bytes of head   what
//	0xxxxxxx     1               an integer of 0 to 127: the byte itself
//	10xxxxxx     1               a text of up to 63 bytes
//	110xxxxx     2               an integer of 13 bits, the high ones here
//	1110xxxx     2               a text of up to 4095 bytes, the high bits of its length here
//	11110000     5               a text; its length is a u32 LE
//	11110001     1               an integer of 16 bits, LE
//	11110010     1               an integer of 24 bits, LE
//	11110011     1               an integer of 32 bits, LE
//	11110100     1               an integer of 64 bits, LE
//	11111111                     the end
//
//	back: seven bits a byte, the lowest in the last byte; bit 7 is set in all bytes but the first.
//
// These are, byte for byte, the listpacks of Valkey's RDB files. So a dump of a small object is a copy of its block, loading
// one is Validate and a copy, and the directives that count bytes of a listpack count the same bytes here.
//
// # Rules
//
// An integer is always written as an integer, and as the shortest: that is the canonical form, and it makes equal entries
// equal bytes, which Find uses. [Block.IsCanonical] tells of bytes from outside.
//
// The count is exact up to 65534 entries. From then on it says "unknown", and Len counts.
//
// Nothing here allocates. Who inserts has made sure that there is room; growing is the caller's business: allocate a larger
// block and copy what is used. Positions are good until the block is changed in front of them, and views until it is changed.
package packed

import "encoding/binary"

// Sizes of a block.
const (
	HeaderBytes = 6               // in front of the first entry
	EmptyBytes  = HeaderBytes + 1 // what a block without entries uses
	MaxUsed     = 1 << 30         // no block may use more
	EndByte     = 0xff            // behind the last entry
)

const (
	offUsed  = 0
	offCount = 4

	countUnknown = 1<<16 - 1
)

// Block is a block with all its room: its length is what the caller may use of it, at least EmptyBytes.
type Block []byte

// Init makes b an empty block.
func Init(b []byte) Block {
	p := Block(b)
	p.setUsed(EmptyBytes)
	p.setCount(0)
	p[HeaderBytes] = EndByte
	return p
}

// Used returns how many bytes of the block are in use: what is to be copied when it moves.
func (b Block) Used() int { return int(binary.LittleEndian.Uint32(b[offUsed:])) }

// Room returns how many bytes entries may still take.
func (b Block) Room() int { return len(b) - b.Used() }

// IsEmpty says whether there are no entries.
func (b Block) IsEmpty() bool { return b.Used() == EmptyBytes }

// Len returns the number of entries. It is known up to 65534, beyond it is counted.
func (b Block) Len() int {
	if n := b.count(); n != countUnknown {
		return n
	}
	n := 0
	for at, end := HeaderBytes, b.End(); at < end; at += b.Size(at) {
		n++
	}
	return n
}

func (b Block) count() int { return int(binary.LittleEndian.Uint16(b[offCount:])) }

func (b Block) setUsed(n int) { binary.LittleEndian.PutUint32(b[offUsed:], uint32(n)) }

func (b Block) setCount(n int) { binary.LittleEndian.PutUint16(b[offCount:], uint16(n)) }

// addCount notes that there are n entries more. A count that isn't known stays so, unless the block is empty.
func (b Block) addCount(n int) {
	c := b.count()
	switch {
	case b.IsEmpty():
		c = 0
	case c == countUnknown:
		return
	default:
		c = min(c+n, countUnknown)
	}
	b.setCount(c)
}
