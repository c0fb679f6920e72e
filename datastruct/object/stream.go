package object

import (
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/tree"
)

// Stream is the view of an entry that holds a stream.
//
// # Layout
//
// The root is a head block. Entries stand in nodes, blocks of some kilobytes (stream_node.go), which a tree knows by the
// ID of the first entry that was ever put there; entries are only ever added to the last one. Consumer groups hang on a tree ordered
// by their names (stream_group.go).
//
//	head ┬ nodes  ── tree: ms of the first ID, then its seq ─▶ node, node, node …
//	     ├ tail   ── the last of them
//	     ├ length, added, first, last, maxDeleted
//	     └ groups ── tree: name ─▶ group ┬ pending   ── tree: ID ─▶ pending entry ─▶ consumer
//	                                     └ consumers ── tree: name ─▶ consumer ── pending ── tree: ID ─▶ the same pending entry
//
// # Where a node ends
//
// MAXLEN ~ and MINID ~ remove whole nodes only, so what they answer depends on where nodes end. Valkey begins a new one when the
// listpack of the last is too long or has too many entries, deleted ones too. Our nodes are no listpacks and need two
// thirds of the bytes, so each counts what its listpack would have had.
//
// # What stays empty
//
// A stream without entries is no missing key, and a node whose entries were all deleted by XTRIM stays if its last one is
// deleted already and beyond the limit: both as in Valkey.
type Stream struct {
	Entry
	env *Env
}

// AsStream returns the view of an entry that holds a stream.
func (e Entry) AsStream(env *Env) Stream { return Stream{e, env} }

// streamHead is the root block of a stream.
type streamHead struct {
	nodes      tree.Tree // of streamNodeHead, by ID
	groups     tree.Tree // of streamGroupHead, by name
	tail       arena.Ref // the last node, 0 if there is none
	length     uint64    // entries
	added      uint64    // entries that were ever added
	first      StreamID  // of the first entry, zero if there is none
	last       StreamID  // the largest ID that was ever given
	maxDeleted StreamID  // the largest ID that XDEL took
}

// Init gives an entry that was just created the head of an empty stream. It returns false if the arena is out of memory.
func (s Stream) Init() bool {
	ref := newStreamHead(s.a)
	if ref != 0 {
		s.SetRoot(EncStream, ref)
	}
	return ref != 0
}

func newStreamHead(a *arena.Arena) arena.Ref {
	ref := a.Alloc(streamHeadBytes, arena.PurposeObject)
	if ref != 0 {
		*streamHeadAt(a, ref) = streamHead{nodes: tree.New(arena.PurposeTree), groups: tree.New(arena.PurposeTree)}
	}
	return ref
}

func (s Stream) head() *streamHead { return streamHeadAt(s.a, s.Root()) }

// Len returns the number of entries.
func (s Stream) Len() int { return int(s.head().length) }

// Nodes returns the number of nodes.
func (s Stream) Nodes() int { return s.head().nodes.Len() }

// FirstID returns the ID of the first entry, zero if there is none.
func (s Stream) FirstID() StreamID { return s.head().first }

// LastID returns the largest ID that was ever given.
func (s Stream) LastID() StreamID { return s.head().last }

// MaxDeletedID returns the largest ID that was ever deleted by Delete.
func (s Stream) MaxDeletedID() StreamID { return s.head().maxDeleted }

// Added returns the number of entries that were ever added.
func (s Stream) Added() uint64 { return s.head().added }

// SetLastID sets the largest ID that was ever given. The caller has checked that no entry has a larger one.
func (s Stream) SetLastID(id StreamID) { s.head().last = id }

// SetMaxDeletedID sets the largest ID that was ever deleted.
func (s Stream) SetMaxDeletedID(id StreamID) { s.head().maxDeleted = id }

// SetAdded sets the number of entries that were ever added.
func (s Stream) SetAdded(n uint64) { s.head().added = n }

// LastEntryID returns the ID of the last entry that isn't deleted.
func (s Stream) LastEntryID() (StreamID, bool) {
	r := s.Range(StreamID{}, MaxStreamID, true)
	if !r.Next() {
		return StreamID{}, false
	}
	return r.ID(), true
}

// EdgeID returns the ID with which the first node begins that has entries, deleted ones too; MaxStreamID if there is none.
func (s Stream) EdgeID() StreamID {
	c := s.head().nodes.Begin(s.a)
	if !c.Valid() {
		return MaxStreamID
	}
	n := streamNodeAt(s.a, c.Item().Ref)
	return n.entry(int(n.start)).id
}

// Has says whether there is an entry with the ID.
func (s Stream) Has(id StreamID) bool {
	_, _, ok := s.find(id)
	return ok
}
