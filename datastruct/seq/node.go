package seq

import (
	"encoding/binary"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

const (
	nodeBytes = 512
	nodeHead  = 16
	childSize = 16
	nodeCap   = (nodeBytes - nodeHead) / childSize
	nodeJoin  = nodeCap / 4     // at most so many children: try to join the node with a neighbour
	nodeRoomy = nodeCap * 3 / 4 // at most so many in a node that was joined
)

// child is an entry of a node.
type child struct {
	ref   arena.Ref
	count int // elements below
}

// node is a view of a node's bytes; it lives until the node is freed.
type node []byte

func (s Seq) nodeAt(ref arena.Ref) node { return s.a.Bytes(ref, nodeBytes) }

func (v node) n() int     { return int(binary.LittleEndian.Uint16(v)) }
func (v node) setN(n int) { binary.LittleEndian.PutUint16(v, uint16(n)) }

func (v node) ref(i int) arena.Ref {
	return arena.Ref(binary.LittleEndian.Uint64(v[nodeHead+childSize*i:]))
}

func (v node) setRef(i int, r arena.Ref) {
	binary.LittleEndian.PutUint64(v[nodeHead+childSize*i:], uint64(r))
}

func (v node) count(i int) int {
	return int(binary.LittleEndian.Uint64(v[nodeHead+childSize*i+8:]))
}

func (v node) setCount(i, n int) {
	binary.LittleEndian.PutUint64(v[nodeHead+childSize*i+8:], uint64(n))
}

// sum returns the elements below the node.
func (v node) sum() int {
	n := 0
	for i := range v.n() {
		n += v.count(i)
	}
	return n
}

// insert puts a child at position i of a node that has room.
func (v node) insert(i int, c child) {
	n := v.n()
	at := nodeHead + childSize*i
	copy(v[at+childSize:], v[at:nodeHead+childSize*n])
	v.setRef(i, c.ref)
	v.setCount(i, c.count)
	v.setN(n + 1)
}

// remove takes child i out.
func (v node) remove(i int) {
	n := v.n()
	at := nodeHead + childSize*i
	copy(v[at:], v[at+childSize:nodeHead+childSize*n])
	v.setN(n - 1)
}

// moveTo moves the children from position i on behind those of another node.
func (v node) moveTo(w node, i int) {
	n, m := v.n(), w.n()
	copy(w[nodeHead+childSize*m:], v[nodeHead+childSize*i:nodeHead+childSize*n])
	w.setN(m + n - i)
	v.setN(i)
}
