package server

import (
	"fmt"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/process"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/core/stats"
	"github.com/sleipnirdb/sleipnir/internal/clock"
)

// redisVersion is what clients that only know Redis are told, as Valkey does.
const redisVersion = "7.2.4"

// Info writes INFO's sections in Valkey's order.
func (o *operations) Info(n *stats.Info, held bool) {
	s := (*Server)(o)
	s.infoServer(n)
	if n.Section("Clients", "clients") {
		s.infoClients(n, o.spaces(held))
	}
	if n.Section("Memory", "memory") {
		s.infoMemory(n, held)
	}
	if n.Section("Persistence", "persistence") {
		s.infoPersistence(n)
	}
	s.infoCounters(n, held)
	if n.Section("Keyspace", "keyspace") {
		infoKeyspace(n, o.spaces(held))
	}
	if n.Section("TLS", "tls") {
		infoTLS(n)
	}
	if n.Section("Scripting Engines", "scriptingengines") {
		s.infoEngines(n)
	}
	if n.Section("Hotkeys", "hotkeys") {
		s.infoHotKeys(n)
	}
	if n.Extra("Debug", "debug") {
		s.infoDebug(n)
	}
}

func (s *Server) infoServer(n *stats.Info) {
	if !n.Section("Server", "server") {
		return
	}
	uptime := int64(time.Since(s.started).Seconds())
	n.Str("redis_version", redisVersion)
	n.Str("server_name", "valkey")
	n.Str("valkey_version", CompatVersion)
	n.Str("valkey_release_stage", "ga")
	n.Str("sleipnir_version", s.program.Version)
	n.Str("redis_git_sha1", s.program.Commit)
	n.Bool("redis_git_dirty", s.program.Dirty)
	n.Str("redis_build_id", fmt.Sprintf("%x", s.program.ID))
	mode := "server_mode"
	if s.Config.Bool(config.ExtendedRedisCompatibility) {
		mode = "redis_mode"
	}
	n.Str(mode, "standalone")
	n.Str("os", systemName())
	n.Int("arch_bits", 64)
	n.Str("monotonic_clock", clock.Describe())
	n.Str("multiplexing_api", s.loops.Engine())
	n.Str("gcc_version", "0.0.0")
	n.Str("go_version", runtime.Version())
	n.Int("process_id", int64(os.Getpid()))
	n.Str("process_supervised", supervisedName(s.supervisor.Mode()))
	n.Str("run_id", s.runID)
	n.Int("tcp_port", s.Config.Int(config.Port))
	n.Int("server_time_usec", time.Now().UnixMicro())
	n.Int("uptime_in_seconds", uptime)
	n.Int("uptime_in_days", uptime/(24*3600))
	n.Int("hz", s.Config.Int(config.HZ))
	n.Int("configured_hz", s.Config.Int(config.HZ))
	n.Int("clients_hz", s.Config.Int(config.HZ))
	n.Int("lru_clock", nowSeconds()&(1<<24-1))
	n.Str("executable", executable())
	n.Str("config_file", s.Config.File())
	n.Bool("io_threads_active", len(s.loops.Loops()) > 1)
	n.Int("io_threads", int64(len(s.loops.Loops())))
	n.Int("partitions", int64(s.Set.Len()))
	n.Str("availability_zone", s.Config.Str(config.AvailabilityZone))
	for i, text := range s.listening.addresses() {
		n.Str(fmt.Sprintf("listener%d", i), text)
	}
}

func systemName() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return runtime.GOOS
	}
	return unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:]) + " " + unix.ByteSliceToString(u.Machine[:])
}

func supervisedName(m process.Mode) string {
	switch m {
	case process.Systemd:
		return "systemd"
	case process.Upstart:
		return "upstart"
	}
	return "no"
}

// clients are figures of all sessions.
type clients struct {
	blocked, watching, pubsub, timeouts int64
	maxIn, maxOut, bytes                int64
}

