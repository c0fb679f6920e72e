// Package seq is a long sequence of byte strings: a counted B+tree by position with packed blocks as leaves. It is the
// large form of lists.
//
// # Layout
//
//	head  | n 8 | root 8 | first 8 | last 8 | first's delta 4 | last's delta 4 | skip 4 | height 1 |
//	node  | children 2, unused 14 | (ref 8, elements below 8) × 31 |
//	leaf  a packed block, in an arena block of its own
//
// The root is always a node, and the leaves all stand at the same depth, height levels below it. To find an element by its index
// is to add up counts on the way down, and then to walk in one leaf.
//
// # The ends
//
// Lists are pushed to and popped from at their ends, so that takes no way through the tree: the head knows the
// first and the last leaf, and by how much their number of elements differs from what the nodes say (delta). Whoever
// changes the tree settles the deltas first. A search needs not: what lies in the two leaves at the ends is found there, and for
// all the rest the index is off by the first leaf's delta.
//
// The block of the first leaf may begin skip bytes behind the start of its arena block. So an element leaves and comes at the front
// without moving the others, as it does at the back.
//
// # Fullness
//
// A leaf takes elements up to what Fill says, 8 KiB by default. A push beyond that starts a new leaf, so a list made by pushes has
// full ones, and so are its nodes. In the middle a full leaf is split in two halves; one that falls below a quarter is
// joined with a neighbour, if together they stay under three quarters. The arena block of a leaf grows with it, at most to what a
// full leaf needs. A larger element has a leaf of its own.
//
// # The way not taken
//
// Leaves linked with each other would make a walk simpler, and every split and every growth dearer; a walk asks for the
// next leaf once in some hundred elements. Keeping the end leaves outside of the tree would spare the deltas, but make three
// cases of every operation. Smaller or larger nodes (256 bytes, 1 KiB) make no difference that can be measured: to walk to the
// element inside its leaf takes longer than the way through the nodes.
package seq

import (
	"encoding/binary"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

// Seq is a sequence: a view of its head, which lives in the arena. It has at least one element, but for the moment between the
// removal of the last one and Free.
//
// Whoever calls holds the lease of the arena's partition. Blocks and values that methods return are views, valid until the next
// change.
type Seq struct {
	a    *arena.Arena
	ref  arena.Ref
	head []byte
}

const (
	offN         = 0
	offRoot      = 8
	offFirst     = 16
	offLast      = 24
	offFirstLead = 32
	offLastLead  = 36
	offSkip      = 40
	offHeight    = 44
	headBytes    = 48

	// maxHeight suffices for more leaves than the arena can hold: nodes other than the root have 8 children and more, but
	// for those at the edges.
	maxHeight = 16

	leafPurpose = arena.PurposePacked
	nodePurpose = arena.PurposeTree
	headPurpose = arena.PurposeObject
)

// At returns the view of the sequence whose head is at ref.
func At(a *arena.Arena, ref arena.Ref) Seq { return Seq{a, ref, a.Bytes(ref, headBytes)} }

// New makes a sequence whose only leaf is a packed block with elements, which it takes over. It returns false, with nothing
// changed, if the arena is out of memory.
func New(a *arena.Arena, leaf arena.Ref) (Seq, bool) {
	s, ok := newEmpty(a)
	if ok {
		b := packed.Block(a.Bytes(leaf, a.Cap(leaf)))
		s.nodeAt(s.root()).insert(0, child{leaf, b.Len()})
		s.setLen(b.Len())
		s.setRef(offFirst, leaf)
		s.setRef(offLast, leaf)
	}
	return s, ok
}

// newEmpty makes a head and a root without children.
func newEmpty(a *arena.Arena) (Seq, bool) {
	ref := a.Alloc(headBytes, headPurpose)
	if ref == 0 {
		return Seq{}, false
	}
	root := a.Alloc(nodeBytes, nodePurpose)
	if root == 0 {
		a.Free(ref, headPurpose)
		return Seq{}, false
	}
	s := At(a, ref)
	clear(s.head)
	s.setRef(offRoot, root)
	s.setHeight(1)
	s.nodeAt(root).setN(0)
	return s, true
}

// Ref returns the reference of the sequence's head.
func (s Seq) Ref() arena.Ref { return s.ref }

// Len returns the number of elements.
func (s Seq) Len() int { return int(binary.LittleEndian.Uint64(s.head[offN:])) }

// Dissolve gives the only leaf back as a packed block that begins at the start of its arena block, and frees the rest. It returns false,
// with nothing changed, if there are more leaves.
func (s Seq) Dissolve() (arena.Ref, bool) {
	if !s.IsSingle() {
		return 0, false
	}
	s.flatten()
	leaf := s.first()
	s.a.Free(s.root(), nodePurpose)
	s.a.Free(s.ref, headPurpose)
	return leaf, true
}

// IsSingle says whether there is only one leaf.
func (s Seq) IsSingle() bool { return s.first() == s.last() }

func (s Seq) setLen(n int)                { binary.LittleEndian.PutUint64(s.head[offN:], uint64(n)) }
func (s Seq) refAt(off int) arena.Ref     { return arena.Ref(binary.LittleEndian.Uint64(s.head[off:])) }
func (s Seq) setRef(off int, r arena.Ref) { binary.LittleEndian.PutUint64(s.head[off:], uint64(r)) }
func (s Seq) root() arena.Ref             { return s.refAt(offRoot) }
func (s Seq) first() arena.Ref            { return s.refAt(offFirst) }
func (s Seq) last() arena.Ref             { return s.refAt(offLast) }
func (s Seq) height() int                 { return int(s.head[offHeight]) }
func (s Seq) setHeight(n int)             { s.head[offHeight] = byte(n) }
func (s Seq) skip() int                   { return int(binary.LittleEndian.Uint32(s.head[offSkip:])) }
func (s Seq) setSkip(n int)               { binary.LittleEndian.PutUint32(s.head[offSkip:], uint32(n)) }
func (s Seq) lead(off int) int            { return int(int32(binary.LittleEndian.Uint32(s.head[off:]))) }
func (s Seq) setLead(off, n int)          { binary.LittleEndian.PutUint32(s.head[off:], uint32(int32(n))) }

// grew notes that there are d elements more in the leaf at an end.
func (s Seq) grew(off, d int) {
	s.setLead(off, s.lead(off)+d)
	s.setLen(s.Len() + d)
}
