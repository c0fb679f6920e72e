package server

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/sleipnirdb/sleipnir/core/acl"
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/pubsub"
	"github.com/sleipnirdb/sleipnir/core/stats"
	"github.com/sleipnirdb/sleipnir/internal/clock"
	"github.com/sleipnirdb/sleipnir/net/loop"
)

// figures are what the loops counted before the last CONFIG RESETSTAT.
type figures struct {
	mu   sync.Mutex // guards base
	base loop.Figures
}

// since takes the base off.
func (f *figures) since(now loop.Figures) loop.Figures {
	f.mu.Lock()
	defer f.mu.Unlock()
	return loop.Figures{
		Rounds: now.Rounds - min(f.base.Rounds, now.Rounds), Reads: now.Reads - min(f.base.Reads, now.Reads),
		Writes: now.Writes - min(f.base.Writes, now.Writes), BytesIn: now.BytesIn - min(f.base.BytesIn, now.BytesIn),
		BytesOut: now.BytesOut - min(f.base.BytesOut, now.BytesOut), Wakes: now.Wakes - min(f.base.Wakes, now.Wakes),
	}
}

func (f *figures) forget(now loop.Figures) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.base = now
}

// loopUse is what a loop's thread has used.
type loopUse struct {
	index     int
	user, sys int64 // ns
}

// visitLoops collects the loops' figures.
func (s *Server) visitLoops() (total loop.Figures, use []loopUse) {
	s.dispatcher.EachLoop(func(x *dispatch.Executor) {
		f := x.Loop().Figures()
		total.Rounds += f.Rounds
		total.Reads += f.Reads
		total.Writes += f.Writes
		total.BytesIn += f.BytesIn
		total.BytesOut += f.BytesOut
		total.Wakes += f.Wakes
		var ru unix.Rusage
		if threadUsage(&ru) == nil {
			use = append(use, loopUse{index: x.Loop().Index, user: ru.Utime.Nano(), sys: ru.Stime.Nano()})
		}
	})
	return total, use
}

// infoCounters writes the sections that need the loops' counters.
func (s *Server) infoCounters(n *stats.Info, held bool) {
	var total *stats.Local
	counted := func() *stats.Local {
		if total == nil {
			total = s.dispatcher.Stats()
		}
		return total
	}
	if n.Section("Stats", "stats") {
		s.infoStats(n, counted(), (*operations)(s).spaces(held))
	}
	if n.Section("Replication", "replication") {
		s.infoReplication(n)
	}
	if n.Section("CPU", "cpu") {
		s.infoCPU(n)
	}
	n.Section("Modules", "module_list", "modules")
	if n.Section("Commandstats", "commandstats") {
		s.infoCommands(n, counted())
	}
	if n.Section("Errorstats", "errorstats") {
		errors := counted().Errors
		for _, code := range slices.Sorted(maps.Keys(errors)) {
			n.Str("errorstat_"+stats.SafeName(code), "count="+strconv.FormatUint(errors[code], 10))
		}
	}
	if n.Section("Latencystats", "latencystats") && s.Config.Bool(config.LatencyTracking) {
		s.infoLatencies(n, counted())
	}
	if n.Section("Cluster", "cluster") {
		n.Int("cluster_enabled", 0)
	}
}

