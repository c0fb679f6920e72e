package server

import (
	"bytes"
	"math"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"sync"

	"github.com/sleipnirdb/sleipnir/core/command/servercmd"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

// goMemory is what the Go runtime holds.
type goMemory struct {
	total    int64 // mapped and not given back
	heap     int64 // live and dead objects
	live     int64 // objects that the last collection found alive
	released int64
	gcCPU    float64 // seconds of CPU for collections
	allCPU   float64 // seconds of CPU in all
	cycles   uint64
}

// readGo asks the runtime; it costs some microseconds.
func readGo() goMemory {
	samples := [...]metrics.Sample{
		{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/cpu/classes/gc/total:cpu-seconds"}, {Name: "/cpu/classes/total:cpu-seconds"},
		{Name: "/gc/cycles/total:gc-cycles"}, {Name: "/gc/heap/live:bytes"},
	}
	metrics.Read(samples[:])
	bytesOf := func(i int) int64 { return int64(samples[i].Value.Uint64()) } // #nosec G115 -- bytes of memory
	return goMemory{
		total: bytesOf(0) - bytesOf(1), released: bytesOf(1), heap: bytesOf(2), live: bytesOf(6),
		gcCPU: samples[3].Value.Float64(), allCPU: samples[4].Value.Float64(), cycles: samples[5].Value.Uint64(),
	}
}

// heapCharge is what is charged for the Go runtime: what the process has when the
// server starts, and what collections find alive beyond that and beside what clients
// take, which is counted by itself. Dead objects don't count, nor does what the
// runtime keeps for new ones: keys must not be evicted for the heap's breathing.
// GOMEMLIMIT bounds that.
type heapCharge struct {
	mu     sync.Mutex // guards the rest; a leaf
	base   int64      // resident bytes at the start
	least  int64      // bytes of objects at the start
	cycles uint64     // collections up to the last sample
	alive  int64      // as of then, without clients and what was there at the start
	bytes  int64      // charged beyond base
}

// chargeStep is the step in which the heap is charged anew.
const chargeStep = 16 << 20

// start charges for what is there when the server starts.
func (h *heapCharge) start(g *goMemory, resident int64) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.base, h.least, h.cycles, h.alive, h.bytes = max(resident, g.total), g.heap, g.cycles, 0, 0
	return h.base
}

// sample takes in what the last collection found, and returns the charge. What
// clients took at that very moment isn't known: so it takes two collections
// that found so much alive to raise the charge.
func (h *heapCharge) sample(g *goMemory, clients int64) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	if g.cycles == h.cycles {
		return h.base + h.bytes
	}
	alive := max(g.live-clients-h.least, 0)
	if sure := min(alive, h.alive); sure > h.bytes+chargeStep || alive < h.bytes-chargeStep {
		h.bytes = sure
	}
	h.cycles, h.alive = g.cycles, alive
	return h.base + h.bytes
}

// sampleMemory brings the account up to date. Any goroutine.
func (s *Server) sampleMemory() goMemory {
	g := readGo()
	s.paceCollector(g.live)
	scripts := s.scriptBytes() + s.scripts.MachineBytes()
	s.budget.scripts.Store(scripts)
	s.budget.runtime.Store(s.budget.heap.sample(&g, s.dispatcher.ClientBytes()+scripts))
	used := s.usedMemory()
	for {
		peak := s.budget.peak.Load()
		if used <= peak {
			return g
		}
		if s.budget.peak.CompareAndSwap(peak, used) {
			s.budget.peakTime.Store(nowSeconds())
			return g
		}
	}
}

// leastGoMemory is what the Go runtime may always use, so that a small
// maxmemory doesn't make it collect all the time.
const leastGoMemory = 128 << 20

// limitGo derives GOMEMLIMIT: what maxmemory leaves beside the arenas. A limit
// that the environment sets stands.
func (s *Server) limitGo() {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	limit := int64(1<<63 - 1)
	if maxMemory := s.Config.Uint(config.MaxMemory); maxMemory != 0 && maxMemory < 1<<62 {
		limit = max(int64(maxMemory)-s.stored(), leastGoMemory) // #nosec G115 -- checked
	}
	debug.SetMemoryLimit(limit)
}

