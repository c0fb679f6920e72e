// Package pubsub delivers messages from publishers to subscribers.
//
// Who subscribed to what is kept by each loop for its own sessions (Local),
// so a delivery touches nothing that another loop writes. What all share is a
// count of subscribers per name (Hub): it answers PUBSUB and PUBLISH, and
// spares a publication that nobody hears.
//
// A publication is put on a stack of each loop that has subscribers, and the loop
// takes the whole stack once in a round, in the order of putting: so the messages of one
// publisher reach each subscriber in order. A publisher never waits.
package pubsub

import (
	"sync"
	"sync/atomic"

	"github.com/puzpuzpuz/xsync/v3"

	"github.com/sleipnirdb/sleipnir/internal/glob"
	"github.com/sleipnirdb/sleipnir/internal/unsafestr"
)

// Kind is a kind of subscription.
type Kind uint8

// The kinds.
const (
	Channel Kind = iota
	Pattern
	Shard
	KindCount
)

// Subscriber is who receives messages. On its own loop.
type Subscriber interface {
	// Deliver sends the frame of a message in the encoding that the subscriber speaks. It keeps the frame as it is, or copies it.
	Deliver(m *Frames)
}

// Hub counts the subscribers of every name. Any goroutine.
type Hub struct {
	counts [KindCount]*xsync.MapOf[string, *atomic.Int64]
	// locals have subscribers. Replaced as a whole, under mu. Atomic.
	locals atomic.Pointer[[]*Local]
	mu     sync.Mutex // guards the changes of locals; a leaf
}

// NewHub returns a hub without subscribers.
func NewHub() *Hub {
	h := &Hub{}
	for k := range h.counts {
		h.counts[k] = xsync.NewMapOf[string, *atomic.Int64]()
	}
	return h
}

// Added counts one more subscriber of name.
func (h *Hub) Added(k Kind, name string) { h.change(k, name, 1) }

// Removed counts one less.
func (h *Hub) Removed(k Kind, name string) { h.change(k, name, -1) }

func (h *Hub) change(k Kind, name string, by int64) {
	h.counts[k].Compute(name, func(n *atomic.Int64, loaded bool) (*atomic.Int64, bool) {
		if !loaded {
			n = new(atomic.Int64)
		}
		return n, n.Add(by) <= 0
	})
}

// Count returns how many subscribe to name.
func (h *Hub) Count(k Kind, name string) int64 {
	n, ok := h.counts[k].Load(name)
	if !ok {
		return 0
	}
	return n.Load()
}

// Names visits the names of a kind that somebody subscribes to.
func (h *Hub) Names(k Kind, visit func(name string)) {
	h.counts[k].Range(func(name string, _ *atomic.Int64) bool {
		visit(name)
		return true
	})
}

// Size returns how many names of a kind have subscribers.
func (h *Hub) Size(k Kind) int { return h.counts[k].Size() }

// Publish sends a message to the subscribers of a channel, and of the patterns
// that match it, and returns how many they are. It copies its arguments.
func (h *Hub) Publish(k Kind, channel, payload []byte) int64 {
	name := unsafestr.String(channel) // for look-ups
	n := h.Count(k, name)
	if k == Channel && h.Size(Pattern) > 0 {
		n += h.countPatterns(name)
	}
	if n == 0 {
		return 0
	}
	locals := h.locals.Load()
	if locals == nil {
		return n
	}
	m := message{kind: k, channel: string(channel), payload: string(payload)}
	for _, l := range *locals {
		l.put(&queued{message: m})
	}
	return n
}

func (h *Hub) countPatterns(channel string) (n int64) {
	h.counts[Pattern].Range(func(pattern string, count *atomic.Int64) bool {
		if matches(pattern, channel) {
			n += count.Load()
		}
		return true
	})
	return n
}

func matches(pattern, channel string) bool {
	return pattern == "*" || glob.MatchString(pattern, channel, false)
}

// message is a publication on its way.
type message struct {
	kind             Kind
	channel, payload string
}
