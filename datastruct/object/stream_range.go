package object

import (
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
	"github.com/sleipnirdb/sleipnir/datastruct/tree"
)

// StreamRange walks the entries between two IDs, either way. It is valid until the stream is changed.
//
//	for r := s.Range(from, to, false); r.Next(); {
//		for range r.Fields() {
//			field := r.Field()
//			value := r.Value()
type StreamRange struct {
	a        *arena.Arena
	from, to StreamID
	isBack   bool
	withDead bool
	isOver   bool
	nodes    tree.Cursor
	node     streamNode
	at       int // forward: where e begins or, before the first Next in a node, where the first entry does; back: where e begins
	e        streamEntry
	field    int // of the pair that comes next: where its field is
	value    int // and its value
	left     int // pairs that come
}

// Range returns a walk over the entries from one ID to another, both of them too, with no regard to deleted ones; isBack says from
// the last to the first.
func (s Stream) Range(from, to StreamID, isBack bool) StreamRange {
	r := StreamRange{a: s.a, from: from, to: to, isBack: isBack}
	if isBack {
		r.nodes = s.nodeOf(to)
	} else if r.nodes = s.nodeOf(from); !r.nodes.Valid() {
		r.nodes = s.head().nodes.Begin(s.a)
	}
	r.enter()
	if !isBack && !r.isOver && r.node.id.Less(from) {
		r.seek()
	}
	return r
}

// seek goes to the first entry of the node that isn't before the range, from the end of the node if that seems nearer: who reads
// what is new begins there.
func (r *StreamRange) seek() {
	n := &r.node
	if last := n.lastID(); r.from.nearer(n.id, last) {
		return // Next passes over those before
	}
	r.at = len(n.b)
	for r.at > int(n.start) {
		at := n.before(r.at)
		if n.entry(at).id.Less(r.from) {
			break
		}
		r.at = at
	}
}

// All returns a walk over all entries, deleted ones too.
func (s Stream) All() StreamRange {
	r := s.Range(StreamID{}, MaxStreamID, false)
	r.withDead = true
	return r
}

// enter goes to the edge of the node that the cursor is at.
func (r *StreamRange) enter() {
	if !r.nodes.Valid() {
		r.isOver = true
		return
	}
	r.node = streamNodeAt(r.a, r.nodes.Item().Ref)
	if r.at = int(r.node.start); r.isBack {
		r.at = len(r.node.b)
	}
}

// Next goes to the next entry and says whether there is one.
func (r *StreamRange) Next() bool {
	if r.isBack {
		return r.nextBack()
	}
	for !r.isOver {
		if r.e.body != 0 {
			r.leave()
		}
		if r.at >= len(r.node.b) {
			r.nodes.Next(r.a)
			r.enter()
			continue
		}
		r.e = r.node.entry(r.at)
		r.begin()
		if r.to.Less(r.e.id) {
			r.isOver = true
			break
		}
		if !r.e.id.Less(r.from) && (r.withDead || !r.e.isDead) {
			return true
		}
	}
	return false
}

// leave goes from an entry, of which some pairs may be read, to the one behind it.
func (r *StreamRange) leave() {
	items := r.left
	if !r.e.isSame {
		items *= 2
	}
	r.at = afterEntry(r.e.at, r.node.skip(r.value, items))
	r.e.body = 0
}

func (r *StreamRange) nextBack() bool {
	for !r.isOver {
		if r.at <= int(r.node.start) {
			r.nodes.Prev(r.a)
			r.enter()
			continue
		}
		r.at = r.node.before(r.at)
		r.e = r.node.entry(r.at)
		r.begin()
		if r.e.id.Less(r.from) {
			r.isOver = true
			break
		}
		if !r.to.Less(r.e.id) && !r.e.isDead {
			return true
		}
	}
	return false
}

// begin goes to the first pair of the entry.
func (r *StreamRange) begin() {
	r.left = int(r.e.fields)
	r.field, r.value = streamNodeHeadBytes, r.e.body
}

// ID returns the ID of the entry.
func (r *StreamRange) ID() StreamID { return r.e.id }

// IsDead says whether the entry is deleted.
func (r *StreamRange) IsDead() bool { return r.e.isDead }

// Node tells of the node that the entry is in: its ID is that of its first entry, which may be deleted, as dead ones are.
func (r *StreamRange) Node() (id StreamID, live, dead int) {
	return r.node.id, int(r.node.live), int(r.node.dead)
}

// IsSame says whether the entry has the fields of the first one in its node, which has them too.
func (r *StreamRange) IsSame() bool { return r.e.isSame }

// Fields returns the number of pairs of the entry.
func (r *StreamRange) Fields() int { return int(r.e.fields) }

// Field returns the field of the next pair. It must be called before Value, and both at most Fields times.
func (r *StreamRange) Field() packed.Value {
	if r.e.isSame {
		it, w := packed.ItemAt(r.node.b[r.field:])
		r.field += w
		return it
	}
	it, w := packed.ItemAt(r.node.b[r.value:])
	r.value += w
	return it
}

// Value returns the value of the next pair, and goes on to the one behind it. Where IsSame, the fields may be left out.
func (r *StreamRange) Value() packed.Value {
	r.left--
	it, w := packed.ItemAt(r.node.b[r.value:])
	r.value += w
	return it
}

// Pair returns the next pair of the entry. It may be called Fields times.
func (r *StreamRange) Pair() (field, value packed.Value) {
	field = r.Field()
	return field, r.Value()
}
