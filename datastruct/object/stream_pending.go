package object

import (
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/tree"
)

// streamPendingHead is an entry that was delivered and not acknowledged yet. The trees of its group and of its consumer refer
// to it; the ms of its ID is their key.
type streamPendingHead struct {
	seq       uint64
	delivered int64 // unix ms
	count     uint64
	consumer  arena.Ref
}

// StreamPending is the view of an entry that was delivered and not acknowledged yet. It is valid until it is removed.
type StreamPending struct {
	*streamPendingHead
	a   *arena.Arena
	ref arena.Ref
	ms  uint64
}

func pendingAt(a *arena.Arena, it tree.Item) StreamPending {
	return StreamPending{streamPendingAt(a, it.Ref), a, it.Ref, it.Key}
}

func comparePending(a *arena.Arena, x, y arena.Ref) int {
	return compareUint(streamPendingAt(a, x).seq, streamPendingAt(a, y).seq)
}

// seekPending returns a cursor at the first entry of a tree with an ID of at least id.
func seekPending(a *arena.Arena, t *tree.Tree, id StreamID) tree.Cursor {
	return t.SeekFunc(a, id.Ms, func(ref arena.Ref) int { return compareUint(streamPendingAt(a, ref).seq, id.Seq) })
}

// Pending returns the number of entries that are pending in the group.
func (g StreamGroup) Pending() int { return g.pending.Len() }

// Pending returns the number of entries that are pending with the consumer.
func (c StreamConsumer) Pending() int { return c.pending.Len() }

// Find returns the pending entry of an ID.
func (g StreamGroup) Find(id StreamID) (StreamPending, bool) {
	c := seekPending(g.a, &g.pending, id)
	if !c.Valid() {
		return StreamPending{}, false
	}
	p := pendingAt(g.a, c.Item())
	return p, p.ID() == id
}

// Add makes an entry pending with a consumer; the caller has found that it isn't with any. It returns false if the arena is out of memory.
func (g StreamGroup) Add(id StreamID, to StreamConsumer, deliveredMs int64, count uint64) (StreamPending, bool) {
	a := g.a
	p, ok := g.AddOrphan(id, deliveredMs, count)
	if !ok {
		return p, false
	}
	if !p.enter(&to.pending) {
		p.leave(&g.pending)
		a.Free(p.ref, arena.PurposeObject)
		return StreamPending{}, false
	}
	p.consumer = to.ref
	return p, true
}

// AddOrphan is Add without a consumer, for who rebuilds a group: Move must give it one.
func (g StreamGroup) AddOrphan(id StreamID, deliveredMs int64, count uint64) (StreamPending, bool) {
	a := g.a
	ref := a.Alloc(streamPendingBytes, arena.PurposeObject)
	if ref == 0 {
		return StreamPending{}, false
	}
	p := StreamPending{streamPendingAt(a, ref), a, ref, id.Ms}
	*p.streamPendingHead = streamPendingHead{seq: id.Seq, delivered: deliveredMs, count: count}
	if !p.enter(&g.pending) {
		a.Free(ref, arena.PurposeObject)
		return StreamPending{}, false
	}
	return p, true
}

func (p StreamPending) enter(t *tree.Tree) bool {
	a := p.a
	return t.Insert(a, p.ms, p.ref, func(x, y arena.Ref) int { return comparePending(a, x, y) })
}

func (p StreamPending) leave(t *tree.Tree) {
	a := p.a
	if !t.Delete(a, p.ms, p.ref, func(x, y arena.Ref) int { return comparePending(a, x, y) }) {
		panic("object: a pending entry isn't where it should be")
	}
}

// Remove removes a pending entry.
func (g StreamGroup) Remove(p StreamPending) {
	p.leave(&g.pending)
	p.leave(&p.Consumer().pending)
	g.a.Free(p.ref, arena.PurposeObject)
}

// Move gives a pending entry to another consumer, or the same. It returns false, with nothing changed, if the arena is out of memory.
func (g StreamGroup) Move(p StreamPending, to StreamConsumer) bool {
	if p.consumer == to.ref {
		return true
	}
	if !p.enter(&to.pending) {
		return false
	}
	if !p.IsOrphan() {
		p.leave(&p.Consumer().pending)
	}
	p.consumer = to.ref
	return true
}

// ID returns the ID of the entry.
func (p StreamPending) ID() StreamID { return StreamID{p.ms, p.seq} }

// IsOrphan says whether the entry has no consumer: only while a group is being rebuilt.
func (p StreamPending) IsOrphan() bool { return p.consumer == 0 }

// Consumer returns the consumer that the entry was delivered to.
func (p StreamPending) Consumer() StreamConsumer { return consumerAt(p.a, p.consumer) }

// Delivered returns the unix time in ms of the last delivery.
func (p StreamPending) Delivered() int64 { return p.delivered }

// Count returns how many times the entry was delivered.
func (p StreamPending) Count() uint64 { return p.count }

// Deliver sets time and number of deliveries.
func (p StreamPending) Deliver(ms int64, count uint64) { p.delivered, p.count = ms, count }

// StreamPendings walks pending entries in the order of their IDs. It is valid until one is added, removed or moved.
type StreamPendings struct{ walk }

// PendingFrom returns a walk over the group's pending entries from an ID on.
func (g StreamGroup) PendingFrom(id StreamID) StreamPendings {
	return StreamPendings{walk{a: g.a, c: seekPending(g.a, &g.pending, id)}}
}

// PendingFrom returns a walk over the consumer's pending entries from an ID on.
func (c StreamConsumer) PendingFrom(id StreamID) StreamPendings {
	return StreamPendings{walk{a: c.a, c: seekPending(c.a, &c.pending, id)}}
}

// Pending returns the pending entry.
func (w *StreamPendings) Pending() StreamPending { return pendingAt(w.a, w.c.Item()) }

// LastPending returns the group's pending entry with the largest ID.
func (g StreamGroup) LastPending() (StreamPending, bool) {
	it, ok := g.pending.Last(g.a)
	if !ok {
		return StreamPending{}, false
	}
	return pendingAt(g.a, it), true
}
