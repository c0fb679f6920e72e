package table

import "github.com/sleipnirdb/sleipnir/datastruct/arena"

// A chain takes what neither a home nor a buddy can hold: many elements whose hashes are alike. It is a list of
// buckets outside the segment, each with the link to the next in slot 9, except the last. Only the first has
// free slots. A home that is chained has no buddy.

// next returns the bucket behind b in the chain, or nil.
func (b *bucket) next(a *arena.Arena) *bucket {
	if !b.isChained() {
		return nil
	}
	return (*bucket)(a.Ptr(b.ref(linkSlot)))
}

// pushFront places an element in the first bucket of b's chain, if that has room.
func (b *bucket) pushFront(a *arena.Arena, tag uint64, r arena.Ref) bool {
	first := b.next(a)
	free := first.free()
	if free == 0 {
		return false
	}
	first.put(free.first(), tag, r)
	return true
}

// push places an element in b's chain, with a new bucket if need be. False = out of memory.
func (t *Table) push(a *arena.Arena, b *bucket, tag uint64, r arena.Ref) bool {
	if b.pushFront(a, tag, r) {
		return true
	}
	ref := t.newChained(a)
	if ref == 0 {
		return false
	}
	b.prepend(a, ref)
	return b.pushFront(a, tag, r)
}

// prepend puts an empty bucket at the front of b's chain.
func (b *bucket) prepend(a *arena.Arena, ref arena.Ref) {
	(*bucket)(a.Ptr(ref)).setLink(b.ref(linkSlot))
	b.setRef(linkSlot, ref)
}

// chain makes a home chained, which is full, at least one slot with an element of its own. What it has at a
// buddy moves into the chain, which has room for one more then. False = out of memory; then nothing has changed.
func (t *Table) chain(a *arena.Arena, w word, home int, hashOf func(arena.Ref) uint64) bool {
	b := w.bucket(a, home)
	moving := w.overflow(a, home, hashOf)
	host := w.bucket(a, b.buddy())
	ref, second := t.newChained(a), arena.Ref(0)
	if ref != 0 && moving.count() >= slotCount-1 {
		if second = t.newChained(a); second == 0 {
			t.freeChained(a, ref)
			return false
		}
	}
	if ref == 0 {
		return false
	}
	first := (*bucket)(a.Ptr(ref))
	first.put(0, b.tag(linkSlot), b.ref(linkSlot))
	if b.isForeign(linkSlot) {
		// The slot for the link is a guest's. That one moves to a slot of ours, whose element goes into the chain.
		i := w.native(a, home).first()
		first.put(0, b.tag(i), b.ref(i))
		b.host(i, b.tag(linkSlot), b.ref(linkSlot))
	}
	b.drop(linkSlot)
	b.setLink(ref)
	for ; moving != 0; moving &= moving - 1 {
		i := moving.first()
		if b.next(a).free() == 0 {
			b.prepend(a, second)
		}
		b.pushFront(a, host.tag(i), host.ref(i))
		host.drop(i)
	}
	if b.next(a).free() == 0 {
		b.prepend(a, second)
	}
	return true
}

// pull takes the element in a slot of the chain of b out of it: one of the first bucket fills the hole, so
// that only that one has free slots.
func (t *Table) pull(a *arena.Arena, b, from *bucket, slot int) {
	first := b.next(a)
	used := first.used()
	last := used.first()
	if first != from {
		from.put(slot, first.tag(last), first.ref(last))
		slot = last
	}
	first.head[slot] = 0
	if used.count() > 1 {
		return
	}
	ref := b.ref(linkSlot)
	if first.isChained() {
		b.setRef(linkSlot, first.ref(linkSlot))
	} else {
		b.clearLink()
	}
	t.freeChained(a, ref)
}

// freeChain gives back all buckets of b's chain.
func (t *Table) freeChain(a *arena.Arena, b *bucket) {
	link, isChained := b.ref(linkSlot), b.isChained()
	for isChained {
		this := link
		b = (*bucket)(a.Ptr(this))
		link, isChained = b.ref(linkSlot), b.isChained()
		t.freeChained(a, this)
	}
}

// newChained returns an empty bucket for a chain, or 0.
func (t *Table) newChained(a *arena.Arena) arena.Ref {
	ref := t.alloc(a, bucketBytes)
	if ref != 0 {
		*(*bucket)(a.Ptr(ref)) = bucket{}
		t.chains++
	}
	return ref
}

func (t *Table) freeChained(a *arena.Arena, ref arena.Ref) {
	t.chains--
	t.free(a, ref)
}
