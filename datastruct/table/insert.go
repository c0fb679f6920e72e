package table

import "github.com/sleipnirdb/sleipnir/datastruct/arena"

// Insert adds element r with hash h, which the caller knows to be absent.
//
// It returns false if there is no memory; then the table is unchanged. hashOf, which returns the hash of an
// element, is called when elements have to move: for a few at times, for all of a segment when that grows.
func (t *Table) Insert(a *arena.Arena, h uint64, r arena.Ref, hashOf func(arena.Ref) uint64) bool {
	own := t.own(a, h)
	w := *own
	if w.ref() != 0 {
		b := w.bucket(a, w.home(h))
		if free := b.free(); free != 0 {
			b.put(free.first(), tagOf(h), r)
			t.counted(own)
			return true
		}
		if w.spill(a, h, r, hashOf) {
			t.counted(own)
			return true
		}
	}
	return t.grow(a, h, r, hashOf)
}

// counted notes one more element in the segment with this own word.
func (t *Table) counted(own *word) {
	t.count++
	if own.count() != countMax {
		*own += 1 << wordCount
	}
}

// spill places an element whose home is full elsewhere in the segment, if that has room and the home's
// overflow can stay together.
func (w word) spill(a *arena.Arena, h uint64, r arena.Ref, hashOf func(arena.Ref) uint64) bool {
	home := w.home(h)
	b := w.bucket(a, home)
	tag := tagOf(h)
	if b.isChained() {
		return b.pushFront(a, tag, r)
	}
	if b.filter() == 0 {
		i := w.roomiest(a, home, 1)
		if i < 0 {
			return false
		}
		host := w.bucket(a, i)
		host.host(host.free().first(), tag, r)
		b.setOverflow(i, filterBit(tag))
		return true
	}
	host := w.bucket(a, b.buddy())
	free := host.free()
	if free == 0 {
		if host = w.changeBuddy(a, home, hashOf); host == nil {
			return false
		}
		free = host.free()
	}
	host.host(free.first(), tag, r)
	b.setMeta(b.meta() | filterBit(tag))
	return true
}

// near is how many buckets roomiest compares before it takes the first that will do.
const near = 8

// roomiest returns a bucket, not home, with as many free slots as needed, or -1: the one with most room among
// the next few, else the next that has enough.
func (w word) roomiest(a *arena.Arena, home, need int) int {
	best, room := -1, need-1
	buckets := w.buckets()
	for step := 1; step < buckets; step++ {
		i := home + step
		if i >= buckets {
			i -= buckets
		}
		if n := w.bucket(a, i).free().count(); n > room {
			best, room = i, n
		}
		if step >= near && best >= 0 {
			break
		}
	}
	return best
}

// changeBuddy moves the overflow of a home from its full buddy to a bucket that has room for it and one
// element more. It returns that bucket, or nil if there's none.
func (w word) changeBuddy(a *arena.Arena, home int, hashOf func(arena.Ref) uint64) *bucket {
	b := w.bucket(a, home)
	from := w.bucket(a, b.buddy())
	moving := w.overflow(a, home, hashOf)
	i := w.roomiest(a, home, moving.count()+1)
	if i < 0 {
		return nil
	}
	host := w.bucket(a, i)
	filter := uint32(0)
	for ; moving != 0; moving &= moving - 1 {
		k := moving.first()
		filter |= filterBit(from.tag(k))
		host.host(host.free().first(), from.tag(k), from.ref(k))
		from.drop(k)
	}
	b.setOverflow(i, filter)
	return host
}

// overflow returns the slots of a home's buddy where the home's elements are. The home isn't chained.
func (w word) overflow(a *arena.Arena, home int, hashOf func(arena.Ref) uint64) slots {
	b := w.bucket(a, home)
	if b.filter() == 0 || b.isChained() {
		return 0
	}
	host := w.bucket(a, b.buddy())
	found := host.used()
	for left := found; left != 0; left &= left - 1 {
		i := left.first()
		if !host.isForeign(i) || b.meta()&filterBit(host.tag(i)) == 0 || w.home(hashOf(host.ref(i))) != home {
			found &^= left & -left
		}
	}
	return found
}