func (s *Server) infoStats(n *stats.Info, t *stats.Local, u usage) {
	all, use := s.visitLoops()
	f := s.figures.since(all)
	busy := int64(0)
	for _, l := range use {
		busy += l.user + l.sys
	}
	rate := func(which int) uint64 { return s.meters.rates[which].PerSecond() }
	overNow := int64(0)
	if from := s.budget.overFrom.Load(); from != 0 {
		overNow = clock.Mono() + 1 - from
	}
	n.Uint("total_connections_received", t.Connections)
	n.Uint("total_commands_processed", t.Processed)
	n.Uint("instantaneous_ops_per_sec", rate(commandsDone))
	n.Uint("total_net_input_bytes", f.BytesIn)
	n.Uint("total_net_output_bytes", f.BytesOut)
	n.Int("total_net_repl_input_bytes", 0)
	n.Int("total_net_repl_output_bytes", 0)
	n.Int("total_net_cluster_slot_import_bytes", 0)
	n.Int("total_net_cluster_slot_export_bytes", 0)
	n.Ratio("instantaneous_input_kbps", float64(rate(bytesIn))/1024)
	n.Ratio("instantaneous_output_kbps", float64(rate(bytesOut))/1024)
	n.Ratio("instantaneous_input_repl_kbps", 0)
	n.Ratio("instantaneous_output_repl_kbps", 0)
	n.Uint("rejected_connections", t.Rejected)
	n.Int("sync_full", 0)
	n.Int("sync_partial_ok", 0)
	n.Int("sync_partial_err", 0)
	n.Uint("expired_keys", u.stats.Expired)
	n.Uint("expired_fields", u.stats.ExpiredFields)
	n.Ratio("expired_stale_perc", 0)
	n.Ratio("expired_keys_with_volatile_items_stale_perc", 0)
	n.Uint("expired_time_cap_reached_count", u.stats.ExpireCapped)
	n.Uint("expire_cycle_cpu_milliseconds", u.stats.ExpireNanos/1e6)
	n.Uint("evicted_keys", u.stats.Evicted)
	n.Uint("evicted_clients", t.EvictedClients)
	n.Int("evicted_scripts", s.scripts.Scripts.Evicted())
	n.Int("total_eviction_exceeded_time", (s.budget.exceeded.Load()+overNow)/1e6)
	n.Int("current_eviction_exceeded_time", overNow/1e6)
	n.Uint("keyspace_hits", u.stats.Hits)
	n.Uint("keyspace_misses", u.stats.Misses)
	n.Int("pubsub_channels", int64(s.hub.Size(pubsub.Channel)))
	n.Int("pubsub_patterns", int64(s.hub.Size(pubsub.Pattern)))
	n.Int("pubsubshard_channels", int64(s.hub.Size(pubsub.Shard)))
	n.Int("latest_fork_usec", 0)
	n.Int("total_forks", 0)
	n.Int("migrate_cached_sockets", 0)
	n.Int("slave_expires_tracked_keys", 0)
	for _, name := range []string{"active_defrag_hits", "active_defrag_misses", "active_defrag_key_hits", "active_defrag_key_misses",
		"total_active_defrag_time", "current_active_defrag_time"} {
		n.Int(name, 0)
	}
	keys, items := s.tracking.Keys()
	n.Int("tracking_total_keys", keys)
	n.Int("tracking_total_items", items)
	n.Int("tracking_total_prefixes", int64(s.tracking.Prefixes()))
	n.Uint("unexpected_error_replies", t.UnexpectedErrors)
	n.Uint("total_error_replies", t.ErrorReplies)
	n.Int("dump_payload_sanitizations", 0)
	n.Uint("total_reads_processed", f.Reads)
	n.Uint("total_writes_processed", f.Writes)
	n.Uint("io_threaded_reads_processed", f.Reads)
	n.Uint("io_threaded_writes_processed", f.Writes)
	n.Int("io_threaded_freed_objects", 0)
	n.Int("io_threaded_accept_processed", 0)
	n.Int("io_threaded_poll_processed", 0)
	n.Int("io_threaded_total_prefetch_batches", 0)
	n.Int("io_threaded_total_prefetch_entries", 0)
	n.Uint("client_query_buffer_limit_disconnections", t.InputLimited)
	n.Uint("client_output_buffer_limit_disconnections", t.OutputLimited)
	n.Int("reply_buffer_shrinks", 0)
	n.Int("reply_buffer_expands", 0)
	n.Uint("eventloop_cycles", f.Rounds)
	n.Int("eventloop_duration_sum", busy/1000)
	n.Int("eventloop_duration_cmd_sum", ticksToMicros(commandTicks(t)))
	n.Uint("instantaneous_eventloop_cycles_per_sec", rate(roundsDone))
	n.Uint("instantaneous_eventloop_duration_usec", s.meters.busy.PerSecond()/max(rate(roundsDone), 1))
	denied := &s.users.Log
	n.Int("acl_access_denied_auth", denied.Denied(acl.DeniedAuth))
	n.Int("acl_access_denied_cmd", denied.Denied(acl.DeniedCommand))
	n.Int("acl_access_denied_key", denied.Denied(acl.DeniedKey))
	n.Int("acl_access_denied_channel", denied.Denied(acl.DeniedChannel))
	n.Int("acl_access_denied_tls_cert", 0)
	n.Int("acl_access_denied_db", denied.Denied(acl.DeniedDB))
	n.Int("auth_backoff_refused", s.users.Backoff.Refused())
	n.Uint("lease_commands_posted", t.Posted)
	n.Uint("lease_commands_served", t.Served)
	n.Uint("lease_tokens_taken", t.Tokens)
	n.Uint("loop_wakes", f.Wakes)
	n.Uint("protocol_errors", t.ProtocolErrors)
}

