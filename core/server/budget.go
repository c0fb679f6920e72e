package server

import (
	"math"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/internal/clock"
)

// budget is the account of memory against maxmemory.
//
// What is stored is counted by the arenas, exactly and at any time. What clients
// take is counted by the loops every few milliseconds, scripts by the cron. What is alive on the Go
// heap beside them changes slowly and is sampled by the cron. A loop
// compares the sum with maxmemory once a tick; near the limit it closes the
// memory gate, and from then on each command that needs memory does the sum
// itself (MakeRoom), until a tick finds room again. So below the limit
// maxmemory costs a command nothing.
type budget struct {
	runtime  atomic.Int64 // bytes charged for the Go heap, as sampled last
	heap     heapCharge   // how that is found
	growth   atomic.Int64 // percent, of the Go heap between two collections
	scripts  atomic.Int64 // bytes of scripts, functions and their machines, as sampled last
	startup  atomic.Int64 // used memory when the server started
	peak     atomic.Int64
	peakTime atomic.Int64 // unix s
	exceeded atomic.Int64 // ns spent over the limit, all in all
	overFrom atomic.Int64 // steady ns since when it is over the limit, 0 if it isn't
}

// Figures of eviction.
const (
	// nearShare and nearBytes are how close to maxmemory the gate closes: a
	// loop stores less than this in a tick.
	nearShare = 64
	nearBytes = 4 << 20
	// evictSamples is of how many partitions the best candidate is taken.
	evictSamples = 3
	// headroom is how far below the limit an eviction goes, so that not every
	// command has to look for a victim.
	headroom = 16 << 10
	// evictRun is how many keys are evicted under one lease.
	evictRun = 16
	// evictSlice bounds an eviction that no command asked for.
	evictSlice = 500 * time.Microsecond
)

// stored returns the bytes of all blocks in the arenas. Any goroutine may
// call it.
func (s *Server) stored() int64 {
	n := int64(0)
	for p := range s.Set.Len() {
		n += s.Set.Space(p).Used()
	}
	return n + s.tracking.Used()
}

// owed returns the bytes of large collections that are gone, but not freed yet.
func (s *Server) owed() int64 {
	n := int64(0)
	for p := range s.Set.Len() {
		n += s.Set.Space(p).Owed()
	}
	return n
}

// usedMemory is what INFO calls used_memory.
func (s *Server) usedMemory() int64 {
	return s.stored() + s.budget.runtime.Load() + s.budget.scripts.Load() + s.dispatcher.ClientBytes()
}

// overLimit returns by how much used memory is above maxmemory; negative
// below.
func (s *Server) overLimit() int64 {
	limit := s.Config.Uint(config.MaxMemory)
	if limit == 0 || limit > math.MaxInt64 {
		return math.MinInt64
	}
	return s.usedMemory() - int64(limit) // #nosec G115 -- checked
}

// watchMemory opens and closes the memory gate. On a loop, once a tick. It
// returns in how many ms it wants to run again.
func (s *Server) watchMemory(x *dispatch.Executor) int {
	d := s.dispatcher
	if s.Config.Uint(config.MaxMemory) == 0 {
		if d.Gate()&dispatch.GateMemory != 0 {
			d.SetGate(dispatch.GateMemory, false)
			s.budget.under()
		}
		return -1
	}
	over := s.overLimit()
	near := over > -max(int64(s.Config.Uint(config.MaxMemory)/nearShare), nearBytes) // #nosec G115 -- overLimit checked
	if near != (d.Gate()&dispatch.GateMemory != 0) {
		d.SetGate(dispatch.GateMemory, near)
	}
	if over <= 0 {
		s.budget.under()
		return -1
	}
	s.budget.over()
	if s.Config.Int(config.MaxMemoryPolicy) == config.NoEviction || s.isLoading() {
		return -1
	}
	if s.evict(x, int64(evictSlice)) == evictNothing {
		return -1
	}
	return 1
}

func (b *budget) over() { b.overFrom.CompareAndSwap(0, clock.Mono()+1) }

func (b *budget) under() {
	if from := b.overFrom.Swap(0); from != 0 {
		b.exceeded.Add(clock.Mono() + 1 - from)
	}
}

// evictor is the server as the dispatcher's gate sees it.
type evictor Server

// MakeRoom evicts until used memory is below maxmemory, or as long as
// maxmemory-eviction-tenacity allows: then the command goes on, as in Valkey,
// and eviction with the next one. It reports false if nothing can be evicted.
func (e *evictor) MakeRoom(x *dispatch.Executor) bool {
	s := (*Server)(e)
	if s.overLimit() <= 0 || s.isLoading() {
		return true
	}
	s.budget.over()
	return s.evict(x, tenacityNanos(s.Config.Int(config.MaxMemoryEvictionTenacity))) != evictNothing
}

