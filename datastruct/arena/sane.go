package arena

import "fmt"

// Sane checks everything that the arena believes about itself, in time proportional to its size. It is for
// tests.
func (a *Arena) Sane() error {
	t := tally{a: a, partial: map[uint32]bool{}, avail: map[uint32]bool{}, limbo: map[uint32]bool{}}
	if err := t.lists(); err != nil {
		return err
	}
	chunks, prev := 0, uint32(0)
	for h := a.all; h != 0; h = a.chunk(h).allNext {
		if a.chunk(h).allPrev != prev {
			return fmt.Errorf("chunk %d: back link %d, want %d", h, a.chunk(h).allPrev, prev)
		}
		prev = h
		if err := t.run(h); err != nil {
			return fmt.Errorf("chunk %d: %w", h, err)
		}
		chunks += int(a.chunk(h).run)
	}
	for c, i := range a.current {
		if i != 0 && (a.page(i).flags != 0 || int(a.page(i).class) != c || t.partial[i]) {
			return fmt.Errorf("current slab %d of class %d: flags %#x, class %d", i, c, a.page(i).flags, a.page(i).class)
		}
	}
	switch {
	case t.used != a.Used():
		return fmt.Errorf("blocks add up to %d bytes, the accounts say %d", t.used, a.Used())
	case t.commit != a.Committed():
		return fmt.Errorf("touched pages add up to %d bytes, the accounts say %d", t.commit, a.Committed())
	case t.huge != a.hugeDirty:
		return fmt.Errorf("%d dirty OS pages in huge ones, the accounts say %d", t.huge, a.hugeDirty)
	case t.slabs != a.slabs:
		return fmt.Errorf("slabs of classes are %v, the accounts say %v", t.slabs, a.slabs)
	case t.dirty != a.dirty || a.low > a.dirty || a.low < 0:
		return fmt.Errorf("%d dirty OS pages, the accounts say %d, least %d", t.dirty, a.dirty, a.low)
	case t.seen != len(t.partial)+len(t.avail)+len(t.limbo):
		return fmt.Errorf("lists hold %d+%d+%d, seen %d", len(t.partial), len(t.avail), len(t.limbo), t.seen)
	}
	return nil
}

// tally adds up what Sane meets.
type tally struct {
	a                     *Arena
	partial, avail, limbo map[uint32]bool // members of the lists, by index
	seen                  int             // list members met on the way through the chunks
	used, commit          int64
	dirty, huge           int
	slabs                 [classArray]uint32
}

func (t *tally) lists() error {
	a := t.a
	for c := range a.partial {
		prev := uint32(0)
		for i := a.partial[c].head; i != 0; i = a.page(i).next {
			if s := a.page(i); s.prev != prev || int(s.class) != c || s.used == 0 {
				return fmt.Errorf("slab %d on list %d: back link %d, class %d, used %d", i, c, s.prev, s.class, s.used)
			}
			t.partial[i], prev = true, i
		}
		if a.partial[c].tail != prev {
			return fmt.Errorf("list %d ends with slab %d, its tail is %d", c, prev, a.partial[c].tail)
		}
	}
	for k := range a.avail {
		isClean := false
		for h := a.avail[k].head; h != 0; h = a.chunk(h).next {
			if dirty := a.chunk(h).dirtyMask() != 0; dirty && isClean {
				return fmt.Errorf("dirty chunk %d stands behind a clean one", h)
			} else if !dirty {
				isClean = true
			}
			if int(a.chunk(h).huge) != k {
				return fmt.Errorf("chunk %d is on the list of the other kind", h)
			}
			t.avail[h] = true
		}
	}
	for h := a.limbo.head; h != 0; h = a.chunk(h).next {
		t.limbo[h] = true
	}
	return nil
}

