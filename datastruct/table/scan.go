package table

import "github.com/sleipnirdb/sleipnir/datastruct/arena"

// Scan visits the elements of one bucket, in the order of their hashes by and large, and returns the cursor
// for the next call. Cursor 0 starts, and a returned 0 says that the end is reached. A step may visit no
// element.
//
// A cursor is a hash: all elements below it have been visited, none from it on. Therefore an element that is
// in the table from the first call to the last is visited exactly once, no matter what is inserted, deleted,
// split or merged between the calls; and an element with hash h has had its turn if and only if h is less
// than the cursor. A cursor needn't stem from Scan, if its lowest CursorFreeBits bits are zero.
//
// visit may change the element, and delete it from the table, but not others; it may not insert.
func (t *Table) Scan(a *arena.Arena, cursor uint64, hashOf func(arena.Ref) uint64, visit func(arena.Ref)) (next uint64) {
	w := *t.own(a, cursor)
	if w.ref() == 0 {
		return w.bound(cursor, 0xff)
	}
	home := w.home(cursor)
	next = w.bound(cursor, home+1)
	isWhole := w.bound(cursor, home) == cursor

	var local [2 * slotCount]arena.Ref
	found := local[:0]
	for used := w.native(a, home); used != 0; used &= used - 1 {
		r := w.bucket(a, home).ref(used.first())
		prefetch((*bucket)(a.Ptr(r)))
		found = append(found, r)
	}
	b := w.bucket(a, home)
	for moved := w.overflow(a, home, hashOf); moved != 0; moved &= moved - 1 {
		found = append(found, w.bucket(a, b.buddy()).ref(moved.first()))
	}
	for b = b.next(a); b != nil; b = b.next(a) {
		for used := b.used(); used != 0; used &= used - 1 {
			found = append(found, b.ref(used.first()))
		}
	}
	for _, r := range found {
		if isWhole || hashOf(r) >= cursor {
			visit(r)
		}
	}
	return next
}

// native returns the slots of a bucket that hold elements whose home it is.
func (w word) native(a *arena.Arena, home int) slots {
	b := w.bucket(a, home)
	s := b.used()
	if b.meta()&(1<<slotCount-1) == 0 {
		return s
	}
	for left := s; left != 0; left &= left - 1 {
		if b.isForeign(left.first()) {
			s &^= left & -left
		}
	}
	return s
}

// Free gives back the table's memory in slices: each call up to maxBuckets buckets. It calls each, unless
// that is nil, for each element, which it may free. It returns whether there is more to do; at the end the
// table is empty and may be used again.
//
// Between the first call and the last nothing else may be done with the table.
func (t *Table) Free(a *arena.Arena, maxBuckets int, each func(arena.Ref)) (more bool) {
	segments := uint64(1)
	if t.shift != 0 {
		segments <<= t.depth()
	}
	for ; maxBuckets > 0; maxBuckets-- {
		i := t.place >> bitsMax
		if i == segments {
			if t.shift != 0 {
				t.free(a, t.root.ref())
			}
			*t = Table{}
			return false
		}
		own := &t.root
		if t.shift != 0 {
			own = t.at(a, i)
		}
		w := *own
		if k := int(t.place & (1<<bitsMax - 1)); k < w.buckets() {
			t.freeBucket(a, w, k, each)
			if k+1 < w.buckets() {
				t.place++
				continue
			}
			t.free(a, w.ref())
		}
		*own = makeWord(0, 0, w.depth(), 0)
		t.place = (i + 1<<(t.depth()-w.depth())) << bitsMax
	}
	return true
}

// freeBucket hands out the elements of bucket k of a segment, and gives its chain back. It asks for the
// elements of the next bucket, which will be read soon.
func (t *Table) freeBucket(a *arena.Arena, w word, k int, each func(arena.Ref)) {
	if k+1 < w.buckets() && each != nil {
		w.bucket(a, k+1).prefetchAll(a)
	}
	first := w.bucket(a, k)
	for b := first; b != nil; b = b.next(a) {
		used := b.used()
		t.count -= uint64(used.count())
		for ; each != nil && used != 0; used &= used - 1 {
			each(b.ref(used.first()))
		}
	}
	t.freeChain(a, first)
}
