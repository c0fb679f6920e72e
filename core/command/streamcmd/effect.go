package streamcmd

import (
	"strconv"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// What the journal gets in the place of commands that deliver entries: what became of group and consumer, entry by entry, so that
// neither the time nor what another server finds in its stream matters.

// propagateClaim says what an entry's delivery is like now. If the entry is gone from the stream, it is no longer pending.
func propagateClaim(c *command.Call, key, group []byte, g object.StreamGroup, p object.StreamPending) {
	if !c.Propagates() {
		return
	}
	var id, last [object.MaxStreamIDText]byte
	var at, count [20]byte
	c.Propagate([]byte("XCLAIM"), key, group, p.Consumer().Name(), []byte("0"), p.ID().AppendTo(id[:0]),
		[]byte("TIME"), strconv.AppendInt(at[:0], p.Delivered(), 10),
		[]byte("RETRYCOUNT"), strconv.AppendUint(count[:0], p.Count(), 10),
		[]byte("FORCE"), []byte("JUSTID"), []byte("LASTID"), g.LastID().AppendTo(last[:0]))
}

// propagateGroup says how far a group has come.
func propagateGroup(c *command.Call, key, group []byte, g object.StreamGroup) {
	if !c.Propagates() {
		return
	}
	var last [object.MaxStreamIDText]byte
	var read [20]byte
	c.Propagate([]byte("XGROUP"), []byte("SETID"), key, group, g.LastID().AppendTo(last[:0]),
		[]byte("ENTRIESREAD"), strconv.AppendInt(read[:0], g.Read(), 10))
}

// propagateConsumer says that a group has got a consumer.
func propagateConsumer(c *command.Call, key, group, name []byte) {
	c.Propagate([]byte("XGROUP"), []byte("CREATECONSUMER"), key, group, name)
}
