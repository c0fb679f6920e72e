// Package tree is a counted B+tree on arena nodes: an ordered collection of items (key, ref) that finds by
// key, by rank, and walks both ways.
//
// It serves the expiry index (key = due time in unix ms, ref = entry) and sorted sets (key = the score in an
// ordered form, ref = the member; equal scores ordered by a compare function over members).
//
// # Layout
//
// All items stand in the leaves, 13 bytes each. Inner nodes hold for each child the number of items below it and
// the first of them. Nodes are columns of packed numbers, so that a search runs over adjacent keys:
//
//	leaf   | header 16 | keys 8 × cap | refs 5 × cap |
//	inner  | header 16 | keys 8 × cap | refs 5 × cap | children 5 × cap | counts 4 × cap |
//
//	header | next 5 | prev 5 | n 2 | cap 2 | unused 2 |      next, prev: leaves only
//
// In an inner node, key and ref of child i > 0 are those of the first item below it: the separator. It is always
// an item that is in the tree now, never one that was deleted: a compare function reads the memory behind a
// ref, and a deleted member's memory may be gone. Key and ref of child 0 mean nothing.
//
// # Fullness
//
// A full leaf first shares with a neighbour that has room, and splits only if both are nearly full, which keeps
// leaves about 80 % full under random inserts: 16.7 bytes an item. An append at the end of the tree starts a new leaf
// and leaves the old one full, at every level: 13.6 bytes. A leaf that falls under a half is merged with a neighbour if
// both fit in one; one under a quarter shares with its neighbour evenly. A tree of one leaf has a leaf just as large as
// needed, so a small tree costs about as much as its items.
//
// # The way not taken
//
// Leaves with a gap at the front would make PopFirst cheaper by one move of half a node, and every other operation
// dearer. Separators left stale would save updates on deletes, but see above.
package tree

import "github.com/sleipnirdb/sleipnir/datastruct/arena"

// Item is what a tree holds.
type Item struct {
	Key uint64
	Ref arena.Ref
}

// Compare orders two refs whose keys are equal: negative, zero or positive as x comes before, with or after y. It
// is called with refs of items in the tree and those passed to the method, never with equal ones.
//
// A nil Compare orders by the number of the ref. All calls on one tree must order alike.
type Compare func(x, y arena.Ref) int

// Tree is a counted B+tree. It holds no pointers, may be copied to another place if the old one is not used any
// more, and may itself live in arena memory. The zero value is an empty tree, whose nodes count for
// arena.PurposeEntry; New names another purpose.
//
// Whoever calls holds the lease of the arena's partition. Cursors are valid until the next change.
type Tree struct {
	root    arena.Ref
	first   arena.Ref // leftmost leaf
	last    arena.Ref // rightmost leaf
	n       uint32    // items
	height  uint8     // levels of inner nodes
	purpose arena.Purpose
}

const (
	maxHeight = 12 // nodes that are a quarter full hold 2^32 items in ten levels
	maxItems  = 1<<32 - 1
)

// New returns an empty tree whose nodes count for p.
func New(p arena.Purpose) Tree { return Tree{purpose: p} }

// Len returns the number of items.
func (t *Tree) Len() int { return int(t.n) }

// First returns the smallest item.
func (t *Tree) First(a *arena.Arena) (Item, bool) {
	if t.n == 0 {
		return Item{}, false
	}
	return leafAt(a, t.first).item(0), true
}

// Last returns the largest item.
func (t *Tree) Last(a *arena.Arena) (Item, bool) {
	if t.n == 0 {
		return Item{}, false
	}
	v := leafAt(a, t.last)
	return v.item(v.n() - 1), true
}

// Insert adds an item. The caller made sure that it isn't in the tree. It returns false and changes nothing if
// the arena has no room.
func (t *Tree) Insert(a *arena.Arena, key uint64, ref arena.Ref, cmp Compare) bool {
	it := Item{key, ref}
	if t.n == 0 {
		return t.plant(a, it)
	}
	if t.n == maxItems {
		return false
	}
	var p path
	t.descend(a, &p, &probe{Item: it, cmp: cmp})
	v := leafAt(a, p.leaf)
	if v.n() < v.cap() {
		v.insert(p.pos, it)
		t.count(a, &p, p.depth, 1)
	} else if !t.overflow(a, &p, it) {
		return false
	}
	t.n++
	return true
}

