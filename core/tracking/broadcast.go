package tracking

import (
	"slices"
	"strings"
	"sync/atomic"

	"github.com/sleipnirdb/sleipnir/internal/clock"
	"github.com/sleipnirdb/sleipnir/net/loop"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

// Listener is a session in broadcasting mode. On its own loop.
type Listener interface {
	// Push appends a message to what the session is sent.
	Push(frame []byte)
	// SpeaksResp3 tells whether it may be sent messages at all.
	SpeaksResp3() bool
}

// change is a key that was changed, on its way to a loop.
type change struct {
	next  *change
	key   string
	by    uint64 // a session with NOLOOP, else 0
	ticks uint64 // when
}

// Local is the listeners of one loop, and what they have yet to hear of. On that loop, but for what is atomic.
type Local struct {
	server *Server
	loop   *loop.Loop
	post   loop.Post
	book   []listening
	apart  uint64 // apartNanos in clock ticks

	head   atomic.Pointer[change]
	nudged atomic.Bool
}

// listening is who listens to one prefix.
type listening struct {
	prefix string
	who    []member
}

type member struct {
	to   Listener
	feed *Feed
}

// NewLocal returns the listeners of a loop, none yet. local finds those of the loop that a nudge comes to.
func (s *Server) NewLocal(l *loop.Loop, local func(l *loop.Loop) *Local) *Local {
	b := &Local{server: s, loop: l, apart: clock.NanosToTicks(apartNanos)}
	b.post.Fn = func(l *loop.Loop, _ any) {
		b.nudged.Store(false)
		local(l).deliver(b.take()) // another loop has come into the place of a loop that has ended
	}
	return b
}

// Add makes a session a listener of its feed's prefixes.
func (b *Local) Add(to Listener, f *Feed) {
	if len(f.Prefixes) == 0 {
		return
	}
	if len(b.book) == 0 {
		b.server.enroll(b, true)
	}
	for _, prefix := range f.Prefixes {
		i, found := slices.BinarySearchFunc(b.book, prefix, func(l listening, prefix string) int { return strings.Compare(l.prefix, prefix) })
		if !found {
			b.book = slices.Insert(b.book, i, listening{prefix: prefix})
		}
		b.book[i].who = append(b.book[i].who, member{to, f})
	}
}

// Drop ends that.
func (b *Local) Drop(to Listener) {
	if len(b.book) == 0 {
		return
	}
	for i := range b.book {
		b.book[i].who = slices.DeleteFunc(b.book[i].who, func(m member) bool { return m.to == to })
	}
	b.book = slices.DeleteFunc(b.book, func(l listening) bool { return len(l.who) == 0 })
	if len(b.book) == 0 {
		b.server.enroll(b, false)
	}
}

// enroll enters a loop in the list of those with listeners, or strikes it off.
func (s *Server) enroll(b *Local, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []*Local
	if old := s.locals.Load(); old != nil {
		list = slices.DeleteFunc(slices.Clone(*old), func(other *Local) bool { return other == b })
	}
	if on {
		list = append(list, b)
	}
	s.locals.Store(&list)
}

// broadcast has every loop with listeners hear of a change, if anybody listens to such keys. It reports whether anybody listens to anything.
func (s *Server) broadcast(key []byte, by uint64) (listened bool) {
	prefixes := s.prefixes.Load()
	if prefixes == nil {
		return false
	}
	if !slices.ContainsFunc(*prefixes, func(p string) bool { return strings.HasPrefix(string(key), p) }) {
		return true
	}
	locals := s.locals.Load()
	if locals == nil {
		return true
	}
	text, ticks := string(key), clock.Ticks()
	for _, b := range *locals {
		b.put(&change{key: text, by: by, ticks: ticks})
	}
	return true
}

func (b *Local) put(c *change) {
	for {
		c.next = b.head.Load()
		if b.head.CompareAndSwap(c.next, c) {
			break
		}
	}
	if !b.nudged.Load() && !b.nudged.Swap(true) {
		b.loop.Post(&b.post)
	}
}

// apartNanos is how long after a change another one is told of in a message of its own. It is less than a client needs from one request to the next:
// so what it did at a time (a pipeline, a transaction) is told at a time, and the rest is not.
const apartNanos = 20_000

// take takes what has come, in messages: in each one every key once, in the order of keys. Of several changes of a key it is the last one's author that counts.
func (b *Local) take() (messages [][]*change) {
	var list []*change
	for c := b.head.Swap(nil); c != nil; c = c.next {
		list = append(list, c)
	}
	slices.Reverse(list)
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].ticks-list[n-1].ticks < b.apart {
			n++
		}
		m := list[:n:n]
		list = list[n:]
		slices.Reverse(m) // of equal keys the newest stands first
		slices.SortStableFunc(m, func(a, b *change) int { return strings.Compare(a.key, b.key) })
		messages = append(messages, slices.CompactFunc(m, func(a, b *change) bool { return a.key == b.key }))
	}
	return messages
}

// deliver sends changes to those who listen to them.
func (b *Local) deliver(messages [][]*change) {
	for _, changes := range messages {
		b.tell(changes)
	}
}

func (b *Local) tell(changes []*change) {
	for i := range b.book {
		l := &b.book[i]
		from, _ := slices.BinarySearchFunc(changes, l.prefix, func(c *change, prefix string) int { return strings.Compare(c.key, prefix) })
		to := from
		for to < len(changes) && strings.HasPrefix(changes[to].key, l.prefix) {
			to++
		}
		if to > from {
			l.tell(changes[from:to])
		}
	}
}

// tell sends changes of keys with the prefix to everybody. What most get is encoded once.
func (l *listening) tell(changes []*change) {
	common := encode(changes, 0)
	for _, m := range l.who {
		list, frame := common.list, common.frame
		if m.feed.mode.Load()&modeNoLoop != 0 && slices.ContainsFunc(changes, func(c *change) bool { return c.by == m.feed.ID }) {
			own := encode(changes, m.feed.ID)
			if list, frame = own.list, own.frame; list == "" {
				continue
			}
		}
		if m.feed.redirect.Load() != nil {
			m.feed.send(note{kind: noteKeys, key: list})
		} else if m.to.SpeaksResp3() {
			m.to.Push(frame)
		}
	}
}

// message is changes encoded: the array of keys, and the whole message for who speaks RESP3.
type message struct {
	list  string
	frame []byte
}

// encode leaves out what the session except has changed. The list is empty if nothing is left.
func encode(changes []*change, except uint64) message {
	list := appendKeys(nil, changes, except)
	if list == nil {
		return message{}
	}
	n, w := note{kind: noteKeys, key: string(list)}, resp.Writer{Resp3: true}
	n.append(&w, false)
	return message{n.key, w.B}
}

// appendKeys appends the array of the keys that were not changed by the session except, nothing if there are none.
func appendKeys(dst []byte, changes []*change, except uint64) []byte {
	n := 0
	for _, c := range changes {
		if except == 0 || c.by != except {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	w := resp.Writer{B: dst}
	w.Array(n)
	for _, c := range changes {
		if except == 0 || c.by != except {
			w.BulkString(c.key)
		}
	}
	return w.B
}
