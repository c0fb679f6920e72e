package arena

import (
	"math/bits"

	"github.com/sleipnirdb/sleipnir/internal/invariant"
)

// hugeSlabs is how many slabs a class has in this arena when more of them come out of huge pages, where what is
// not yet carved is committed all the same: half a page for each class then is little.
const hugeSlabs = 4

// allocSlow is Alloc for what the fast path doesn't do: large blocks, sizes outside the table, a current
// slab without free blocks, and all of it in debug builds.
func (a *Arena) allocSlow(n int, p Purpose) Ref {
	invariant.Check(n >= 0, "allocation of a negative size")
	if n > classMax {
		return a.allocLarge(n, p)
	}
	c := classOf(n)
	s := a.page(a.current[c])
	if s.free == 0 {
		if !a.refill(c) {
			return 0
		}
		s = a.page(a.current[c])
	}
	ref := pageRef(a.current[c]) + Ref(s.free-1)
	if debug {
		a.debugReuse(ref, int(classSize[c]))
	}
	s.free = *a.link(ref)
	s.used++
	a.used[p%purposeArray].add(int64(classSize[c]))
	if debug {
		a.debugAlloc(ref, int(classSize[c]), p)
	}
	return ref
}

// freeSlow is Free for blocks whose page has flags: large ones, blocks in a tail page of their slab, and the
// first that is freed of a full slab.
func (a *Arena) freeSlow(ref Ref, p Purpose) {
	i := ref.page()
	s := a.page(i)
	if s.flags&flagLarge != 0 {
		a.freeLarge(i>>pageToChunk, p)
		return
	}
	i -= uint32(s.flags >> backShift)
	s = a.page(i)
	*a.link(ref) = s.free
	s.free = uint16(ref-pageRef(i)) + 1
	s.used--
	a.used[p%purposeArray].add(-int64(classSize[s.class]))
	if s.flags&flagFull != 0 {
		s.flags = 0
		a.partial[s.class].push(a.slabLinks(), i)
	}
	if s.used == 0 {
		a.emptied(i)
	}
}

// refill gives the current slab of class c, which has no free block, some; or makes another one current. It
// prefers holes in partial slabs to memory that isn't touched yet.
func (a *Arena) refill(c int) bool {
	list := &a.partial[c]
	if i := a.current[c]; i != 0 {
		if s := a.page(i); s.carved < slabShapes[c].blocks {
			list.append(a.slabLinks(), i)
		} else {
			s.flags = flagFull
		}
		a.current[c] = 0
	}
	i := list.head
	if i != 0 {
		list.remove(a.slabLinks(), i)
	} else if i = a.newSlab(c); i == 0 {
		return false
	}
	a.current[c] = i
	if a.page(i).free == 0 {
		a.carve(c, i)
	}
	return true
}

// newSlab returns the head page of an empty slab of class c, or 0.
func (a *Arena) newSlab(c int) uint32 {
	n := uint32(slabShapes[c].chunks)
	if n == 0 {
		i := a.takePage(a.slabs[c] >= hugeSlabs)
		if i != 0 {
			*a.page(i) = page{class: uint8(c)}
			a.slabs[c]++
		}
		return i
	}
	h := a.takeRun(n, chunkSlab)
	if h == 0 {
		return 0
	}
	a.slabs[c]++
	i := h << pageToChunk
	for k := range n << pageToChunk {
		*a.page(i + k) = page{class: uint8(c), flags: uint8(k << backShift)}
	}
	return i
}

// carve puts the blocks of the next OS page of slab i into its empty free list: at least one block.
func (a *Arena) carve(c int, i uint32) {
	s := a.page(i)
	size := int(classSize[c])
	from := int(s.carved)
	end := (from*size/osPageBytes + 1) * osPageBytes
	to := min(max(end/size, from+1), int(slabShapes[c].blocks))
	base := pageRef(i)
	step := Ref(size >> refBits)
	first := Ref(from) * step
	if debug {
		a.debugCarve(base+first, (to-from)*size)
	}
	at := first
	for range to - from - 1 {
		*a.link(base + at) = uint16(at+step) + 1
		at += step
	}
	*a.link(base + at) = 0
	s.free = uint16(first) + 1
	s.carved = uint16(to)
	a.touch(c, i, (to*size+osPageBytes-1)/osPageBytes)
}

// touch notes that the first n OS pages of slab i are committed.
func (a *Arena) touch(c int, i uint32, n int) {
	k := a.chunk(i >> pageToChunk)
	if slabShapes[c].chunks != 0 {
		a.touchRun(k, uint32(n))
		return
	}
	if was := k.pageTouched(i % pagesInChunk); n > was {
		k.setPageTouched(i%pagesInChunk, n)
		a.commit.add(int64(n-was) * osPageBytes)
	}
}

