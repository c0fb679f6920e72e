package session

import (
	"github.com/sleipnirdb/sleipnir/core/pubsub"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

// Subscriptions are what a session subscribes to.
type Subscriptions struct {
	// Names by kind. Owner of the session.
	Names [pubsub.KindCount]map[string]struct{}
	// Bytes is about what the names take, here and in the loop's book. Owner of
	// the session.
	Bytes int
	// Changes are what the session's loop has yet to enter in its book. Owner
	// of the session.
	Changes []SubscriptionChange
}

// PrefixesChanged is the kind of a change that says that the session listens to
// other prefixes, or to none, see tracking.Listener.
const PrefixesChanged = pubsub.KindCount

// SubscriptionChange is a subscription that began or ended.
type SubscriptionChange struct {
	Kind pubsub.Kind
	Name string
	Add  bool
}

// bytesPerName is about what a subscription, or a watched key, takes beside its name.
const bytesPerName = 160

// Subscribe adds name, and reports whether it is new.
func (s *Session) Subscribe(k pubsub.Kind, name string) bool {
	names := s.Subs.Names[k]
	if _, had := names[name]; had {
		return false
	}
	if names == nil {
		names = make(map[string]struct{})
		s.Subs.Names[k] = names
	}
	names[name] = struct{}{}
	s.Subs.Bytes += len(name) + bytesPerName
	s.Subs.Changes = append(s.Subs.Changes, SubscriptionChange{k, name, true})
	s.State |= Subscribed
	return true
}

// Unsubscribe removes name, and reports whether it was there.
func (s *Session) Unsubscribe(k pubsub.Kind, name string) bool {
	if _, had := s.Subs.Names[k][name]; !had {
		return false
	}
	delete(s.Subs.Names[k], name)
	s.Subs.Bytes -= len(name) + bytesPerName
	s.Subs.Changes = append(s.Subs.Changes, SubscriptionChange{k, name, false})
	if s.Subscribed() == 0 {
		s.State &^= Subscribed
	}
	return true
}

// Subscribed returns how many subscriptions of all kinds there are.
func (s *Session) Subscribed() int {
	n := 0
	for k := range s.Subs.Names {
		n += len(s.Subs.Names[k])
	}
	return n
}

// Push appends an out-of-band message: to what is sent at once, also while the
// session waits, or behind the reply that somebody else is about to make. The
// frame is not to be changed any more. On the session's loop.
func (s *Session) Push(frame []byte) {
	if s.Conn.Aborted() {
		return
	}
	if s.Away() {
		s.Pushes = append(s.Pushes, frame...)
	} else {
		s.NetOut += uint64(len(frame))
		s.Conn.Interject(frame)
	}
	s.Pushed(s)
}

// Deliver sends a message of pub/sub. On the session's loop.
func (s *Session) Deliver(m *pubsub.Frames) { s.Push(m.In(s.SpeaksResp3())) }

// TakePushes appends the messages that came while somebody else ran the
// session, and the invalidations, to its output. On its loop, when it is at
// home again and its reply is in the output.
func (s *Session) TakePushes() {
	if len(s.Pushes) > 0 {
		s.NetOut += uint64(len(s.Pushes))
		s.Conn.Out = append(s.Conn.Out, s.Pushes...)
		s.Pushes = nil
	}
	if f := s.Feed.Load(); f != nil {
		w := resp.Writer{B: s.Conn.Out, Resp3: s.W.Resp3}
		s.TakeFeed(&w)
		s.Conn.Out = w.B
	}
}

// SpeaksResp3 reports the session's protocol. On its loop.
func (s *Session) SpeaksResp3() bool {
	if s.Lent {
		return s.Last.Resp3
	}
	return s.W.Resp3
}
