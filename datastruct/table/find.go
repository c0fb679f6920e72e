package table

import (
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

// Probe walks over the elements that may have the hash asked for. It lives on the stack of the caller and
// is good until the table is changed.
//
// It has as many fields as the compiler keeps in registers: with one more, a Find takes half as long again.
type Probe struct {
	ref  arena.Ref // the next candidate; 0 = there's none; askMore = there may be
	rest uint64    // what more needs to know, see below
	b    *bucket
	a    *arena.Arena
}

// askMore is no element's Ref: the arena's own maps are there.
const askMore arena.Ref = 1

// Probe.rest:
//
//	bit 0 …  7   tag
//	    8 … 11   how many candidates of b have been returned or stand in ref
//	         12  b is the home, and its filter says that there may be more elsewhere
//	         13  b is in a chain, and has a successor
//	   24 … 63   Ref of the segment, as in a word
const (
	probeTag   = 1<<8 - 1
	probeDone  = 1 << 8
	probeAway  = 12
	probeHome  = 1 << probeAway
	probeChain = 1 << 13
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
	hits := zeroTags(b.early()^tag*everyByte, late^tag*everyByte)
	away := late >> 32 >> (metaFilter + tag&15) & 1
	ref := arena.Ref(away) // nothing or askMore
	rest := uint64(w)>>wordRef<<wordRef | away<<probeAway | tag
	if hits != 0 {
		ref = b.ref(hits.first())
		rest |= probeDone
	}
	return Probe{ref, rest, b, a}
}

// Next returns the next candidate, or false if there is none.
//
//gcassert:inline
func (p *Probe) Next() (r arena.Ref, ok bool) {
	if r = p.ref; r == askMore {
		r = p.more()
	}
	p.ref = askMore
	return r, r != 0
}

// more is Next for all candidates but the first in the home.
func (p *Probe) more() arena.Ref {
	tag := p.rest & probeTag
	for {
		hits := p.b.match(tag)
		for range p.rest / probeDone & 15 {
			hits &= hits - 1
		}
		if hits != 0 {
			p.rest += probeDone
			return p.b.ref(hits.first())
		}
		switch {
		case p.rest&(probeHome|probeChain) == 0:
			return 0
		case p.b.isChained():
			p.b = p.b.next(p.a)
			p.rest = tag
			if p.b.isChained() {
				p.rest |= probeChain
			}
		default:
			p.b = word(p.rest).bucket(p.a, p.b.buddy())
			p.rest = tag
		}
	}
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
