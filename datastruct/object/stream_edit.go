package object

import (
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
	"github.com/sleipnirdb/sleipnir/datastruct/tree"
)

// Append adds an entry at the end: pairs are fields and values in turn, at least one pair. The caller has checked that id is larger than
// LastID, and that the texts have no more than MaxStreamNode bytes together. It returns false, with nothing changed, if
// the arena is out of memory.
func (s Stream) Append(id StreamID, pairs [][]byte) bool {
	if !s.Load(id, pairs, false) {
		return false
	}
	h := s.head()
	h.added++
	h.last = id
	return true
}

// Load is Append without counting the entry as one that was added: it rebuilds a stream as it was, deleted entries too.
func (s Stream) Load(id StreamID, pairs [][]byte, isDead bool) bool {
	h := s.head()
	room := entryRoom(pairs)
	n, ok := s.tailFor(room-packed.MaxItemHead*len(pairs)-streamEntryHead-streamEntryTail, room)
	if !ok {
		return false
	}
	if n.streamNodeHead == nil {
		if n, ok = s.addNode(id, pairs, room); !ok {
			return false
		}
	}
	n.put(s.a, id, pairs, isDead)
	if isDead {
		return true
	}
	h.length++
	if h.length == 1 {
		h.first = id
	}
	return true
}

// tailFor returns the last node with room for an entry of so many bytes of text, which takes room bytes. It returns one without
// bytes if a new node has to be begun, and false if the arena is out of memory.
func (s Stream) tailFor(text, room int) (streamNode, bool) {
	h := s.head()
	if h.tail == 0 {
		return streamNode{}, true
	}
	n := streamNodeAt(s.a, h.tail)
	if s.isFull(&n, text) {
		s.shrink(n)
		return streamNode{}, true
	}
	need := int(n.used) + room
	if have := s.a.Cap(n.ref); need > have {
		return s.resize(n, max(need, have+min(have, MaxStreamNode/16)))
	}
	return n, true
}

// isFull says whether Valkey would begin a new node for an entry with so many bytes of text.
func (s Stream) isFull(n *streamNode, text int) bool {
	bytes := s.env.Limits.StreamBytes.Load()
	if bytes <= 0 || bytes > MaxStreamNode {
		bytes = MaxStreamNode
	}
	if int64(n.listpackBytes()+text) >= bytes {
		return true
	}
	entries := s.env.Limits.StreamEntries.Load()
	return entries > 0 && int64(n.live)+int64(n.dead) >= entries
}

// bySeq orders nodes with the same ms.
func bySeq(a *arena.Arena, x, y arena.Ref) int {
	return compareUint(streamNodeHeadAt(a, x).id.Seq, streamNodeHeadAt(a, y).id.Seq)
}

