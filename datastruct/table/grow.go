package table

import (
	"math/bits"
	"unsafe"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

// sizes are the numbers of buckets that a segment may have.
var sizes = [...]uint8{1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64}

const (
	sizeMax  = len(sizes) - 1
	depthMax = 40 // 6 bits for the bucket and the free bits of the cursor leave room for more
	itemsMax = 704
	leafMax  = 64 // segments that one rebuild may make
	bitsMax  = 6  // a segment tells hashes apart by so many bits

	// A segment that grows or shrinks is to be filled to this, in tenths of its slots or less. It grows when
	// it is nearly full, and shrinks when emptier than sparse: the distance between the three is the
	// hysteresis.
	fitTenths    = 75
	sparseTenths = 30
	fitMost      = 64 * slotCount * fitTenths / 100

	// Two neighbouring segments become one if one of them is nearly empty and both together have this many
	// elements.
	mergeCheck = 160
	mergeMost  = 320

	// So many elements that no split can tell apart go into a chain.
	crowd       = 16
	crowdSample = 64
)

// fit returns the index of the size for n elements.
func fit(n int) int {
	for i, buckets := range sizes {
		if n*100 <= int(buckets)*slotCount*fitTenths {
			return i
		}
	}
	return sizeMax
}

// item is an element on its way from one segment to another.
type item struct {
	h   uint64
	ref arena.Ref
}

// rebuild makes new segments out of the elements of old ones. Until commit the table is as it was.
type rebuild struct {
	t        *Table
	a        *arena.Arena
	hashOf   func(arena.Ref) uint64
	depthMax int // how deep segments may be
	splits   int // how many more of them
	leaves   int
	leaf     [leafMax]word
	noMemory bool
}

// grow is Insert for an element that finds no room in its segment.
func (t *Table) grow(a *arena.Arena, h uint64, r arena.Ref, hashOf func(arena.Ref) uint64) bool {
	w := *t.own(a, h)
	re := rebuild{t: t, a: a, hashOf: hashOf, depthMax: t.depthLimit(), splits: leafMax - 1}
	if w.ref() != 0 && re.mustChain(w, h) {
		b := w.bucket(a, w.home(h))
		if !b.isChained() && !t.chain(a, w, w.home(h), hashOf) || !t.push(a, b, tagOf(h), r) {
			return false
		}
		t.counted(t.own(a, h))
		return true
	}
	var local [itemsMax]item
	items, scratch, ok := t.scratch(a, w.exactCount(a)+1, local[:0])
	if !ok {
		return false
	}
	items = append(w.collect(a, items, hashOf), item{h, r})
	least := 0
	for w.ref() != 0 && least <= sizeMax && int(sizes[least]) <= w.buckets() {
		least++
	}
	if ok = re.cover(items, w.depth(), least); ok {
		ok = re.commit(h, w)
	} else {
		re.abandon()
	}
	if scratch != 0 {
		t.free(a, scratch)
	}
	if ok {
		t.count++
	}
	return ok
}

// depthLimit returns how deep a segment may lie: as deep as the directory is, or would be with half a word
// for each element.
func (t *Table) depthLimit() int {
	return max(t.depth(), min(bits.Len64(t.count)-1, depthMax))
}

// mustChain tells whether a new segment, or two, would be no better for hash h.
func (re *rebuild) mustChain(w word, h uint64) bool {
	home := w.home(h)
	if b := w.bucket(re.a, home); b.isChained() {
		return !re.canGrow(w) || re.isHopeless(b, h)
	}
	return !re.canGrow(w) && w.native(re.a, home) != 0
}

// canGrow tells whether a segment may be larger, or split.
func (re *rebuild) canGrow(w word) bool {
	return w.buckets() < int(sizes[sizeMax]) || w.depth() < re.depthMax
}

// scratch returns room for n items: local if it is large enough, else a block of the arena.
func (t *Table) scratch(a *arena.Arena, n int, local []item) (items []item, ref arena.Ref, ok bool) {
	if n <= cap(local) {
		return local, 0, true
	}
	if ref = t.alloc(a, n*int(unsafe.Sizeof(item{}))); ref == 0 {
		return nil, 0, false
	}
	// Valid by rule 1 of package unsafe: the block has room for n items, which hold no pointers.
	return unsafe.Slice((*item)(a.Ptr(ref)), n)[:0], ref, true
}

// exactCount returns how many elements the segment has.
func (w word) exactCount(a *arena.Arena) int {
	if w.count() != countMax {
		return w.count()
	}
	n := 0
	for i := range w.buckets() {
		for b := w.bucket(a, i); b != nil; b = b.next(a) {
			n += b.used().count()
		}
	}
	return n
}

// ahead is by how many buckets the elements' cache lines are asked for before their hashes are.
const ahead = 4

// collect appends all elements of the segment.
func (w word) collect(a *arena.Arena, items []item, hashOf func(arena.Ref) uint64) []item {
	if w.ref() == 0 {
		return items
	}
	buckets := w.buckets()
	for i := range buckets + ahead {
		if i < buckets {
			w.bucket(a, i).prefetchAll(a)
		}
		if i < ahead {
			continue
		}
		for b := w.bucket(a, i-ahead); b != nil; b = b.next(a) {
			for used := b.used(); used != 0; used &= used - 1 {
				r := b.ref(used.first())
				items = append(items, item{hashOf(r), r})
			}
		}
	}
	return items
}

func (b *bucket) prefetchAll(a *arena.Arena) {
	for used := b.used(); used != 0; used &= used - 1 {
		prefetch((*bucket)(a.Ptr(b.ref(used.first()))))
	}
}

// cover makes segments for all items, which share the first depth bits, of sizes[least] buckets or more: one
// if they fit, else one for each half of the hashes. False = out of memory.
func (re *rebuild) cover(items []item, depth, least int) bool {
	n := len(items)
	if n == 0 {
		re.add(makeWord(0, 0, depth, 0))
		return true
	}
	best := fit(n)
	canSplit := depth < re.depthMax && re.splits > 0
	if n <= fitMost || !canSplit {
		crowded := false
		for i := max(best, least); i <= sizeMax && i <= best+4 && !crowded; i++ {
			var w word
			if w, crowded = re.build(items, depth, i, false); w != 0 {
				re.add(w)
				return true
			}
			if re.noMemory {
				return false
			}
		}
		if crowded || !canSplit {
			w, _ := re.build(items, depth, best, true)
			if w != 0 {
				re.add(w)
			}
			return w != 0
		}
	}
	re.splits--
	k := partition(items, 1<<(63-depth))
	return re.cover(items[:k], depth+1, 0) && re.cover(items[k:], depth+1, 0)
}

func (re *rebuild) add(w word) {
	re.leaf[re.leaves] = w
	re.leaves++
}

// partition brings the items whose hash lacks bit to the front, and returns how many they are.
func partition(items []item, bit uint64) int {
	k := 0
	for i := range items {
		if items[i].h&bit == 0 {
			items[i], items[k] = items[k], items[i]
			k++
		}
	}
	return k
}

// build makes one segment of the items. If they don't fit in, it returns no segment and whether that is for
// elements that no split within the limit can tell apart; or, if force is set, it makes chains.
func (re *rebuild) build(items []item, depth, size int, force bool) (w word, crowded bool) {
	t, a := re.t, re.a
	buckets := int(sizes[size])
	ref := t.alloc(a, buckets*bucketBytes)
	if ref == 0 {
		re.noMemory = true
		return 0, false
	}
	clear(a.Bytes(ref, buckets*bucketBytes))
	w = makeWord(ref, buckets, depth, len(items))
	// First everything that has room at home, so that only what is too much needs a buddy.
	late := 0
	for i, it := range items {
		b := w.bucket(a, w.home(it.h))
		if free := b.free(); free != 0 {
			b.put(free.first(), tagOf(it.h), it.ref)
			continue
		}
		items[i], items[late] = items[late], it
		late++
	}
	for _, it := range items[:late] {
		if w.spill(a, it.h, it.ref, re.hashOf) {
			continue
		}
		home := w.home(it.h)
		if !force {
			t.drop(a, w)
			return 0, re.isCrowded(items, w, home)
		}
		b := w.bucket(a, home)
		if !b.isChained() && !t.chain(a, w, home, re.hashOf) || !t.push(a, b, tagOf(it.h), it.ref) {
			t.drop(a, w)
			re.noMemory = true
			return 0, false
		}
	}
	return w, false
}

// cell returns what the deepest segment can tell of a hash.
func (re *rebuild) cell(h uint64) uint64 { return h >> (64 - bitsMax - re.depthMax) }

// isCrowded tells whether the items of one home have a crowd among them that no split can separate. Of very
// many items it looks at some.
func (re *rebuild) isCrowded(items []item, w word, home int) bool {
	var cells [crowdSample]uint64
	n := 0
	for _, it := range items {
		if w.home(it.h) != home {
			continue
		}
		cells[n] = re.cell(it.h)
		same := 0
		for _, c := range cells[:n+1] {
			if c == cells[n] {
				same++
			}
		}
		if n++; same >= crowd {
			return true
		}
		if n == crowdSample {
			return false
		}
	}
	return false
}

// isHopeless tells whether the chain of b is mostly of elements that no split can separate from hash h.
func (re *rebuild) isHopeless(b *bucket, h uint64) bool {
	first := b.next(re.a)
	same := 0
	used := first.used()
	for left := used; left != 0; left &= left - 1 {
		if re.cell(re.hashOf(first.ref(left.first()))) == re.cell(h) {
			same++
		}
	}
	return same*3 >= used.count()
}

// commit puts the new segments in the place of old ones, which hold the hashes around h. False = out of memory.
func (re *rebuild) commit(h uint64, old ...word) bool {
	t, a := re.t, re.a
	deepest, least := 0, depthMax
	for _, w := range re.leaf[:re.leaves] {
		deepest, least = max(deepest, w.depth()), min(least, w.depth())
	}
	if deepest > t.depth() && !t.deepen(a, deepest) {
		re.abandon()
		return false
	}
	top := least
	for _, w := range old {
		top = min(top, w.depth())
	}
	at := h >> 1 >> (63 - top) << 1 << (63 - top)
	for _, w := range old {
		if t.shift != 0 && w.depth() == t.depth() {
			t.deep--
		}
		t.drop(a, w)
	}
	for _, w := range re.leaf[:re.leaves] {
		t.setWords(a, at, w)
		if t.shift != 0 && w.depth() == t.depth() {
			t.deep++
		}
		at += 2 << (63 - w.depth())
	}
	return true
}

// abandon drops the new segments.
func (re *rebuild) abandon() {
	for _, w := range re.leaf[:re.leaves] {
		re.t.drop(re.a, w)
	}
}

// drop gives a segment's memory back.
func (t *Table) drop(a *arena.Arena, w word) {
	if w.ref() == 0 {
		return
	}
	for i := range w.buckets() {
		t.freeChain(a, w.bucket(a, i))
	}
	t.free(a, w.ref())
}
