package object

import (
	"encoding/binary"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

// A field of a large hash with its value is one block, a pair:
//
//	length of the field << 2 | flags   uvarint: one byte for a field shorter than 32
//	the field
//	expiry                             pairTimed: 8 bytes, unix ms, little endian
//	value                              length, uvarint; the bytes
//	     or                            pairExternal: 5 bytes length, 5 bytes reference to a block of its own
//
// so that a field and a value of 16 bytes fill a block of 40. A value above MaxInline has a block of its own, and the pair
// is as large as it must be, as entries are.
const (
	pairTimed    = 1 << 0 // the field has an expiry
	pairExternal = 1 << 1 // the value lives in a block of its own

	pairFlags     = 2 // bits
	pairExpiry    = 8 // bytes
	pairShort     = 1 << (7 - pairFlags)
	pairHeadBytes = 8 // no block is smaller, and no head longer
)

// hashPair is a view of a pair's block, taken apart.
type hashPair struct {
	a     *arena.Arena
	ref   arena.Ref
	at    int // of the field
	n     int // length of the field
	flags byte
}

// pairAt reads the head of the pair at ref.
func pairAt(a *arena.Arena, ref arena.Ref) hashPair {
	b := a.Bytes(ref, pairHeadBytes)
	if h := b[0]; h < 0x80 {
		return hashPair{a, ref, 1, int(h >> pairFlags), h & (1<<pairFlags - 1)}
	}
	u, w := binary.Uvarint(b)
	return hashPair{a, ref, w, int(u >> pairFlags), byte(u) & (1<<pairFlags - 1)}
}

// hasField says whether the pair at ref has this field.
func hasField(a *arena.Arena, ref arena.Ref, field []byte) bool {
	n := len(field)
	if n >= pairShort {
		return string(pairAt(a, ref).field()) == string(field)
	}
	// The head of a long field begins with a byte of 128 or more, so this tells it from a short one as well.
	return int(a.Bytes(ref, 1)[0]>>pairFlags) == n && string(a.Bytes(ref, 1+n)[1:]) == string(field)
}

// field returns a view of the field.
func (p hashPair) field() []byte { return p.a.Bytes(p.ref, p.at+p.n)[p.at:] }

// expireAt returns the field's expiry, 0 if it has none.
func (p hashPair) expireAt() int64 {
	if p.flags&pairTimed == 0 {
		return 0
	}
	at := p.at + p.n
	return int64(binary.LittleEndian.Uint64(p.a.Bytes(p.ref, at+pairExpiry)[at:]))
}

// setExpireAt changes the expiry of a field that has one.
func (p hashPair) setExpireAt(ms int64) {
	at := p.at + p.n
	binary.LittleEndian.PutUint64(p.a.Bytes(p.ref, at+pairExpiry)[at:], uint64(ms))
}

// valueAt returns where the value, or what stands for it, begins.
func (p hashPair) valueAt() int { return p.at + p.n + int(p.flags&pairTimed)*pairExpiry }

// external reads where a value in a block of its own is.
func (p hashPair) external() (n int, block arena.Ref) {
	at := p.valueAt()
	b := p.a.Bytes(p.ref, at+externBytes)[at:]
	return int(binary.LittleEndian.Uint32(b)) | int(b[4])<<32, arena.GetRef(b[5:])
}

// inline returns where a value in the pair's block begins, and its length.
func (p hashPair) inline() (start, n int) {
	at := p.valueAt()
	if n := int(p.a.Bytes(p.ref, at+1)[at]); n < 0x80 {
		return at + 1, n
	}
	b := p.a.Bytes(p.ref, at+2) // MaxInline needs two bytes
	return at + 2, int(b[at]&0x7f) | int(b[at+1])<<7
}

// value returns a view of the value.
func (p hashPair) value() []byte {
	if p.flags&pairExternal != 0 {
		n, block := p.external()
		return p.a.Bytes(block, n)
	}
	start, n := p.inline()
	return p.a.Bytes(p.ref, start+n)[start:]
}

// need returns how many bytes of its block the pair uses.
func (p hashPair) need() int {
	if p.flags&pairExternal != 0 {
		return p.valueAt() + externBytes
	}
	start, n := p.inline()
	return start + n
}

// bytes returns what the pair's blocks take in the arena.
func (p hashPair) bytes() int {
	n := p.a.Cap(p.ref)
	if p.flags&pairExternal != 0 {
		_, block := p.external()
		n += p.a.Cap(block)
	}
	return n
}

// free frees the pair.
func (p hashPair) free() {
	if p.flags&pairExternal != 0 {
		_, block := p.external()
		p.a.Free(block, arena.PurposeValue)
	}
	p.drop()
}

// drop frees the pair's own block only: another pair has taken the value's over.
func (p hashPair) drop() { p.a.Free(p.ref, arena.PurposeObject) }

// pairNeed returns the bytes of a pair, and its flags.
func pairNeed(field, value int, expireAt int64) (need int, flags byte) {
	if expireAt != 0 {
		flags, need = pairTimed, pairExpiry
	}
	need += uvarintLen(field<<pairFlags) + field
	if value > MaxInline {
		return need + externBytes, flags | pairExternal
	}
	return need + uvarintLen(value) + value, flags
}

// newPair builds a pair; 0, with nothing allocated, if the arena is out of memory. Field and value may be views of the arena.
func newPair(a *arena.Arena, field, value []byte, expireAt int64) arena.Ref {
	need, flags := pairNeed(len(field), len(value), expireAt)
	var block arena.Ref
	if flags&pairExternal != 0 {
		if block = a.Alloc(len(value), arena.PurposeValue); block == 0 {
			return 0
		}
		copy(a.Bytes(block, len(value)), value)
	}
	ref := a.Alloc(need, arena.PurposeObject)
	if ref == 0 {
		if block != 0 {
			a.Free(block, arena.PurposeValue)
		}
		return 0
	}
	b := putPairHead(a.Bytes(ref, need), flags, field, expireAt)
	if block != 0 {
		putExternal(b, len(value), block)
	} else {
		copy(b[putUvarint(b, len(value)):], value)
	}
	return ref
}

// putPairHead writes all but the value, and returns what is left of b.
func putPairHead(b []byte, flags byte, field []byte, expireAt int64) []byte {
	at := putUvarint(b, len(field)<<pairFlags|int(flags))
	at += copy(b[at:], field)
	if flags&pairTimed != 0 {
		binary.LittleEndian.PutUint64(b[at:], uint64(expireAt))
		at += pairExpiry
	}
	return b[at:]
}

// overwrite gives the pair another value in place, and says whether that is possible: the block must be as large as the new value
// asks for, and the value stay inside of it or out.
func (p hashPair) overwrite(value []byte) bool {
	if p.flags&pairExternal != 0 {
		return p.overwriteExternal(value)
	}
	if len(value) > MaxInline {
		return false
	}
	at := p.valueAt()
	start, n := p.inline()
	old, need := start+n, at+uvarintLen(len(value))+len(value)
	if !sameClass(old, need) && !Fits(p.a.Cap(p.ref), need) {
		return false
	}
	b := p.a.Bytes(p.ref, need)[at:]
	copy(b[putUvarint(b, len(value)):], value)
	return true
}

// sameClass says whether blocks for so many bytes are surely of one size class, without asking the arena.
func sameClass(old, need int) bool {
	return (old+7)>>3 == (need+7)>>3 && old <= linearClasses
}

func (p hashPair) overwriteExternal(value []byte) bool {
	if len(value) <= MaxInline {
		return false
	}
	_, old := p.external()
	block := old
	if !Fits(p.a.Cap(old), len(value)) {
		if block = p.a.Alloc(len(value), arena.PurposeValue); block == 0 {
			return false
		}
	}
	copy(p.a.Bytes(block, len(value)), value)
	at := p.valueAt()
	putExternal(p.a.Bytes(p.ref, at+externBytes)[at:], len(value), block)
	if block != old {
		p.a.Free(old, arena.PurposeValue)
	}
	return true
}

// retimed builds a pair with another expiry, which takes the value's own block over; 0 if the arena is out of memory.
func (p hashPair) retimed(expireAt int64) arena.Ref {
	from, size := p.valueAt(), p.need()-p.valueAt()
	flags := p.flags &^ pairTimed
	need := p.at + p.n + size
	if expireAt != 0 {
		flags |= pairTimed
		need += pairExpiry
	}
	ref := p.a.Alloc(need, arena.PurposeObject)
	if ref == 0 {
		return 0
	}
	b := putPairHead(p.a.Bytes(ref, need), flags, p.field(), expireAt)
	copy(b, p.a.Bytes(p.ref, from+size)[from:])
	return ref
}
