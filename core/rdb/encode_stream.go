package rdb

import (
	"encoding/binary"

	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// stream writes a stream.
func (x *Encoder) stream(s object.Stream) {
	x.streamNodes(s)
	x.w.count(s.Len())
	x.id(s.LastID())
	x.id(s.FirstID())
	x.id(s.MaxDeletedID())
	x.w.length(s.Added())
	x.w.count(s.Groups())
	for w := s.AllGroups(); w.Next(); {
		x.streamGroup(w.Group())
	}
}

func (x *Encoder) id(id ID) {
	x.w.length(id.Ms)
	x.w.length(id.Seq)
}

// rawID writes an ID of 16 bytes.
func (x *Encoder) rawID(id ID) {
	x.w.buf = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(x.w.buf, id.Ms), id.Seq)
	x.w.room()
}

// streamNodes writes the nodes as they are.
func (x *Encoder) streamNodes(s object.Stream) {
	x.w.count(s.Nodes())
	var node ID
	begun := false
	for r := s.All(); r.Next(); {
		if id, live, dead := r.Node(); !begun || id != node {
			if begun {
				x.w.text(x.pack.bytes())
			}
			node, begun = id, true
			x.w.length(idBytes)
			x.rawID(node)
			x.streamMaster(r, live, dead)
		}
		x.streamEntry(&r, node)
	}
	if begun {
		x.w.text(x.pack.bytes())
	}
}

// streamMaster begins the listpack of the node whose first entry r is at.
func (x *Encoder) streamMaster(r object.StreamRange, live, dead int) {
	x.pack.reset()
	x.pack.int(int64(live))
	x.pack.int(int64(dead))
	x.pack.int(int64(r.Fields()))
	for range r.Fields() {
		field, _ := r.Pair()
		x.pack.value(field)
	}
	x.pack.int(0)
}

// streamEntry appends an entry to the listpack of its node.
func (x *Encoder) streamEntry(r *object.StreamRange, node ID) {
	flags := int64(0)
	if r.IsDead() {
		flags |= flagDeleted
	}
	if r.IsSame() {
		flags |= flagSameFields
	}
	id, start := r.ID(), x.pack.count
	x.pack.int(flags)
	x.pack.int(int64(id.Ms - node.Ms))   // #nosec G115 -- it wraps around
	x.pack.int(int64(id.Seq - node.Seq)) // #nosec G115
	if !r.IsSame() {
		x.pack.int(int64(r.Fields()))
	}
	for range r.Fields() {
		field, value := r.Pair()
		if !r.IsSame() {
			x.pack.value(field)
		}
		x.pack.value(value)
	}
	x.pack.int(int64(x.pack.count - start))
}

func (x *Encoder) streamGroup(g object.StreamGroup) {
	x.w.text(g.Name())
	x.id(g.LastID())
	x.w.length(uint64(g.Read())) // #nosec G115 -- -1 is all ones
	x.w.count(g.Pending())
	for w := g.PendingFrom(ID{}); w.Next(); {
		p := w.Pending()
		x.rawID(p.ID())
		x.w.millis(p.Delivered())
		x.w.length(p.Count())
	}
	x.w.count(g.Consumers())
	for w := g.AllConsumers(); w.Next(); {
		c := w.Consumer()
		x.w.text(c.Name())
		x.w.millis(c.Seen())
		if x.version > VersionRedis70 {
			x.w.millis(c.Active())
		}
		x.w.count(c.Pending())
		for w := c.PendingFrom(ID{}); w.Next(); {
			x.rawID(w.Pending().ID())
		}
	}
}
