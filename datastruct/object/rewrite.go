package object

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"strconv"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

// Ways to change an entry. Each tries the entry's own block first; where the size class changes, it builds a new block and
// leaves the old one to the caller, who must put the new reference wherever the old one stood and then call Free, or Drop if the
// new entry took the value's own block over. A caller that can't do so undoes the same with the new one.

// Fits says whether a block of capacity c is of the size class that need bytes ask for: large enough, and not larger than the
// next smaller class would allow.
func Fits(c, need int) bool {
	return need <= c && need > c-classStep(c)
}

// linearClasses is the arena's size up to which its classes are 8 bytes apart.
const linearClasses = 128

// classStep is the distance from the arena's size class c to the one below: 8 bytes at first, then an eighth of a power of
// two, pages in the end.
func classStep(c int) int {
	switch {
	case c <= linearClasses:
		return 8
	case c > 16<<10:
		return 4 << 10
	}
	return 1 << (bits.Len(uint(c-1)) - 4)
}

// FitsValue says whether Overwrite can write v and expireAt without a new block for the entry.
func (e Entry) FitsValue(v Value, expireAt int64) bool {
	body, _ := v.size()
	return Fits(e.a.Cap(e.ref), e.keyEnd()+int(slotSize[expiryFlag(expireAt)])+body)
}

// OverwritePlain does what FitsValue and Overwrite do for the most common case, and says whether this is one: a short value, before
// and after, no expiry slot, and a block of the first classes. It needs no look at the arena's maps: by the whole-block rule
// the old need tells the class of the block.
func (e Entry) OverwritePlain(v Value) bool {
	h := e.head()
	if h[offFlags]|h[offKind]&15 != 0 || int(h[offKeyLen])+len(v.Bytes) > linearClasses-headerBytes-2 {
		return false
	}
	at := headerBytes + int(h[offKeyLen])
	old, need := at+intBytes, at+intBytes
	if Encoding(h[offKind]>>4) != EncInt {
		start, n := e.inline(at)
		old = start + n
	}
	if v.Enc != EncInt {
		need = at + 1 + len(v.Bytes)
	}
	if (old+7)>>3 != (need+7)>>3 || old > linearClasses {
		return false
	}
	h[offKind] = byte(TypeString) | byte(v.Enc)<<4
	putInline(e.a.Bytes(e.ref, need)[at:], v)
	return true
}

// Overwrite makes v and expireAt value and expiry of the entry, which is a string. FitsValue must have said yes. It returns
// false, with nothing changed, if a block for a large value can't be had.
func (e Entry) Overwrite(v Value, expireAt int64) bool {
	h := e.head()
	flag := expiryFlag(expireAt)
	body, external := v.size()
	var old, block arena.Ref
	if h[offFlags]&flagExternal != 0 {
		_, old = e.external(e.bodyAt())
	}
	if external {
		flag |= flagExternal
		n := len(v.Bytes)
		if old != 0 && Fits(e.a.Cap(old), n) {
			block, old = old, 0
		} else if block = e.a.Alloc(n, arena.PurposeValue); block == 0 {
			return false
		}
		copy(e.a.Bytes(block, n), v.Bytes)
	}
	at := e.keyEnd()
	h[offKind] = byte(TypeString) | byte(v.Enc)<<4
	h[offFlags] = flag | h[offFlags]&flagMark
	b := e.a.Bytes(e.ref, at+int(slotSize[flag&flagsExpiry])+body)[at:]
	b = b[putExpiry(b, flag, expireAt):]
	if external {
		putExternal(b, len(v.Bytes), block)
	} else {
		putInline(b, v)
	}
	if old != 0 {
		e.a.Free(old, arena.PurposeValue)
	}
	return true
}

// WithExpiry makes expireAt the expiry of the entry. It returns the entry itself or one in a new block, which takes the value's own
// block over; the zero Entry, with nothing changed, if the arena is out of memory.
func (e Entry) WithExpiry(expireAt int64) Entry {
	h := e.head()
	have, want := h[offFlags]&flagsExpiry, expiryFlag(expireAt)
	if have == want || have > want {
		putExpiry(e.a.Bytes(e.ref, e.bodyAt())[e.keyEnd():], have, expireAt)
		return e
	}
	from, body := e.bodyAt(), e.bodySize()
	to := e.keyEnd() + int(slotSize[want])
	if !Fits(e.a.Cap(e.ref), to+body) {
		return e.rekeyed(e.a, e.Key(), expireAt)
	}
	b := e.a.Bytes(e.ref, to+body)
	copy(b[to:], b[from:from+body])
	h[offFlags] = h[offFlags]&^flagsExpiry | want
	putExpiry(b[e.keyEnd():], want, expireAt)
	return e
}

