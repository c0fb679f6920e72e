package seq

import "github.com/sleipnirdb/sleipnir/datastruct/packed"

// First returns the first element.
func (s Seq) First() packed.Value {
	b := s.leaf(s.first())
	return b.Get(b.First())
}

// Last returns the last element.
func (s Seq) Last() packed.Value {
	b := s.leaf(s.last())
	return b.Get(b.Last())
}

// Single returns the packed block of the only leaf, or false if there are several.
func (s Seq) Single() (packed.Block, bool) {
	if s.first() != s.last() {
		return nil, false
	}
	return s.leaf(s.first()), true
}

// PushLast adds an element at the end. It returns false, with nothing changed, if the arena is out of memory.
func (s Seq) PushLast(v packed.Value, fill Fill) bool {
	last := s.last()
	b := s.leaf(last)
	if !fill.allows(b.Used(), b.Len(), v.Len()) {
		return s.addLeaf(v, fill, true)
	}
	if size := v.Size(); b.Room() < size {
		var p path
		s.descendLast(&p)
		if b = s.makeRoom(&p, size, fill); b == nil {
			return false
		}
	}
	b.Append(v)
	s.grew(offLastLead, 1)
	return true
}

// PushFirst adds an element at the front. It returns false, with nothing changed, if the arena is out of memory.
func (s Seq) PushFirst(v packed.Value, fill Fill) bool {
	first := s.first()
	b := s.leaf(first)
	if !fill.allows(b.Used(), b.Len(), v.Len()) {
		return s.addLeaf(v, fill, false)
	}
	size := v.Size()
	if s.skip() < size && !s.makeRoomInFront(size, fill) {
		return false
	}
	s.setSkip(packed.Unshift(s.buf(s.first()), s.skip(), v))
	s.grew(offFirstLead, 1)
	return true
}

// addLeaf adds an element at an end in a leaf of its own.
func (s Seq) addLeaf(v packed.Value, fill Fill, isLast bool) bool {
	s.settle()
	var p path
	if isLast {
		s.descendLast(&p)
	} else {
		s.descendFirst(&p)
	}
	size := v.Size()
	var sp spares
	leaf := s.newLeaf(max(size, min(startBytes, full(size, 1, fill))))
	if leaf == 0 {
		return false
	}
	if !s.reserve(&p, &sp) {
		s.a.Free(leaf, leafPurpose)
		return false
	}
	packed.Block(s.buf(leaf)).Append(v)
	if p.leaf == s.first() {
		s.flatten()
	}
	s.fit(&p)
	s.insertLeaf(&p, isLast, leaf, 1, &sp)
	return true
}

// makeRoomInFront sees to it that there are n bytes in front of the first leaf's packed block. Out of memory, it returns false.
func (s Seq) makeRoomInFront(n int, fill Fill) bool {
	first := s.first()
	b := s.leaf(first)
	used := b.Used()
	buf := s.buf(first)
	to := s.place(len(buf)-used, n)
	if len(buf)-used >= n {
		copy(buf[to:], b[:used])
		s.setSkip(to)
		return true
	}
	fresh := s.grown(b, n, fill)
	if fresh == 0 {
		return false
	}
	buf = s.buf(fresh)
	to = s.place(len(buf)-used, n)
	copy(buf[to:], b[:used])
	var p path
	s.descendFirst(&p)
	s.moved(&p, fresh)
	s.a.Free(first, leafPurpose)
	s.setSkip(to)
	return true
}

// place says where in its arena block the first leaf begins, if spare bytes of it aren't used and n are needed in front: at the end, but
// where the first leaf is the last one too, with half of what is left behind it.
func (s Seq) place(spare, n int) int {
	if s.IsSingle() {
		return n + (spare-n)/2
	}
	return spare
}

// DropFirst removes the first element.
func (s Seq) DropFirst() {
	b := s.leaf(s.first())
	if b.Len() == 1 {
		s.dropEnd(false)
		return
	}
	size := b.Size(packed.HeaderBytes)
	b.Shift(packed.HeaderBytes+size, 1)
	s.setSkip(s.skip() + size)
	s.grew(offFirstLead, -1)
}

// DropLast removes the last element.
func (s Seq) DropLast() {
	b := s.leaf(s.last())
	if b.Len() == 1 {
		s.dropEnd(true)
		return
	}
	b.Cut(b.Last(), b.End(), 1)
	s.grew(offLastLead, -1)
}

// dropEnd removes the leaf at an end, which has one element.
func (s Seq) dropEnd(isLast bool) {
	s.settle()
	var p path
	if isLast {
		s.descendLast(&p)
	} else {
		s.descendFirst(&p)
	}
	s.removeLeaf(&p, 1)
}