func (s *Server) countClients() clients {
	var all clients
	s.dispatcher.EachSession(func(_ *dispatch.Executor, c *session.Session) {
		all.maxIn = max(all.maxIn, int64(c.Conn.InSize()))
		all.maxOut = max(all.maxOut, int64(c.Conn.OutPending()))
		all.bytes += dispatch.Weight(c)
		if c.Lent {
			all.watching += int64(min(c.Last.WatchCount, 1))
			return
		}
		if c.Blocked() {
			all.blocked++
			if c.Block.UntilMs != 0 {
				all.timeouts++
			}
		}
		if len(c.Watch.Keys) > 0 {
			all.watching++
		}
		if c.State&session.Subscribed != 0 {
			all.pubsub++
		}
	})
	return all
}

// blockingKeys counts the keys that sessions wait for, and those of them that
// some wait to lose.
func (s *Server) blockingKeys() (keys, onLoss int) {
	if s.dispatcher.Waiting() == 0 {
		return 0, 0
	}
	s.dispatcher.EachPartition(func(p int) {
		k, l := s.Set.Space(p).BlockingKeys()
		keys, onLoss = keys+k, onLoss+l
	})
	return keys, onLoss
}

func (s *Server) infoClients(n *stats.Info, u usage) {
	c := s.countClients()
	n.Int("connected_clients", int64(s.loops.Conns()))
	n.Int("cluster_connections", 0)
	n.Int("maxclients", s.Config.Int(config.MaxClients))
	n.Int("client_recent_max_input_buffer", c.maxIn)
	n.Int("client_recent_max_output_buffer", c.maxOut)
	n.Int("blocked_clients", c.blocked)
	n.Int("tracking_clients", int64(s.tracking.Clients()))
	n.Int("pubsub_clients", c.pubsub)
	n.Int("watching_clients", c.watching)
	n.Int("clients_in_timeout_table", c.timeouts)
	n.Int("total_watched_keys", u.watched)
	keys, onLoss := s.blockingKeys()
	n.Int("total_blocking_keys", int64(keys))
	n.Int("total_blocking_keys_on_nokey", int64(onLoss))
	reason, actions := "none", "none"
	gate := s.dispatcher.Gate()
	if gate&dispatch.GateWritesPaused != 0 {
		reason, actions = "client_pause", "write"
	}
	if gate&dispatch.GateAllPaused != 0 {
		actions = "all"
	}
	n.Str("paused_reason", reason)
	n.Str("paused_actions", actions)
	n.Int("paused_timeout_milliseconds", s.dispatcher.PauseLeft(time.Now().UnixMilli()))
}

func (s *Server) infoReplication(n *stats.Info) {
	n.Str("role", "master")
	n.Int("connected_slaves", 0)
	n.Int("replicas_waiting_psync", 0)
	n.Str("master_failover_state", "no-failover")
	n.Str("master_replid", s.runID)
	n.Str("master_replid2", "0000000000000000000000000000000000000000")
	n.Int("master_repl_offset", 0)
	n.Int("second_repl_offset", -1)
	n.Int("repl_backlog_active", 0)
	n.Int("repl_backlog_size", s.Config.Int(config.ReplBacklogSize))
	n.Int("repl_backlog_first_byte_offset", 0)
	n.Int("repl_backlog_histlen", 0)
}

// luaABI is the version of Valkey's interface between server and engine.
const luaABI = 4

// infoEngines tells of the scripting engines: there is one.
func (s *Server) infoEngines(n *stats.Info) {
	used, overhead := s.scripts.MachineBytes(), s.scriptBytes()
	n.Int("engines_count", 1)
	n.Int("engines_total_used_memory", used)
	n.Int("engines_total_memory_overhead", overhead)
	n.Str("engine_0", fmt.Sprintf("name=LUA,module=built-in,abi_version=%d,used_memory=%d,memory_overhead=%d", luaABI, used, overhead))
}

// infoTLS tells of certificates, of which there are none.
func infoTLS(n *stats.Info) {
	for _, whose := range []string{"server", "client", "ca"} {
		n.Str("tls_"+whose+"_cert_serial", "none")
		n.Int("tls_"+whose+"_cert_expires_in_seconds", 0)
	}
}

func (s *Server) infoDebug(n *stats.Info) {
	n.Int("eventloop_duration_aof_sum", 0)
	n.Int("eventloop_duration_cron_sum", s.cron.nanos.Load()/1000)
	n.Int("eventloop_duration_max", longestCommand(s.dispatcher.Stats()))
	n.Uint("eventloop_cmd_per_cycle_max", s.meters.busiest())
}
