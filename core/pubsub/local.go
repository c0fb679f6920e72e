package pubsub

import "github.com/sleipnirdb/sleipnir/net/resp"

// Local is what the sessions of one loop subscribe to. On that loop.
//
// A delivery walks a slice, and each subscriber is handed the same bytes: the message is encoded once for each protocol that somebody speaks, and
// mostly goes from there to the sockets without being copied (loop.Conn.Interject).
type Local struct {
	names [KindCount]map[string]*audience
}

// audience is who subscribes to one name, in no order.
type audience struct {
	who []Subscriber
	at  map[Subscriber]int // where each is in who
}

// NewLocal returns a loop's subscriptions, empty.
func NewLocal() *Local {
	l := &Local{}
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

// deliver hands a message to those of this loop who want it.
func (l *Local) deliver(m *message) {
	if a := l.names[m.kind][m.channel]; a != nil {
		word := "message"
		if m.kind == Shard {
			word = "smessage"
		}
		a.tell(word, m.channel, m.payload)
	}
	if m.kind != Channel {
		return
	}
	for pattern, a := range l.names[Pattern] {
		if matches(pattern, m.channel) {
			a.tell("pmessage", pattern, m.channel, m.payload)
		}
	}
}

func (a *audience) tell(words ...string) {
	m := Frames{words: words}
	for i := len(a.who) - 1; i >= 0; i-- { // from the end: who is closed meanwhile gives its place to the last
		if i < len(a.who) {
			a.who[i].Deliver(&m)
		}
	}
}

// Frames is a message in each protocol, encoded when it is first asked for.
type Frames struct {
	words  []string
	frames [2][]byte
}

// In returns the message for RESP3 or RESP2. The bytes are shared by all, and not to be changed.
func (m *Frames) In(resp3 bool) []byte {
	i := 0
	if resp3 {
		i = 1
	}
	if m.frames[i] == nil {
		size := len(m.words) * frameOverhead
		for _, word := range m.words {
			size += len(word)
		}
		w := resp.Writer{B: make([]byte, 0, size), Resp3: resp3}
		w.Push(len(m.words))
		for _, word := range m.words {
			w.BulkString(word)
		}
		m.frames[i] = w.B
	}
	return m.frames[i]
}

// frameOverhead is what the protocol adds to a word, and room for a header.
const frameOverhead = 32
