package arena

import "math/bits"

// A flush frees arenas by the dozen, whose chunks stand side by side in the banks. Memory is given back to the system far
// cheaper by the bank than by the chunk, so chunks of disposed arenas stay committed ("stale") in the range until their
// bank has come together, or until the last arena that was detached is disposed of, or somebody takes them.

// Detach says that the arena will be disposed of: with the others that are detached now, which makes it cheaper. The
// caller holds the lease still, and sees to it that Dispose is called until it is done.
func (a *Arena) Detach() {
	r := a.owner
	r.mu.Lock()
	defer r.mu.Unlock()
	a.isDetached = true
	r.detached++
}

// Dispose gives everything back to the range: at most about maxChunks chunks of 32 KiB a call; more says that there
// is more.
//
// It is for an arena that nobody else can reach any more (FLUSHALL has put a new one in its place), and may
// run on any one goroutine without a lease.
func (a *Arena) Dispose(maxChunks int) (more bool) {
	for maxChunks > 0 && a.all != 0 {
		h := a.all
		c := a.chunk(h)
		n := min(c.run, uint32(maxChunks))
		keep := c.run - n
		a.disposeTail(c, keep)
		if debug {
			a.debugForget(pageRef((h+keep)<<pageToChunk), int(n)*chunkBytes)
		}
		if keep > 0 {
			c.run = keep
		} else {
			a.delist(h)
			*c = chunk{}
		}
		a.owner.give(h+keep, n, true)
		maxChunks -= int(n)
	}
	if a.all != 0 {
		return true
	}
	a.reset()
	return a.owner.sweep(maxChunks)
}

// disposeTail takes the chunks of run c from keep on off the accounts.
func (a *Arena) disposeTail(c *chunk, keep uint32) {
	n := c.pagesTouched()
	if c.kind != chunkPages {
		n = int(c.touched - min(c.touched, keep*osPagesInChunk))
		c.touched -= uint32(n)
	}
	a.commit.add(-int64(n) * osPageBytes)
}

// reset makes the arena as New made it.
func (a *Arena) reset() {
	for p := range PurposeCount {
		a.used[p].add(-a.used[p].load())
	}
	a.current = [classArray]uint32{}
	a.partial = [classArray]chain{}
	a.idle = [classArray]uint32{}
	a.slabs = [classArray]uint32{}
	a.avail, a.limbo = [2]chain{}, chain{}
	a.dirty, a.hugeDirty, a.low, a.goal = 0, 0, 0, 0
	if a.isDetached {
		a.isDetached = false
		a.owner.mu.Lock()
		a.owner.detached--
		a.owner.mu.Unlock()
	}
}

// releaseWhole gives the memory of bank b back to the system if all of it has come together. It lets go of the
// lock meanwhile.
func (r *Range) releaseWhole(b uint32) {
	if v := r.bank(b); v.stale != 0 && v.room() == allChunksFree {
		r.releaseAside(b, allChunksFree)
	}
}

// releaseAside gives the memory of available chunks of bank b back to the system. It lets go of the lock meanwhile.
func (r *Range) releaseAside(b uint32, m uint64) {
	v := r.bank(b)
	n := int64(bits.OnesCount64(m))
	v.free &^= m
	v.stale &^= m
	r.aside += n
	r.relist(b)
	r.mu.Unlock()
	r.releaseChunks(b, m)
	r.mu.Lock()
	r.aside -= n
	v.free |= m
	if m != allChunksFree {
		r.demote(b)
	}
	r.relist(b)
	r.releaseWhole(b)
}

// sweep releases what is stale when the last detached arena is disposed of, in about n banks a call; more says
// that there is more.
func (r *Range) sweep(n int) (more bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.detached > 0 {
		return false
	}
	for b := max(r.swept, r.first); b < r.end; b++ {
		if b >= r.low && b < r.high {
			b = r.high - 1
			continue
		}
		if r.bank(b).stale == 0 {
			continue
		}
		if n--; n < 0 {
			r.swept = b
			return true
		}
		r.releaseAside(b, r.bank(b).stale)
	}
	r.swept = 0
	return false
}
