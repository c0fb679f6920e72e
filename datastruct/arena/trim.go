package arena

import (
	"math/bits"
	"unsafe"
)

// hugeSlack is the part of an arena's memory that may lie unused in huge pages: an eighth.
const hugeSlack = 8

// Trim gives empty pages back to the system: those that lay unused since the last pass. One call does at
// most maxPages pages of 8 KiB; more says that the pass goes on with the next call.
//
// Call it now and then under the lease, again while it returns true.
func (a *Arena) Trim(maxPages int) (more bool) {
	if a.goal <= 0 {
		a.dropIdleSlabs()
		a.goal = a.low - a.hugeKept()
	}
	budget := min(a.goal, maxPages*osPagesInPage)
	for budget > 0 {
		n := a.trimPages(&a.avail[0])
		if n == 0 {
			n = a.trimLimbo(budget)
		}
		if n == 0 {
			n = a.trimPages(&a.avail[1])
		}
		if n == 0 {
			a.goal = 0
			break
		}
		budget -= n
		a.goal -= n
	}
	if a.goal > 0 {
		return true
	}
	a.goal = 0
	a.low = a.dirty
	return false
}

// hugeKept returns how many of the dirty OS pages are kept because they are part of huge pages: all of them, if they
// are few. To give back a part is to lose the rest of the huge page.
func (a *Arena) hugeKept() int {
	if int64(a.hugeDirty)*osPageBytes*hugeSlack > a.commit.load() {
		return 0
	}
	return a.hugeDirty
}

// dropIdleSlabs takes the current slabs out of use that were empty at the last pass and are empty now.
func (a *Arena) dropIdleSlabs() {
	for c := range classCount {
		i := a.current[c]
		if i == 0 || a.page(i).used != 0 {
			a.idle[c] = 0
			continue
		}
		if a.idle[c] == i {
			a.current[c] = 0
			a.dropSlab(i)
			i = 0
		}
		a.idle[c] = i
	}
}

// trimPages releases the free pages of one split chunk and returns how many OS pages that were.
func (a *Arena) trimPages(list *chain) int {
	h := list.head
	if h == 0 {
		return 0
	}
	c := a.chunk(h)
	m := uint64(c.dirtyMask())
	if m == 0 {
		return 0 // dirty chunks stand first
	}
	if c.huge != 0 {
		a.owner.split(h / chunksInBank)
	}
	n := 0
	for m != 0 {
		k := uint32(bits.TrailingZeros64(m))
		row := uint32(bits.TrailingZeros64(^(m >> k)))
		a.releaseOS(a.owner.chunkAddr(h), int(k)*pageBytes, int(row)*pageBytes)
		m &^= runMask(k, row)
		for ; row > 0; row-- {
			n += c.pageTouched(k)
			c.setPageTouched(k, 0)
			k++
		}
	}
	a.addDirty(c, -n)
	a.commit.add(-int64(n) * osPageBytes)
	list.remove(a.runLinks(), h)
	if c.free == allPagesFree {
		a.limboOrGive(h)
		return n
	}
	c.huge = 0
	a.avail[0].append(a.runLinks(), h)
	return n
}

// trimLimbo releases at most budget OS pages, rounded up to a chunk, from the end of a freed run. What is
// released goes to the range.
func (a *Arena) trimLimbo(budget int) int {
	h := a.limbo.tail
	if h == 0 {
		return 0
	}
	c := a.chunk(h)
	keep := uint32(0) // chunks that stay
	if int(c.touched) > budget {
		keep = (c.touched - uint32(budget)) / osPagesInChunk
	}
	n := int(c.touched - min(c.touched, keep*osPagesInChunk))
	a.releaseOS(a.owner.chunkAddr(h), int(keep)*chunkBytes, n*osPageBytes)
	c.touched -= uint32(n)
	a.dirty -= n
	a.low = min(a.low, a.dirty)
	a.commit.add(-int64(n) * osPageBytes)
	if c.touched == 0 {
		a.limbo.remove(a.runLinks(), h)
		a.limboOrGive(h)
		return n
	}
	rest := c.run - keep
	c.run = keep
	a.owner.give(h+keep, rest, false)
	return n
}

func (a *Arena) releaseOS(p unsafe.Pointer, from, n int) {
	if n > 0 {
		release(unsafe.Add(p, from), n)
	}
}
