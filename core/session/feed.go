package session

import (
	"github.com/sleipnirdb/sleipnir/core/tracking"
	"github.com/sleipnirdb/sleipnir/net/loop"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

// MakeFeed returns the way of invalidations to the session, made when it is first
// asked for: by its owner, or by its loop for a session that redirects here.
func (s *Session) MakeFeed() *tracking.Feed {
	if f := s.Feed.Load(); f != nil {
		return f
	}
	f := tracking.NewFeed(s.ID, s.Conn, nudged, s)
	if !s.Feed.CompareAndSwap(nil, f) {
		return s.Feed.Load()
	}
	return f
}

// TakeFeed writes the invalidations that have come to w. Whoever owns the session
// calls it, when the replies to the commands before are there already, and none
// of the present one.
func (s *Session) TakeFeed(w *resp.Writer) { s.takeFeed().Append(w, s.State&Subscribed != 0) }

// takeFeed returns what has come.
func (s *Session) takeFeed() tracking.Taken {
	t := s.Withheld
	if t != (tracking.Taken{}) {
		s.Withheld = tracking.Taken{}
	}
	return t.And(s.Feed.Load().Take())
}

// TakeFeedAround puts a reply that somebody else has made into w, and the
// invalidations to where they belong, before and behind it. On the session's loop.
func (s *Session) TakeFeedAround(w *resp.Writer, reply []byte) {
	if s.Feed.Load() == nil {
		w.B = append(w.B, reply...)
		return
	}
	inPubSub := s.State&Subscribed != 0
	before, behind := s.takeFeed().Split()
	before.Append(w, inPubSub)
	w.B = append(w.B, reply...)
	behind.Append(w, inPubSub)
}

// nudged looks after invalidations that came for a session which runs no command.
func nudged(_ *loop.Loop, arg any) {
	s := arg.(*Session)
	f := s.Feed.Load()
	f.Nudged()
	if s.Conn.Closed() || s.Lent {
		return // who has it takes them
	}
	// If nobody serves the session's wait now, nobody did when they were taken, and
	// they come before whatever it will be answered. Else it's not known where its
	// reply is among them, until that is here.
	s.Withheld = s.takeFeed()
	if s.Away() {
		return
	}
	w := resp.Writer{Resp3: s.W.Resp3}
	s.TakeFeed(&w)
	if len(w.B) > 0 {
		s.Push(w.B)
	}
}
