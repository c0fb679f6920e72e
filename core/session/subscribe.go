package session

import "github.com/sleipnirdb/sleipnir/core/pubsub"

// Subscriptions are what a session subscribes to.
type Subscriptions struct {
	// Names by kind. Owner of the session.
	Names [pubsub.KindCount]map[string]struct{}
	// Changes are what the session's loop has yet to enter in its book. Owner
	// of the session.
	Changes []SubscriptionChange
}

// SubscriptionChange is a subscription that began or ended.
type SubscriptionChange struct {
	Kind pubsub.Kind
	Name string
	Add  bool
}

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

// Push appends an out-of-band message. On the session's loop.
func (s *Session) Push(frame []byte) {
	if s.Lent || s.Conn.Parked() {
		s.Pushes = append(s.Pushes, frame...)
		return
	}
	c := s.Conn
	c.Borrow()
	c.Out = append(c.Out, frame...)
	c.FlushLater()
}

// TakePushes appends the messages that came while the session was parked to
// its output. On its loop.
func (s *Session) TakePushes() {
	if len(s.Pushes) > 0 {
		s.Conn.Out = append(s.Conn.Out, s.Pushes...)
		s.Pushes = nil
	}
}

// SpeaksResp3 reports the session's protocol. On its loop.
func (s *Session) SpeaksResp3() bool {
	if s.Lent {
		return s.Last.Resp3
	}
	return s.W.Resp3
}
