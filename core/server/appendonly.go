package server

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/sleipnirdb/sleipnir/core/aof"
	"github.com/sleipnirdb/sleipnir/core/command/servercmd"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/journal"
	"github.com/sleipnirdb/sleipnir/core/snapshot"
	"github.com/sleipnirdb/sleipnir/core/stats"
)

// appendOnly is the server as its append-only file sees it.
type appendOnly Server

// appendOnlyState is the server as WAITAOF sees it.
type appendOnlyState Server

// IsOn says whether the append-only file is on.
func (a *appendOnlyState) IsOn() bool { return a.aof.IsOn() }

// Durable is up to where it is on disk.
func (a *appendOnlyState) Durable() journal.Position { return a.aof.Durable() }

// newAppendOnly makes the append-only file, which is off until it is started.
func (s *Server) newAppendOnly() *aof.Log {
	return aof.New(aof.Options{FS: s.FS, Config: s.Config, Journal: s.dispatcher.Journal, Log: s.Log, Host: (*appendOnly)(s)})
}

// startAppendOnly begins to write the append-only file, if there is to be one, once the data is loaded.
func (s *Server) startAppendOnly() error {
	if s.Config.Bool(config.AppendOnly) {
		return s.aof.Start()
	}
	s.aof.StartOff()
	return nil
}

// followAppendOnly says what follows CONFIG SET of directives about the append-only file.
func (s *Server) followAppendOnly() {
	c := s.Config
	c.OnApply(config.AppendOnly, func() error {
		s.aof.Switch(c.Bool(config.AppendOnly))
		return nil
	})
	c.OnApply(config.AppendFsync, func() error {
		s.aof.PolicyChanged()
		return nil
	})
}

// RewriteAppendOnly is BGREWRITEAOF.
func (o *operations) RewriteAppendOnly(inExec bool) servercmd.Rewriting {
	switch o.aof.Rewrite(inExec) {
	case aof.Refused:
		return servercmd.RewriteRefused
	case aof.Scheduled:
		return servercmd.RewriteScheduled
	default:
		return servercmd.RewriteStarted
	}
}

// Exclusive runs f under all leases.
func (a *appendOnly) Exclusive(f func()) {
	a.dispatcher.ExclusiveAll(func(*dispatch.Executor) { f() })
}

// Snapshot writes a base.
func (a *appendOnly) Snapshot(out io.Writer, o aof.SnapshotOptions) error {
	s := (*Server)(a)
	format := s.snapshotFormat()
	if !o.Preamble {
		format.Version, format.Compress = 0, false
	}
	frame := s.snapshotFrame(format)
	frame.Notes = s.baseNotes
	if o.Held {
		frame.Functions = s.scripts.Libraries().Codes()
		return s.walking.taker.Hold(out, format, frame)
	}
	done := make(chan error, 1)
	t := s.walking.taker.Start(snapshot.Target{
		Out: out, Format: format, Frame: frame,
		AtCut: func(*snapshot.Cut) {
			frame.Functions = s.scripts.Libraries().Codes()
			if o.AtCut != nil {
				o.AtCut()
			}
		},
		Done: func(err error) { done <- err },
	})
	s.rewrite.ticket.Store(t)
	defer s.rewrite.ticket.Store(nil)
	err := <-done
	s.rewrite.peak.Store(s.took(t))
	if errors.Is(err, snapshot.ErrFlushed) {
		return aof.ErrFlushed
	}
	return err
}

// baseNotes are those at the head of a base.
func (s *Server) baseNotes(c *snapshot.Cut) [][2]string {
	return [][2]string{
		{"valkey-ver", CompatVersion}, {"redis-bits", "64"}, {"ctime", formatInt(c.UnixMs / 1000)},
		{"used-mem", formatInt(s.usedMemory())}, {"aof-base", "1"},
	}
}

// IsSaving says whether BGSAVE is at work.
func (a *appendOnly) IsSaving() bool { return a.snapshots.busy.Load() }

// Durable has the replies sent that waited.
func (a *appendOnly) Durable(p journal.Position) { a.dispatcher.Durable(p) }

// HoldReplies has replies wait, or not.
func (a *appendOnly) HoldReplies(on bool) { a.dispatcher.SetAlways(on) }

// Changed has writes refused while the file can't be written.
func (a *appendOnly) Changed() { (*Server)(a).appendFailed(a.aof.Status().WriteError) }

// SlowEvent tells the latency monitor.
func (a *appendOnly) SlowEvent(name string, took time.Duration) {
	(*Server)(a).slowEvent(name, int64(took))
}

// Die ends the process. What clients wait for is not on disk, so they get no reply.
func (a *appendOnly) Die() { os.Exit(1) }

// Crashed ends the process after a panic.
func (a *appendOnly) Crashed(reason any) { (*hooks)(a).Crashed(nil, reason) }

// infoAppendOnly fills in what INFO tells of the append-only file.
func (s *Server) infoAppendOnly(n *stats.Info) {
	st := s.aof.Status()
	word := func(failed bool) string {
		if failed {
			return "err"
		}
		return "ok"
	}
	n.Bool("aof_enabled", st.IsOn)
	n.Bool("aof_rewrite_in_progress", st.IsRewriting)
	n.Bool("aof_rewrite_scheduled", st.IsScheduled)
	n.Int("aof_last_rewrite_time_sec", st.LastRewriteSeconds)
	n.Int("aof_current_rewrite_time_sec", st.RewriteSeconds)
	n.Str("aof_last_bgrewrite_status", word(st.RewriteFailed))
	n.Int("aof_rewrites", st.Rewrites)
	n.Int("aof_rewrites_consecutive_failures", st.RewriteFailures)
	n.Str("aof_last_write_status", word(st.WriteError != nil))
	n.Int("aof_last_cow_size", s.rewrite.peak.Load())
	n.Int("slot_migration_fork_in_progress", 0)
	n.Int("module_fork_in_progress", 0)
	n.Int("module_fork_last_cow_size", 0)
	if !st.IsOn {
		return
	}
	n.Int("aof_current_size", st.CurrentBytes)
	n.Int("aof_base_size", st.BaseBytes)
	n.Bool("aof_pending_rewrite", st.IsScheduled)
	n.Int("aof_buffer_length", st.Unwritten)
	n.Int("aof_pending_bio_fsync", st.PendingSyncs)
	n.Int("aof_delayed_fsync", st.DelayedSyncs)
}
