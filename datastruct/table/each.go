package table

import "github.com/sleipnirdb/sleipnir/datastruct/arena"

// Each calls visit for all elements, in no particular order, until it returns false. It needs no hashes, and asks for the elements of
// a bucket while those of the one before are visited. Nothing may change the table meanwhile.
func (t *Table) Each(a *arena.Arena, visit func(arena.Ref) bool) {
	for h, more := uint64(0), true; more; more = h != 0 {
		w := *t.own(a, h)
		for i := range w.buckets() {
			if i+1 < w.buckets() {
				w.bucket(a, i+1).prefetchAll(a)
			}
			for b := w.bucket(a, i); b != nil; b = b.next(a) {
				for used := b.used(); used != 0; used &= used - 1 {
					if !visit(b.ref(used.first())) {
						return
					}
				}
			}
		}
		h = w.bound(h, 0xff)
	}
}
