package table

import "github.com/sleipnirdb/sleipnir/datastruct/arena"

// Delete takes element r with hash h out of the table. It returns false if r isn't there. hashOf is called
// when the segment has become so empty that it shrinks, or is merged with its neighbour.
func (t *Table) Delete(a *arena.Arena, h uint64, r arena.Ref, hashOf func(arena.Ref) uint64) bool {
	own := t.own(a, h)
	w := *own
	if w.ref() == 0 {
		return false
	}
	b := w.bucket(a, w.home(h))
	tag := tagOf(h)
	if i := b.slotOf(tag, r); i >= 0 {
		b.drop(i)
	} else if !t.dropAway(a, w, b, tag, r) {
		return false
	}
	t.count--
	n := w.count() - 1
	if n == countMax-1 {
		n = w.exactCount(a)
	}
	*own = makeWord(w.ref(), w.buckets(), w.depth(), n)
	// Not at every element: what cannot shrink for some reason should not try all the time.
	if n&7 == 0 && (n*100 < w.buckets()*slotCount*sparseTenths || n <= mergeCheck && w.depth() != 0) {
		t.shrink(a, h, hashOf)
	}
	return true
}

// dropAway takes out an element that isn't in its home b.
func (t *Table) dropAway(a *arena.Arena, w word, b *bucket, tag uint64, r arena.Ref) bool {
	if b.meta()&filterBit(tag) == 0 {
		return false
	}
	if !b.isChained() {
		host := w.bucket(a, b.buddy())
		i := host.slotOf(tag, r)
		if i < 0 {
			return false
		}
		host.drop(i)
		b.setOverflow(b.buddy(), b.filter()&host.guests())
		return true
	}
	for c := b.next(a); c != nil; c = c.next(a) {
		if i := c.slotOf(tag, r); i >= 0 {
			t.pull(a, b, c, i)
			return true
		}
	}
	return false
}

// guests returns the filter bits of all elements in b that have their home elsewhere.
func (b *bucket) guests() uint32 {
	filter := uint32(0)
	for used := b.used(); used != 0; used &= used - 1 {
		if i := used.first(); b.isForeign(i) {
			filter |= filterBit(b.tag(i))
		}
	}
	return filter
}

// Replace puts element r in the place of old, which has the same hash: the element has moved. It returns
// false if old isn't there.
func (t *Table) Replace(a *arena.Arena, h uint64, old, r arena.Ref) bool {
	w := *t.own(a, h)
	if w.ref() == 0 {
		return false
	}
	b, i := w.seek(a, h, old)
	if b == nil {
		return false
	}
	b.setRef(i, r)
	return true
}

// shrink makes the segment of hash h smaller, or merges it with its neighbour, again and again if need be.
// Without memory for that the table stays as it is.
func (t *Table) shrink(a *arena.Arena, h uint64, hashOf func(arena.Ref) uint64) {
	for t.merge(a, h, hashOf) {
	}
	w := *t.own(a, h)
	n := w.count()
	if w.ref() != 0 && n*100 < w.buckets()*slotCount*sparseTenths && (n == 0 || int(sizes[fit(n)]) < w.buckets()) {
		t.remake(a, h, w.depth(), hashOf, w)
	}
	t.flatten(a)
}

// merge makes one segment of that of hash h and its neighbour, if both are small.
func (t *Table) merge(a *arena.Arena, h uint64, hashOf func(arena.Ref) uint64) bool {
	w := *t.own(a, h)
	if w.depth() == 0 || w.count() > mergeCheck {
		return false
	}
	other := *t.own(a, h^1<<(64-w.depth()))
	if other.depth() != w.depth() || w.count()+other.count() > mergeMost {
		return false
	}
	return t.remake(a, h, w.depth()-1, hashOf, w, other)
}

// remake makes one segment, smaller than they are together, of old ones.
func (t *Table) remake(a *arena.Arena, h uint64, depth int, hashOf func(arena.Ref) uint64, old ...word) bool {
	var local [itemsMax]item
	items, had := local[:0], 0
	for _, w := range old {
		items = w.collect(a, items, hashOf)
		had += w.buckets()
	}
	re := rebuild{t: t, a: a, hashOf: hashOf, depthMax: t.depthLimit()}
	if len(items) == 0 {
		re.add(makeWord(0, 0, depth, 0))
		return re.commit(h, old...)
	}
	best, force := fit(len(items)), false
	for i := best; i <= sizeMax && int(sizes[i]) < had; i++ {
		w, crowded := re.build(items, depth, i, force)
		if w != 0 {
			re.add(w)
			return re.commit(h, old...)
		}
		if re.noMemory {
			return false
		}
		if crowded {
			i, force = best-1, true
		}
	}
	return false
}
