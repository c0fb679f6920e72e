package object

import (
	"bytes"
	"encoding/binary"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/tree"
)

// streamGroupHead begins the block of a consumer group; its name stands behind.
type streamGroupHead struct {
	pending   tree.Tree // of streamPendingHead, by ID
	consumers tree.Tree // of streamConsumerHead, by name
	last      StreamID  // the largest ID that was delivered
	read      int64     // entries delivered, UnknownRead if that can't be told
	nameBytes uint32
}

// streamConsumerHead begins the block of a consumer; its name stands behind.
type streamConsumerHead struct {
	pending   tree.Tree // those of the group's pending entries that are this consumer's
	seen      int64     // unix ms at which it was last heard of
	active    int64     // unix ms at which it last got an entry, -1 for never
	nameBytes uint32
}

// UnknownRead is the number of entries that a group has read when that can't be told.
const UnknownRead = -1

// StreamGroup is the view of a consumer group. It is valid until the group is removed.
type StreamGroup struct {
	*streamGroupHead
	a   *arena.Arena
	ref arena.Ref
}

// StreamConsumer is the view of a consumer. It is valid until the consumer is removed.
type StreamConsumer struct {
	*streamConsumerHead
	a   *arena.Arena
	ref arena.Ref
}

func groupAt(a *arena.Arena, ref arena.Ref) StreamGroup {
	return StreamGroup{streamGroupAt(a, ref), a, ref}
}

func consumerAt(a *arena.Arena, ref arena.Ref) StreamConsumer {
	return StreamConsumer{streamConsumerAt(a, ref), a, ref}
}

// Name returns a view of the group's name, valid as long as the group.
func (g StreamGroup) Name() []byte { return nameAt(g.a, g.ref, streamGroupBytes, g.nameBytes) }

// Name returns a view of the consumer's name, valid as long as the consumer.
func (c StreamConsumer) Name() []byte { return nameAt(c.a, c.ref, streamConsumerBytes, c.nameBytes) }

func nameAt(a *arena.Arena, ref arena.Ref, from int, bytes uint32) []byte {
	return a.Bytes(ref, from+int(bytes))[from:]
}

// Names are ordered as bytes: a tree's key is the first eight, highest first, and the blocks tell the rest.

func nameKey(name []byte) uint64 {
	if len(name) >= 8 {
		return binary.BigEndian.Uint64(name)
	}
	var b [8]byte
	copy(b[:], name)
	return binary.BigEndian.Uint64(b[:])
}

// Groups returns the number of consumer groups.
func (s Stream) Groups() int { return s.head().groups.Len() }

// Group returns the consumer group of a name.
func (s Stream) Group(name []byte) (StreamGroup, bool) {
	a := s.a
	c := s.head().groups.SeekFunc(a, nameKey(name), func(ref arena.Ref) int {
		return bytes.Compare(groupAt(a, ref).Name(), name)
	})
	if !c.Valid() {
		return StreamGroup{}, false
	}
	g := groupAt(a, c.Item().Ref)
	return g, string(g.Name()) == string(name)
}

// AddGroup adds a consumer group; the caller has found that there's none of that name. It returns false if the arena is out of memory.
func (s Stream) AddGroup(name []byte, last StreamID, read int64) (StreamGroup, bool) {
	return s.head().addGroup(s.a, name, last, read)
}

func (h *streamHead) addGroup(a *arena.Arena, name []byte, last StreamID, read int64) (StreamGroup, bool) {
	ref := a.Alloc(streamGroupBytes+len(name), arena.PurposeObject)
	if ref == 0 {
		return StreamGroup{}, false
	}
	g := groupAt(a, ref)
	*g.streamGroupHead = streamGroupHead{
		pending: tree.New(arena.PurposeTree), consumers: tree.New(arena.PurposeTree),
		last: last, read: read, nameBytes: uint32(len(name)),
	}
	copy(g.Name(), name)
	if !h.groups.Insert(a, nameKey(name), ref, func(x, y arena.Ref) int { return compareGroups(a, x, y) }) {
		a.Free(ref, arena.PurposeObject)
		return StreamGroup{}, false
	}
	return g, true
}

func compareGroups(a *arena.Arena, x, y arena.Ref) int {
	return bytes.Compare(groupAt(a, x).Name(), groupAt(a, y).Name())
}

// RemoveGroup takes a group out. What is left to be freed is returned: the caller must see to it that it is.
func (s Stream) RemoveGroup(g StreamGroup) Remains {
	a := s.a
	if !s.head().groups.Delete(a, nameKey(g.Name()), g.ref, func(x, y arena.Ref) int { return compareGroups(a, x, y) }) {
		panic("object: a group isn't in its stream")
	}
	if g.pending.Len()+g.consumers.Len() > 0 {
		if ref := newStreamHead(a); ref != 0 {
			if streamHeadAt(a, ref).groups.Insert(a, 0, g.ref, nil) {
				return Remains{TypeStream, EncStream, ref}
			}
			a.Free(ref, arena.PurposeObject)
		}
	}
	g.free(1 << 62)
	return Remains{}
}

