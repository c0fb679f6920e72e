package tree

import (
	"encoding/binary"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

const (
	nodeBytes   = 1024 // 512 costs 0.8 bytes more for an item, 2048 moves more at each change; otherwise as fast
	headerBytes = 16
	keyBytes    = 8
	refBytes    = arena.RefBytes
	countBytes  = 4
	leafWidth   = keyBytes + refBytes
	innerWidth  = leafWidth + refBytes + countBytes
	leafCap     = (nodeBytes - headerBytes) / leafWidth
	innerCap    = (nodeBytes - headerBytes) / innerWidth
	leastLeaf   = 64 // bytes of the first leaf of a small tree

	offNext = 0
	offPrev = 5
	offN    = 10
	offCap  = 12
)

// node is a view of a node's bytes; it lives until the node is freed. Whoever has it knows whether it's a leaf.
type node struct {
	ref arena.Ref
	b   []byte
}

// leafAt views a leaf. Only the leaf of a one-leaf tree may be shorter than the others.
func leafAt(a *arena.Arena, ref arena.Ref) node {
	c := int(binary.LittleEndian.Uint16(a.Bytes(ref, headerBytes)[offCap:]))
	return node{ref, a.Bytes(ref, headerBytes+c*leafWidth)}
}

func innerAt(a *arena.Arena, ref arena.Ref) node {
	return node{ref, a.Bytes(ref, headerBytes+innerCap*innerWidth)}
}

// newNode returns an empty node with room for c items of the given width, or one without bytes.
func newNode(a *arena.Arena, p arena.Purpose, c, width int) node {
	ref := a.Alloc(headerBytes+c*width, p)
	if ref == 0 {
		return node{}
	}
	v := node{ref, a.Bytes(ref, headerBytes+c*width)}
	clear(v.b[:headerBytes])
	binary.LittleEndian.PutUint16(v.b[offCap:], uint16(c))
	return v
}

func (v node) n() int     { return int(binary.LittleEndian.Uint16(v.b[offN:])) }
func (v node) setN(n int) { binary.LittleEndian.PutUint16(v.b[offN:], uint16(n)) }
func (v node) cap() int   { return int(binary.LittleEndian.Uint16(v.b[offCap:])) }

func (v node) next() arena.Ref     { return arena.GetRef(v.b[offNext:]) }
func (v node) prev() arena.Ref     { return arena.GetRef(v.b[offPrev:]) }
func (v node) setNext(r arena.Ref) { arena.PutRef(v.b[offNext:], r) }
func (v node) setPrev(r arena.Ref) { arena.PutRef(v.b[offPrev:], r) }

func (v node) key(i int) uint64 { return binary.LittleEndian.Uint64(v.b[headerBytes+keyBytes*i:]) }

func (v node) item(i int) Item {
	return Item{v.key(i), arena.GetRef(v.b[headerBytes+keyBytes*v.cap()+refBytes*i:])}
}

func (v node) set(i int, it Item) {
	binary.LittleEndian.PutUint64(v.b[headerBytes+keyBytes*i:], it.Key)
	arena.PutRef(v.b[headerBytes+keyBytes*v.cap()+refBytes*i:], it.Ref)
}

const (
	offChild = headerBytes + innerCap*leafWidth
	offCount = offChild + innerCap*refBytes
)

func (v node) child(i int) arena.Ref { return arena.GetRef(v.b[offChild+refBytes*i:]) }

func (v node) count(i int) int {
	return int(binary.LittleEndian.Uint32(v.b[offCount+countBytes*i:]))
}

func (v node) setCount(i, n int) {
	binary.LittleEndian.PutUint32(v.b[offCount+countBytes*i:], uint32(n))
}

// sum returns the items below an inner node.
func (v node) sum() int {
	n := 0
	for i := range v.n() {
		n += v.count(i)
	}
	return n
}

// insert puts it at position i of a leaf that has room.
func (v node) insert(i int, it Item) {
	v.shift(i, 1, false)
	v.set(i, it)
}

// insertChild puts a child with its first item and its count at position i of an inner node that has room.
func (v node) insertChild(i int, first Item, child arena.Ref, count int) {
	v.shift(i, 1, true)
	v.set(i, first)
	arena.PutRef(v.b[offChild+refBytes*i:], child)
	v.setCount(i, count)
}

// shift opens a gap of k items at position i, or closes one of -k that begins there.
func (v node) shift(i, k int, inner bool) {
	n := v.n()
	if k > 0 {
		move(v, i+k, v, i, n-i, inner)
	} else {
		move(v, i, v, i-k, n-i+k, inner)
	}
	v.setN(n + k)
}

// move copies k items between nodes of one kind, or inside one, without touching their numbers of items.
func move(dst node, di int, src node, si, k int, inner bool) {
	dc, sc := dst.cap(), src.cap()
	const keys = headerBytes
	copy(dst.b[keys+keyBytes*di:], src.b[keys+keyBytes*si:keys+keyBytes*(si+k)])
	dr, sr := keys+keyBytes*dc, keys+keyBytes*sc
	copy(dst.b[dr+refBytes*di:], src.b[sr+refBytes*si:sr+refBytes*(si+k)])
	if inner {
		copy(dst.b[offChild+refBytes*di:], src.b[offChild+refBytes*si:offChild+refBytes*(si+k)])
		copy(dst.b[offCount+countBytes*di:], src.b[offCount+countBytes*si:offCount+countBytes*(si+k)])
	}
}

// moveLeft moves the first k items of r to the end of l, its left neighbour.
func moveLeft(l, r node, k int, inner bool) {
	move(l, l.n(), r, 0, k, inner)
	l.setN(l.n() + k)
	r.shift(0, -k, inner)
}

// moveRight moves the last k items of l to the start of r, its right neighbour.
func moveRight(l, r node, k int, inner bool) {
	r.shift(0, k, inner)
	move(r, 0, l, l.n()-k, k, inner)
	l.setN(l.n() - k)
}
