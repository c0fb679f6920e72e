package rdb

import "github.com/sleipnirdb/sleipnir/datastruct/object"

// Sink takes a value, element by element, in the order in which it is written. The slices that it is given are views, valid
// until it returns. An error that it returns ends the decoding.
type Sink interface {
	// String takes a whole string.
	String(text []byte) error
	// Begin announces a collection in a certain form. What it holds comes through the methods of its type, and then End. count is
	// how many elements there are, as far as the form says; it may lie.
	Begin(form Type, t object.Type, count uint64) error
	// End says that the collection is complete.
	End() error

	// Element takes an element of a list, from head to tail.
	Element(text []byte) error
	// Member takes a member of a set.
	Member(text []byte) error
	// Scored takes a member of a sorted set. The scores fall, rise or have no order; none is NaN.
	Scored(member []byte, score float64) error
	// Field takes a field of a hash. expireAt is its expiry in unix ms, or 0.
	Field(field, value []byte, expireAt int64) error

	// Entry takes an entry of a stream: fields and values in turn. The IDs rise. isDead: it has been deleted.
	Entry(id ID, pairs [][]byte, isDead bool) error
	// Stream takes what a stream knows of itself, after its entries.
	Stream(s StreamInfo) error
	// Group takes a consumer group, after Stream. Its pending entries follow, then its consumers.
	Group(g GroupInfo) error
	// Pending takes an entry that was delivered and not acknowledged by the group. The IDs rise.
	Pending(p PendingInfo) error
	// Consumer takes a consumer of the group, and what it owns of the pending entries. An entry has one owner.
	Consumer(c ConsumerInfo) error
	Owned(id ID) error
	// GroupEnd says that the group is complete: every pending entry has an owner.
	GroupEnd() error
}

// ID is the ID of a stream's entry.
type ID = object.StreamID

// StreamInfo is what a stream knows of itself.
type StreamInfo struct {
	Last, First, MaxDeleted ID
	Added                   uint64 // how many entries were ever added
}

// GroupInfo is a consumer group.
type GroupInfo struct {
	Name []byte
	Last ID // last entry delivered
	// Read is how many entries the group has read, or -1 if that isn't known.
	Read int64
	// Estimate says that the form has no such number: it follows from the stream and Last.
	Estimate bool
}

// PendingInfo is an entry that was delivered and not acknowledged.
type PendingInfo struct {
	ID          ID
	DeliveredMs int64
	Deliveries  uint64
}

// ConsumerInfo is a consumer of a group. ActiveMs is when it last got entries, -1 for never.
type ConsumerInfo struct {
	Name             []byte
	SeenMs, ActiveMs int64
}
