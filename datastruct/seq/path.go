package seq

import "github.com/sleipnirdb/sleipnir/datastruct/arena"

// path leads from the root to a leaf. It lives on the stack, and is good until the tree is changed.
type path struct {
	at   [maxHeight]step
	leaf arena.Ref
}

// step is a node and which of its children the path goes on to.
type step struct {
	ref arena.Ref
	i   int
}

// locate returns the leaf that holds the element with an index, and the element's index in it.
func (s Seq) locate(index int) (leaf arena.Ref, k int) {
	first := s.first()
	if index < s.leaf(first).Len() {
		return first, index
	}
	last := s.last()
	if k := index - (s.Len() - s.leaf(last).Len()); k >= 0 {
		return last, k
	}
	k = index - s.lead(offFirstLead)
	leaf = s.root()
	for range s.height() {
		v := s.nodeAt(leaf)
		i := 0
		for c := v.count(0); k >= c; c = v.count(i) {
			k -= c
			i++
		}
		leaf = v.ref(i)
	}
	return leaf, k
}

// descend finds the way to the element with an index, and the element's index in its leaf. The deltas must be settled.
func (s Seq) descend(p *path, index int) (k int) {
	ref := s.root()
	for level := range s.height() {
		v := s.nodeAt(ref)
		i := 0
		for c := v.count(0); index >= c; c = v.count(i) {
			index -= c
			i++
		}
		p.at[level] = step{ref, i}
		ref = v.ref(i)
	}
	p.leaf = ref
	return index
}

// descendFirst finds the way to the first leaf.
func (s Seq) descendFirst(p *path) {
	ref := s.root()
	for level := range s.height() {
		p.at[level] = step{ref, 0}
		ref = s.nodeAt(ref).ref(0)
	}
	p.leaf = ref
}

// descendLast finds the way to the last leaf.
func (s Seq) descendLast(p *path) {
	ref := s.root()
	for level := range s.height() {
		v := s.nodeAt(ref)
		i := v.n() - 1
		p.at[level] = step{ref, i}
		ref = v.ref(i)
	}
	p.leaf = ref
}

// count adds d to the counts of the path above a level.
func (s Seq) count(p *path, level, d int) {
	for _, t := range p.at[:level] {
		v := s.nodeAt(t.ref)
		v.setCount(t.i, v.count(t.i)+d)
	}
}

// settle brings the counts of the nodes up to date.
func (s Seq) settle() {
	var p path
	if d := s.lead(offFirstLead); d != 0 {
		s.descendFirst(&p)
		s.count(&p, s.height(), d)
		s.setLead(offFirstLead, 0)
	}
	if d := s.lead(offLastLead); d != 0 {
		s.descendLast(&p)
		s.count(&p, s.height(), d)
		s.setLead(offLastLead, 0)
	}
}

// findEnds notes which leaves are the first and the last now.
func (s Seq) findEnds() {
	var p path
	s.descendFirst(&p)
	s.setRef(offFirst, p.leaf)
	s.descendLast(&p)
	s.setRef(offLast, p.leaf)
}

// moved notes that the leaf at the end of a path is elsewhere now.
func (s Seq) moved(p *path, leaf arena.Ref) {
	t := p.at[s.height()-1]
	s.nodeAt(t.ref).setRef(t.i, leaf)
	if s.first() == p.leaf {
		s.setRef(offFirst, leaf)
	}
	if s.last() == p.leaf {
		s.setRef(offLast, leaf)
	}
	p.leaf = leaf
}

// spares are nodes allocated before a change, so that nothing can fail in the middle of it.
type spares struct {
	refs [maxHeight + 1]arena.Ref
	n    int
}

// reserve allocates the nodes that the insertion of a leaf at a path may need.
func (s Seq) reserve(p *path, sp *spares) bool {
	level := s.height() - 1
	for level >= 0 && s.nodeAt(p.at[level].ref).n() == nodeCap {
		level--
	}
	need := s.height() - 1 - level
	if level < 0 {
		need++ // a root above
	}
	return s.allocate(sp, need)
}

// allocate adds n nodes to the spares.
func (s Seq) allocate(sp *spares, n int) bool {
	for range n {
		ref := s.a.Alloc(nodeBytes, nodePurpose)
		if ref == 0 {
			s.giveBack(sp)
			return false
		}
		sp.refs[sp.n] = ref
		sp.n++
	}
	return true
}

