package server

import (
	"os"
	"syscall"
	"time"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/command/servercmd"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/script"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/core/stats"
	"github.com/sleipnirdb/sleipnir/net/loop"
)

// operations is the server as the commands of the server group see it.
type operations Server

// CommandTable returns the command table.
func (o *operations) CommandTable() *command.Table { return o.Table }

// EachSpace visits the partitions' data under their leases.
func (o *operations) EachSpace(held bool, f func(p int, s *keyspace.Space)) {
	if held {
		for p := range o.Set.Len() {
			f(p, o.Set.Space(p))
		}
		return
	}
	o.dispatcher.EachPartition(func(p int) { f(p, o.Set.Space(p)) })
}

// Stats adds up the loops' counters.
func (o *operations) Stats() *stats.Local { return o.dispatcher.Stats() }

// Monitor is MONITOR.
func (o *operations) Monitor(s *session.Session) { o.dispatcher.Monitor(s, true) }

// ResetStats is CONFIG RESETSTAT.
func (o *operations) ResetStats() {
	s := (*Server)(o)
	o.dispatcher.ResetStats()
	s.users.Log.ResetCounts()
	o.EachSpace(true, func(_ int, space *keyspace.Space) { space.ResetStats() })
	s.budget.peak.Store(0)
	s.budget.exceeded.Store(0)
	s.garbage.freed.Store(0)
	s.scripts.Scripts.ResetEvicted()
	now, _ := s.visitLoops()
	s.figures.forget(now)
	s.sampleMemory()
}

// Flushed has what flushes left freed in the background.
func (o *operations) Flushed(old []*keyspace.Detached, background partition.Mask, keys int) {
	s := (*Server)(o)
	s.forgetTracked()
	s.garbage.pending.Add(int64(keys))
	inSlices := 0
	for p := background.Next(0); p >= 0; p = background.Next(p + 1) {
		inSlices += s.Set.Space(p).Garbage()
		s.garbage.mark(p)
	}
	if inSlices > 0 {
		s.nudge()
	}
	if len(old) > 0 {
		s.garbage.disposals.Go(func() {
			defer s.rescue()
			s.garbage.dispose(old, max(keys-inSlices, 0))
		})
	}
}

// Swapped tells that two databases have changed places.
func (o *operations) Swapped() { (*Server)(o).forgetTracked() }

// forgetTracked tells all who keep keys on their side that these are invalid. The caller has every lease.
func (s *Server) forgetTracked() {
	for p := range s.Set.Len() {
		s.dispose(s.tracking.Table(p).Clear())
	}
	s.tracking.Flushed()
}

// Shutdown begins to end the process.
func (o *operations) Shutdown(how servercmd.Shutdown) error {
	if err := o.dispatcher.Busy(); err != nil && !how.NoSave {
		return err
	}
	return (*Server)(o).shutdown(how, "User requested shutdown...")
}

// AbortShutdown reports false: an end that has begun can't be taken back, as
// there is no replica to wait for.
func (o *operations) AbortShutdown() bool { return false }

// SetActiveExpire turns the background removal of expired keys on or off.
func (o *operations) SetActiveExpire(on bool) {
	o.activeExpire.Store(on)
	(*Server)(o).nudge()
}

// SetUncheckedDumps has RESTORE ignore checksums, or heed them.
func (o *operations) SetUncheckedDumps(on bool) { o.uncheckedDumps.Store(on) }

// LogWarning writes a line to the log.
func (o *operations) LogWarning(text string) { (*Server)(o).Log.Warningf("%s", text) }

// Stall stops every loop for a time.
func (o *operations) Stall(nanos int64) {
	done := make(chan struct{})
	o.loops.Each(func(*loop.Loop) { <-done })
	time.Sleep(time.Duration(nanos))
	close(done)
}

// Crash ends the process.
func (o *operations) Crash(reason string, bySignal bool) {
	if bySignal {
		if err := syscall.Kill(os.Getpid(), syscall.SIGSEGV); err == nil {
			return
		}
	}
	(*Server)(o).crashed(nil, crashReason{text: reason})
}

// Loading tells whether data is being loaded.
func (o *operations) Loading() bool { return (*Server)(o).isLoading() }

// LastSave is when the data was last saved, or the start.
func (o *operations) LastSave() int64 { return o.snapshots.last.Load() }

// Saving tells whether a snapshot is taken in the background.
func (o *operations) Saving() bool { return o.snapshots.busy.Load() }

// SetFreeScripts lets scripts call any command.
func (o *operations) SetFreeScripts(on bool) { o.dispatcher.FreeScripts.Store(on) }

// Save writes a snapshot. The caller has every lease.
func (o *operations) Save() error { return (*Server)(o).saveHeld() }

// BackgroundSave begins to write a snapshot on another goroutine.
func (o *operations) BackgroundSave() bool { return (*Server)(o).bgsave() }

// Reload reads the snapshot back. The caller has every lease.
func (o *operations) Reload(flush, merge bool) error {
	s := (*Server)(o)
	if flush {
		s.scripts.SetLibraries(&script.Libraries{})
	}
	path, err := s.snapshotPath()
	if err != nil {
		return err
	}
	return s.loadFile(path, loadOptions{held: true, merge: merge})
}
