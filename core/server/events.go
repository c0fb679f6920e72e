package server

import (
	"strconv"

	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/pubsub"
)

// events publishes what happens to keys (notify-keyspace-events).
type events struct {
	*Server
	p int // the partition that it hears of
}

// Event is called under the lease of the key's partition.
func (e *events) Event(db int, _ keyspace.Class, event string, key []byte) {
	number := strconv.Itoa(db)
	classes := keyspace.Class(e.notify.Load())
	if classes&keyspace.ClassKeyspace != 0 {
		e.hub.Publish(pubsub.Channel, append([]byte("__keyspace@"+number+"__:"), key...), []byte(event))
	}
	if classes&keyspace.ClassKeyevent != 0 {
		e.hub.Publish(pubsub.Channel, []byte("__keyevent@"+number+"__:"+event), key)
	}
}

// Modified tells those who keep keys on their side. A flush tells them by itself (operations.Flushed), and leaves the table to be emptied here.
func (e *events) Modified(_ int, key []byte, expired bool) {
	t := e.tracking.Table(e.p)
	if key == nil {
		e.dispose(t.Clear())
		return
	}
	if !t.Changed(key, !expired) {
		e.Set.Space(e.p).SetFollow(0)
	}
}
