package table

import (
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

// Probe walks over the elements that may have the hash asked for. It lives on the stack of the caller and
// is good until the table is changed.
type Probe struct {
	a    *arena.Arena
	b    *bucket
	hits slots  // not yet returned
	rest uint64 // where to look when hits are used up: probeHome or probeChain, with Ref and tag; 0 = nowhere
}

// What Probe.rest holds: the tag in the lowest byte, in the bits above wordRef the segment.
const (
	probeHome  = 1 << 8 // b is the home, and its filter says that there may be more elsewhere
	probeChain = 1 << 9 // b is in a chain, and has a successor
)

// Find returns a probe for the elements with hash h.
//
// The caller compares keys: a candidate has the right tag, but one in 256 others has it too.
//
//	for p := t.Find(a, h); ; {
//		r, ok := p.Next()
//		if !ok || hasKey(r, key) {
//			return r
//		}
//	}
func (t *Table) Find(a *arena.Arena, h uint64) Probe {
	w := t.root
	if t.shift != 0 {
		w = *t.at(a, h>>(t.shift&63))
	}
	if w.ref() == 0 {
		return Probe{}
	}
	b := w.bucket(a, w.home(h))
	tag := tagOf(h)
	late := b.late()
	p := Probe{a: a, b: b, hits: zeroTags(b.early()^tag*everyByte, late^tag*everyByte)}
	if late>>32>>(metaFilter+tag&15)&1 != 0 {
		p.rest = uint64(w)>>wordRef<<wordRef | probeHome | tag
	}
	return p
}

// Next returns the next candidate, or false if there is none.
func (p *Probe) Next() (arena.Ref, bool) {
	for p.hits == 0 {
		if p.rest == 0 {
			return 0, false
		}
		*p = p.onward()
	}
	i := p.hits.first()
	p.hits &= p.hits - 1
	return p.b.ref(i), true
}

// onward moves to the next bucket.
//
//go:noinline
func (p Probe) onward() Probe {
	tag := p.rest & 0xff
	if p.b.isChained() {
		p.b = (*bucket)(p.a.Ptr(p.b.ref(linkSlot)))
		p.rest = 0
		if p.b.isChained() {
			p.rest = probeChain | tag
		}
	} else {
		p.b = word(p.rest).bucket(p.a, p.b.buddy())
		p.rest = 0
	}
	p.hits = p.b.match(tag)
	return p
}

// Prefetch asks for the cache line that Find will need, and doesn't wait for it.
//
// Who has several keys to look up calls it for all of them, then PrefetchHit for all, then Find for one after
// the other: so the misses of all keys overlap.
func (t *Table) Prefetch(a *arena.Arena, h uint64) {
	w := t.root
	if t.shift != 0 {
		w = *t.at(a, h>>(t.shift&63))
	}
	if w.ref() != 0 {
		prefetch(w.bucket(a, w.home(h)))
	}
}

// PrefetchHit asks for the first cache line of the element that Find will return first. It needs the line
// that Prefetch asked for.
func (t *Table) PrefetchHit(a *arena.Arena, h uint64) {
	w := t.root
	if t.shift != 0 {
		w = *t.at(a, h>>(t.shift&63))
	}
	if w.ref() == 0 {
		return
	}
	b := w.bucket(a, w.home(h))
	if hits := b.match(tagOf(h)); hits != 0 {
		prefetch((*bucket)(a.Ptr(b.ref(hits.first()))))
	}
}

// seek returns the bucket and the slot of element r, which has hash h.
func (w word) seek(a *arena.Arena, h uint64, r arena.Ref) (b *bucket, slot int) {
	home := w.home(h)
	tag := tagOf(h)
	b = w.bucket(a, home)
	if i := b.slotOf(tag, r); i >= 0 {
		return b, i
	}
	if b.meta()&filterBit(tag) == 0 {
		return nil, 0
	}
	if !b.isChained() {
		b = w.bucket(a, b.buddy())
		if i := b.slotOf(tag, r); i >= 0 {
			return b, i
		}
		return nil, 0
	}
	for b.isChained() {
		b = (*bucket)(a.Ptr(b.ref(linkSlot)))
		if i := b.slotOf(tag, r); i >= 0 {
			return b, i
		}
	}
	return nil, 0
}

// slotOf returns the slot of element r, or -1.
func (b *bucket) slotOf(tag uint64, r arena.Ref) int {
	for hits := b.match(tag); hits != 0; hits &= hits - 1 {
		if i := hits.first(); b.ref(i) == r {
			return i
		}
	}
	return -1
}
