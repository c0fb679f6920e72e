// Package pubsub delivers messages from publishers to subscribers.
//
// Who subscribed to what is kept by each loop for its own sessions (Local),
// so a delivery touches nothing that another loop writes. What all share is a
// count of subscribers per name (Hub): it answers PUBSUB and PUBLISH, and
// spares a publication that nobody hears.
//
// A publication is one post to each loop. Posts of one thread to one loop run
// in order, so the messages of one publisher reach each subscriber in order.
// A publisher never waits.
package pubsub

import (
	"sync/atomic"

	"github.com/puzpuzpuz/xsync/v3"

	"github.com/sleipnirdb/sleipnir/internal/glob"
	"github.com/sleipnirdb/sleipnir/net/loop"
	"github.com/sleipnirdb/sleipnir/net/resp"
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
	// Push appends a message to what the subscriber is sent.
	Push(frame []byte)
	// SpeaksResp3 tells which of the two encodings to push.
	SpeaksResp3() bool
}

// Hub counts the subscribers of every name. Any goroutine.
type Hub struct {
	counts [KindCount]*xsync.MapOf[string, *atomic.Int64]
	loops  func() []*loop.Loop
	local  func(l *loop.Loop) *Local
}

// NewHub returns a hub over the loops; local finds a loop's subscribers, on
// that loop.
func NewHub(loops func() []*loop.Loop, local func(l *loop.Loop) *Local) *Hub {
	h := &Hub{loops: loops, local: local}
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
	n := h.Count(k, string(channel))
	if k == Channel && h.Size(Pattern) > 0 {
		h.counts[Pattern].Range(func(pattern string, count *atomic.Int64) bool {
			if glob.Match([]byte(pattern), channel, false) || pattern == "*" {
				n += count.Load()
			}
			return true
		})
	}
	if n == 0 {
		return 0
	}
	m := &message{kind: k, channel: string(channel), payload: string(payload), hub: h}
	loops := h.loops()
	posts := make([]loop.Post, len(loops))
	for i, l := range loops {
		posts[i].Fn, posts[i].Arg = deliver, m
		l.Post(&posts[i])
	}
	return n
}

// message is a publication on its way.
type message struct {
	kind             Kind
	channel, payload string
	hub              *Hub
}

func deliver(l *loop.Loop, arg any) {
	m := arg.(*message)
	m.hub.local(l).deliver(m)
}

// Local is what the sessions of one loop subscribe to. On that loop.
type Local struct {
	names [KindCount]map[string]map[Subscriber]struct{}
	// Pushed is told of each delivery.
	Pushed func(s Subscriber)
}

// NewLocal returns a loop's subscriptions, empty.
func NewLocal(pushed func(s Subscriber)) *Local {
	l := &Local{Pushed: pushed}
	for k := range l.names {
		l.names[k] = make(map[string]map[Subscriber]struct{})
	}
	return l
}

// Add makes s a subscriber of name.
func (l *Local) Add(k Kind, name string, s Subscriber) {
	who := l.names[k][name]
	if who == nil {
		who = make(map[Subscriber]struct{})
		l.names[k][name] = who
	}
	who[s] = struct{}{}
}

// Remove ends that.
func (l *Local) Remove(k Kind, name string, s Subscriber) {
	who := l.names[k][name]
	delete(who, s)
	if len(who) == 0 {
		delete(l.names[k], name)
	}
}

// Drop ends all subscriptions of s.
func (l *Local) Drop(s Subscriber) {
	for k := range l.names {
		for name := range l.names[k] {
			l.Remove(Kind(k), name, s) // #nosec G115 -- a kind
		}
	}
}

// deliver pushes a message to those of this loop who want it.
func (l *Local) deliver(m *message) {
	if who := l.names[m.kind][m.channel]; len(who) > 0 {
		word := "message"
		if m.kind == Shard {
			word = "smessage"
		}
		l.push(who, word, m.channel, m.payload)
	}
	if m.kind != Channel {
		return
	}
	for pattern, who := range l.names[Pattern] {
		if pattern == "*" || glob.MatchString(pattern, m.channel, false) {
			l.push(who, "pmessage", pattern, m.channel, m.payload)
		}
	}
}

// push encodes a message once for each protocol, and hands it to everybody.
func (l *Local) push(who map[Subscriber]struct{}, words ...string) {
	var frames [2][]byte
	for s := range who {
		i := 0
		if s.SpeaksResp3() {
			i = 1
		}
		if frames[i] == nil {
			w := resp.Writer{Resp3: i == 1}
			w.Push(len(words))
			for _, word := range words {
				w.BulkString(word)
			}
			frames[i] = w.B
		}
		s.Push(frames[i])
		l.Pushed(s)
	}
}
