package dispatch

import (
	"github.com/sleipnirdb/sleipnir/core/pubsub"
	"github.com/sleipnirdb/sleipnir/core/session"
)

// subscribe enters a session's new and ended subscriptions in the loop's book, and that it monitors.
func (x *Executor) subscribe(s *session.Session) {
	if monitors := s.State&session.Monitoring != 0; monitors != s.Listed {
		x.list(s, monitors)
	}
	if len(s.Subs.Changes) == 0 {
		return
	}
	for _, ch := range s.Subs.Changes {
		if ch.Kind == session.PrefixesChanged {
			x.listen(s)
		} else if ch.Add {
			x.Subscribers.Add(ch.Kind, ch.Name, s)
		} else {
			x.Subscribers.Remove(ch.Kind, ch.Name, s)
		}
	}
	s.Subs.Changes = nil
}

// resubscribe enters all subscriptions of a session that moved here.
func (x *Executor) resubscribe(s *session.Session) {
	x.list(s, s.State&session.Monitoring != 0)
	for k := range s.Subs.Names {
		for name := range s.Subs.Names[k] {
			x.Subscribers.Add(pubsub.Kind(k), name, s) // #nosec G115 -- a kind
		}
	}
	x.listenAgain(s)
}

// pushed holds a session that is sent messages to its output limit.
func pushed(s *session.Session) {
	if x := s.Conn.Loop().Data.(*Executor); x.isBounded {
		x.bound(s, s.Conn.OutPending()+len(s.Pushes))
	}
}
