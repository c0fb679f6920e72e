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
func (s *Session) TakeFeed(w *resp.Writer) {
	t := s.Feed.Load().Take()
	for t.Append(w, s.State&Subscribed != 0) {
		continue // the reply that stood there is in the output
	}
}

// TakeFeedAround puts a reply that somebody else has made into w, and the invalidations to
// where they belong, before and behind it. On the session's loop.
func (s *Session) TakeFeedAround(w *resp.Writer, reply []byte) {
	f := s.Feed.Load()
	if f == nil || s.Marked || f.Empty() {
		s.Marked = false
		w.B = append(w.B, reply...)
		return // what is left is behind the reply
	}
	t := f.Take()
	inPubSub := s.State&Subscribed != 0
	marked := t.Append(w, inPubSub)
	w.B = append(w.B, reply...)
	if marked {
		t.Append(w, inPubSub)
	}
}

// nudged looks after invalidations that came for a session which runs no command.
func nudged(_ *loop.Loop, arg any) {
	s := arg.(*Session)
	f := s.Feed.Load()
	f.Nudged()
	if s.Conn.Closed() || s.Lent || f.Empty() {
		return // who has it takes them
	}
	w := resp.Writer{Resp3: s.W.Resp3}
	inPubSub := s.State&Subscribed != 0
	t := f.Take()
	if !s.Marked {
		s.Marked = t.Append(&w, inPubSub)
		s.interject(w.B)
		w.B = nil
	}
	if s.Marked {
		t.Append(&w, inPubSub)
		s.Pushes = append(s.Pushes, w.B...)
	}
}

func (s *Session) interject(frames []byte) {
	if len(frames) > 0 {
		s.NetOut += uint64(len(frames))
		s.Conn.Interject(frames)
	}
}
