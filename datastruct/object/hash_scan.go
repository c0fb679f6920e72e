package object

import (
	"math/bits"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

// Each calls visit for every field, in no order that means anything. visit may not change the hash.
func (h Hash) Each(visit func(field, value packed.Value)) {
	if root := h.Root(); root != 0 && !h.isPacked() {
		hashRootAt(h.a, root).table.Each(h.a, func(ref arena.Ref) bool {
			h.show(ref, visit)
			return true
		})
		return
	}
	h.Scan(0, visit)
}

// show calls visit for a pair that isn't hidden.
func (h Hash) show(ref arena.Ref, visit func(field, value packed.Value)) {
	if p := pairAt(h.a, ref); !h.hides(p) {
		visit(packed.Value{Bytes: p.field()}, packed.Value{Bytes: p.value()})
	}
}

// Scan calls visit for some fields and returns the cursor for the next call. Cursor 0 starts, and a returned 0 says that the end is
// reached. A field that is there from the first call to the last is visited just once, whatever happens to others between the calls;
// only if the hash was packed at one of the calls, which visits all, may it be visited again.
func (h Hash) Scan(cursor uint64, visit func(field, value packed.Value)) (next uint64) {
	root := h.Root()
	if root == 0 {
		return 0
	}
	if h.isPacked() {
		b := hashBlock(h.a, root)
		for at, end := packed.HeaderBytes, b.End(); at < end; {
			var f, v packed.Value
			f, at = b.Read(at)
			v, at = b.Read(at)
			visit(f, v)
		}
		return 0
	}
	return hashRootAt(h.a, root).table.Scan(h.a, cursor, h.hashOf(), func(ref arena.Ref) {
		h.show(ref, visit)
	})
}

// randomTries is how often Random throws before it counts, in a hash with fields whose time has come.
const randomTries = 32

// Random returns a field, each with the same probability if next is evenly distributed; false if there is none.
func (h Hash) Random(next func() uint64) (field, value packed.Value, ok bool) {
	root := h.Root()
	if root == 0 {
		return field, value, false
	}
	if h.isPacked() {
		b := hashBlock(h.a, root)
		f, at := b.Read(b.At(2 * below(next, b.Len()/2)))
		return f, b.Get(at), true
	}
	for range randomTries {
		ref := hashRootAt(h.a, root).table.Random(h.a, next())
		if ref == 0 {
			return field, value, false
		}
		if p := pairAt(h.a, ref); !h.hides(p) {
			return packed.Value{Bytes: p.field()}, packed.Value{Bytes: p.value()}, true
		}
	}
	h.Sample(1, next, func(f, v packed.Value) { field, value, ok = f, v, true })
	return field, value, ok
}

// below returns a number in [0, n) with no bias that matters.
func below(next func() uint64, n int) int {
	hi, _ := bits.Mul64(next(), uint64(n))
	return int(hi)
}

// sparse is how many times more fields there are than are drawn if drawing them one by one beats looking at all.
const sparse = 4

// Sample calls visit for count different fields, or for all if there are no more, each choice of fields with the same probability.
func (h Hash) Sample(count int, next func() uint64, visit func(field, value packed.Value)) {
	left := h.Live()
	if count = min(count, left); !h.isPacked() && count < left/sparse && h.Expired() == 0 {
		h.sampleFew(count, next, visit)
		return
	}
	h.Each(func(field, value packed.Value) {
		if count > 0 && below(next, left) < count {
			visit(field, value)
			count--
		}
		left--
	})
}

// sampleFew draws until it has enough different fields.
func (h Hash) sampleFew(count int, next func() uint64, visit func(field, value packed.Value)) {
	r := hashRootAt(h.a, h.Root())
	seen := make(map[arena.Ref]struct{}, count)
	for len(seen) < count {
		ref := r.table.Random(h.a, next())
		if _, again := seen[ref]; again {
			continue
		}
		seen[ref] = struct{}{}
		p := pairAt(h.a, ref)
		visit(packed.Value{Bytes: p.field()}, packed.Value{Bytes: p.value()})
	}
}
