package arena

const (
	limboTries   = 8       // freed runs that are looked at before the range is asked
	largestBlock = 1 << 40 // more would overflow the arithmetic of chunks
)

// allocLarge makes a run of chunks one block.
func (a *Arena) allocLarge(n int, p Purpose) Ref {
	if n > largestBlock {
		return 0
	}
	h := a.takeRun(uint32((n+chunkBytes-1)/chunkBytes), chunkLarge)
	if h == 0 {
		return 0
	}
	c := a.chunk(h)
	c.size = uint32((n + osPageBytes - 1) >> osPageBits)
	a.touchRun(c, c.size)
	*a.page(h << pageToChunk) = page{class: classNone, flags: flagLarge}
	a.used[p%purposeArray].add(int64(c.size) * osPageBytes)
	ref := pageRef(h << pageToChunk)
	if debug {
		a.debugAlloc(ref, int(c.size)*osPageBytes, p)
	}
	return ref
}

func (a *Arena) freeLarge(h uint32, p Purpose) {
	a.used[p%purposeArray].add(-int64(a.chunk(h).size) * osPageBytes)
	a.freeRun(h)
}

// touchRun notes that the first n OS pages of a run are committed.
func (a *Arena) touchRun(c *chunk, n uint32) {
	if n > c.touched {
		a.commit.add(int64(n-c.touched) * osPageBytes)
		c.touched = n
	}
}

// takeRun returns the first of n contiguous chunks, or 0: from limbo if one of the first runs there is long
// enough, else from the range. The run may be committed in part, as its touched says.
func (a *Arena) takeRun(n uint32, kind uint8) uint32 {
	h := a.takeLimbo(n)
	if h == 0 {
		g := a.owner.take(n)
		if h = g.first; h == 0 {
			return 0
		}
		c := a.chunk(h)
		*c = chunk{run: n}
		if g.isCommitted {
			a.touchRun(c, n*osPagesInChunk)
		}
		if g.isHuge && kind == chunkPages {
			c.huge = 1
		}
		a.enlist(h)
	}
	a.chunk(h).kind = kind
	return h
}

// takeLimbo takes the first n chunks of a run in limbo; the rest of the run stays there. It takes the shortest run that does: runs in
// limbo don't grow together again, and a block that grows step by step would cut up those that its last steps need.
func (a *Arena) takeLimbo(n uint32) uint32 {
	h := uint32(0)
	for i, tries := a.limbo.head, limboTries; i != 0 && tries > 0; i, tries = a.chunk(i).next, tries-1 {
		if run := a.chunk(i).run; run >= n && (h == 0 || run < a.chunk(h).run) {
			if h = i; run == n {
				break
			}
		}
	}
	if h == 0 {
		return 0
	}
	c := a.chunk(h)
	a.limbo.remove(a.runLinks(), h)
	a.dirty -= int(c.touched)
	if c.run > n {
		rest := h + n
		*a.chunk(rest) = chunk{run: c.run - n, kind: chunkLimbo}
		c.run = n
		if c.touched > n*osPagesInChunk {
			a.chunk(rest).touched = c.touched - n*osPagesInChunk
			c.touched = n * osPagesInChunk
		}
		a.enlist(rest)
		a.limboOrGive(rest)
	}
	a.low = min(a.low, a.dirty)
	return h
}

// freeRun puts a run into limbo.
func (a *Arena) freeRun(h uint32) {
	a.chunk(h).kind = chunkLimbo
	a.limboOrGive(h)
}

// limboOrGive puts a run into limbo if part of it is committed, else gives it to the range.
func (a *Arena) limboOrGive(h uint32) {
	c := a.chunk(h)
	if c.touched == 0 {
		a.delist(h)
		n := c.run
		*c = chunk{}
		a.owner.give(h, n, false)
		return
	}
	a.dirty += int(c.touched)
	a.limbo.push(a.runLinks(), h)
}

// enlist notes that the arena owns the run that begins with chunk h.
func (a *Arena) enlist(h uint32) {
	c := a.chunk(h)
	c.allPrev, c.allNext = 0, a.all
	if a.all != 0 {
		a.chunk(a.all).allPrev = h
	}
	a.all = h
}

func (a *Arena) delist(h uint32) {
	c := a.chunk(h)
	if c.allPrev != 0 {
		a.chunk(c.allPrev).allNext = c.allNext
	} else {
		a.all = c.allNext
	}
	if c.allNext != 0 {
		a.chunk(c.allNext).allPrev = c.allPrev
	}
}