func (t *tally) run(h uint32) error {
	c := t.a.chunk(h)
	if c.kind != chunkPages {
		t.commit += int64(c.touched) * osPageBytes
	}
	switch c.kind {
	case chunkPages:
		return t.split(h, c)
	case chunkSlab:
		return t.slab(h << pageToChunk)
	case chunkLarge:
		if c.size > c.touched || c.touched > c.run*osPagesInChunk || t.a.page(h<<pageToChunk).flags != flagLarge {
			return fmt.Errorf("large block of %d OS pages, %d touched, %d chunks", c.size, c.touched, c.run)
		}
		t.used += int64(c.size) * osPageBytes
	case chunkLimbo:
		if !t.limbo[h] || c.touched == 0 || c.touched > c.run*osPagesInChunk {
			return fmt.Errorf("freed run of %d chunks, %d OS pages touched, on its list: %v", c.run, c.touched, t.limbo[h])
		}
		t.seen++
		t.dirty += int(c.touched)
	default:
		return fmt.Errorf("kind %d", c.kind)
	}
	return nil
}

func (t *tally) split(h uint32, c *chunk) error {
	if (c.free != 0) != t.avail[h] || c.run != 1 {
		return fmt.Errorf("free pages %04b, available: %v", c.free, t.avail[h])
	}
	if c.free != 0 {
		t.seen++
	}
	for k := range uint32(pagesInChunk) {
		t.commit += int64(c.pageTouched(k)) * osPageBytes
		i := h<<pageToChunk + k
		if c.free>>k&1 != 0 {
			t.dirty += c.pageTouched(k)
			t.huge += c.pageTouched(k) * int(c.huge)
			if t.a.page(i).flags != flagFree {
				return fmt.Errorf("free page %d has flags %#x", k, t.a.page(i).flags)
			}
			continue
		}
		if err := t.slab(i); err != nil {
			return err
		}
	}
	return nil
}

func (t *tally) slab(i uint32) error {
	a, s := t.a, t.a.page(i)
	size, shape := classSize[s.class%classArray], slabShapes[s.class%classArray]
	if size == 0 || s.carved > shape.blocks {
		return fmt.Errorf("slab %d of class %d has %d blocks carved", i, s.class, s.carved)
	}
	free := 0
	seen := make([]bool, s.carved)
	for at := s.free; at != 0; at = *a.link(pageRef(i) + Ref(at-1)) {
		n := uint32(at-1) << refBits / size
		if uint32(at-1)<<refBits%size != 0 || n >= uint32(s.carved) || seen[n] {
			return fmt.Errorf("slab %d: free list meets offset %d, blocks of %d, %d carved", i, (at-1)<<refBits, size, s.carved)
		}
		seen[n] = true
		free++
	}
	isCurrent, isFull := a.current[s.class] == i, s.flags&flagFull != 0
	room := s.free != 0 || s.carved < shape.blocks
	switch {
	case free+int(s.used) != int(s.carved):
		return fmt.Errorf("slab %d: %d free + %d used of %d carved", i, free, s.used, s.carved)
	case isFull && (room || isCurrent), !isFull && !isCurrent && !t.partial[i], isFull && t.partial[i]:
		return fmt.Errorf("slab %d: flags %#x, room %v, current %v, listed %v", i, s.flags, room, isCurrent, t.partial[i])
	}
	if t.partial[i] {
		t.seen++
	}
	t.slabs[s.class]++
	t.used += int64(s.used) * int64(size)
	return nil
}

// Sane checks the bank map and its lists. It is for tests.
func (r *Range) Sane() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	listed := map[uint32]bool{}
	for l, b := range r.lists {
		for prev := uint32(0); b != 0; prev, b = b, r.bank(b).next {
			if k := r.bank(b); k.prev != prev || int(k.list) != l+1 {
				return fmt.Errorf("bank %d on list %d: back link %d, list %d", b, l+1, k.prev, k.list)
			}
			listed[b] = true
		}
	}
	free := int64(0)
	for b := r.first; b < r.end; b++ {
		if b == r.low {
			b = r.high
		}
		if b == r.end {
			break
		}
		m := r.bank(b).free
		if listed[b] != (m != 0) {
			return fmt.Errorf("bank %d: free %#x, listed %v", b, m, listed[b])
		}
		for ; m != 0; m &= m - 1 {
			free++
		}
	}
	if r.spare != 0 || r.isPreparing {
		free += chunksInBank
	}
	if all := int64(r.end-r.high+r.low-r.first) * chunksInBank; free+r.inUse.Load() != all {
		return fmt.Errorf("%d chunks free, %d handed out, of %d", free, r.inUse.Load(), all)
	}
	return nil
}
