package pubsub

import (
	"slices"
	"sync/atomic"

	"github.com/sleipnirdb/sleipnir/net/loop"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

// Local is what the sessions of one loop subscribe to, and what has been published and is yet to be delivered to them. On that loop, but for what is atomic.
//
// A delivery walks a slice, and each subscriber is handed the same bytes: the message is encoded once for each protocol that somebody speaks, and
// mostly goes from there to the sockets without being copied (loop.Conn.Interject). Messages of one channel that come one after the other in a round
// of the loop are delivered as one.
type Local struct {
	hub   *Hub
	loop  *loop.Loop
	post  loop.Post
	names [KindCount]map[string]*audience
	size  int // audiences

	head   atomic.Pointer[queued] // the newest first
	nudged atomic.Bool            // post is on its way
}

// queued is a message in a loop's stack.
type queued struct {
	message
	next *queued
}

// audience is who subscribes to one name, in no order.
type audience struct {
	who []Subscriber
	at  map[Subscriber]int // where each is in who
}

// NewLocal returns a loop's subscriptions, empty.
func (h *Hub) NewLocal(on *loop.Loop) *Local {
	l := &Local{hub: h, loop: on}
	l.post.Fn, l.post.Arg = drain, l
	for k := range l.names {
		l.names[k] = make(map[string]*audience)
	}
	return l
}

// Add makes s a subscriber of name.
func (l *Local) Add(k Kind, name string, s Subscriber) {
	a := l.names[k][name]
	if a == nil {
		a = &audience{at: make(map[Subscriber]int)}
		l.names[k][name] = a
		if l.size++; l.size == 1 {
			l.hub.enroll(l, true)
		}
	}
	if _, is := a.at[s]; !is {
		a.at[s] = len(a.who)
		a.who = append(a.who, s)
	}
}

// Remove ends that.
func (l *Local) Remove(k Kind, name string, s Subscriber) {
	a := l.names[k][name]
	if a == nil {
		return
	}
	at, is := a.at[s]
	if !is {
		return
	}
	last := len(a.who) - 1
	moved := a.who[last]
	a.who[at], a.at[moved] = moved, at
	a.who[last] = nil
	a.who = a.who[:last]
	delete(a.at, s)
	if last == 0 {
		delete(l.names[k], name)
		if l.size--; l.size == 0 {
			l.hub.enroll(l, false)
		}
	}
}

// enroll enters a loop in the list of those with subscribers, or strikes it off.
func (h *Hub) enroll(l *Local, on bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []*Local
	if old := h.locals.Load(); old != nil {
		list = slices.DeleteFunc(slices.Clone(*old), func(other *Local) bool { return other == l })
	}
	if on {
		list = append(list, l)
	}
	h.locals.Store(&list)
}

// put has the loop deliver a message. Any goroutine.
func (l *Local) put(q *queued) {
	for {
		q.next = l.head.Load()
		if l.head.CompareAndSwap(q.next, q) {
			break
		}
	}
	if !l.nudged.Load() && !l.nudged.Swap(true) {
		l.loop.Post(&l.post)
	}
}

// drain delivers what has come. If the loop has ended, and on is another one in its place, that has had the messages, too.
func drain(on *loop.Loop, arg any) {
	l := arg.(*Local)
	l.nudged.Store(false)
	if on != l.loop {
		return
	}
	var first *queued
	for q := l.head.Swap(nil); q != nil; {
		q, q.next, first = q.next, first, q
	}
	for first != nil {
		n, next, most := 1, first.next, maxTogether
		if len(l.names[Pattern]) > 0 {
			most = 1 // who hears of a message by channel and by pattern hears of both before the next one
		}
		for next != nil && next.kind == first.kind && next.channel == first.channel && n < most {
			n, next = n+1, next.next
		}
		l.deliver(first, n)
		first = next
	}
}

// maxTogether is how many messages are delivered as one at most.
const maxTogether = 1024

// Drop ends all subscriptions of s.
func (l *Local) Drop(s Subscriber) {
	for k := range l.names {
		for name := range l.names[k] {
			l.Remove(Kind(k), name, s) // #nosec G115 -- a kind
		}
	}
}

// deliver hands n messages of one channel to those of this loop who want them.
func (l *Local) deliver(q *queued, n int) {
	f := Frames{first: q, count: n, word: "message"}
	if q.kind == Shard {
		f.word = "smessage"
	}
	if a := l.names[q.kind][q.channel]; a != nil {
		a.tell(&f)
	}
	if q.kind != Channel {
		return
	}
	for pattern, a := range l.names[Pattern] {
		if matches(pattern, q.channel) {
			a.tell(&Frames{first: q, count: n, word: "pmessage", pattern: pattern})
		}
	}
}

func (a *audience) tell(f *Frames) {
	for i := len(a.who) - 1; i >= 0; i-- { // from the end: who is closed meanwhile gives its place to the last
		if i < len(a.who) {
			a.who[i].Deliver(f)
		}
	}
}

// Frames is messages of one channel in each protocol, encoded when they are first asked for.
type Frames struct {
	first         *queued
	count         int
	word, pattern string
	frames        [2][]byte
}

// In returns the messages for RESP3 or RESP2. The bytes are shared by all, and not to be changed.
func (f *Frames) In(resp3 bool) []byte {
	i := 0
	if resp3 {
		i = 1
	}
	if f.frames[i] == nil {
		f.frames[i] = f.encode(resp3)
	}
	return f.frames[i]
}

// frameOverhead is about what the protocol adds to a message.
const frameOverhead = 64

func (f *Frames) encode(resp3 bool) []byte {
	size, q := 0, f.first
	for range f.count {
		size += frameOverhead + len(f.pattern) + len(q.channel) + len(q.payload)
		q = q.next
	}
	w := resp.Writer{B: make([]byte, 0, size), Resp3: resp3}
	q = f.first
	for range f.count {
		words := 3
		if f.word == "pmessage" {
			words = 4
		}
		w.Push(words)
		w.BulkString(f.word)
		if words == 4 {
			w.BulkString(f.pattern)
		}
		w.BulkString(q.channel)
		w.BulkString(q.payload)
		q = q.next
	}
	return w.B
}
