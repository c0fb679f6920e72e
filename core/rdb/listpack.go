package rdb

import (
	"encoding/binary"

	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

const errListpack Corrupt = "a listpack is damaged"

// block is one of the nested blocks of items while it is read. An item is a view of the block, or a number.
type block interface {
	// next returns the next item; false after the last one.
	next() (i packed.Value, ok bool, err error)
	// total returns the number of items, as far as its head says.
	total() uint64
}

// listpack is a listpack while it is read: the bytes of a packed block, which may be anything.
type listpack struct {
	b     packed.Block
	at    int
	count int // as its head says, or listpackUnknown
	seen  int
}

const listpackUnknown = 0xffff // the count has to be taken

// openListpack checks the frame of a listpack.
func openListpack(b []byte) (listpack, error) {
	if len(b) < packed.EmptyBytes || uint64(binary.LittleEndian.Uint32(b)) != uint64(len(b)) || b[len(b)-1] != packed.EndByte {
		return listpack{}, errListpack
	}
	return listpack{b: b, at: packed.HeaderBytes, count: int(binary.LittleEndian.Uint16(b[4:]))}, nil
}

func (p *listpack) next() (i packed.Value, ok bool, err error) {
	if p.at == len(p.b)-1 {
		if p.count != listpackUnknown && p.count != p.seen {
			return i, false, errListpack
		}
		return i, false, nil
	}
	if i, p.at, ok = p.b.ReadChecked(p.at); !ok {
		return i, false, errListpack
	}
	p.seen++
	return i, true, nil
}

func (p *listpack) total() uint64 { return uint64(p.count) } // #nosec G115 -- not negative

// packer builds a listpack of any size.
type packer struct {
	b     []byte
	count int
}

// reset begins a new listpack.
func (p *packer) reset() {
	p.b = append(kept(p.b), make([]byte, packed.HeaderBytes)...)
	p.count = 0
}

// bytes ends the listpack and returns it, valid until reset.
func (p *packer) bytes() []byte {
	p.b = append(p.b, packed.EndByte)
	binary.LittleEndian.PutUint32(p.b, uint32(len(p.b)))                          // #nosec G115 -- see fits
	binary.LittleEndian.PutUint16(p.b[4:], uint16(min(p.count, listpackUnknown))) // #nosec G115 -- bounded
	return p.b
}

// value appends an element.
func (p *packer) value(v packed.Value) {
	p.b = packed.AppendEntry(p.b, v)
	p.count++
}

// text appends a string: as a number, if it is the canonical text of one.
func (p *packer) text(b []byte) { p.value(packed.Encode(b)) }

// int appends a number.
func (p *packer) int(n int64) { p.value(packed.IntValue(n)) }
