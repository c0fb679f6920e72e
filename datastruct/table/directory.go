package table

import (
	"math/bits"
	"unsafe"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

// A word of the directory stands for a segment:
//
//	bit  0 …  6   buckets: how many it has, 0 … 64
//	     7 … 12   depth: how many leading bits of the hash its elements share
//	    13 … 23   count: how many elements it holds; countMax means that many or more
//	    24 … 63   Ref of its buckets; 0 = none yet, and no elements
//
// A segment of depth d has 2^(g-d) equal words in a directory of depth g. Only the first of them, the
// segment's own word, knows the count.
type word uint64

const (
	wordBuckets = 0
	wordDepth   = 7
	wordCount   = 13
	wordRef     = 24

	countMax = 1<<11 - 1
)

func makeWord(ref arena.Ref, buckets, depth, count int) word {
	return word(ref)<<wordRef | word(min(count, countMax))<<wordCount | word(depth)<<wordDepth | word(buckets)
}

func (w word) ref() arena.Ref { return arena.Ref(w >> wordRef) }
func (w word) buckets() int   { return int(w & 127) }
func (w word) depth() int     { return int(w >> wordDepth & 63) }
func (w word) count() int     { return int(w >> wordCount & countMax) }

// home returns the bucket of the segment where hash h belongs. It grows with h.
func (w word) home(h uint64) int {
	below := h &^ (1<<CursorFreeBits - 1) << (w >> wordDepth & 63)
	i, _ := bits.Mul64(below, uint64(w&127))
	return int(i)
}

// bound returns the least hash whose home in the segment of hash h is at least bucket i; 0 if there is none,
// because the segment is the last and has no bucket i.
func (w word) bound(h uint64, i int) uint64 {
	depth := w.depth()
	start := h >> 1 >> (63 - depth)
	if i >= w.buckets() {
		return (start + 1) << 1 << (63 - depth)
	}
	start = start << 1 << (63 - depth)
	if i == 0 {
		return start
	}
	// The least x with x*buckets >= i*2^64, brought below the depth and up to what home looks at.
	x, rest := bits.Div64(uint64(i), 0, uint64(w.buckets()))
	if rest != 0 {
		x++
	}
	const free = 1<<CursorFreeBits - 1
	return start + ((x+1<<depth-1)>>depth+free)&^free
}

// bucket returns bucket i of the segment.
func (w word) bucket(a *arena.Arena, i int) *bucket {
	return (*bucket)(a.Ptr(w.ref() + arena.Ref(i)*bucketRefs))
}

// depth returns how many bits of the hash the directory looks at.
func (t *Table) depth() int {
	if t.shift == 0 {
		return 0
	}
	return 64 - int(t.shift)
}

// at returns word i of the directory, which is not the root itself.
func (t *Table) at(a *arena.Arena, i uint64) *word {
	// Valid by rule 3 of package unsafe: the directory is one block of 1<<depth words, i is below that.
	return (*word)(unsafe.Add(a.Ptr(t.root.ref()), i<<3))
}

// own returns the own word of the segment for hash h.
func (t *Table) own(a *arena.Arena, h uint64) *word {
	if t.shift == 0 {
		return &t.root
	}
	i := h >> (t.shift & 63)
	w := t.at(a, i)
	if wide := t.depth() - w.depth(); wide != 0 {
		return t.at(a, i>>wide<<wide)
	}
	return w
}

// setWords makes w the segment for its part of the hashes, h among them.
func (t *Table) setWords(a *arena.Arena, h uint64, w word) {
	if t.shift == 0 {
		t.root = w
		return
	}
	wide := t.depth() - w.depth()
	i := h >> t.shift >> wide << wide
	*t.at(a, i) = w
	for k := i + 1; k < i+1<<wide; k++ {
		*t.at(a, k) = w
	}
}

// deepen makes a directory of the given depth, more than the present one. False = out of memory.
func (t *Table) deepen(a *arena.Arena, depth int) bool {
	ref := t.alloc(a, 8<<depth)
	if ref == 0 {
		return false
	}
	old := *t
	t.root = makeWord(ref, 0, 0, 0)
	t.shift = uint8(64 - depth)
	t.deep = 0
	if old.shift == 0 {
		for i := range uint64(1) << depth {
			*t.at(a, i) = old.root
		}
		return true
	}
	wide := depth - old.depth()
	for i := range uint64(1) << depth {
		*t.at(a, i) = *old.at(a, i>>wide)
	}
	t.free(a, old.root.ref())
	return true
}

// flatten halves the directory as long as no segment needs it as deep as it is. It stays if there's no memory
// for the smaller one.
func (t *Table) flatten(a *arena.Arena) {
	for t.shift != 0 && t.deep == 0 {
		old, depth := *t, t.depth()-1
		if depth == 0 {
			t.root, t.shift = *old.at(a, 0), 0
			t.free(a, old.root.ref())
			return
		}
		ref := t.alloc(a, 8<<depth)
		if ref == 0 {
			return
		}
		t.root = makeWord(ref, 0, 0, 0)
		t.shift++
		for i := range uint64(1) << depth {
			w := *old.at(a, 2*i)
			*t.at(a, i) = w
			if w.depth() == depth {
				t.deep++
			}
		}
		t.free(a, old.root.ref())
	}
}

func (t *Table) alloc(a *arena.Arena, n int) arena.Ref {
	ref := a.Alloc(n, arena.PurposeTable)
	if ref != 0 {
		t.bytes += uint64(a.Cap(ref))
	}
	return ref
}

func (t *Table) free(a *arena.Arena, ref arena.Ref) {
	t.bytes -= uint64(a.Cap(ref))
	a.Free(ref, arena.PurposeTable)
}
