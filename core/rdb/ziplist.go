package rdb

import (
	"encoding/binary"

	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

// A ziplist is what came before the listpack:
//
//	total bytes u32 | offset of the last entry u32 | entries u16 (65535: count them) | entry … | 0xff
//
// An entry is the size of the one before it (a byte below 254, or 254 and four bytes), then encoding and content:
//
//	00llllll, bytes             text of up to 63 bytes
//	01llllll llllllll, bytes    text of up to 16383 bytes, big endian
//	10xxxxxx, u32, bytes        text, big endian
//	11000000, 11010000, 11100000, 11110000, 11111110     16, 32, 64, 24, 8 bits, signed
//	1111nnnn                    n-1, n being 1 to 13
const (
	ziplistHead    = 10
	ziplistEnd     = 0xff
	ziplistUnknown = 0xffff
	longPrevious   = 0xfe

	errZiplist Corrupt = "a ziplist is damaged"
)

// ziplist is a ziplist while it is read.
type ziplist struct {
	b        []byte
	at       int
	previous int // size of the entry before
	tail     int
	count    int
	seen     int
}

// openZiplist checks the frame of a ziplist.
func openZiplist(b []byte) (ziplist, error) {
	if len(b) < ziplistHead+1 || uint64(binary.LittleEndian.Uint32(b)) != uint64(len(b)) || b[len(b)-1] != ziplistEnd {
		return ziplist{}, errZiplist
	}
	tail := uint64(binary.LittleEndian.Uint32(b[4:]))
	if tail >= uint64(len(b)) {
		return ziplist{}, errZiplist
	}
	return ziplist{b: b, at: ziplistHead, tail: int(tail), count: int(binary.LittleEndian.Uint16(b[8:]))}, nil
}

func (z *ziplist) total() uint64 { return uint64(z.count) } // #nosec G115 -- not negative

func (z *ziplist) next() (i packed.Value, ok bool, err error) {
	if z.at == len(z.b)-1 {
		if z.tail != z.at-z.previous || (z.count != ziplistUnknown && z.count != z.seen) {
			return packed.Value{}, false, errZiplist
		}
		return packed.Value{}, false, nil
	}
	b := z.b[z.at : len(z.b)-1]
	head, previous := 1, int(b[0])
	if b[0] == longPrevious {
		if len(b) < 5 {
			return packed.Value{}, false, errZiplist
		}
		head, previous = 5, int(binary.LittleEndian.Uint32(b[1:]))
	}
	if previous != z.previous || b[0] == ziplistEnd {
		return packed.Value{}, false, errZiplist
	}
	i, n := ziplistItem(b[head:])
	if n == 0 {
		return packed.Value{}, false, errZiplist
	}
	z.previous = head + n
	z.at += z.previous
	z.seen++
	return i, true, nil
}

// ziplistItem reads encoding and content at the start of b, and returns their size, 0 if they are damaged.
func ziplistItem(b []byte) (i packed.Value, size int) {
	if len(b) == 0 {
		return packed.Value{}, 0
	}
	head, text := 0, 0
	switch first := b[0]; first >> 6 {
	case 0:
		head, text = 1, int(first)
	case 1:
		if len(b) < 2 {
			return packed.Value{}, 0
		}
		head, text = 2, int(first&0x3f)<<8|int(b[1])
	case 2:
		if len(b) < 5 {
			return packed.Value{}, 0
		}
		head, text = 5, int(binary.BigEndian.Uint32(b[1:]))
	default:
		if first >= 0xf1 && first <= 0xfd {
			return packed.IntValue(int64(first&0x0f) - 1), 1
		}
		width := ziplistWidth(first)
		if width == 0 || len(b) < 1+width {
			return packed.Value{}, 0
		}
		return packed.IntValue(signed(b[1 : 1+width])), 1 + width
	}
	if text > len(b)-head {
		return packed.Value{}, 0
	}
	return packed.Value{Bytes: b[head : head+text]}, head + text
}

// ziplistWidth is the number of bytes of an integer's encoding, 0 if it is none.
func ziplistWidth(first byte) int {
	switch first {
	case 0xfe:
		return 1
	case 0xc0:
		return 2
	case 0xf0:
		return 3
	case 0xd0:
		return 4
	case 0xe0:
		return 8
	}
	return 0
}
