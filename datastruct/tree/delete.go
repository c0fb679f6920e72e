package tree

import "github.com/sleipnirdb/sleipnir/datastruct/arena"

// removeRun removes the k items from the path's place on, all in its leaf.
func (t *Tree) removeRun(a *arena.Arena, p *path, k int) {
	t.n -= uint32(k)
	if t.n == 0 {
		t.clear(a, p)
		return
	}
	v := leafAt(a, p.leaf)
	v.shift(p.pos, -k, false)
	t.count(a, p, p.depth, -k)
	if p.pos == 0 {
		t.renewSeparator(a, p, v)
	}
	if p.depth == 0 {
		t.shrinkRoot(a, v)
		return
	}
	t.mend(a, p, v)
}

// clear frees the nodes of a tree whose last items are gone: with none empty, they are those on the path.
func (t *Tree) clear(a *arena.Arena, p *path) {
	for _, s := range p.at[:p.depth] {
		a.Free(s.ref, t.purpose)
	}
	a.Free(p.leaf, t.purpose)
	*t = Tree{purpose: t.purpose}
}

// shrinkRoot moves the only leaf to a block of half the size when it is three quarters empty.
func (t *Tree) shrinkRoot(a *arena.Arena, v node) {
	if v.n()*4 <= v.cap() && a.Cap(v.ref) > leastLeaf {
		t.resizeRoot(a, v, a.Cap(v.ref)/2)
	}
}

// renewSeparator tells the ancestor that holds the first item of leaf v what that is now. If v has become empty it's
// the next leaf's, unless the subtree has become empty too: then mend removes its entry.
func (t *Tree) renewSeparator(a *arena.Arena, p *path, v node) {
	if v.n() == 0 {
		next := v.next()
		if next == 0 {
			return
		}
		v = leafAt(a, next)
	}
	t.setSeparator(a, p, v.item(0))
}

// setSeparator notes the first item of the path's leaf in the one ancestor that knows it.
func (t *Tree) setSeparator(a *arena.Arena, p *path, it Item) {
	for d := p.depth - 1; d >= 0; d-- {
		if i := p.at[d].i; i > 0 {
			innerAt(a, p.at[d].ref).set(i, it)
			return
		}
	}
}

// mend merges or evens out the nodes on the path that have become too empty, from leaf v upward.
func (t *Tree) mend(a *arena.Arena, p *path, v node) {
	for d := p.depth - 1; d >= 0; d-- {
		isInner, room := d < p.depth-1, leafCap
		if isInner {
			room = innerCap
		}
		if n := v.n(); n >= room/4 && (n >= room/2 || n%8 != 0) {
			break
		}
		parent, i := innerAt(a, p.at[d].ref), p.at[d].i
		if parent.n() == 1 {
			if v.n() > 0 {
				break
			}
			t.drop(a, parent, 0, v, isInner)
		} else if !t.pair(a, parent, max(i-1, 0), isInner) {
			break
		}
		v = parent
	}
	t.lowerRoot(a)
}

// pair merges children i and i+1 of a node if one can hold both, which it tells, or else evens them out if
// one is nearly empty.
func (t *Tree) pair(a *arena.Arena, parent node, i int, isInner bool) (isMerged bool) {
	l, r, room := nodeAt(a, parent.child(i), isInner), nodeAt(a, parent.child(i+1), isInner), leafCap
	if isInner {
		room = innerCap
		r.set(0, parent.item(i+1)) // it means something once it isn't the first any more
	}
	all := l.n() + r.n()
	if all <= room-room/8 {
		moveLeft(l, r, r.n(), isInner)
		parent.setCount(i, parent.count(i)+parent.count(i+1))
		t.drop(a, parent, i+1, r, isInner)
		return true
	}
	if min(l.n(), r.n()) >= room/4 {
		return false
	}
	if k := l.n() - all/2; k > 0 {
		moveRight(l, r, k, isInner)
	} else {
		moveLeft(l, r, -k, isInner)
	}
	parent.set(i+1, r.item(0))
	left, both := l.n(), parent.count(i)+parent.count(i+1)
	if isInner {
		left = l.sum()
	}
	parent.setCount(i, left)
	parent.setCount(i+1, both-left)
	return false
}

// nodeAt views a node of either kind.
func nodeAt(a *arena.Arena, ref arena.Ref, isInner bool) node {
	if isInner {
		return innerAt(a, ref)
	}
	return leafAt(a, ref)
}

// drop frees child i of a node, v, which is empty.
func (t *Tree) drop(a *arena.Arena, parent node, i int, v node, isInner bool) {
	parent.shift(i, -1, true)
	if !isInner {
		t.unlink(a, v)
	}
	a.Free(v.ref, t.purpose)
}

// unlink takes a leaf out of the chain of leaves.
func (t *Tree) unlink(a *arena.Arena, v node) {
	prev, next := v.prev(), v.next()
	if prev != 0 {
		leafAt(a, prev).setNext(next)
	} else {
		t.first = next
	}
	if next != 0 {
		leafAt(a, next).setPrev(prev)
	} else {
		t.last = prev
	}
}

// lowerRoot makes the only child of the root the root.
func (t *Tree) lowerRoot(a *arena.Arena) {
	for t.height > 0 {
		v := innerAt(a, t.root)
		if v.n() > 1 {
			return
		}
		t.root = v.child(0)
		t.height--
		a.Free(v.ref, t.purpose)
	}
}