// Rekeyed builds an entry under another key with the value of e. In e's own arena it takes the value's own blocks over; in another one
// it copies them. key may be e's own key. It returns the zero Entry if the arena is out of memory.
func (e Entry) Rekeyed(a *arena.Arena, key []byte, expireAt int64, env *Env) Entry {
	n := e.rekeyed(a, key, expireAt)
	if n.ref == 0 || a == e.a || e.Type() == TypeString {
		return n
	}
	return n.ownCopy(e, env)
}

// rekeyed is Rekeyed that leaves a collection's root in e's arena.
func (e Entry) rekeyed(a *arena.Arena, key []byte, expireAt int64) Entry {
	h := e.head()
	flag := h[offFlags]&^(flagsExpiry|flagMark) | expiryFlag(expireAt)
	from, body := e.bodyAt(), e.bodySize()
	size := headSize(key) + int(slotSize[flag&flagsExpiry]) + body
	ref := a.Alloc(size, arena.PurposeEntry)
	if ref == 0 {
		return Entry{}
	}
	b := a.Bytes(ref, size)
	at := putHead(b, e.Type(), e.Encoding(), flag, e.Access(), key)
	at += putExpiry(b[at:], flag, expireAt)
	copy(b[at:], e.a.Bytes(e.ref, from+body)[from:])
	if flag&flagExternal != 0 && a != e.a {
		n, block := e.external(from)
		twin := a.Alloc(n, arena.PurposeValue)
		if twin == 0 {
			a.Free(ref, arena.PurposeEntry)
			return Entry{}
		}
		copy(a.Bytes(twin, n), e.a.Bytes(block, n))
		putExternal(b[at:], n, twin)
	}
	return Entry{a, ref}
}

// Copied is Rekeyed that leaves e its value: a value in a block of its own is copied in the same arena too.
func (e Entry) Copied(a *arena.Arena, key []byte, expireAt int64, env *Env) Entry {
	n := e.rekeyed(a, key, expireAt)
	if n.ref != 0 && e.Type() != TypeString {
		return n.ownCopy(e, env)
	}
	if n.ref == 0 || a != e.a || n.head()[offFlags]&flagExternal == 0 {
		return n
	}
	at := n.bodyAt()
	size, block := n.external(at)
	twin := a.Alloc(size, arena.PurposeValue)
	if twin == 0 {
		n.Drop()
		return Entry{}
	}
	copy(a.Bytes(twin, size), a.Bytes(block, size))
	putExternal(a.Bytes(n.ref, at+externBytes)[at:], size, twin)
	return n
}

// Resized makes the string n bytes long and its encoding raw. It keeps its bytes as far as there is room, what lies beyond the old end is
// undefined. It returns the entry itself or one in a new block; the zero Entry, with nothing changed, if the arena is out of memory.
//
// A value in a block of its own gets slack when it grows, so that bytes appended one by one cost a copy of the whole now and then
// only.
func (e Entry) Resized(n int) Entry {
	h := e.head()
	external := h[offFlags]&flagExternal != 0
	if external && n > MaxInline {
		return e.resizedExternal(n)
	}
	var text [maxIntText]byte
	old := e.Bytes()
	if i, ok := e.IsInt(); ok {
		old = strconv.AppendInt(text[:0], i, 10)
	}
	at, w := e.bodyAt(), uvarintLen(n)
	if !external && n <= MaxInline && Fits(e.a.Cap(e.ref), at+w+n) {
		b := e.a.Bytes(e.ref, at+w+n)[at:]
		copy(b[w:], old) // they overlap if the length has grown by a byte
		putUvarint(b, n)
		h[offKind] = byte(TypeString) | byte(EncRaw)<<4
		return e
	}
	r := newSized(e.a, e.Key(), n, e.ExpireAt(), e.Access())
	if r.ref != 0 {
		copy(r.Writable(), old)
	}
	return r
}

func (e Entry) resizedExternal(n int) Entry {
	at := e.bodyAt()
	have, block := e.external(at)
	if n > e.a.Cap(block) {
		grown := e.a.Alloc(withSlack(n), arena.PurposeValue)
		if grown == 0 {
			return Entry{}
		}
		copy(e.a.Bytes(grown, n), e.a.Bytes(block, have))
		e.a.Free(block, arena.PurposeValue)
		block = grown
	}
	putExternal(e.a.Bytes(e.ref, at+externBytes)[at:], n, block)
	e.head()[offKind] = byte(TypeString) | byte(EncRaw)<<4
	return e
}

// Slack of a growing value: as much again, but above a mebibyte an eighth.
const slackKnee = 1 << 20

func withSlack(n int) int {
	if n < slackKnee {
		return 2 * n
	}
	return n + max(slackKnee, n/8)
}

// NewSized builds an entry for a raw string of n zero bytes. It returns the zero Entry if the arena is out of memory.
func NewSized(a *arena.Arena, key []byte, n int, expireAt int64, access uint32) Entry {
	e := newSized(a, key, n, expireAt, access)
	if e.ref != 0 {
		clear(e.Writable())
	}
	return e
}

