package table

import (
	"fmt"
	"math/bits"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

// Sane checks all invariants and returns the first that is broken. It looks at every element, and is for tests.
func (t *Table) Sane(a *arena.Arena, hashOf func(arena.Ref) uint64) error {
	c := census{t: t, a: a, hashOf: hashOf}
	if t.shift == 0 {
		if t.root.depth() != 0 {
			return fmt.Errorf("the only segment has depth %d", t.root.depth())
		}
		if err := c.segment(0, t.root); err != nil {
			return err
		}
	} else if err := c.directory(); err != nil {
		return err
	}
	if c.count != t.count || c.bytes != t.bytes || c.deep != t.deep || c.chains != t.chains {
		return fmt.Errorf("elements, bytes, deep segments, chain buckets: counted %d, %d, %d, %d, noted %d, %d, %d, %d",
			c.count, c.bytes, c.deep, c.chains, t.count, t.bytes, t.deep, t.chains)
	}
	return nil
}

// census counts what a table consists of.
type census struct {
	t            *Table
	a            *arena.Arena
	hashOf       func(arena.Ref) uint64
	count, bytes uint64
	deep, chains uint32
}

func (c *census) directory() error {
	t := c.t
	c.bytes += uint64(c.a.Cap(t.root.ref()))
	for i := uint64(0); i < 1<<t.depth(); {
		w := *t.at(c.a, i)
		if w.depth() > t.depth() {
			return fmt.Errorf("word %d: depth %d of %d", i, w.depth(), t.depth())
		}
		wide := uint64(1) << (t.depth() - w.depth())
		if i%wide != 0 {
			return fmt.Errorf("word %d: a segment of depth %d cannot begin here", i, w.depth())
		}
		const countMask = countMax << wordCount
		for k := i + 1; k < i+wide; k++ {
			if copied := *t.at(c.a, k); (copied^w)&^countMask != 0 {
				return fmt.Errorf("word %d: %x differs from %x, the segment's own at %d", k, copied, w, i)
			}
		}
		if w.depth() == t.depth() {
			c.deep++
		}
		if err := c.segment(i<<t.shift, w); err != nil {
			return fmt.Errorf("segment at word %d: %w", i, err)
		}
		i += wide
	}
	if c.deep == 0 && t.deep == 0 {
		return fmt.Errorf("no segment needs depth %d", t.depth())
	}
	return nil
}

// segment checks the segment of w, whose hashes begin with start.
func (c *census) segment(start uint64, w word) error {
	if w.ref() == 0 {
		if w.buckets() != 0 || w.count() != 0 {
			return fmt.Errorf("no memory for %d buckets and %d elements", w.buckets(), w.count())
		}
		return nil
	}
	if i := fit(w.buckets() * slotCount * fitTenths / 100); int(sizes[i]) != w.buckets() {
		return fmt.Errorf("%d buckets", w.buckets())
	}
	c.bytes += uint64(c.a.Cap(w.ref()))
	before := c.count
	for i := range w.buckets() {
		if err := c.bounds(start, w, i); err != nil {
			return err
		}
		if err := c.bucket(start, w, i); err != nil {
			return fmt.Errorf("bucket %d of %d: %w", i, w.buckets(), err)
		}
	}
	if n := int(c.count - before); n == 0 || min(n, countMax) != w.count() {
		return fmt.Errorf("counted %d elements, noted %d", n, w.count())
	}
	return nil
}

func (c *census) bounds(start uint64, w word, i int) error {
	from, to := w.bound(start, i), w.bound(start, i+1)
	if (from|to)&(1<<CursorFreeBits-1) != 0 || w.home(from) != i || w.home(to-1) != i {
		return fmt.Errorf("bucket %d of %d reaches from %x to %x, where homes are %d and %d",
			i, w.buckets(), from, to, w.home(from), w.home(to-1))
	}
	return nil
}

func (c *census) bucket(start uint64, w word, i int) error {
	b := w.bucket(c.a, i)
	for used := b.used(); used != 0; used &= used - 1 {
		k := used.first()
		h := c.hashOf(b.ref(k))
		c.count++
		if b.tag(k) != tagOf(h) {
			return fmt.Errorf("slot %d: tag %x of hash %x", k, b.tag(k), h)
		}
		if (h^start)>>1>>(63-w.depth()) != 0 {
			return fmt.Errorf("slot %d: hash %x is not of this segment", k, h)
		}
		home := w.home(h)
		if b.isForeign(k) != (home != i) {
			return fmt.Errorf("slot %d: home is %d, foreign is %v", k, home, b.isForeign(k))
		}
		if home == i {
			continue
		}
		// What is abroad must be found from home.
		m := w.bucket(c.a, home)
		if m.isChained() || m.buddy() != i || m.meta()&filterBit(b.tag(k)) == 0 {
			return fmt.Errorf("slot %d: home %d says chained %v, buddy %d, filter %x", k, home, m.isChained(), m.buddy(), m.filter())
		}
	}
	if n := bits.OnesCount32(b.meta() & (1<<slotCount - 1)); !b.isChained() && n > b.used().count() {
		return fmt.Errorf("%d foreign elements of %d", n, b.used().count())
	}
	return c.chain(start, w, i)
}

func (c *census) chain(start uint64, w word, home int) error {
	b := w.bucket(c.a, home)
	if b.isChained() && b.filter() != filterMask {
		return fmt.Errorf("chained, but filter is %x", b.filter())
	}
	isFirst := true
	for b = b.next(c.a); b != nil; b = b.next(c.a) {
		c.chains++
		c.bytes += uint64(bucketBytes)
		if !isFirst && b.free() != 0 {
			return fmt.Errorf("a chain has room behind its first bucket")
		}
		isFirst = false
		used := b.used()
		if used == 0 {
			return fmt.Errorf("a chain has an empty bucket")
		}
		for ; used != 0; used &= used - 1 {
			k := used.first()
			h := c.hashOf(b.ref(k))
			c.count++
			if b.tag(k) != tagOf(h) || b.isForeign(k) || w.home(h) != home || (h^start)>>1>>(63-w.depth()) != 0 {
				return fmt.Errorf("chain, slot %d: tag %x, hash %x, home %d", k, b.tag(k), h, w.home(h))
			}
		}
	}
	return nil
}