// How the Go heap may grow between two collections. What is alive there is small whatever the data, a few MiB, and Go's usual
// share of it would be used up by scripts many times a second.
const (
	usualGrowth = 100           // percent, Go's own
	smallGrowth = 400           // of a small heap
	smallHeap   = 8 << 20       // bytes alive
	largeHeap   = 2 * smallHeap // from where it isn't small any more
)

// paceCollector sets the growth that the heap's size allows. GOGC in the environment stands.
func (s *Server) paceCollector(alive int64) {
	if os.Getenv("GOGC") != "" {
		return
	}
	growth := max(s.budget.growth.Load(), usualGrowth)
	switch {
	case alive >= largeHeap:
		growth = usualGrowth
	case alive <= smallHeap:
		growth = smallGrowth
	}
	if s.budget.growth.Swap(growth) != growth {
		debug.SetGCPercent(int(growth))
	}
}

// residentBytes is the process's resident memory as the system counts it, 0 if
// it doesn't tell.
func residentBytes() int64 {
	b, err := os.ReadFile("/proc/self/statm")
	fields := bytes.Fields(b)
	if err != nil || len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(string(fields[1]), 10, 64)
	return pages * int64(os.Getpagesize())
}

// systemMemory is the machine's memory, 0 if unknown.
func systemMemory() int64 {
	b, err := os.ReadFile("/proc/meminfo")
	fields := bytes.Fields(b)
	if err != nil || len(fields) < 2 {
		return 0
	}
	kilobytes, _ := strconv.ParseInt(string(fields[1]), 10, 64)
	return kilobytes << 10
}

// Memory collects the figures of MEMORY STATS.
func (o *operations) Memory(held bool) servercmd.Memory {
	s := (*Server)(o)
	g := s.sampleMemory()
	m := servercmd.Memory{
		RSS: residentBytes(), Startup: s.budget.startup.Load(), GoHeap: g.heap, GoTotal: g.total,
	}
	dbs := make([]servercmd.DBMemory, s.Set.Space(0).Databases())
	keys := make([]int64, len(dbs))
	o.EachSpace(held, func(_ int, space *keyspace.Space) {
		a := space.Arena()
		m.Committed += a.Committed()
		for p := range arena.PurposeCount {
			m.PurposeBytes[p] += a.UsedBy(p)
		}
		for i := range dbs {
			u := space.Usage(i)
			dbs[i].Tables += u.Table
			dbs[i].Expiries += u.Expiry
			keys[i] += u.Keys
		}
	})
	for _, n := range m.PurposeBytes {
		m.Stored += n
	}
	for i := range dbs {
		if keys[i] > 0 {
			dbs[i].DB = i
			m.DBs = append(m.DBs, dbs[i])
			m.Keys += keys[i]
		}
	}
	m.Clients = s.countClients().bytes
	m.Scripts, m.Functions = s.scripts.Scripts.Bytes(), s.scripts.Libraries().Bytes()
	beside := s.budget.runtime.Load() + s.budget.scripts.Load() + m.Clients
	m.Used = m.Stored + beside
	m.Peak = max(s.budget.peak.Load(), m.Used)
	m.Tables, m.Expiries = m.PurposeBytes[arena.PurposeTable], m.PurposeBytes[arena.PurposeExpiry]
	m.Entries, m.Values = m.PurposeBytes[arena.PurposeEntry], m.PurposeBytes[arena.PurposeValue]
	m.Overhead = beside + m.Tables + m.Expiries
	m.Dataset = m.Used - m.Overhead
	if net := m.Used - m.Startup; net > 0 {
		m.DatasetPercent = min(float64(m.Dataset)/float64(net), 1) * 100
	}
	m.PeakPerc = float64(m.Used) / float64(m.Peak) * 100
	m.FragRatio = servercmd.Ratio(m.Committed+g.total, m.Used)
	m.RSSRatio = servercmd.Ratio(m.RSS, m.Committed+g.total)
	m.TotalRatio = servercmd.Ratio(m.RSS, m.Used)
	return m
}

// Purge gives unused memory back to the system.
func (o *operations) Purge(held bool) {
	for range 2 { // the first pass finds what is unused, the second gives it back
		if !held {
			(*Server)(o).trim(math.MaxInt)
			continue
		}
		o.EachSpace(held, func(_ int, space *keyspace.Space) {
			for space.Arena().Trim(trimPages) {
			}
		})
	}
	debug.FreeOSMemory()
}