// StreamGroups walks consumer groups in the order of their names. It is valid until one is added or removed.
type StreamGroups struct{ walk }

// walk is a cursor that stands before its first item.
type walk struct {
	a     *arena.Arena
	c     tree.Cursor
	began bool // Next was called
}

// Next goes to the next and says whether there is one.
func (w *walk) Next() bool {
	if w.began && w.c.Valid() {
		w.c.Next(w.a)
	}
	w.began = true
	return w.c.Valid()
}

// AllGroups returns a walk over the consumer groups.
func (s Stream) AllGroups() StreamGroups {
	return StreamGroups{walk{a: s.a, c: s.head().groups.Begin(s.a)}}
}

// Group returns the group.
func (w *StreamGroups) Group() StreamGroup { return groupAt(w.a, w.c.Item().Ref) }

// LastID returns the largest ID that was delivered to the group.
func (g StreamGroup) LastID() StreamID { return g.last }

// SetLastID sets the largest ID that was delivered.
func (g StreamGroup) SetLastID(id StreamID) { g.last = id }

// Read returns how many entries were delivered, UnknownRead if that can't be told.
func (g StreamGroup) Read() int64 { return g.read }

// SetRead sets how many entries were delivered.
func (g StreamGroup) SetRead(n int64) { g.read = n }

// Consumers returns the number of consumers.
func (g StreamGroup) Consumers() int { return g.consumers.Len() }

// Consumer returns the consumer of a name.
func (g StreamGroup) Consumer(name []byte) (StreamConsumer, bool) {
	a := g.a
	c := g.consumers.SeekFunc(a, nameKey(name), func(ref arena.Ref) int {
		return bytes.Compare(consumerAt(a, ref).Name(), name)
	})
	if !c.Valid() {
		return StreamConsumer{}, false
	}
	k := consumerAt(a, c.Item().Ref)
	return k, string(k.Name()) == string(name)
}

// AddConsumer adds a consumer, seen at a unix time in ms; the caller has found that there's none of that name. It returns
// false if the arena is out of memory.
func (g StreamGroup) AddConsumer(name []byte, seen int64) (StreamConsumer, bool) {
	a := g.a
	ref := a.Alloc(streamConsumerBytes+len(name), arena.PurposeObject)
	if ref == 0 {
		return StreamConsumer{}, false
	}
	c := consumerAt(a, ref)
	*c.streamConsumerHead = streamConsumerHead{
		pending: tree.New(arena.PurposeTree), seen: seen, active: -1, nameBytes: uint32(len(name)),
	}
	copy(c.Name(), name)
	if !g.consumers.Insert(a, nameKey(name), ref, func(x, y arena.Ref) int { return compareConsumers(a, x, y) }) {
		a.Free(ref, arena.PurposeObject)
		return StreamConsumer{}, false
	}
	return c, true
}

func compareConsumers(a *arena.Arena, x, y arena.Ref) int {
	return bytes.Compare(consumerAt(a, x).Name(), consumerAt(a, y).Name())
}

// RemoveConsumer removes a consumer with its pending entries, and returns how many these were.
func (g StreamGroup) RemoveConsumer(c StreamConsumer) int {
	a := g.a
	n := c.pending.Len()
	for {
		it, ok := c.pending.PopFirst(a)
		if !ok {
			break
		}
		if !g.pending.Delete(a, it.Key, it.Ref, func(x, y arena.Ref) int { return comparePending(a, x, y) }) {
			panic("object: a consumer's pending entry isn't its group's")
		}
		a.Free(it.Ref, arena.PurposeObject)
	}
	if !g.consumers.Delete(a, nameKey(c.Name()), c.ref, func(x, y arena.Ref) int { return compareConsumers(a, x, y) }) {
		panic("object: a consumer isn't in its group")
	}
	a.Free(c.ref, arena.PurposeObject)
	return n
}

// StreamConsumers walks consumers in the order of their names. It is valid until one is added or removed.
type StreamConsumers struct{ walk }

// AllConsumers returns a walk over the consumers.
func (g StreamGroup) AllConsumers() StreamConsumers {
	return StreamConsumers{walk{a: g.a, c: g.consumers.Begin(g.a)}}
}

// Consumer returns the consumer.
func (w *StreamConsumers) Consumer() StreamConsumer { return consumerAt(w.a, w.c.Item().Ref) }

// Is says whether both are the same consumer.
func (c StreamConsumer) Is(other StreamConsumer) bool { return c.ref == other.ref }

// Seen returns the unix time in ms at which the consumer was last heard of.
func (c StreamConsumer) Seen() int64 { return c.seen }

// SetSeen sets the time at which it was last heard of.
func (c StreamConsumer) SetSeen(ms int64) { c.seen = ms }

// Active returns the unix time in ms at which the consumer last got an entry, -1 for never.
func (c StreamConsumer) Active() int64 { return c.active }

// SetActive sets the time at which it last got an entry.
func (c StreamConsumer) SetActive(ms int64) { c.active = ms }