func commandTicks(t *stats.Local) uint64 {
	n := uint64(0)
	for i := range t.Commands {
		n += t.Commands[i].Ticks
	}
	return n
}

// longestCommand returns the µs of the longest command, by which the longest
// round of a loop is known from below.
func longestCommand(t *stats.Local) int64 {
	longest := uint64(0)
	for i := range t.Commands {
		if h := t.Commands[i].Latency; h != nil {
			longest = max(longest, h.Percentile(100))
		}
	}
	return ticksToMicros(longest)
}

func ticksToMicros(ticks uint64) int64 { return clock.TicksToNanos(ticks) / 1000 }

func (s *Server) infoCPU(n *stats.Info) {
	var self, children unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &self) // can't fail
	_ = unix.Getrusage(unix.RUSAGE_CHILDREN, &children)
	n.Seconds("used_cpu_sys", self.Stime.Nano())
	n.Seconds("used_cpu_user", self.Utime.Nano())
	n.Seconds("used_cpu_sys_children", children.Stime.Nano())
	n.Seconds("used_cpu_user_children", children.Utime.Nano())
	_, use := s.visitLoops()
	for i, l := range use {
		if i == 0 {
			n.Seconds("used_cpu_sys_main_thread", l.sys)
			n.Seconds("used_cpu_user_main_thread", l.user)
			n.Seconds("used_active_time_main_thread", l.sys+l.user)
			continue
		}
		n.Seconds(fmt.Sprintf("used_active_time_io_thread_%d", l.index), l.sys+l.user)
	}
}

func (s *Server) infoCommands(n *stats.Info, t *stats.Local) {
	for _, cmd := range s.Table.Rows() {
		c := &t.Commands[cmd.ID]
		if c.Calls == 0 && c.Failed == 0 && c.Rejected == 0 {
			continue
		}
		micros, each := ticksToMicros(c.Ticks), 0.0
		if c.Calls > 0 {
			each = float64(clock.TicksToNanos(c.Ticks)) / 1000 / float64(c.Calls)
		}
		n.Str("cmdstat_"+stats.SafeName(cmd.Full), fmt.Sprintf("calls=%d,usec=%d,usec_per_call=%.2f,rejected_calls=%d,failed_calls=%d",
			c.Calls, micros, each, c.Rejected, c.Failed))
	}
}

func (s *Server) infoLatencies(n *stats.Info, t *stats.Local) {
	shares := s.Config.Percentiles()
	for _, cmd := range s.Table.Rows() {
		h := t.Commands[cmd.ID].Latency
		if h == nil || h.Count() == 0 {
			continue
		}
		text := ""
		for i, share := range shares {
			if i > 0 {
				text += ","
			}
			text += fmt.Sprintf("p%s=%.3f", strconv.FormatFloat(share, 'f', -1, 64), float64(clock.TicksToNanos(h.Percentile(share)))/1000)
		}
		n.Str("latency_percentiles_usec_"+stats.SafeName(cmd.Full), text)
	}
}

// Slow keeps a command that took long for the slow log and the latency
// monitor.
func (h *hooks) slow(cmd *command.Command, nanos, nowMs int64) {
	name := "command"
	if cmd.Flags&command.Fast != 0 {
		name = "fast-command"
	}
	if threshold := h.Config.Int(config.LatencyMonitorThreshold); threshold > 0 && nanos/1e6 >= threshold {
		h.latency.Add(name, nowMs/1000, nanos/1e6)
	}
}
