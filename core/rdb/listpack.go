package rdb

import (
	"encoding/binary"
	"strconv"

	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

// A listpack is a block of small entries:
//
//	total bytes u32 | entries u16 (65535: count them) | entry … | 0xff
//
// An entry is its encoding with the content, followed by the length of both in one to five bytes that are read backwards: seven
// bits each, the highest ones first, the top bit set in all but the first.
//
//	0nnnnnnn                    0 to 127
//	10llllll, bytes             text of up to 63 bytes
//	110nnnnn nnnnnnnn           13 bits, signed
//	1110llll llllllll, bytes    text of up to 4095 bytes
//	11110000, u32, bytes        text
//	11110001 … 11110100         16, 24, 32, 64 bits, signed
const (
	listpackHead    = 6
	listpackEnd     = 0xff
	listpackUnknown = 0xffff // the count has to be taken

	lpText32 = 0xf0
	lpInt16  = 0xf1
	lpInt24  = 0xf2
	lpInt32  = 0xf3
	lpInt64  = 0xf4

	errListpack Corrupt = "a listpack is damaged"
)

// item is an element of one of the nested blocks: a view of its text, or a number.
type item struct {
	text  []byte
	n     int64
	isInt bool
}

// appendTo appends the text of the item.
func (i item) appendTo(dst []byte) []byte {
	if i.isInt {
		return strconv.AppendInt(dst, i.n, 10)
	}
	return append(dst, i.text...)
}

// block is one of the nested blocks of items while it is read.
type block interface {
	// next returns the next item; false after the last one.
	next() (i item, ok bool, err error)
	// total returns the number of items, as far as its head says.
	total() uint64
}

// listpack is a listpack while it is read.
type listpack struct {
	b     []byte
	at    int
	count int // as its head says, or listpackUnknown
	seen  int
}

// openListpack checks the frame of a listpack.
func openListpack(b []byte) (listpack, error) {
	if len(b) < listpackHead+1 || uint64(binary.LittleEndian.Uint32(b)) != uint64(len(b)) || b[len(b)-1] != listpackEnd {
		return listpack{}, errListpack
	}
	return listpack{b: b, at: listpackHead, count: int(binary.LittleEndian.Uint16(b[4:]))}, nil
}

func (p *listpack) next() (i item, ok bool, err error) {
	if p.at == len(p.b)-1 {
		if p.count != listpackUnknown && p.count != p.seen {
			return item{}, false, errListpack
		}
		return item{}, false, nil
	}
	i, n := listpackItem(p.b[p.at : len(p.b)-1])
	if n == 0 {
		return item{}, false, errListpack
	}
	p.at += n
	back := backLen(n)
	if back > len(p.b)-1-p.at || !hasBackLen(p.b[p.at:p.at+back], n) {
		return item{}, false, errListpack
	}
	p.at += back
	p.seen++
	return i, true, nil
}

func (p *listpack) total() uint64 { return uint64(p.count) } // #nosec G115 -- not negative

// listpackItem reads the entry at the start of b and returns its size without the length behind it, 0 if it is damaged.
func listpackItem(b []byte) (i item, size int) {
	if len(b) == 0 {
		return item{}, 0
	}
	head, text := 0, 0
	switch first := b[0]; {
	case first < 0x80:
		return number(int64(first)), 1
	case first < 0xc0:
		head, text = 1, int(first&0x3f)
	case first < 0xe0:
		if len(b) < 2 {
			return item{}, 0
		}
		n := int64(first&0x1f)<<8 | int64(b[1])
		return number(n << 51 >> 51), 2
	case first < 0xf0:
		if len(b) < 2 {
			return item{}, 0
		}
		head, text = 2, int(first&0x0f)<<8|int(b[1])
	case first == lpText32:
		if len(b) < 5 {
			return item{}, 0
		}
		head, text = 5, int(binary.LittleEndian.Uint32(b[1:]))
	default:
		width := listpackWidth(first)
		if width == 0 || len(b) < 1+width {
			return item{}, 0
		}
		return number(signed(b[1 : 1+width])), 1 + width
	}
	if text > len(b)-head {
		return item{}, 0
	}
	return item{text: b[head : head+text]}, head + text
}

func number(n int64) item { return item{n: n, isInt: true} }

// listpackWidth is the number of bytes of an integer's encoding, 0 if it is none.
func listpackWidth(first byte) int {
	switch first {
	case lpInt16:
		return 2
	case lpInt24:
		return 3
	case lpInt32:
		return 4
	case lpInt64:
		return 8
	}
	return 0
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

// backLen is how many bytes it takes to say that an entry has n.
func backLen(n int) int {
	switch {
	case n < 1<<7:
		return 1
	case n < 1<<14:
		return 2
	case n < 1<<21:
		return 3
	case n < 1<<28:
		return 4
	}
	return 5
}

// hasBackLen says whether b is what says so.
func hasBackLen(b []byte, n int) bool {
	for i, c := range b {
		want := byte(n>>(7*(len(b)-1-i))) & 0x7f
		if i > 0 {
			want |= 0x80
		}
		if c != want {
			return false
		}
	}
	return true
}

// packer builds a listpack.
type packer struct {
	b     []byte
	count int
}

// reset begins a new listpack.
func (p *packer) reset() {
	p.b = append(kept(p.b), 0, 0, 0, 0, 0, 0)
	p.count = 0
}

// bytes ends the listpack and returns it, valid until reset.
func (p *packer) bytes() []byte {
	p.b = append(p.b, listpackEnd)
	binary.LittleEndian.PutUint32(p.b, uint32(len(p.b)))                          // #nosec G115 -- see fits
	binary.LittleEndian.PutUint16(p.b[4:], uint16(min(p.count, listpackUnknown))) // #nosec G115 -- bounded
	return p.b
}

// value appends an element.
func (p *packer) value(v packed.Value) {
	if v.IsInt {
		p.int(v.Int)
		return
	}
	p.text(v.Bytes)
}

// text appends a string: as a number, if it is the canonical text of one.
func (p *packer) text(b []byte) {
	if n, ok := object.ParseInt(b); ok {
		p.int(n)
		return
	}
	start := len(p.b)
	switch n := len(b); {
	case n < 1<<6:
		p.b = append(p.b, 0x80|byte(n)) // #nosec G115 -- bounded
	case n < 1<<12:
		p.b = append(p.b, 0xe0|byte(n>>8), byte(n)) // #nosec G115 -- bounded
	default:
		p.b = append(p.b, lpText32)
		p.b = binary.LittleEndian.AppendUint32(p.b, uint32(n)) // #nosec G115 -- see fits
	}
	p.b = append(p.b, b...)
	p.end(start)
}

// int appends a number.
func (p *packer) int(n int64) {
	start := len(p.b)
	u := uint64(n) // #nosec G115 -- two's complement
	switch {
	case n >= 0 && n < 1<<7:
		p.b = append(p.b, byte(n))
	case n >= -1<<12 && n < 1<<12:
		p.b = append(p.b, 0xc0|byte(u>>8)&0x1f, byte(u)) // #nosec G115 -- cut on purpose
	case n >= -1<<15 && n < 1<<15:
		p.b = appendSigned(append(p.b, lpInt16), u, 2)
	case n >= -1<<23 && n < 1<<23:
		p.b = appendSigned(append(p.b, lpInt24), u, 3)
	case n >= -1<<31 && n < 1<<31:
		p.b = appendSigned(append(p.b, lpInt32), u, 4)
	default:
		p.b = appendSigned(append(p.b, lpInt64), u, 8)
	}
	p.end(start)
}

// end writes the length of the entry that began at start behind it.
func (p *packer) end(start int) {
	n := len(p.b) - start
	for i, w := 0, backLen(n); i < w; i++ {
		c := byte(n>>(7*(w-1-i))) & 0x7f // #nosec G115 -- cut on purpose
		if i > 0 {
			c |= 0x80
		}
		p.b = append(p.b, c)
	}
	p.count++
}

// appendSigned appends the low bytes of an integer.
func appendSigned(dst []byte, u uint64, width int) []byte {
	for i := range width {
		dst = append(dst, byte(u>>(8*i))) // #nosec G115 -- cut on purpose
	}
	return dst
}
