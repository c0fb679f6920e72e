package rdb

import (
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

const (
	errGroup    Corrupt = "a consumer group is there twice"
	errConsumer Corrupt = "Duplicate stream consumer detected"
	errOwner    Corrupt = "a pending entry has two owners, or isn't pending"
	errOrphan   Corrupt = "a pending entry has no owner"
	errPending  Corrupt = "a pending entry is there twice"
	errTooLong  Corrupt = "an entry of a stream is too long"
)

// Entry takes an entry of a stream.
func (b *Builder) Entry(id ID, pairs [][]byte, isDead bool) error {
	bytes := 0
	for _, text := range pairs {
		bytes += len(text)
	}
	if bytes > object.MaxStreamNode {
		return errTooLong
	}
	if !b.stream.Load(id, pairs, isDead) {
		return keyspace.ErrNoMemory
	}
	return nil
}

// Stream takes what a stream knows of itself.
func (b *Builder) Stream(s StreamInfo) error {
	b.stream.SetLastID(s.Last)
	b.stream.SetMaxDeletedID(s.MaxDeleted)
	b.stream.SetAdded(s.Added)
	return nil
}

// Group takes a consumer group.
func (b *Builder) Group(g GroupInfo) error {
	if _, is := b.stream.Group(g.Name); is {
		return errGroup
	}
	if g.Estimate {
		g.Read = b.stream.ReadAt(g.Last)
	}
	var ok bool
	if b.group, ok = b.stream.AddGroup(g.Name, g.Last, g.Read); !ok {
		return keyspace.ErrNoMemory
	}
	b.owned = 0
	return nil
}

// Pending takes an entry that was delivered and not acknowledged.
func (b *Builder) Pending(p PendingInfo) error {
	if _, is := b.group.Find(p.ID); is {
		return errPending
	}
	if _, ok := b.group.AddOrphan(p.ID, p.DeliveredMs, p.Deliveries); !ok {
		return keyspace.ErrNoMemory
	}
	return nil
}

// Consumer takes a consumer of the group.
func (b *Builder) Consumer(c ConsumerInfo) error {
	if _, is := b.group.Consumer(c.Name); is {
		return errConsumer
	}
	var ok bool
	if b.consumer, ok = b.group.AddConsumer(c.Name, c.SeenMs); !ok {
		return keyspace.ErrNoMemory
	}
	b.consumer.SetActive(c.ActiveMs)
	return nil
}

// Owned gives a pending entry to the consumer. One that another has already, or that isn't pending, would leave the group in a state
// that no command expects.
func (b *Builder) Owned(id ID) error {
	p, is := b.group.Find(id)
	if !is || !p.IsOrphan() {
		return errOwner
	}
	if !b.group.Move(p, b.consumer) {
		return keyspace.ErrNoMemory
	}
	b.owned++
	return nil
}

// GroupEnd says that the group is complete.
func (b *Builder) GroupEnd() error {
	if b.owned != b.group.Pending() {
		return errOrphan
	}
	return nil
}