// NewUndefined is NewSized with bytes that may be anything, for who writes them all.
func NewUndefined(a *arena.Arena, key []byte, n int, access uint32) Entry {
	return newSized(a, key, n, 0, access)
}

// newSized is NewSized with undefined bytes. key may be a view of the arena.
func newSized(a *arena.Arena, key []byte, n int, expireAt int64, access uint32) Entry {
	flag := expiryFlag(expireAt)
	body, block := uvarintLen(n)+n, arena.Ref(0)
	if n > MaxInline {
		body = externBytes
		flag |= flagExternal
		if block = a.Alloc(n, arena.PurposeValue); block == 0 {
			return Entry{}
		}
	}
	size := headSize(key) + int(slotSize[flag&flagsExpiry]) + body
	ref := a.Alloc(size, arena.PurposeEntry)
	if ref == 0 {
		if block != 0 {
			a.Free(block, arena.PurposeValue)
		}
		return Entry{}
	}
	b := a.Bytes(ref, size)
	at := putHead(b, TypeString, EncRaw, flag, access, key)
	at += putExpiry(b[at:], flag, expireAt)
	if block != 0 {
		putExternal(b[at:], n, block)
	} else {
		putUvarint(b[at:], n)
	}
	return Entry{a, ref}
}

// Writable returns the bytes of a raw string for writing. The view is valid until the entry is changed.
func (e Entry) Writable() []byte { return e.Bytes() }

// bodySize returns the bytes of the entry's body.
func (e Entry) bodySize() int {
	h := e.head()
	switch {
	case Type(h[offKind]&15) != TypeString:
		return rootBytes
	case h[offFlags]&flagExternal != 0:
		return externBytes
	case Encoding(h[offKind]>>4) == EncInt:
		return intBytes
	}
	at := e.bodyAt()
	start, n := e.inline(at)
	return start - at + n
}

// SetInt makes n the value of an int-encoded string, in place. It returns false, with nothing changed, if the entry isn't one.
func (e Entry) SetInt(n int64) bool {
	h := e.head()
	if h[offKind] != byte(TypeString)|byte(EncInt)<<4 {
		return false
	}
	at := e.bodyAt()
	binary.LittleEndian.PutUint64(e.a.Bytes(e.ref, at+intBytes)[at:], uint64(n))
	return true
}

// Size returns the bytes that the entry's blocks take in the arena.
func (e Entry) Size() int {
	entry, value := e.Sizes(0)
	return entry + value
}

// Sizes returns the bytes that the entry's block and the value's own take in the arena; those of a collection are estimated from so
// many elements, exact for 0.
func (e Entry) Sizes(samples int) (entry, value int) {
	entry = e.a.Cap(e.ref)
	if e.Type() != TypeString {
		return entry, e.CollectionSize(samples)
	}
	if e.head()[offFlags]&flagExternal != 0 {
		_, block := e.external(e.bodyAt())
		value = e.a.Cap(block)
	}
	return entry, value
}

// Drop frees the entry's block, but not the value's own: another entry has taken it over.
func (e Entry) Drop() { e.a.Free(e.ref, arena.PurposeEntry) }

// Free frees the entry and its value, at once however large it is.
func (e Entry) Free() {
	if e.Type() != TypeString {
		e.freeCollection()
	} else if e.head()[offFlags]&flagExternal != 0 {
		_, block := e.external(e.bodyAt())
		e.a.Free(block, arena.PurposeValue)
	}
	e.a.Free(e.ref, arena.PurposeEntry)
}

// Sane checks the invariants of an entry.
func (e Entry) Sane(env *Env) error {
	h := e.head()
	need := e.bodyAt() + e.bodySize()
	external := h[offFlags]&flagExternal != 0
	switch {
	case h[offFlags]&flagsExpiry == flagsExpiry:
		return fmt.Errorf("flags %#x say two expiry slots", h[offFlags])
	case !Fits(e.a.Cap(e.ref), need):
		return fmt.Errorf("needs %d bytes, has a block of %d", need, e.a.Cap(e.ref))
	case e.Type() != TypeString:
		return e.saneCollection(env)
	case external && e.Encoding() != EncRaw:
		return fmt.Errorf("a value in a block of its own is %v", e.Encoding())
	case external != (e.Len() > MaxInline):
		return fmt.Errorf("a value of %d bytes has a block of its own: %v", e.Len(), external)
	case e.Encoding() == EncEmbstr && e.Len() > MaxEmbstr:
		return fmt.Errorf("embstr of %d bytes", e.Len())
	}
	if external {
		if n, block := e.external(e.bodyAt()); n > e.a.Cap(block) {
			return fmt.Errorf("%d bytes in a value block of %d", n, e.a.Cap(block))
		}
	}
	return nil
}
