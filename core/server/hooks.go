package server

import (
	"math"
	"time"

	"github.com/sleipnirdb/sleipnir/core/command/txncmd"
	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/session"
)

// hooks is the server as the dispatcher sees it.
type hooks Server

// forgetWatches undoes WATCH for a session that is gone.
func (h *hooks) forgetWatches(s *session.Session) {
	var mask partition.Mask
	txncmd.RouteWatched(h.Set, s, &mask)
	h.dispatcher.Exclusive(&mask, func(*dispatch.Executor) { txncmd.Unwatch(h.Set, s) })
}

// Slow is told of commands for the slow log.
func (h *hooks) Slow(*session.Session, [][]byte, uint64, int64) {}

// Slices of background work under a lease.
const (
	expireSlice = 500 * time.Microsecond
	freeSlice   = 200 * time.Microsecond
	// maxSleepMs bounds a loop's sleep while keys have an expiry, so that one
	// set by another loop is not overlooked for long.
	maxSleepMs = 100
)

// Ticked expires keys that are due and frees what was detached.
func (h *hooks) Ticked(x *dispatch.Executor) int {
	now, next := x.Now(), -1
	for p := range h.Set.Len() {
		due := h.Set.Space(p).NextDue()
		if due == math.MaxInt64 {
			continue
		}
		wait := 0
		if due >= now {
			wait = int(min(due-now+1, maxSleepMs))
		} else {
			x.TryWith(p, func(s *partition.Set) {
				s.Space(p).ExpireSlice(int64(expireSlice))
			})
		}
		if next < 0 || wait < next {
			next = wait
		}
	}
	return next
}