func compareUint(x, y uint64) int {
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// resize moves the last node to a block of so many bytes.
func (s Stream) resize(n streamNode, bytes int) (streamNode, bool) {
	ref := s.a.Alloc(bytes, arena.PurposePacked)
	if ref == 0 {
		return streamNode{}, false
	}
	copy(s.a.Bytes(ref, len(n.b)), n.b)
	h := s.head()
	a := s.a
	if !h.nodes.Replace(a, n.id.Ms, n.ref, ref, func(x, y arena.Ref) int { return bySeq(a, x, y) }) {
		panic("object: a stream's node isn't in its tree")
	}
	h.tail = ref
	a.Free(n.ref, arena.PurposePacked)
	return streamNodeAt(a, ref), true
}

// shrink gives a node a block of just its size, if there's memory for it: nothing will be added any more.
func (s Stream) shrink(n streamNode) {
	if !Fits(s.a.Cap(n.ref), len(n.b)) {
		s.resize(n, len(n.b))
	}
}

// roomAhead is the most that a new node gets beyond what it needs: Valkey allocates as much in advance.
const roomAhead = 4096

// addNode begins a new last node for an entry that takes room bytes.
func (s Stream) addNode(id StreamID, pairs [][]byte, room int) (streamNode, bool) {
	h, a := s.head(), s.a
	least := 0
	if h.tail != 0 {
		least = min(a.Cap(h.tail), roomAhead) // as large as the one before: then most nodes never move
	}
	n, ok := newStreamNode(a, id, pairs, room, least)
	if !ok {
		return n, false
	}
	if !h.nodes.Insert(a, id.Ms, n.ref, func(x, y arena.Ref) int { return bySeq(a, x, y) }) {
		a.Free(n.ref, arena.PurposePacked)
		return n, false
	}
	h.tail = n.ref
	return n, true
}

// dropNode takes a node out.
func (s Stream) dropNode(n streamNode) {
	h, a := s.head(), s.a
	if !h.nodes.Delete(a, n.id.Ms, n.ref, func(x, y arena.Ref) int { return bySeq(a, x, y) }) {
		panic("object: a stream's node isn't in its tree")
	}
	s.freeNode(n.ref)
}

// freeNode frees a node that the tree doesn't have any more.
func (s Stream) freeNode(ref arena.Ref) {
	h := s.head()
	s.a.Free(ref, arena.PurposePacked)
	if ref == h.tail {
		last, _ := h.nodes.Last(s.a)
		h.tail = last.Ref
	}
}

// nodeOf returns a cursor at the last node that begins at id or before it, or nowhere.
func (s Stream) nodeOf(id StreamID) tree.Cursor {
	h, a := s.head(), s.a
	c := h.nodes.SeekFunc(a, id.Ms, func(ref arena.Ref) int {
		if streamNodeHeadAt(a, ref).id.Seq <= id.Seq {
			return -1
		}
		return 1
	})
	if !c.Valid() {
		return h.nodes.End(a)
	}
	c.Prev(a)
	return c
}

// find returns the entry with an ID that isn't deleted, and its node.
func (s Stream) find(id StreamID) (streamNode, streamEntry, bool) {
	c := s.nodeOf(id)
	if !c.Valid() {
		return streamNode{}, streamEntry{}, false
	}
	n := streamNodeAt(s.a, c.Item().Ref)
	for at := int(n.start); at < len(n.b); {
		e := n.entry(at)
		if !e.id.Less(id) {
			return n, e, e.id == id && !e.isDead
		}
		at = n.after(&e)
	}
	return n, streamEntry{}, false
}

// Delete deletes the entry with an ID and says whether it was there.
func (s Stream) Delete(id StreamID) bool {
	n, e, ok := s.find(id)
	if !ok {
		return false
	}
	h := s.head()
	if n.live == 1 {
		s.dropNode(n)
	} else {
		n.kill(e.at)
	}
	h.length--
	if id == h.first || h.length == 0 {
		s.renewFirst()
	}
	if h.maxDeleted.Less(id) {
		h.maxDeleted = id
	}
	return true
}

// renewFirst finds out which the first entry is.
func (s Stream) renewFirst() {
	h := s.head()
	h.first = StreamID{}
	if h.length == 0 {
		return
	}
	if r := s.Range(StreamID{}, MaxStreamID, false); r.Next() {
		h.first = r.ID()
	}
}

// StreamTrim says what Trim removes: the oldest entries, until MaxLen are left or, ByID, none is before MinID.
type StreamTrim struct {
	ByID   bool
	MaxLen uint64
	MinID  StreamID
	// Approx: only nodes that can go as a whole.
	Approx bool
	// Limit is the most that may be removed, 0 for all.
	Limit int64
}

// Trim removes the oldest entries and returns how many.
func (s Stream) Trim(t StreamTrim) int64 {
	h := s.head()
	var deleted int64
	for h.tail != 0 && (t.ByID || h.length > t.MaxLen) {
		it, _ := h.nodes.First(s.a)
		n := streamNodeAt(s.a, it.Ref)
		live := int64(n.live)
		if t.Limit > 0 && deleted+live > t.Limit {
			break
		}
		if t.takes(&n, h.length) {
			h.nodes.PopFirst(s.a)
			s.freeNode(n.ref)
			h.length -= uint64(live)
			deleted += live
			continue
		}
		if !t.Approx {
			deleted += s.trimNode(&n, t)
		}
		break
	}
	if deleted > 0 {
		s.renewFirst()
	}
	return deleted
}

// takes says whether the whole first node goes, of a stream of the given length.
func (t *StreamTrim) takes(n *streamNode, length uint64) bool {
	if t.ByID {
		return n.lastID().Less(t.MinID)
	}
	return length-uint64(n.live) >= t.MaxLen
}

// trimNode deletes entries at the head of the first node.
func (s Stream) trimNode(n *streamNode, t StreamTrim) (deleted int64) {
	h := s.head()
	for at := int(n.start); at < len(n.b); {
		e := n.entry(at)
		if t.ByID && !e.id.Less(t.MinID) || !t.ByID && h.length <= t.MaxLen {
			break
		}
		if !e.isDead {
			n.kill(at)
			h.length--
			deleted++
		}
		at = n.after(&e)
	}
	return deleted
}

// TrimLimit returns the Limit of an approximate Trim that isn't told one: what a hundred nodes hold, within bounds. A product that
// overflows counts as none, as in Valkey.
func (s Stream) TrimLimit() int64 {
	const byDefault, most = 10_000, 1_000_000
	n := 100 * s.env.Limits.StreamEntries.Load()
	if n <= 0 {
		return byDefault
	}
	return min(n, most)
}
