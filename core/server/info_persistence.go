package server

import (
	"sync/atomic"
	"time"

	"github.com/sleipnirdb/sleipnir/core/snapshot"
	"github.com/sleipnirdb/sleipnir/core/stats"
)

// rewriting is what INFO shows of the bases of the append-only file.
type rewriting struct {
	ticket atomic.Pointer[snapshot.Ticket] // of the one under way
	peak   atomic.Int64                    // bytes of memory that the last one took
}

// infoPersistence writes the section. What the reference says of pages that a fork has copied is here what a snapshot keeps in memory until it is
// written; a rewrite of the append-only file counts like a save in the fields that don't tell which of them is meant.
func (s *Server) infoPersistence(n *stats.Info) {
	n.Bool("loading", s.isLoading())
	n.Int("async_loading", 0)
	s.infoSnapshot(n)
	n.Int("rdb_changes_since_last_save", s.unsaved())
	saving, since := s.snapshots.busy.Load(), int64(-1)
	if saving {
		since = max(nowSeconds()-s.snapshots.started.Load(), 0)
	}
	status := "ok"
	if s.snapshots.failed.Load() {
		status = "err"
	}
	n.Bool("rdb_bgsave_in_progress", saving)
	n.Int("rdb_last_save_time", s.snapshots.last.Load())
	n.Str("rdb_last_bgsave_status", status)
	n.Int("rdb_last_bgsave_time_sec", s.snapshots.took.Load())
	n.Int("rdb_current_bgsave_time_sec", since)
	n.Int("rdb_saves", s.snapshots.saves.Load())
	n.Int("rdb_last_cow_size", s.snapshots.peak.Load())
	n.Int("rdb_last_load_keys_expired", s.snapshots.expired.Load())
	n.Int("rdb_last_load_keys_loaded", s.snapshots.keys.Load())
	s.infoAppendOnly(n)
	if s.isLoading() {
		p := s.progress.State(time.Now())
		n.Int("loading_start_time", p.Started)
		n.Int("loading_total_bytes", p.Total)
		n.Int("loading_rdb_used_mem", p.UsedMem)
		n.Int("loading_loaded_bytes", p.Done)
		n.Ratio("loading_loaded_perc", p.Percent)
		n.Int("loading_eta_seconds", p.LeftSeconds)
	}
}

// infoSnapshot tells how far the snapshot has come that is under way.
func (s *Server) infoSnapshot(n *stats.Info) {
	var p snapshot.Progress
	t := s.snapshots.ticket.Load()
	if t == nil {
		t = s.rewrite.ticket.Load()
	}
	if t != nil {
		p = t.Progress()
	}
	n.Int("current_cow_peak", p.Peak)
	n.Int("current_cow_size", p.Used)
	n.Int("current_cow_size_age", 0)
	percent := 0.0
	if p.Total > 0 {
		percent = 100 * float64(p.Keys) / float64(p.Total)
	}
	n.Ratio("current_fork_perc", percent)
	n.Int("current_save_keys_processed", p.Keys)
	n.Int("current_save_keys_total", p.Total)
}

// took tells the latency monitor how long a snapshot held every lease, and returns how many bytes of memory it took at most.
func (s *Server) took(t *snapshot.Ticket) int64 {
	p := t.Progress()
	s.slowEvent("snapshot-cut", int64(p.Cut))
	return p.Peak
}
