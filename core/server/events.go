package server

import (
	"strconv"

	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/pubsub"
)

// events publishes what happens to keys (notify-keyspace-events).
type events Server

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

// Modified is for client-side caching.
func (e *events) Modified(int, []byte) {}
