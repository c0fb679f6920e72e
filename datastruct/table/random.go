package table

import "github.com/sleipnirdb/sleipnir/datastruct/arena"

// randomTries is how often Random throws before it counts: with segments filled as they usually are, every
// second throw hits.
const randomTries = 64

// Random returns an element, each with the same probability if rnd is evenly distributed, or 0 if the table
// is empty.
//
// It throws at a field of equal slots, and again if it hits a free one. A segment that is wide in the
// directory is hit only at its own word, so each slot of each segment is as likely. Chains are outside the
// field: if there are any, it counts.
func (t *Table) Random(a *arena.Arena, rnd uint64) arena.Ref {
	if t.count == 0 {
		return 0
	}
	if t.chains != 0 {
		return t.nth(a, mix(rnd)%t.count)
	}
	buckets := t.root.buckets()
	if t.shift != 0 {
		buckets = int(sizes[sizeMax])
	}
	for range randomTries {
		rnd = mix(rnd)
		w := t.root
		if t.shift != 0 {
			i := rnd >> (t.shift & 63)
			if w = *t.at(a, i); i&(1<<(t.depth()-w.depth())-1) != 0 {
				continue
			}
		}
		// The directory takes the upper bits of rnd, 32 at most of those that are mixed once more.
		k := int(mix(rnd+1) >> 32 * uint64(buckets*slotCount) >> 32)
		if k/slotCount >= w.buckets() {
			continue
		}
		b := w.bucket(a, k/slotCount)
		if b.used()&slotBit(k%slotCount) != 0 {
			return b.ref(k % slotCount)
		}
	}
	return t.nth(a, mix(rnd)%t.count)
}

// nth returns element n in no particular order. It goes through the segments' counts.
func (t *Table) nth(a *arena.Arena, n uint64) arena.Ref {
	h := uint64(0)
	for {
		w := *t.own(a, h)
		if here := uint64(w.exactCount(a)); n >= here {
			n -= here
			h = w.bound(h, 0xff)
			continue
		}
		for i := range w.buckets() {
			for b := w.bucket(a, i); b != nil; b = b.next(a) {
				used := b.used()
				if here := uint64(used.count()); n >= here {
					n -= here
					continue
				}
				for ; n > 0; n-- {
					used &= used - 1
				}
				return b.ref(used.first())
			}
		}
		return 0 // not reached: the counts are exact
	}
}

// mix is a bijection whose result looks random (the finalizer of splitmix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
