package tree

import (
	"encoding/binary"
	"math/bits"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

// probe is what is looked for: an item, or a place among items of one key.
type probe struct {
	Item
	cmp   Compare
	match func(arena.Ref) int // if not nil: orders a ref of equal key against the place looked for
}

// tie orders a ref of equal key against the probe.
func (q *probe) tie(r arena.Ref) int {
	if q.match != nil {
		return q.match(r)
	}
	if r == q.Ref {
		return 0
	}
	if q.cmp != nil {
		if c := q.cmp(r, q.Ref); c != 0 {
			return c
		}
	}
	if r < q.Ref {
		return -1
	}
	return 1
}

// search returns the position of the first item from position from on that isn't smaller than the probe, and
// whether it equals it.
func (v node) search(from int, q *probe) (int, bool) {
	n := v.n()
	lo := v.lowerBound(from, n, q.Key)
	if lo == n || v.key(lo) != q.Key {
		return lo, false
	}
	hi := lo + 1
	if hi < n && v.key(hi) == q.Key {
		if hi = n; q.Key != 1<<64-1 {
			hi = v.lowerBound(from, n, q.Key+1)
		}
	}
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		c := q.tie(v.item(mid).Ref)
		if c == 0 && q.match == nil {
			return mid, true
		}
		if c < 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, false
}

// The keys of a node by cache lines: the first holds the header and firstLine keys, the others keysInLine.
const (
	firstLine  = (64 - headerBytes) / keyBytes
	keysInLine = 64 / keyBytes
)

// lowerBound returns the first position in [from, n) whose key is at least key, or n.
//
// It counts smaller keys instead of halving the interval: first the last one of each cache line, then those of the one
// line where the answer is. No step waits for the memory or the branch of the one before it: for a node in the cache
// that is faster than a binary search, for one that isn't it's one miss instead of four.
func (v node) lowerBound(from, n int, key uint64) int {
	keys := v.b[headerBytes : headerBytes+keyBytes*n]
	var lines uint64
	for at := keyBytes * (firstLine - 1); at+keyBytes <= len(keys); at += 64 {
		_, isLess := bits.Sub64(binary.LittleEndian.Uint64(keys[at:]), key, 0)
		lines += isLess
	}
	if lines > 0 {
		from = firstLine + keysInLine*(int(lines)-1)
	}
	keys = keys[keyBytes*from:]
	keys = keys[:min(len(keys), 64)]
	for len(keys) >= keyBytes {
		_, isLess := bits.Sub64(binary.LittleEndian.Uint64(keys), key, 0)
		from += int(isLess)
		keys = keys[keyBytes:]
	}
	return from
}

// path leads from the root to a place in a leaf. It lives on the stack.
type path struct {
	at    [maxHeight]step
	depth int // inner nodes on the way
	leaf  arena.Ref
	pos   int
}

// step is an inner node and which of its children the path goes on to.
type step struct {
	ref arena.Ref
	i   int
}

// descend finds the place of the probe, and whether it is there.
func (t *Tree) descend(a *arena.Arena, p *path, q *probe) bool {
	ref := t.root
	for p.depth < int(t.height) {
		v := innerAt(a, ref)
		i, isEqual := v.search(1, q)
		if !isEqual {
			i--
		}
		p.at[p.depth] = step{ref, i}
		p.depth++
		ref = v.child(i)
	}
	p.leaf = ref
	var found bool
	p.pos, found = leafAt(a, ref).search(0, q)
	return found
}

// descendRank finds the place of the item of a rank below Len.
func (t *Tree) descendRank(a *arena.Arena, p *path, rank int) {
	ref := t.root
	for p.depth < int(t.height) {
		v := innerAt(a, ref)
		i := 0
		for c := v.count(0); rank >= c; c = v.count(i) {
			rank -= c
			i++
		}
		p.at[p.depth] = step{ref, i}
		p.depth++
		ref = v.child(i)
	}
	p.leaf, p.pos = ref, rank
}

// rank returns how many items stand before the path's place.
func (p *path) rank(a *arena.Arena) int {
	n := p.pos
	for _, s := range p.at[:p.depth] {
		v := innerAt(a, s.ref)
		for i := range s.i {
			n += v.count(i)
		}
	}
	return n
}

// Rank returns how many items come before the given one, and whether that is in the tree.
func (t *Tree) Rank(a *arena.Arena, key uint64, ref arena.Ref, cmp Compare) (int, bool) {
	return t.rankOf(a, &probe{Item: Item{key, ref}, cmp: cmp})
}

// RankKey returns how many items have a smaller key.
func (t *Tree) RankKey(a *arena.Arena, key uint64) int {
	n, _ := t.rankOf(a, &probe{Item: Item{Key: key}, match: after})
	return n
}

// RankFunc returns how many items come before a place: those with a smaller key, and of those with this key the ones
// for which match is negative. match must rise in the order of the tree.
func (t *Tree) RankFunc(a *arena.Arena, key uint64, match func(arena.Ref) int) int {
	n, _ := t.rankOf(a, &probe{Item: Item{Key: key}, match: match})
	return n
}

// after says that any ref comes after the place looked for.
func after(arena.Ref) int { return 1 }

func (t *Tree) rankOf(a *arena.Arena, q *probe) (int, bool) {
	if t.n == 0 {
		return 0, false
	}
	var p path
	found := t.descend(a, &p, q)
	return p.rank(a), found
}
