package table

import (
	"unsafe"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

// HintBucket and HintHit are Prefetch and PrefetchHit for a caller without the lease, who has parsed a request
// ahead of its turn and wants its cache lines under way.
//
// They read what another core may be changing, so what they find is a guess: it is bounded to the arena's range,
// which is readable throughout, and used for nothing but a prefetch. The race detector would rightly complain, so builds
// with assertions leave them out.

// HintBucket asks for the bucket that Find will need, if nobody changes the table meanwhile, and says which it is: 0 for
// none.
func (t *Table) HintBucket(a *arena.Arena, h uint64) arena.Ref {
	w, ok := t.guess(a, h)
	if !ok {
		return 0
	}
	home := w.ref() + arena.Ref(w.home(h))*bucketRefs
	prefetch((*bucket)(a.Ptr(home)))
	return home
}

// HintHit asks for the element that Find will return first, if nobody changes the table meanwhile, and says which it is: 0
// for none. home is what HintBucket answered, which lets it find the line that it asked for.
func HintHit(a *arena.Arena, home arena.Ref, h uint64) arena.Ref {
	b := (*bucket)(a.Ptr(home))
	hits := b.match(tagOf(h))
	if hits == 0 {
		return 0
	}
	r := b.ref(hits.first())
	if !a.Contains(r) {
		return 0
	}
	prefetch((*bucket)(a.Ptr(r)))
	return r
}

// guess returns the word of the segment for hash h as it looks at this instant, if it leads into the range.
func (t *Table) guess(a *arena.Arena, h uint64) (w word, ok bool) {
	w = t.root
	if shift := t.shift & 63; shift != 0 {
		i := h >> shift
		if !a.Contains(w.ref() + arena.Ref(i)) {
			return 0, false
		}
		// Valid by rule 3 of package unsafe: the address is in the range. The root isn't read again: it may change meanwhile.
		w = *(*word)(unsafe.Add(a.Ptr(w.ref()), i<<3))
	}
	return w, w.ref() != 0 && a.Contains(w.ref()+maxSegmentRefs)
}

// maxSegmentRefs is the extent of the largest segment.
const maxSegmentRefs = 128 * bucketRefs

// PrefetchScan asks for the elements that Scan will visit at a cursor, and doesn't wait for them. The caller has the lease.
func (t *Table) PrefetchScan(a *arena.Arena, cursor uint64) {
	if w := *t.own(a, cursor); w.ref() != 0 {
		w.bucket(a, w.home(cursor)).prefetchAll(a)
	}
}

// PrefetchElement asks for the first bytes of an element that the caller has the Ref of, and doesn't wait for them.
func PrefetchElement(a *arena.Arena, r arena.Ref) { prefetch((*bucket)(a.Ptr(r))) }