// tenacityNanos is how long one command may evict: 0 to 500 µs for a tenacity
// up to 10, then 15 % more for each step, without end at 100.
func tenacityNanos(tenacity int64) int64 {
	const stepMicros, growth = 50, 1.15
	switch {
	case tenacity <= 10:
		return tenacity * stepMicros * 1000
	case tenacity < 100:
		return int64(10*stepMicros*math.Pow(growth, float64(tenacity-10))) * 1000
	}
	return math.MaxInt64
}

// evictResult is what an eviction came to.
type evictResult uint8

const (
	evictDone    evictResult = iota // below the limit
	evictRunning                    // out of time
	evictNothing                    // nothing that may be evicted
)

// besideScripts is how long one command evicts at most while a script takes long, whatever the tenacity: what could be evicted may be the script's.
const besideScripts = int64(500 * time.Microsecond)

// evict removes keys by the policy. x holds no lease.
func (s *Server) evict(x *dispatch.Executor, nanos int64) evictResult {
	if s.Config.Int(config.MaxMemoryPolicy) == config.NoEviction {
		return evictNothing
	}
	start := clock.Ticks()
	result := evictDone
	for {
		over := s.overLimit()
		if over > 0 {
			over -= s.owed()
		}
		if over <= 0 {
			break
		}
		if !s.evictSome(x, over+headroom) {
			result = evictNothing
			break
		}
		spent := clock.Since(start)
		if spent >= nanos || spent >= besideScripts && s.dispatcher.IsLong() {
			result = evictRunning
			break
		}
	}
	s.slowEvent("eviction-cycle", clock.Since(start))
	return result
}

// evictSome looks at a few partitions, from a random one on, and evicts from
// the one with the best candidate, as long as that stays at least as good as
// the second best. Partitions without a candidate don't count; busy ones are
// passed over. It reports false if there is no candidate anywhere.
func (s *Server) evictSome(x *dispatch.Executor, over int64) bool {
	count := s.Set.Len()
	first := rand.IntN(count) // #nosec G404 -- a sample
	seen, busy, best, samples := 0, 0, -1, evictSamples
	if kind := s.Config.Int(config.MaxMemoryPolicy); kind == config.EvictAllKeysRandom || kind == config.EvictVolatileRandom {
		samples = 1 // any is as good as any
	}
	var score, second uint64
	for i := 0; i < count && seen < samples; i++ {
		p := (first + i) & (count - 1)
		free := x.TryWith(p, func(set *partition.Set) {
			c, any := set.Space(p).Candidate()
			switch {
			case !any:
				return
			case best < 0 || c.Score > score:
				best, score, second = p, c.Score, score
			case c.Score > second:
				second = c.Score
			}
			seen++
		})
		if !free {
			busy++
		}
	}
	if best < 0 {
		return busy > 0
	}
	x.TryWith(best, func(set *partition.Set) { evictRunOf(set.Space(best), second, over) })
	return true
}

// evictRunOf evicts some keys of one partition, whose lease is held.
func evictRunOf(space *keyspace.Space, leastScore uint64, over int64) {
	for range evictRun {
		c, any := space.Candidate()
		if !any || c.Score < leastScore {
			return
		}
		freed, _ := space.Evict(c)
		if over -= freed; over <= 0 {
			return
		}
	}
}

// policies translates the directive's constants.
var policies = map[int64]keyspace.PolicyKind{
	config.NoEviction: keyspace.NoEviction, config.EvictAllKeysLRU: keyspace.AllKeysLRU, config.EvictAllKeysLFU: keyspace.AllKeysLFU,
	config.EvictAllKeysRandom: keyspace.AllKeysRandom, config.EvictVolatileLRU: keyspace.VolatileLRU,
	config.EvictVolatileLFU: keyspace.VolatileLFU, config.EvictVolatileRandom: keyspace.VolatileRandom,
	config.EvictVolatileTTL: keyspace.VolatileTTL,
}

// tuneSpaces gives the partitions the settings that they keep. The caller has
// every lease, or nobody else is there yet.
func (s *Server) tuneSpaces() {
	policy := keyspace.Policy{
		Kind: policies[s.Config.Int(config.MaxMemoryPolicy)], Samples: int(s.Config.Int(config.MaxMemorySamples)),
		LogFactor: int(s.Config.Int(config.LFULogFactor)), DecayTime: int(s.Config.Int(config.LFUDecayTime)),
	}
	classes := keyspace.Class(s.Config.Int(config.NotifyKeyspaceEvents)) // #nosec G115 -- the same bits
	s.notify.Store(uint32(classes))
	for p := range s.Set.Len() {
		space := s.Set.Space(p)
		if space.Policy() != policy {
			space.SetPolicy(policy)
		}
		space.SetNotify(classes)
	}
}
