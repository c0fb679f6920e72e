package tree

import (
	"encoding/binary"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

// Cursor is a place in a tree: at an item, or nowhere. It is valid until the next change of the tree.
type Cursor struct {
	leaf node
	at   int
}

// Valid tells whether the cursor stands at an item.
func (c *Cursor) Valid() bool { return c.leaf.ref != 0 }

// Item returns the item that a valid cursor stands at.
func (c *Cursor) Item() Item { return c.leaf.item(c.at) }

// Leaf returns the items of the leaf that a valid cursor stands in, and the place of its own among them: for who reads many, and
// wants to ask for what they name before its turn comes. They are a view, valid as long as the cursor.
func (c *Cursor) Leaf() (items Items, at int) {
	n := c.leaf.n()
	refs := headerBytes + keyBytes*c.leaf.cap()
	return Items{c.leaf.b[headerBytes : headerBytes+keyBytes*n], c.leaf.b[refs : refs+refBytes*n]}, c.at
}

// NextLeaf goes to the first item of the next leaf, or nowhere.
func (c *Cursor) NextLeaf(a *arena.Arena) { c.leave(a, c.leaf.next(), false) }

// PrevLeaf goes to the last item of the leaf before, or nowhere.
func (c *Cursor) PrevLeaf(a *arena.Arena) { c.leave(a, c.leaf.prev(), true) }

// Items are some items in order.
type Items struct{ keys, refs []byte }

// Len returns their number.
func (s *Items) Len() int { return len(s.keys) / keyBytes }

// Key returns the key of an item.
//
//gcassert:inline
func (s *Items) Key(i int) uint64 { return binary.LittleEndian.Uint64(s.keys[keyBytes*i:]) }

// Ref returns the ref of an item.
//
//gcassert:inline
func (s *Items) Ref(i int) arena.Ref { return arena.GetRef(s.refs[refBytes*i:]) }

// Next goes to the next larger item, or nowhere.
func (c *Cursor) Next(a *arena.Arena) {
	if c.at++; c.at == c.leaf.n() {
		c.leave(a, c.leaf.next(), false)
	}
}

// Prev goes to the next smaller item, or nowhere.
func (c *Cursor) Prev(a *arena.Arena) {
	if c.at--; c.at < 0 {
		c.leave(a, c.leaf.prev(), true)
	}
}

// leave goes to the first or last item of another leaf, or nowhere.
func (c *Cursor) leave(a *arena.Arena, ref arena.Ref, toLast bool) {
	*c = Cursor{}
	if ref == 0 {
		return
	}
	c.leaf = leafAt(a, ref)
	if toLast {
		c.at = c.leaf.n() - 1
	}
}

// Begin returns a cursor at the smallest item.
func (t *Tree) Begin(a *arena.Arena) (c Cursor) {
	c.leave(a, t.first, false)
	return c
}

// End returns a cursor at the largest item.
func (t *Tree) End(a *arena.Arena) (c Cursor) {
	c.leave(a, t.last, true)
	return c
}

// At returns a cursor at the item of a rank, which counts from 0.
func (t *Tree) At(a *arena.Arena, rank int) Cursor {
	if rank < 0 || rank >= t.Len() {
		return Cursor{}
	}
	var p path
	t.descendRank(a, &p, rank)
	return Cursor{leafAt(a, p.leaf), p.pos}
}

// Seek returns a cursor at the first item that isn't smaller than the given one.
func (t *Tree) Seek(a *arena.Arena, key uint64, ref arena.Ref, cmp Compare) Cursor {
	return t.seek(a, &probe{Item: Item{key, ref}, cmp: cmp})
}

// SeekKey returns a cursor at the first item whose key is at least key.
func (t *Tree) SeekKey(a *arena.Arena, key uint64) Cursor {
	return t.seek(a, &probe{Item: Item{Key: key}, match: after})
}

// SeekFunc returns a cursor at the first item that has a larger key, or has this key and a ref for which match
// isn't negative. match must rise in the order of the tree.
func (t *Tree) SeekFunc(a *arena.Arena, key uint64, match func(arena.Ref) int) Cursor {
	return t.seek(a, &probe{Item: Item{Key: key}, match: match})
}

func (t *Tree) seek(a *arena.Arena, q *probe) Cursor {
	if t.n == 0 {
		return Cursor{}
	}
	var p path
	t.descend(a, &p, q)
	c := Cursor{leafAt(a, p.leaf), p.pos}
	if c.at == c.leaf.n() {
		c.leave(a, c.leaf.next(), false)
	}
	return c
}
