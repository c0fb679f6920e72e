package server

import (
	"math"
	"time"

	"github.com/sleipnirdb/sleipnir/core/command/txncmd"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/internal/clock"
)

// hooks is the server as the dispatcher sees it.
type hooks Server

// forgetWatches undoes WATCH for a session that is gone.
func (h *hooks) forgetWatches(s *session.Session) {
	var mask partition.Mask
	txncmd.RouteWatched(h.Set, s, &mask)
	h.dispatcher.Exclusive(&mask, func(*dispatch.Executor) { txncmd.Unwatch(h.Set, s) })
}

// Abandoned forgets a session's watched keys. Its watcher is replaced, so that
// what still marks the old one does not matter.
func (h *hooks) Abandoned(s *session.Session) {
	if len(s.Watch.Keys) == 0 {
		return
	}
	old := &session.Session{Watch: s.Watch}
	s.Watch = session.Watch{}
	go h.forgetWatches(old)
}

// Slices of background work under a lease.
const (
	expireSlice = 500 * time.Microsecond
	freeSlice   = 200 * time.Microsecond
	// maxSleepMs bounds a loop's sleep while keys have an expiry, so that one
	// set by another loop is not overlooked for long.
	maxSleepMs = 100
)

// Ticked does what is due between commands: it shows what the loop has done,
// expires keys, frees what was flushed, and looks after memory.
func (h *hooks) Ticked(x *dispatch.Executor) int {
	s := (*Server)(h)
	if s.meters.publish(x) {
		s.cron.stir()
	}
	next := s.expire(x)
	next = sooner(next, s.garbage.free(x))
	if x.EvictTracked(s.Config.Int(config.TrackingTableMaxKeys)) {
		next = 1
	}
	return sooner(next, s.watchMemory(x))
}

// sooner returns the earlier of two delays in ms, -1 standing for never.
func sooner(a, b int) int {
	if a < 0 || (b >= 0 && b < a) {
		return b
	}
	return a
}

// expire removes keys whose time has come, and returns when the next ones are
// due.
func (s *Server) expire(x *dispatch.Executor) int {
	if !s.activeExpire.Load() || s.isLoading() {
		return -1
	}
	if s.dispatcher.Gate()&dispatch.GateJournalFull != 0 {
		return maxSleepMs // each removal is one more record
	}
	h, now, next := s, x.Now(), -1
	for p := range h.Set.Len() {
		due := h.Set.Space(p).NextDue()
		if due == math.MaxInt64 {
			continue
		}
		wait := 0
		if due >= now {
			wait = int(min(due-now+1, maxSleepMs))
		} else {
			free := x.TryWith(p, func(set *partition.Set) {
				if !set.Space(p).Expires() {
					wait = maxSleepMs // somebody else says when they go
					return
				}
				start := clock.Ticks()
				set.Space(p).ExpireSlice(int64(expireSlice))
				s.slowEvent("expire-cycle", clock.Since(start))
			})
			if !free {
				wait = 1 // a script may have it for long
			}
		}
		if next < 0 || wait < next {
			next = wait
		}
	}
	return next
}