// Delete removes an item and tells whether it was there.
func (t *Tree) Delete(a *arena.Arena, key uint64, ref arena.Ref, cmp Compare) bool {
	if t.n == 0 {
		return false
	}
	var p path
	if !t.descend(a, &p, &probe{Item: Item{key, ref}, cmp: cmp}) {
		return false
	}
	t.removeRun(a, &p, 1)
	return true
}

// PopFirst removes the smallest item and returns it.
func (t *Tree) PopFirst(a *arena.Arena) (Item, bool) {
	it, ok := t.First(a)
	if ok {
		var p path
		t.descendRank(a, &p, 0)
		t.removeRun(a, &p, 1)
	}
	return it, ok
}

// PopLast removes the largest item and returns it.
func (t *Tree) PopLast(a *arena.Arena) (Item, bool) {
	it, ok := t.Last(a)
	if ok {
		var p path
		t.descendRank(a, &p, t.Len()-1)
		t.removeRun(a, &p, 1)
	}
	return it, ok
}

// Replace puts the ref fresh in the place of old, when what it names has moved. It returns false and changes
// nothing if the item isn't there or the arena has no room.
//
// cmp must order fresh as it ordered old; only a nil Compare need not.
func (t *Tree) Replace(a *arena.Arena, key uint64, old, fresh arena.Ref, cmp Compare) bool {
	if t.n == 0 {
		return false
	}
	var p path
	if !t.descend(a, &p, &probe{Item: Item{key, old}, cmp: cmp}) {
		return false
	}
	v := leafAt(a, p.leaf)
	if cmp == nil && !t.fits(a, v, p.pos, Item{key, fresh}) {
		return t.Insert(a, key, fresh, nil) && t.Delete(a, key, old, nil)
	}
	v.set(p.pos, Item{key, fresh})
	if p.pos == 0 {
		t.setSeparator(a, &p, v.item(0))
	}
	return true
}

// fits tells whether it may stand at position i of leaf v without breaking the order.
func (t *Tree) fits(a *arena.Arena, v node, i int, it Item) bool {
	c := Cursor{leaf: v, at: i}
	if c.Prev(a); c.Valid() && !less(c.Item(), it) {
		return false
	}
	c = Cursor{leaf: v, at: i}
	c.Next(a)
	return !c.Valid() || less(it, c.Item())
}

// less orders items under a nil Compare.
func less(x, y Item) bool { return x.Key < y.Key || x.Key == y.Key && x.Ref < y.Ref }

// DeleteRange removes count items from rank on. each, if not nil, is called for every one in order; it must not
// use the tree.
//
// The time is in proportion to count: who may not take long cuts the range.
func (t *Tree) DeleteRange(a *arena.Arena, rank, count int, each func(Item)) {
	rank = max(rank, 0)
	for count = min(count, t.Len()-rank); count > 0; {
		var p path
		t.descendRank(a, &p, rank)
		v := leafAt(a, p.leaf)
		k := min(count, v.n()-p.pos)
		if each != nil {
			for i := range k {
				each(v.item(p.pos + i))
			}
		}
		t.removeRun(a, &p, k)
		count -= k
	}
}

// Free takes the whole tree down, at most limit items a call, rounded up to a leaf; more says that there is
// more. each, if not nil, is called for every item in order; it must not use the tree. Between calls the tree
// is as good as any.
func (t *Tree) Free(a *arena.Arena, limit int, each func(Item)) (more bool) {
	for limit > 0 && t.n > 0 {
		k := leafAt(a, t.first).n()
		t.DeleteRange(a, 0, k, each)
		limit -= k
	}
	return t.n > 0
}

// Bytes returns what the nodes cost in arena memory, in time proportional to their number. It is for reports.
func (t *Tree) Bytes(a *arena.Arena) int {
	if t.n == 0 {
		return 0
	}
	return bytesBelow(a, t.root, int(t.height))
}

func bytesBelow(a *arena.Arena, ref arena.Ref, level int) int {
	sum := a.Cap(ref)
	if level == 0 {
		return sum
	}
	v := innerAt(a, ref)
	for i := range v.n() {
		sum += bytesBelow(a, v.child(i), level-1)
	}
	return sum
}
