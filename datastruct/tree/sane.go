package tree

import (
	"fmt"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

// Sane checks order, counts, separators and links of the whole tree. It is for tests.
func (t *Tree) Sane(a *arena.Arena, cmp Compare) error {
	if t.n == 0 {
		if *t != (Tree{purpose: t.purpose}) {
			return fmt.Errorf("empty tree has %+v", *t)
		}
		return nil
	}
	k := check{t: t, a: a, cmp: cmp}
	n, err := k.node(t.root, int(t.height), nil)
	switch {
	case err != nil:
		return err
	case n != t.Len():
		return fmt.Errorf("%d items, Len is %d", n, t.Len())
	case k.leaf != t.last:
		return fmt.Errorf("last leaf is %#x, not %#x", k.leaf, t.last)
	}
	return nil
}

// check is a walk through a tree in order.
type check struct {
	t    *Tree
	a    *arena.Arena
	cmp  Compare
	leaf arena.Ref // the last one met
	item *Item     // the last one met
}

// node checks a subtree whose first item must be first, if not nil, and counts it.
func (k *check) node(ref arena.Ref, level int, first *Item) (int, error) {
	if level == 0 {
		return k.leafNode(ref, first)
	}
	v := innerAt(k.a, ref)
	if v.n() == 0 || v.n() > innerCap || level == int(k.t.height) && v.n() < 2 {
		return 0, fmt.Errorf("inner node %#x of level %d has %d children", ref, level, v.n())
	}
	sum := 0
	for i := range v.n() {
		want := first
		if i > 0 {
			it := v.item(i)
			want = &it
		}
		n, err := k.node(v.child(i), level-1, want)
		if err != nil {
			return 0, err
		}
		if n != v.count(i) {
			return 0, fmt.Errorf("inner node %#x: child %d has %d items, count says %d", ref, i, n, v.count(i))
		}
		sum += n
	}
	return sum, nil
}

func (k *check) leafNode(ref arena.Ref, first *Item) (int, error) {
	v := leafAt(k.a, ref)
	switch {
	case v.n() == 0 || v.n() > v.cap() || v.cap() > leafCap || k.t.height > 0 && v.cap() != leafCap:
		return 0, fmt.Errorf("leaf %#x has %d items of %d", ref, v.n(), v.cap())
	case v.prev() != k.leaf:
		return 0, fmt.Errorf("leaf %#x: previous is %#x, want %#x", ref, v.prev(), k.leaf)
	case k.leaf == 0 && k.t.first != ref:
		return 0, fmt.Errorf("first leaf is %#x, not %#x", ref, k.t.first)
	case k.leaf != 0 && leafAt(k.a, k.leaf).next() != ref:
		return 0, fmt.Errorf("leaf %#x: next is %#x, want %#x", k.leaf, leafAt(k.a, k.leaf).next(), ref)
	case first != nil && v.item(0) != *first:
		return 0, fmt.Errorf("leaf %#x begins with %v, the separator says %v", ref, v.item(0), *first)
	}
	k.leaf = ref
	for i := range v.n() {
		it := v.item(i)
		if k.item != nil && !k.before(*k.item, it) {
			return 0, fmt.Errorf("leaf %#x: %v stands before %v", ref, *k.item, it)
		}
		k.item = &it
	}
	return v.n(), nil
}

func (k *check) before(x, y Item) bool {
	q := probe{Item: y, cmp: k.cmp}
	return x.Key < y.Key || x.Key == y.Key && q.tie(x.Ref) < 0
}
