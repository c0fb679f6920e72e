package seq

// SplitOff cuts the sequence in two, in time that doesn't grow with it: it keeps the elements in front of an index, of which there are some
// on either side, and the rest becomes a sequence of its own. It returns false, with no element changed, if the arena is out of memory.
func (s Seq) SplitOff(index int) (Seq, bool) {
	s.settle()
	var p path
	if k := s.descend(&p, index); k > 0 {
		if !s.split(&p, k) {
			return Seq{}, false
		}
		s.descend(&p, index)
	}
	right, ok := newEmpty(s.a)
	if !ok {
		return right, false
	}
	var sp spares
	if !s.allocate(&sp, s.height()-1) { // the root of the new one is there
		s.a.Free(right.root(), nodePurpose)
		s.a.Free(right.ref, headPurpose)
		return Seq{}, false
	}
	count := s.Len() - index
	s.cutNodes(&p, right, &sp)
	right.setLen(count)
	s.setLen(index)
	for _, t := range [2]Seq{s, right} {
		t.lower()
		t.findEnds()
	}
	return right, true
}

// cutNodes moves what stands behind a path, its leaf included, to an empty sequence.
func (s Seq) cutNodes(p *path, right Seq, sp *spares) {
	var below child // the node that was cut on the level below
	for level := s.height() - 1; level >= 0; level-- {
		t := p.at[level]
		v := s.nodeAt(t.ref)
		ref := right.root()
		if level > 0 {
			ref = sp.take()
		}
		w := s.nodeAt(ref)
		w.setN(0)
		from := t.i
		if below.ref != 0 {
			w.insert(0, below)
			from = s.keepChild(v, t.i)
		}
		v.moveTo(w, from)
		below = child{ref, w.sum()}
	}
	right.setHeight(s.height())
}

// keepChild brings the count of child i, which has lost its last children, up to date, or frees it if it has none left. It returns the position
// behind what stays.
func (s Seq) keepChild(v node, i int) int {
	lower := s.nodeAt(v.ref(i))
	if lower.n() > 0 {
		v.setCount(i, lower.sum())
		return i + 1
	}
	s.a.Free(v.ref(i), nodePurpose)
	v.remove(i)
	return i
}
