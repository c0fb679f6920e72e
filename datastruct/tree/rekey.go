package tree

import "github.com/sleipnirdb/sleipnir/datastruct/arena"

// Rekey gives an item another key, which differs. It returns false and changes nothing if the item isn't there or the
// arena has no room.
func (t *Tree) Rekey(a *arena.Arena, old, fresh uint64, ref arena.Ref, cmp Compare) bool {
	if t.n == 0 {
		return false
	}
	var p path
	if !t.descend(a, &p, &probe{Item: Item{old, ref}, cmp: cmp}) {
		return false
	}
	v := leafAt(a, p.leaf)
	if v.isBetween(p.pos, fresh) {
		v.set(p.pos, Item{fresh, ref})
		return true
	}
	return t.Insert(a, fresh, ref, cmp) && t.Delete(a, old, ref, cmp)
}

// isBetween says whether the item at position i of a leaf keeps its place in the order with another key, as far as the
// leaf alone can tell. The first item never does: it is a separator.
func (v node) isBetween(i int, key uint64) bool {
	return i > 0 && i+1 < v.n() && v.key(i-1) < key && key < v.key(i+1)
}
