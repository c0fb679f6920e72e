package seq

import (
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

// buf returns the bytes of a leaf's arena block.
func (s Seq) buf(leaf arena.Ref) []byte { return s.a.Bytes(leaf, s.a.Cap(leaf)) }

// leaf returns the packed block in a leaf.
func (s Seq) leaf(leaf arena.Ref) packed.Block {
	b := packed.Block(s.buf(leaf))
	if leaf == s.first() {
		b = b[s.skip():]
	}
	return b
}

// newLeaf allocates a leaf with room for n bytes of entries, or returns 0.
func (s Seq) newLeaf(n int) arena.Ref {
	leaf := s.a.Alloc(packed.EmptyBytes+n, leafPurpose)
	if leaf != 0 {
		packed.Init(s.buf(leaf))
	}
	return leaf
}

// flatten moves what is in the first leaf to the start of its block.
func (s Seq) flatten() {
	if skip := s.skip(); skip != 0 {
		b := s.buf(s.first())
		copy(b, b[skip:skip+packed.Block(b[skip:]).Used()])
		s.setSkip(0)
	}
}

// makeRoom sees to it that the leaf that a path leads to has room for n bytes more behind its entries, and returns the leaf's packed block;
// nil if the arena is out of memory.
func (s Seq) makeRoom(p *path, n int, fill Fill) packed.Block {
	if p.leaf == s.first() {
		s.flatten()
	}
	b := s.leaf(p.leaf)
	if b.Room() >= n {
		return b
	}
	fresh := s.grown(b, n, fill)
	if fresh == 0 {
		return nil
	}
	copy(s.buf(fresh), b[:b.Used()])
	s.a.Free(p.leaf, leafPurpose)
	s.moved(p, fresh)
	return s.leaf(fresh)
}

// grown allocates a larger block for a leaf that needs n bytes more.
func (s Seq) grown(b packed.Block, n int, fill Fill) arena.Ref {
	used := b.Used()
	return s.a.Alloc(max(used+n, min(2*used, full(used, b.Len(), fill))), leafPurpose)
}

// full guesses what a full leaf needs by what count elements do.
func full(used, count int, fill Fill) int {
	maxBytes, maxCount := fill.Limits()
	return min(maxBytes, packed.EmptyBytes+(used/max(count, 1)+1)*maxCount)
}

// fit moves the leaf that a path leads to to a smaller block, if much of its own isn't used. It begins at the start of its block.
func (s Seq) fit(p *path) {
	b := s.leaf(p.leaf)
	used := b.Used()
	if len(b)-used <= len(b)/spareDivisor {
		return
	}
	fresh := s.a.Alloc(used, leafPurpose)
	if fresh == 0 {
		return // it's as good where it is
	}
	copy(s.buf(fresh), b[:used])
	s.a.Free(p.leaf, leafPurpose)
	s.moved(p, fresh)
}

// Run returns the packed block that holds the element with an index, the element's position in it, and its index in the block.
func (s Seq) Run(index int) (b packed.Block, at, k int) {
	leaf, k := s.locate(index)
	b = s.leaf(leaf)
	return b, b.At(k), k
}
