package server

import (
	"fmt"

	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/stats"
)

// allocatorName is told as mem_allocator. It must not be mistaken for one that
// has jemalloc's knobs.
const allocatorName = "sleipnir-arena"

func (s *Server) infoMemory(n *stats.Info, held bool) {
	m := (*operations)(s).Memory(held)
	g := readGo()
	n.Bytes("used_memory", m.Used)
	n.Bytes("used_memory_rss", m.RSS)
	n.Bytes("used_memory_peak", m.Peak)
	n.Int("used_memory_peak_time", s.budget.peakTime.Load())
	n.Percent("used_memory_peak_perc", m.PeakPerc)
	n.Int("used_memory_overhead", m.Overhead)
	n.Int("used_memory_startup", m.Startup)
	n.Int("used_memory_dataset", m.Dataset)
	n.Percent("used_memory_dataset_perc", m.DatasetPercent)
	n.Int("allocator_allocated", m.Used)
	n.Int("allocator_active", m.Committed+m.GoTotal)
	n.Int("allocator_resident", m.Committed+m.GoTotal)
	n.Int("allocator_muzzy", 0)
	n.Bytes("total_system_memory", systemMemory())
	s.infoScripts(n)
	limit := s.Config.Int(config.MaxMemory)
	n.Int("maxmemory", limit)
	n.Str("maxmemory_human", stats.Human(max(limit, 0)))
	n.Str("maxmemory_policy", s.Config.Str(config.MaxMemoryPolicy))
	n.Ratio("allocator_frag_ratio", m.FragRatio)
	n.Int("allocator_frag_bytes", m.Committed+m.GoTotal-m.Used)
	n.Ratio("allocator_rss_ratio", 1)
	n.Int("allocator_rss_bytes", 0)
	n.Ratio("rss_overhead_ratio", m.RSSRatio)
	n.Int("rss_overhead_bytes", m.RSS-m.Committed-m.GoTotal)
	n.Ratio("mem_fragmentation_ratio", m.TotalRatio)
	n.Int("mem_fragmentation_bytes", m.RSS-m.Used)
	n.Int("mem_not_counted_for_evict", 0)
	n.Int("mem_replication_backlog", 0)
	n.Int("mem_total_replication_buffers", 0)
	n.Int("mem_replicas_repl_buffer", 0)
	n.Int("mem_clients_slaves", 0)
	n.Int("mem_clients_normal", m.Clients)
	n.Int("mem_cluster_links", 0)
	n.Int("mem_cluster_slot_import", 0)
	n.Int("mem_cluster_slot_export", 0)
	n.Int("mem_aof_buffer", 0)
	n.Str("mem_allocator", allocatorName)
	n.Int("mem_overhead_db_hashtable_rehashing", 0)
	n.Int("active_defrag_running", 0)
	n.Int("lazyfree_pending_objects", max(s.garbage.pending.Load(), 0))
	n.Int("lazyfreed_objects", s.garbage.freed.Load())
	n.Int("arena_used", m.Stored)
	n.Int("arena_committed", m.Committed)
	n.Int("go_heap_inuse", g.heap)
	n.Int("go_memory_total", g.total)
	n.Ratio("go_gc_cpu_percent", gcPercent(g))
	n.Uint("go_gc_cycles", g.cycles)
}

func gcPercent(g goMemory) float64 {
	if g.allCPU == 0 {
		return 0
	}
	return g.gcCPU / g.allCPU * 100
}

// infoMemoryBrief is the part that needs no lease, for a crash report.
func (s *Server) infoMemoryBrief(n *stats.Info) {
	if n.Section("Memory", "memory") {
		s.sampleMemory()
		n.Bytes("used_memory", s.usedMemory())
		n.Bytes("used_memory_rss", residentBytes())
		n.Int("maxmemory", s.Config.Int(config.MaxMemory))
	}
}

// usage adds up what all partitions hold, by database.
type usage struct {
	dbs     []keyspace.Usage
	watched int64
	stats   keyspace.Stats
}

// spaces visits all partitions for INFO.
func (o *operations) spaces(held bool) usage {
	u := usage{dbs: make([]keyspace.Usage, o.Set.Space(0).Databases())}
	o.EachSpace(held, func(_ int, space *keyspace.Space) {
		u.stats.Add(space.Stats())
		for i := range u.dbs {
			part, sum := space.Usage(i), &u.dbs[i]
			if total := sum.Expires + part.Expires; total > 0 {
				sum.AvgTTL = (sum.AvgTTL*sum.Expires + part.AvgTTL*part.Expires) / total
			}
			sum.Keys += part.Keys
			sum.Expires += part.Expires
			sum.Timed += part.Timed
			u.watched += part.Watched
		}
	})
	return u
}

func infoKeyspace(n *stats.Info, u usage) {
	for i, db := range u.dbs {
		if db.Keys > 0 {
			n.Str(fmt.Sprintf("db%d", i), fmt.Sprintf("keys=%d,expires=%d,avg_ttl=%d,keys_with_volatile_items=%d",
				db.Keys, db.Expires, db.AvgTTL, db.Timed))
		}
	}
}
