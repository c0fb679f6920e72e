package dispatch

import (
	"slices"

	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/session"
)

// maxmemory-clients: when all clients together take more than it allows, the largest are ended until they don't.
//
// Each loop keeps what its sessions take (weigh.go). While there is a limit, what has just changed is weighed at once: a session after its commands, and
// one that is sent messages. Who finds the sum over the limit has a goroutine look for the largest, on whichever loops they are.

// leastClientLimit is the smallest limit that is obeyed, as in Valkey.
const leastClientLimit = 128 << 10

// configureClientLimit takes over maxmemory-clients: bytes, or a share of maxmemory if negative.
func (x *Executor) configureClientLimit() {
	limit := x.d.Config.Int(config.MaxMemoryClients)
	if limit < 0 {
		limit = int64(float64(x.d.Config.Uint(config.MaxMemory)) * float64(-limit) / 100)
	}
	if limit != 0 {
		limit = max(limit, leastClientLimit)
	}
	x.clientLimit = limit
}

// bound holds a session of this loop to what the settings allow it to take: pending is its unread output.
func (x *Executor) bound(s *session.Session, pending int) {
	if x.outputLimited {
		x.checkOutput(s, s.Conn, pending)
	}
	if x.clientLimit == 0 || s.Lent || s.Conn.Closed() {
		return
	}
	bytes := Weight(s)
	if need := int64(s.Parser.Need()); need >= x.clientLimit {
		bytes = max(bytes, need) // it will be over the limit all by itself
	}
	x.d.clientBytes.Add(bytes - s.Weighed)
	s.Weighed = bytes
	if x.d.ClientBytes() >= x.clientLimit {
		x.d.evictClients(x.clientLimit)
	}
}

// client is one that may be ended.
type client struct {
	s     *session.Session
	bytes int64
}

// evictClients ends the largest clients until the rest is below the limit. Any goroutine.
func (d *Dispatcher) evictClients(limit int64) {
	if d.evicting.Swap(true) {
		return
	}
	go func() {
		defer d.evicting.Store(false)
		defer func() {
			if reason := recover(); reason != nil {
				d.Hooks.Crashed(nil, reason)
			}
		}()
		d.endLargest(limit)
	}()
}

func (d *Dispatcher) endLargest(limit int64) {
	var clients []client
	sum := int64(0)
	d.EachSession(func(_ *Executor, s *session.Session) {
		if s.Conn.Aborted() {
			return
		}
		sum += s.Weighed
		if state := s.View().State; state&session.NoEvict == 0 {
			clients = append(clients, client{s, s.Weighed})
		}
	})
	slices.SortFunc(clients, func(a, b client) int { return int(b.bytes - a.bytes) })
	chosen := make(map[*session.Session]bool)
	for _, c := range clients {
		if sum < limit {
			break
		}
		sum -= c.bytes
		chosen[c.s] = true
	}
	if len(chosen) == 0 {
		return
	}
	d.EachSession(func(x *Executor, s *session.Session) {
		if chosen[s] && !s.Conn.Aborted() {
			x.Stats.EvictedClients++
			x.end(s, errEvicted)
		}
	})
}