func (s Seq) giveBack(sp *spares) {
	for sp.n > 0 {
		s.a.Free(sp.take(), nodePurpose)
	}
}

func (sp *spares) take() arena.Ref {
	sp.n--
	return sp.refs[sp.n]
}

// insertLeaf puts a leaf with count elements in front of the one that a path leads to, or behind it. The deltas are settled, the nodes
// reserved; the path is of no use any more.
func (s Seq) insertLeaf(p *path, isBehind bool, leaf arena.Ref, count int, sp *spares) {
	level := s.height() - 1
	i := p.at[level].i
	if isBehind {
		i++
	}
	s.insertChild(p, level, i, child{leaf, count}, count, sp)
	s.setLen(s.Len() + count)
	s.findEnds()
}

// insertChild puts a child at position i of the node at a level. The elements below that node grow by d with it.
func (s Seq) insertChild(p *path, level, i int, c child, d int, sp *spares) {
	v := s.nodeAt(p.at[level].ref)
	if v.n() < nodeCap {
		v.insert(i, c)
		s.count(p, level, d)
		return
	}
	right := sp.take()
	r := s.nodeAt(right)
	r.setN(0)
	switch half := nodeCap / 2; {
	case i == nodeCap: // a list that grows at its end has full nodes
		r.insert(0, c)
	case i == 0:
		v.moveTo(r, 0)
		v.insert(0, c)
	case i > half:
		v.moveTo(r, half)
		r.insert(i-half, c)
	default:
		v.moveTo(r, half)
		v.insert(i, c)
	}
	if level == 0 {
		top := sp.take()
		t := s.nodeAt(top)
		t.setN(0)
		t.insert(0, child{p.at[0].ref, v.sum()})
		t.insert(1, child{right, r.sum()})
		s.setRef(offRoot, top)
		s.setHeight(s.height() + 1)
		return
	}
	up := p.at[level-1]
	s.nodeAt(up.ref).setCount(up.i, v.sum())
	s.insertChild(p, level-1, up.i+1, child{right, r.sum()}, d, sp)
}

// removeLeaf takes the leaf that a path leads to out of the tree and frees it, with count elements in it. The deltas are settled; the path is
// of no use any more.
func (s Seq) removeLeaf(p *path, count int) {
	if p.leaf == s.first() {
		s.setSkip(0)
	}
	s.a.Free(p.leaf, leafPurpose)
	s.setLen(s.Len() - count)
	level := s.height() - 1
	t := p.at[level]
	s.count(p, level, -count)
	s.nodeAt(t.ref).remove(t.i)
	s.shrink(p, level)
	if s.nodeAt(s.root()).n() > 0 {
		s.findEnds()
	}
}

// shrink puts the nodes of a path right after the one at a level has lost a child: it takes an empty one out, joins a small one with
// a neighbour, and takes a root with a single node below it away.
func (s Seq) shrink(p *path, level int) {
	for ; level > 0; level-- {
		t := p.at[level]
		v := s.nodeAt(t.ref)
		up := s.nodeAt(p.at[level-1].ref)
		i := p.at[level-1].i
		switch {
		case v.n() == 0:
			up.remove(i)
			s.a.Free(t.ref, nodePurpose)
		case v.n() > nodeJoin:
			return
		case i > 0 && s.join(up, i-1), i+1 < up.n() && s.join(up, i):
		default:
			return
		}
	}
	s.lower()
}

// lower takes roots with a single node below them away.
func (s Seq) lower() {
	for s.height() > 1 {
		root := s.root()
		if s.nodeAt(root).n() != 1 {
			return
		}
		s.setRef(offRoot, s.nodeAt(root).ref(0))
		s.setHeight(s.height() - 1)
		s.a.Free(root, nodePurpose)
	}
}

// join moves what is in child i+1 of a node of nodes into child i, if that leaves room there.
func (s Seq) join(up node, i int) bool {
	right := up.ref(i + 1)
	l, r := s.nodeAt(up.ref(i)), s.nodeAt(right)
	if l.n()+r.n() > nodeRoomy {
		return false
	}
	r.moveTo(l, 0)
	up.setCount(i, up.count(i)+up.count(i+1))
	up.remove(i + 1)
	s.a.Free(right, nodePurpose)
	return true
}