// emptied takes slab i, whose last block was freed, out of use, unless it is a current one.
func (a *Arena) emptied(i uint32) {
	s := a.page(i)
	if a.current[s.class] == i {
		return
	}
	a.partial[s.class].remove(a.slabLinks(), i)
	a.dropSlab(i)
}

// dropSlab turns slab i, which is on no list, into free memory.
func (a *Arena) dropSlab(i uint32) {
	c := a.page(i).class
	a.slabs[c]--
	if slabShapes[c].chunks != 0 {
		a.freeRun(i >> pageToChunk)
		return
	}
	a.freePage(i)
}

// takePage returns a page for a slab, or 0. It takes what is committed before what is not; wantHuge says to
// commit a share of a huge page.
func (a *Arena) takePage(wantHuge bool) uint32 {
	plain, huge := a.avail[0].head, a.avail[1].head
	isDirty := plain != 0 && a.chunk(plain).dirtyMask() != 0
	switch {
	case huge != 0 && (wantHuge || !isDirty):
		return a.takePageOf(huge)
	case isDirty:
		return a.takePageOf(plain)
	}
	if wantHuge {
		if h := a.takeHugeChunk(); h != 0 {
			return a.takePageOf(h)
		}
	}
	if plain == 0 {
		if plain = a.takeChunk(); plain == 0 {
			return 0
		}
	}
	return a.takePageOf(plain)
}

// takePageOf takes a page out of a split chunk that has one, a committed one if it can.
func (a *Arena) takePageOf(h uint32) uint32 {
	c := a.chunk(h)
	dirty := c.dirtyMask()
	m := dirty
	if m == 0 {
		m = c.free
	}
	k := uint32(bits.TrailingZeros8(m))
	c.free &^= 1 << k
	a.addDirty(c, -c.pageTouched(k))
	if dirty &= c.free; dirty == 0 {
		list := &a.avail[c.huge]
		list.remove(a.runLinks(), h)
		if c.free != 0 {
			list.append(a.runLinks(), h)
		}
	}
	return h<<pageToChunk + k
}

// addDirty counts n OS pages of a split chunk that are committed and hold nothing.
func (a *Arena) addDirty(c *chunk, n int) {
	a.dirty += n
	a.low = min(a.low, a.dirty)
	a.hugeDirty += n * int(c.huge)
}

// freePage takes a page back. Chunks with committed free pages stand before others in avail.
func (a *Arena) freePage(i uint32) {
	h, k := i>>pageToChunk, i%pagesInChunk
	c := a.chunk(h)
	*a.page(i) = page{class: classNone, flags: flagFree}
	if c.free != 0 {
		a.avail[c.huge].remove(a.runLinks(), h)
	}
	c.free |= 1 << k
	a.avail[c.huge].push(a.runLinks(), h)
	a.addDirty(c, c.pageTouched(k))
}

// takeChunk gets a chunk to be split, from limbo or from the range.
func (a *Arena) takeChunk() uint32 {
	h := a.takeRun(1, chunkPages)
	if h != 0 {
		a.splitChunk(h)
	}
	return h
}

// takeHugeChunk gets a chunk to be split that shares a huge page, or 0.
func (a *Arena) takeHugeChunk() uint32 {
	h := a.owner.takeHuge()
	if h == 0 {
		return 0
	}
	c := a.chunk(h)
	*c = chunk{run: 1, kind: chunkPages, huge: 1}
	a.touchRun(c, osPagesInChunk)
	a.enlist(h)
	a.splitChunk(h)
	return h
}

// splitChunk makes a run of one chunk four free pages.
func (a *Arena) splitChunk(h uint32) {
	c := a.chunk(h)
	c.free = allPagesFree
	// What a run calls its first n OS pages is here n spread over four pages.
	n := int(c.touched)
	c.touched = 0
	for k := range uint32(pagesInChunk) {
		c.setPageTouched(k, min(n, osPagesInPage))
		n -= min(n, osPagesInPage)
		*a.page(h<<pageToChunk + k) = page{class: classNone, flags: flagFree}
	}
	a.addDirty(c, c.pagesTouched())
	a.avail[c.huge].push(a.runLinks(), h)
}

// pagesTouched returns the OS pages touched in a split chunk.
func (c *chunk) pagesTouched() int {
	n := 0
	for k := range uint32(pagesInChunk) {
		n += c.pageTouched(k)
	}
	return n
}
