package seq

import (
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

// Insert puts an element in front of the one with an index, or at the end. It returns false, with no element changed, if the arena is
// out of memory.
func (s Seq) Insert(index int, v packed.Value, fill Fill) bool {
	if index == s.Len() {
		return s.PushLast(v, fill)
	}
	s.settle()
	var p path
	k := s.descend(&p, index)
	length := v.Len()
	b := s.leaf(p.leaf)
	if fill.allows(b.Used(), b.Len(), length) {
		return s.insertAt(&p, k, v, fill)
	}
	if k > 0 {
		at := k
		if !fill.IsLarge(length) {
			at = middle(b)
		}
		return s.split(&p, at) && s.Insert(index, v, fill)
	}
	if index > 0 {
		var q path
		k := s.descend(&q, index-1)
		if b := s.leaf(q.leaf); fill.allows(b.Used(), b.Len(), length) {
			return s.insertAt(&q, k+1, v, fill)
		}
	}
	return s.insertAlone(&p, v)
}

// insertAt puts an element into a leaf that may take it.
func (s Seq) insertAt(p *path, k int, v packed.Value, fill Fill) bool {
	b := s.makeRoom(p, v.Size(), fill)
	if b == nil {
		return false
	}
	b.Insert(position(b, k), v)
	s.count(p, s.height(), 1)
	s.setLen(s.Len() + 1)
	return true
}

// insertAlone puts an element into a leaf of its own, in front of the one that a path leads to.
func (s Seq) insertAlone(p *path, v packed.Value) bool {
	leaf := s.newLeaf(v.Size())
	if leaf == 0 {
		return false
	}
	var sp spares
	if !s.reserve(p, &sp) {
		s.a.Free(leaf, leafPurpose)
		return false
	}
	packed.Block(s.buf(leaf)).Append(v)
	if p.leaf == s.first() {
		s.flatten()
	}
	s.insertLeaf(p, false, leaf, 1, &sp)
	return true
}

// position returns the position of an entry with an index, or End behind the last.
func position(b packed.Block, k int) int {
	if at := b.At(k); at >= 0 {
		return at
	}
	return b.End()
}

// middle returns the index of the entry, not the first, that begins in the middle of a block with several.
func middle(b packed.Block) int {
	k, at := 1, b.Skip(packed.HeaderBytes, 1)
	for last := b.Last(); at < last && at < b.Used()/2; k++ {
		at += b.Size(at)
	}
	return k
}

// split moves the entries of a leaf from index k > 0 on to a new leaf behind it.
func (s Seq) split(p *path, k int) bool {
	if p.leaf == s.first() {
		s.flatten()
	}
	b := s.leaf(p.leaf)
	from, end, count := b.At(k), b.End(), b.Len()-k
	leaf := s.newLeaf(end - from)
	if leaf == 0 {
		return false
	}
	var sp spares
	if !s.reserve(p, &sp) {
		s.a.Free(leaf, leafPurpose)
		return false
	}
	right := packed.Block(s.buf(leaf))
	right.InsertFrom(right.End(), b, from, end, count)
	b.Cut(from, end, count)
	s.count(p, s.height(), -count)
	s.setLen(s.Len() - count)
	s.fit(p)
	s.insertLeaf(p, true, leaf, count, &sp)
	return true
}

// Set puts another element in the place of the one with an index. It returns false, with no element changed, if the arena is out of
// memory.
func (s Seq) Set(index int, v packed.Value, fill Fill) bool {
	leaf, k := s.locate(index)
	b := s.leaf(leaf)
	at := b.At(k)
	was, is := b.Size(at), v.Size()
	maxBytes, _ := fill.Limits()
	if b.Len() > 1 && (b.Used()-was+is > maxBytes || fill.IsLarge(v.Len())) {
		if !s.Insert(index, v, fill) {
			return false
		}
		s.Delete(index+1, 1, fill)
		return true
	}
	if is-was <= b.Room() && 2*(b.Used()-was+is) >= len(b) {
		b.Replace(at, v)
		return true
	}
	s.settle()
	var p path
	s.descend(&p, index)
	if b = s.makeRoom(&p, max(0, is-was), fill); b == nil {
		return false
	}
	b.Replace(b.At(k), v)
	if p.leaf != s.last() || b.Len() == 1 {
		s.fit(&p)
	}
	return true
}

// Delete removes count elements from the one with an index on; there are as many.
//
// The time is in proportion to the number of leaves that are affected.
func (s Seq) Delete(index, count int, fill Fill) {
	for count > 0 {
		s.settle()
		var p path
		k := s.descend(&p, index)
		b := s.leaf(p.leaf)
		n := min(count, b.Len()-k)
		count -= n
		if n == b.Len() {
			s.removeLeaf(&p, n)
			continue
		}
		s.cut(&p, b, k, n)
		s.count(&p, s.height(), -n)
		s.setLen(s.Len() - n)
		s.joinLeaf(&p, fill)
	}
}

// cut takes n entries, not all, from index k on out of a leaf's packed block.
func (s Seq) cut(p *path, b packed.Block, k, n int) {
	from := b.At(k)
	to := b.End()
	if k+n < b.Len() {
		to = b.Skip(from, n)
	}
	if k == 0 && p.leaf == s.first() {
		b.Shift(to, n)
		s.setSkip(s.skip() + to - from)
		return
	}
	b.Cut(from, to, n)
	if p.leaf != s.first() && p.leaf != s.last() && 2*b.Used() < len(b) {
		s.fit(p)
	}
}

// DeleteEqual removes the elements that equal v, at most limit of them, from an index on, and returns how many these were.
func (s Seq) DeleteEqual(index int, v packed.Value, limit int, fill Fill) (removed int) {
	for index < s.Len() && removed < limit {
		leaf, k := s.locate(index)
		b := s.leaf(leaf)
		count := b.Len()
		n := b.DeleteEqual(b.At(k), v, limit-removed)
		if n > 0 {
			s.lost(index-k, n, count, fill)
		}
		removed += n
		index += count - k - n
	}
	return removed
}

// lost notes that the leaf with count elements from an index on has lost n of them.
func (s Seq) lost(index, n, count int, fill Fill) {
	s.settle()
	var p path
	s.descend(&p, index)
	s.count(&p, s.height(), -n)
	s.setLen(s.Len() - n)
	if n == count {
		s.removeLeaf(&p, 0)
		return
	}
	s.joinLeaf(&p, fill)
}

// joinLeaf joins the leaf that a path leads to, which has lost entries, with a neighbour below the same node if both are small. The path is of no
// use any more.
func (s Seq) joinLeaf(p *path, fill Fill) {
	maxBytes, maxCount := fill.Limits()
	b := s.leaf(p.leaf)
	if b.Used() > maxBytes/4 || b.Len() > maxCount/4 {
		return
	}
	t := p.at[s.height()-1]
	v := s.nodeAt(t.ref)
	for _, i := range [2]int{t.i - 1, t.i} {
		if i < 0 || i+1 >= v.n() {
			continue
		}
		l, r := s.leaf(v.ref(i)), s.leaf(v.ref(i+1))
		if l.Used()+r.Used() <= maxBytes*3/4 && l.Len()+r.Len() <= max(maxCount*3/4, 2) && l.Len()+r.Len() <= maxCount {
			s.joinLeaves(p, i, fill)
			return
		}
	}
}

// joinLeaves moves what is in leaf i+1 of the last node of a path into leaf i.
func (s Seq) joinLeaves(p *path, i int, fill Fill) {
	level := s.height() - 1
	v := s.nodeAt(p.at[level].ref)
	right := v.ref(i + 1)
	p.at[level].i, p.leaf = i, v.ref(i)
	r := s.leaf(right)
	l := s.makeRoom(p, r.Used()-packed.EmptyBytes, fill)
	if l == nil {
		return // they may as well stay apart
	}
	l.InsertFrom(l.End(), r, packed.HeaderBytes, r.End(), r.Len())
	v.setCount(i, l.Len())
	v.remove(i + 1)
	s.a.Free(right, leafPurpose)
	s.shrink(p, level)
	s.findEnds()
}

// Free frees about limit elements and says whether there are more. When there are none, head and root are gone too. In between nothing
// but Free may be called.
func (s Seq) Free(limit int) (more bool) {
	for s.nodeAt(s.root()).n() > 0 {
		if limit <= 0 {
			return true
		}
		limit -= s.freeLast()
	}
	s.a.Free(s.root(), nodePurpose)
	s.a.Free(s.ref, headPurpose)
	return false
}

// freeLast frees the last leaf and the nodes that are empty without it, and returns how many elements it had.
func (s Seq) freeLast() int {
	var p path
	s.descendLast(&p)
	n := s.leaf(p.leaf).Len()
	s.a.Free(p.leaf, leafPurpose)
	for level := s.height() - 1; level >= 0; level-- {
		v := s.nodeAt(p.at[level].ref)
		v.setN(v.n() - 1)
		if v.n() > 0 {
			break
		}
		if level > 0 {
			s.a.Free(p.at[level].ref, nodePurpose)
		}
	}
	return n
}

// Copy makes a deep copy, maybe in another arena. It returns false, with nothing left allocated, if that is out of memory.
func (s Seq) Copy(to *arena.Arena) (Seq, bool) {
	c, ok := newEmpty(to)
	if ok && !c.copyBelow(s, s.root(), s.height()) {
		for c.Free(s.Len()) {
			continue
		}
		return Seq{}, false
	}
	return c, ok
}

// copyBelow appends copies of the leaves of another sequence below a node.
func (s Seq) copyBelow(from Seq, ref arena.Ref, level int) bool {
	if level == 0 {
		return s.appendLeaf(from.leaf(ref))
	}
	v := from.nodeAt(ref)
	for i := range v.n() {
		if !s.copyBelow(from, v.ref(i), level-1) {
			return false
		}
	}
	return true
}

// appendLeaf appends a leaf with what is in a packed block.
func (s Seq) appendLeaf(b packed.Block) bool {
	leaf := s.a.Alloc(b.Used(), leafPurpose)
	if leaf == 0 {
		return false
	}
	copy(s.buf(leaf), b[:b.Used()])
	if s.nodeAt(s.root()).n() == 0 {
		s.nodeAt(s.root()).insert(0, child{leaf, b.Len()})
		s.setLen(b.Len())
		s.findEnds()
		return true
	}
	var p path
	var sp spares
	s.descendLast(&p)
	if !s.reserve(&p, &sp) {
		s.a.Free(leaf, leafPurpose)
		return false
	}
	s.insertLeaf(&p, true, leaf, b.Len(), &sp)
	return true
}
