package servercmd

import (
	"fmt"
	"math"
	"strings"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/stats"
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// Memory is where the process's memory is.
type Memory struct {
	Used, Peak, Startup, RSS  int64
	Stored                    int64 // blocks in the arenas
	Committed                 int64 // pages behind them
	GoHeap, GoTotal           int64 // of the Go runtime
	Clients                   int64
	Scripts, Functions        int64 // cached scripts, libraries
	Entries, Values           int64 // blocks of keys, of big values
	Tables, Expiries          int64 // hash tables, expiry index
	Overhead, Dataset         int64
	DatasetPercent, PeakPerc  float64
	Keys                      int64
	DBs                       []DBMemory
	PurposeBytes              [arena.PurposeCount]int64
	FragRatio, AllocatorRatio float64
	RSSRatio, TotalRatio      float64
}

// DBMemory is the overhead of one database that has keys.
type DBMemory struct {
	DB               int
	Tables, Expiries int64
}

func (g *group) memoryRow() command.Command {
	shards := func(response string) []string {
		return []string{"nondeterministic_output", "request_policy:all_shards", response}
	}
	return command.Command{Name: "memory", Arity: -2, Since: "4.0.0", Complexity: "Depends on subcommand.",
		Summary: "A container for memory diagnostics commands.",
		Sub: []command.Command{
			{Name: "usage", Arity: -3, Flags: command.ReadOnly, Keys: []command.KeySpec{command.Key(2, command.RO)}, Since: "4.0.0",
				Complexity: "O(N) where N is the number of samples.", Summary: "Estimates the memory usage of a key.", Run: memoryUsage},
			{Name: "stats", Arity: 2, Flags: command.OffLoop, Scope: command.ScopeRoute, Route: inExec, Since: "4.0.0",
				Tips: shards("response_policy:special"), Complexity: "O(1)", Summary: "Returns details about memory usage.", Run: g.memoryStats},
			{Name: "doctor", Arity: 2, Flags: command.OffLoop, Scope: command.ScopeRoute, Route: inExec, Since: "4.0.0",
				Tips: shards("response_policy:special"), Complexity: "O(1)", Summary: "Outputs a memory problems report.", Run: g.memoryDoctor},
			{Name: "purge", Arity: 2, Flags: command.Loading | command.OffLoop, Scope: command.ScopeRoute, Route: inExec, Since: "4.0.0",
				Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"}, Complexity: "Depends on how much memory is allocated, could be slow",
				Summary: "Asks the allocator to release memory.", Run: g.memoryPurge},
			{Name: "malloc-stats", Arity: 2, Flags: command.Loading | command.OffLoop, Scope: command.ScopeRoute, Route: inExec, Since: "4.0.0",
				Tips: shards("response_policy:special"), Complexity: "Depends on how much memory is allocated, could be slow",
				Summary: "Returns the allocator statistics.", Run: g.memoryMallocStats},
			{Name: "help", Arity: 2, Flags: command.Loading | command.Stale, Since: "4.0.0", Complexity: "O(1)",
				Summary: "Returns helpful text about the different subcommands.", Run: memoryHelp},
		}}
}

// usageSamples is how many elements MEMORY USAGE looks at by default.
const usageSamples = 5

func memoryUsage(c *command.Call) error {
	samples := int64(usageSamples)
	for i := 3; i < len(c.Args); i += 2 {
		if !command.Is(c.Args[i], "samples") || i+1 == len(c.Args) {
			return command.ErrSyntax
		}
		n, ok := command.ParseInt(c.Args[i+1])
		if !ok {
			return command.ErrNotInt
		}
		if n < 0 {
			return command.ErrSyntax
		}
		samples = n
	}
	db := c.DB(c.Args[2])
	e := db.Lookup(c.Args[2], keyspace.Quiet)
	if !e.Exists() {
		c.W.Null()
		return nil
	}
	if e.Type() != object.TypeString && (samples == 0 || c.IsLong(int(samples))) && c.IsLong(e.Count()) {
		return command.TooLong
	}
	c.W.Int(db.MemoryUsage(e, int(min(samples, math.MaxInt32))))
	return nil
}

func (g *group) memoryStats(c *command.Call) error {
	m := g.Server.Memory(held(c))
	w := c.W
	mark, n := w.Defer(), 0
	put := func(name string, value int64) {
		w.BulkString(name)
		w.Int(value)
		n++
	}
	ratio := func(name string, value float64) {
		w.BulkString(name)
		w.Double(value)
		n++
	}
	put("peak.allocated", m.Peak)
	put("total.allocated", m.Used)
	put("startup.allocated", m.Startup)
	put("replication.backlog", 0)
	put("clients.slaves", 0)
	put("clients.normal", m.Clients)
	put("cluster.links", 0)
	put("aof.buffer", 0)
	put("lua.caches", m.Scripts)
	put("functions.caches", m.Functions)
	for _, db := range m.DBs {
		w.BulkString(fmt.Sprintf("db.%d", db.DB))
		w.Map(2)
		w.BulkString("overhead.hashtable.main")
		w.Int(db.Tables)
		w.BulkString("overhead.hashtable.expires")
		w.Int(db.Expiries)
		n++
	}
	put("overhead.db.hashtable.lut", m.Tables)
	put("overhead.db.hashtable.rehashing", 0)
	put("overhead.total", m.Overhead)
	put("db.dict.rehashing.count", 0)
	put("keys.count", m.Keys)
	perKey := int64(0)
	if m.Keys > 0 {
		perKey = max(m.Used-m.Startup, 0) / m.Keys
	}
	put("keys.bytes-per-key", perKey)
	put("dataset.bytes", m.Dataset)
	ratio("dataset.percentage", m.DatasetPercent)
	ratio("peak.percentage", m.PeakPerc)
	put("allocator.allocated", m.Used)
	put("allocator.active", m.Committed+m.GoTotal)
	put("allocator.resident", m.Committed+m.GoTotal)
	put("allocator.muzzy", 0)
	ratio("allocator-fragmentation.ratio", m.FragRatio)
	put("allocator-fragmentation.bytes", m.Committed+m.GoTotal-m.Used)
	ratio("allocator-rss.ratio", 1)
	put("allocator-rss.bytes", 0)
	ratio("rss-overhead.ratio", m.RSSRatio)
	put("rss-overhead.bytes", m.RSS-m.Committed-m.GoTotal)
	ratio("fragmentation", m.TotalRatio)
	put("fragmentation.bytes", m.RSS-m.Used)
	w.DoneMap(mark, n)
	return nil
}

// Thresholds of MEMORY DOCTOR.
const (
	littleMemory = 5 << 20
	highPeak     = 1.5
	highFrag     = 1.4
	highGoShare  = 0.5
	clientBytes  = 200 << 10
)

func (g *group) memoryDoctor(c *command.Call) error {
	m := g.Server.Memory(held(c))
	c.W.Verbatim("txt", diagnose(&m))
	return nil
}

func diagnose(m *Memory) string {
	if m.Used < littleMemory {
		return "Hi Sam, this instance is empty or is using very little memory, " +
			"my issue detector can't be used in these conditions. Please, leave for your mission on Earth and fill it with some data. " +
			"The new Sam and I will be back to our programming as soon as I finished rebooting.\n"
	}
	var b strings.Builder
	problem := func(format string, args ...any) { fmt.Fprintf(&b, " * "+format+"\n", args...) }
	if ratio := float64(m.Peak) / float64(m.Used); ratio > highPeak {
		problem("Peak memory: the process once used %s, %.2f times what it uses now. Memory that keys gave back may still be with the process; "+
			"MEMORY PURGE returns it.", stats.Human(m.Peak), ratio)
	}
	if m.FragRatio > highFrag && m.Committed-m.Stored > littleMemory {
		problem("Fragmentation: the arenas hold %s for %s of data. Deleted keys left holes between those that live; writing the data anew fills them.",
			stats.Human(m.Committed), stats.Human(m.Stored))
	}
	if m.RSSRatio > highFrag && m.RSS-m.Committed-m.GoTotal > littleMemory {
		problem("Resident memory: the process has %s, of which %s can't be explained by data and runtime.",
			stats.Human(m.RSS), stats.Human(m.RSS-m.Committed-m.GoTotal))
	}
	if float64(m.GoHeap) > highGoShare*float64(m.Used) && m.GoHeap > 64<<20 {
		problem("Go heap: %s is outside the arenas: buffers of clients, pending transactions, watched keys. CLIENT LIST shows who has large ones.",
			stats.Human(m.GoHeap))
	}
	if b.Len() == 0 {
		return "Hi Sam, I can't find any memory issue in your instance. I can only account for what occurs on this base.\n"
	}
	return "Sam, I detected a few issues in this Sleipnir instance memory:\n\n" + b.String() +
		"\nI'm here to keep you safe, Sam. I want to help you.\n"
}

func (g *group) memoryPurge(c *command.Call) error {
	g.Server.Purge(held(c))
	c.W.OK()
	return nil
}

func (g *group) memoryMallocStats(c *command.Call) error {
	m := g.Server.Memory(held(c))
	var b strings.Builder
	fmt.Fprintf(&b, "___ Begin arena statistics ___\nUsed: %d, committed: %d, resident: %d\n", m.Stored, m.Committed, m.RSS)
	for p := range arena.PurposeCount {
		fmt.Fprintf(&b, "%-8s %d\n", p.String()+":", m.PurposeBytes[p])
	}
	fmt.Fprintf(&b, "Go runtime: heap %d, total %d\n--- End arena statistics ---\n", m.GoHeap, m.GoTotal)
	c.W.Verbatim("txt", b.String())
	return nil
}

func memoryHelp(c *command.Call) error {
	command.Help(c,
		"DOCTOR",
		"    Return memory problems reports.",
		"MALLOC-STATS",
		"    Return internal statistics report from the memory allocator.",
		"PURGE",
		"    Attempt to purge dirty pages for reclamation by the allocator.",
		"STATS",
		"    Return information about the memory usage of the server.",
		"USAGE <key> [SAMPLES <count>]",
		"    Return memory in bytes used by <key> and its value. Nested values are",
		"    sampled up to <count> times (default: 5, 0 means sample all).")
	return nil
}

// Ratio divides, with 0 for nothing.
func Ratio(a, b int64) float64 {
	if b == 0 {
		return 0
	}
	return math.Round(float64(a)/float64(b)*100) / 100
}
