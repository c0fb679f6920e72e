package tree

import "github.com/sleipnirdb/sleipnir/datastruct/arena"

// shareRoom is the least room in a neighbour for which a full leaf shares instead of splitting: less would make
// sharing frequent.
const shareRoom = leafCap / 8

// plant makes the first leaf.
func (t *Tree) plant(a *arena.Arena, it Item) bool {
	v := newNode(a, t.purpose, leafRoom(leastLeaf), leafWidth)
	if v.ref == 0 {
		return false
	}
	v.insert(0, it)
	t.root, t.first, t.last, t.n, t.height = v.ref, v.ref, v.ref, 1, 0
	return true
}

// leafRoom returns how many items a leaf of so many bytes holds.
func leafRoom(bytes int) int { return (bytes - headerBytes) / leafWidth }

// count adds d to the counts of the first depth steps of the path.
func (t *Tree) count(a *arena.Arena, p *path, depth, d int) {
	for _, s := range p.at[:depth] {
		v := innerAt(a, s.ref)
		v.setCount(s.i, v.count(s.i)+d)
	}
}

// overflow inserts into a full leaf: grows it, shares with a neighbour, or splits.
func (t *Tree) overflow(a *arena.Arena, p *path, it Item) bool {
	v := leafAt(a, p.leaf)
	if v.cap() < leafCap {
		if v = t.resizeRoot(a, v, 2*a.Cap(v.ref)); v.ref == 0 {
			return false
		}
		v.insert(p.pos, it)
		return true
	}
	if p.depth > 0 && t.share(a, p, v, it) {
		return true
	}
	return t.split(a, p, v, it)
}

// resizeRoot moves the only leaf to a block of so many bytes and returns it there, or a node without bytes.
func (t *Tree) resizeRoot(a *arena.Arena, v node, bytes int) node {
	w := newNode(a, t.purpose, min(leafRoom(bytes), leafCap), leafWidth)
	if w.ref == 0 {
		return w
	}
	move(w, 0, v, 0, v.n(), false)
	w.setN(v.n())
	a.Free(v.ref, t.purpose)
	t.root, t.first, t.last = w.ref, w.ref, w.ref
	return w
}

// share inserts into the full leaf v after it has given half of a neighbour's room to the neighbour. It returns
// false if no neighbour below the same parent has room.
func (t *Tree) share(a *arena.Arena, p *path, v node, it Item) bool {
	s := p.at[p.depth-1]
	parent := innerAt(a, s.ref)
	if s.i > 0 {
		l := leafAt(a, parent.child(s.i-1))
		if room := leafCap - l.n(); room >= shareRoom {
			k := (room + 1) / 2
			at := l.n() + p.pos
			moveLeft(l, v, k, false)
			t.shared(a, p, parent, s.i-1, l, v, at, it)
			return true
		}
	}
	if s.i+1 < parent.n() {
		r := leafAt(a, parent.child(s.i+1))
		if room := leafCap - r.n(); room >= shareRoom {
			moveRight(v, r, (room+1)/2, false)
			t.shared(a, p, parent, s.i, v, r, p.pos, it)
			return true
		}
	}
	return false
}

// shared inserts it at position at of the leaves l and r taken together, which are children i and i+1.
func (t *Tree) shared(a *arena.Arena, p *path, parent node, i int, l, r node, at int, it Item) {
	insertInto(l, r, at, it)
	parent.set(i+1, r.item(0))
	parent.setCount(i, l.n())
	parent.setCount(i+1, r.n())
	t.count(a, p, p.depth-1, 1)
}

// insertInto inserts it at position at of two leaves taken together: between them, it goes to the left one.
func insertInto(l, r node, at int, it Item) {
	if n := l.n(); at > n || n == leafCap {
		r.insert(at-n, it)
	} else {
		l.insert(at, it)
	}
}

// spare is the nodes that a split needs, allocated before anything is changed.
type spare struct {
	nodes [maxHeight + 1]node // inner ones
	n     int
}

// reserve allocates a leaf and an inner node for every full node above it, and for a new root.
func (t *Tree) reserve(a *arena.Arena, p *path, leaf *node, s *spare) bool {
	d := p.depth - 1
	for d >= 0 && innerAt(a, p.at[d].ref).n() == innerCap {
		d--
	}
	need := p.depth - 1 - d
	if d < 0 {
		need++
	}
	if *leaf = newNode(a, t.purpose, leafCap, leafWidth); leaf.ref == 0 {
		return false
	}
	for ; s.n < need; s.n++ {
		v := newNode(a, t.purpose, innerCap, innerWidth)
		if v.ref == 0 {
			for ; s.n > 0; s.n-- {
				a.Free(s.nodes[s.n-1].ref, t.purpose)
			}
			a.Free(leaf.ref, t.purpose)
			return false
		}
		s.nodes[s.n] = v
	}
	return true
}

func (s *spare) take() node {
	s.n--
	return s.nodes[s.n]
}

// split inserts into the full leaf v and cuts it in two: in the middle, or at the end or start of the tree
// so that a run of rising or falling keys leaves full leaves behind.
func (t *Tree) split(a *arena.Arena, p *path, v node, it Item) bool {
	var r node
	var s spare
	if !t.reserve(a, p, &r, &s) {
		return false
	}
	at, isAppend := leafCap/2, p.pos == leafCap && p.leaf == t.last
	if isAppend {
		at = leafCap
	} else if p.pos == 0 && p.leaf == t.first {
		at = 0
	}
	moveRight(v, r, leafCap-at, false)
	insertInto(v, r, p.pos, it)
	t.linkAfter(a, v, r)
	t.raise(a, p, &s, v, entry{r.item(0), r.ref, r.n()}, v.n(), isAppend)
	return true
}

func (t *Tree) linkAfter(a *arena.Arena, v, r node) {
	next := v.next()
	r.setPrev(v.ref)
	r.setNext(next)
	v.setNext(r.ref)
	if next != 0 {
		leafAt(a, next).setPrev(r.ref)
	} else {
		t.last = r.ref
	}
}

// entry is what an inner node holds for a child.
type entry struct {
	first Item
	child arena.Ref
	count int
}

// raise enters a new right neighbour of node v, which has left items now, into the parent, and so on upward as long as
// parents are full.
func (t *Tree) raise(a *arena.Arena, p *path, s *spare, v node, right entry, left int, isAppend bool) {
	for d := p.depth - 1; d >= 0; d-- {
		parent, i := innerAt(a, p.at[d].ref), p.at[d].i
		parent.setCount(i, left)
		if parent.n() < innerCap {
			parent.insertChild(i+1, right.first, right.child, right.count)
			t.count(a, p, d, 1)
			return
		}
		right = splitInner(parent, s.take(), i+1, right, isAppend)
		v, left = parent, parent.sum()
	}
	root := s.take()
	root.insertChild(0, Item{}, v.ref, left)
	root.insertChild(1, right.first, right.child, right.count)
	t.root = root.ref
	t.height++
}

// splitInner puts an entry at position pos of the full node v and moves the right half to r. It returns the
// entry for r.
func splitInner(v, r node, pos int, e entry, isAppend bool) entry {
	at := innerCap / 2
	if isAppend && pos == innerCap {
		at = innerCap
	}
	moveRight(v, r, innerCap-at, true)
	switch {
	case at == innerCap:
		r.insertChild(0, e.first, e.child, e.count)
	case pos > at:
		r.insertChild(pos-at, e.first, e.child, e.count)
	default:
		v.insertChild(pos, e.first, e.child, e.count)
	}
	return entry{r.item(0), r.ref, r.sum()}
}
