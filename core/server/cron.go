package server

import (
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/stats"
	"github.com/sleipnirdb/sleipnir/internal/clock"
	"github.com/sleipnirdb/sleipnir/net/loop"
)

// cron does the process's periodic work on a goroutine of its own: it samples
// rates and memory, and gives unused memory back. It rests while nothing
// happens, so that an idle server burns no CPU: the loops publish what they
// have done at each tick, and the first that has done something wakes it.
type cron struct {
	resting atomic.Bool
	wake    chan struct{}
	quit    chan struct{}
	once    sync.Once
	nanos   atomic.Int64 // spent in its work
}

func (c *cron) init() { c.wake, c.quit = make(chan struct{}, 1), make(chan struct{}) }

func (c *cron) stop() { c.once.Do(func() { close(c.quit) }) }

// stir wakes the cron if it rests. Any goroutine.
func (c *cron) stir() {
	if c.resting.Load() && c.resting.Swap(false) {
		c.wake <- struct{}{} // there is room: it was resting
	}
}

// awake ends the rest from the cron's own side: who stirred it meanwhile is not to wake the next rest.
func (c *cron) awake() {
	if !c.resting.Swap(false) {
		<-c.wake
	}
}

// The cron's times.
const (
	cronEvery = 100 * time.Millisecond
	// cronQuiet is after how many samples without activity the cron rests: the
	// rates have come to zero by then, and memory has been given back.
	cronQuiet = 25
	// limitEvery is between how many samples the Go heap's limit is set anew.
	limitEvery = 10
	// trimPages is how much one trim gives back under one lease, trimSlices
	// how many of them a loop does in one go, trimRounds how often the cron
	// comes back for more.
	trimPages  = 16
	trimSlices = 4
	trimRounds = 64
)

// runCron is the goroutine.
func (s *Server) runCron() {
	defer s.rescue()
	tick := time.NewTicker(cronEvery)
	defer tick.Stop()
	last, quiet := uint64(0), 0
	for round := 0; ; round++ {
		select {
		case <-s.cron.quit:
			return
		case <-tick.C:
		}
		start := clock.Ticks()
		done := s.sampleRates()
		s.sampleMemory()
		s.turnHotKeys()
		s.trim(trimRounds)
		if round%limitEvery == 0 {
			s.limitGo()
		}
		s.saveIfDue(time.Now())
		s.cron.nanos.Add(clock.Since(start))
		if quiet++; done != last {
			last, quiet = done, 0
		}
		if quiet < cronQuiet {
			continue
		}
		quiet = 0
		tick.Stop()
		s.meters.rest()
		s.cron.resting.Store(true)
		if s.meters.total(commandsDone) != last {
			s.cron.stir() // something came in between
		}
		var save <-chan time.Time
		if wait := s.untilSave(time.Now()); wait > 0 {
			save = time.After(wait)
		}
		select {
		case <-s.cron.quit:
			return
		case <-s.cron.wake:
		case <-save:
			s.cron.awake()
		}
		tick.Reset(cronEvery)
	}
}

// trim gives memory back that the partitions haven't used since the last
// sample, in so many rounds at most. The loops do it, between commands and
// where a lease is free: an ordinary goroutine may be kept from running while it
// holds one.
func (s *Server) trim(rounds int) {
	var left partition.Mask
	left.Fill(s.Set.Len())
	for range rounds {
		running := false
		loops := s.dispatcher.Loops.Loops()
		for i, l := range loops {
			s.dispatcher.OnLoop(l, func(x *dispatch.Executor) {
				running = true
				s.trimShare(x, &left, i, len(loops))
			})
		}
		if !running || left.Next(0) < 0 {
			break
		}
	}
	s.memory.Trim()
}

// trimShare trims partitions in left that are loop i's share, and takes those
// out of it that are done.
func (s *Server) trimShare(x *dispatch.Executor, left *partition.Mask, i, loops int) {
	slices := 0
	for p := left.Next(0); p >= 0 && slices < trimSlices; p = left.Next(p + 1) {
		if p%loops != i {
			continue
		}
		slices++
		more := true
		x.TryWith(p, func(set *partition.Set) {
			more = set.Space(p).Arena().Trim(trimPages)
			more = s.tracking.Table(p).Trim(trimPages) || more
		})
		if !more {
			left.Remove(p)
		}
	}
}

// Counters that the loops publish.
const (
	commandsDone = iota
	bytesIn
	bytesOut
	roundsDone
	published
)

// meters turn what the loops have done into rates.
type meters struct {
	busy  stats.Meter // processor time in µs
	loops [loop.MaxLoops]loopFigures
	rates [published]stats.Meter
}

// loopFigures are a loop's counters as of its last tick, a cache line apart.
type loopFigures struct {
	counts [published]atomic.Uint64
	most   atomic.Uint64 // commands a round, between two ticks
	_      [64 - (published+1)*8]byte
}

// publish shows what this loop has done. On a loop, once a tick.
func (m *meters) publish(x *dispatch.Executor) (changed bool) {
	f := &m.loops[x.Loop().Index]
	newly := uint64(0)
	if done := x.Stats.Processed; f.counts[commandsDone].Load() != done {
		newly = done - min(f.counts[commandsDone].Load(), done) // less after a reset
		f.counts[commandsDone].Store(done)
		changed = true
	}
	if changed {
		l := x.Loop().Figures()
		f.counts[bytesIn].Store(l.BytesIn)
		f.counts[bytesOut].Store(l.BytesOut)
		if before := f.counts[roundsDone].Swap(l.Rounds); l.Rounds > before {
			f.most.Store(max(f.most.Load(), newly/(l.Rounds-before)))
		}
	}
	return changed
}

func (m *meters) total(which int) uint64 {
	n := uint64(0)
	for i := range m.loops {
		n += m.loops[i].counts[which].Load()
	}
	return n
}

// busiest returns how many commands a round had at most, as a mean between two
// ticks.
func (m *meters) busiest() uint64 {
	n := uint64(0)
	for i := range m.loops {
		n = max(n, m.loops[i].most.Load())
	}
	return n
}

func (m *meters) rest() {
	m.busy.Rest()
	for i := range m.rates {
		m.rates[i].Rest()
	}
}

// sampleRates takes a sample of every rate and returns the commands done.
func (s *Server) sampleRates() uint64 {
	now := clock.Mono()
	for i := range s.meters.rates {
		s.meters.rates[i].Sample(s.meters.total(i), now)
	}
	var ru unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &ru) == nil {
		s.meters.busy.Sample(uint64(ru.Utime.Nano()+ru.Stime.Nano())/1000, now) // #nosec G115 -- a duration
	}
	return s.meters.total(commandsDone)
}

// slowEvent tells the latency monitor of something that took long.
func (s *Server) slowEvent(name string, nanos int64) {
	ms := nanos / int64(time.Millisecond)
	if ms == 0 {
		return
	}
	if threshold := s.latencyThreshold(); threshold > 0 && ms >= threshold {
		s.latency.Add(name, nowSeconds(), ms)
	}
}

func nowSeconds() int64 { return time.Now().Unix() }
