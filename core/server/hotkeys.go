package server

import (
	"math"
	"sync"
	"time"

	"github.com/sleipnirdb/sleipnir/core/command/servercmd"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/stats"
	"github.com/sleipnirdb/sleipnir/internal/clock"
)

// hotKeys collects what the loops count of the keys that are used. A window is
// open while they count; when hotkeys-window-seconds have passed it is closed,
// and stays as the last one, which is what is shown.
type hotKeys struct {
	mu      sync.Mutex // guards the rest; held while the loops are visited, which never take it
	began   int64      // steady ns at which the open window began
	percent int64      // of the uses that are counted in it

	last        *stats.HotKeys // nil: none
	lastNanos   int64
	lastPercent int64
}

// setHotKeys follows the directives. The open window begins anew, the last one
// stays, unless nothing is to be counted any more.
func (s *Server) setHotKeys() {
	h := &s.hotKeys
	h.mu.Lock()
	defer h.mu.Unlock()
	on := s.Config.Int(config.HotKeysTopK) > 0
	h.began, h.percent = clock.Mono(), s.Config.Int(config.HotKeysSamplingPercentage)
	if !on {
		h.last = nil
	}
	s.dispatcher.SetGate(dispatch.GateHotKeys, on)
}

// turnHotKeys closes the open window if it is over. The caller is an ordinary
// goroutine.
func (s *Server) turnHotKeys() {
	if s.dispatcher.Gate()&dispatch.GateHotKeys == 0 {
		return
	}
	h := &s.hotKeys
	h.mu.Lock()
	defer h.mu.Unlock()
	window := s.Config.Int(config.HotKeysWindowSeconds) * int64(time.Second)
	if clock.Mono()-h.began < window {
		return
	}
	all := stats.NewHotKeys(int(s.Config.Int(config.HotKeysTopK)))
	s.dispatcher.EachLoop(func(x *dispatch.Executor) {
		if seen := x.HotKeys(); seen != nil {
			all.Merge(seen)
		}
	})
	now := clock.Mono()
	h.last, h.lastNanos, h.lastPercent = all, now-h.began, h.percent
	if h.lastNanos > 2*window { // too coarse to be called the last window
		h.last = nil
	}
	h.began = now
}

// HotKeys returns the keys of the last window, the hottest first.
func (o *operations) HotKeys() []servercmd.HotKey {
	(*Server)(o).turnHotKeys()
	h := &o.hotKeys
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.last == nil {
		return nil
	}
	top := h.last.Top()
	list := make([]servercmd.HotKey, len(top))
	for i, k := range top {
		// The middle of what it may be, as it would be without sampling.
		uses := (float64(k.Count) - float64(k.Error)/2) * 100 / float64(h.lastPercent)
		list[i] = servercmd.HotKey{Key: k.Key, DB: k.DB, PerSecond: int64(math.Round(uses / (float64(h.lastNanos) / 1e9)))}
	}
	return list
}

// ForgetHotKeys drops what is known of a database, of all if it is negative. Any
// goroutine: the loops forget a moment later.
func (o *operations) ForgetHotKeys(db int) {
	s := (*Server)(o)
	if s.dispatcher.Gate()&dispatch.GateHotKeys == 0 {
		return
	}
	go func() {
		defer s.rescue()
		s.forgetHotKeys(db)
	}()
}

// ResetHotKeys begins anew. The caller is an ordinary goroutine.
func (o *operations) ResetHotKeys() { (*Server)(o).forgetHotKeys(-1) }

func (s *Server) forgetHotKeys(db int) {
	h := &s.hotKeys
	h.mu.Lock()
	defer h.mu.Unlock()
	s.dispatcher.EachLoop(func(x *dispatch.Executor) { x.ForgetHotKeys(db) })
	switch {
	case db < 0:
		h.last, h.began = nil, clock.Mono()
	case h.last != nil:
		h.last.Forget(db)
	}
}

func (s *Server) infoHotKeys(n *stats.Info) {
	h := &s.hotKeys
	h.mu.Lock()
	defer h.mu.Unlock()
	samples, millis := uint64(0), int64(0)
	if h.last != nil {
		samples, millis = h.last.Total, h.lastNanos/int64(time.Millisecond)
	}
	n.Uint("hotkeys_last_window_samples", samples)
	n.Int("hotkeys_last_window_duration_ms", millis)
}
