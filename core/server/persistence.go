package server

import (
	"errors"
	"sync"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/snapshot"
	"github.com/sleipnirdb/sleipnir/internal/vfs"
)

// errCannotSave is the reply to writes while the last save in the background failed.
const errCannotSave command.Error = "MISCONF Valkey is configured to save RDB snapshots, but it's currently unable to persist to disk. " +
	"Commands that may modify the data set are disabled, because this instance is configured to report errors during writes if RDB " +
	"snapshotting fails (stop-writes-on-bgsave-error option). Please check the Valkey logs for details about the RDB error."

// diskTrouble is why writes are refused. Both files may be in trouble at once; the snapshot's goes first, as in Valkey.
type diskTrouble struct {
	mu  sync.Mutex // guards aof, and that the gate follows both
	aof error
}

// appendFailed says that the append-only file can't be written, or with nil that it can be again. Any goroutine.
func (s *Server) appendFailed(err error) {
	s.disk.mu.Lock()
	s.disk.aof = err
	s.disk.mu.Unlock()
	s.checkDisk()
}

// checkDisk has writes refused while what they are promised can't be kept. Any goroutine.
func (s *Server) checkDisk() {
	s.disk.mu.Lock()
	defer s.disk.mu.Unlock()
	switch {
	case s.snapshots.failed.Load() && s.Config.Bool(config.StopWritesOnBgsaveError) && len(s.Config.SavePoints()) > 0:
		s.dispatcher.RefuseWrites(errCannotSave)
	case s.disk.aof != nil:
		s.dispatcher.RefuseWrites(command.Error("MISCONF Errors writing to the AOF file: " + vfs.Reason(s.disk.aof)))
	default:
		s.dispatcher.RefuseWrites("")
	}
}

// saved is told of every file that is in its place; changes is how many there had been at its cut.
func (s *Server) saved(changes int64) {
	s.snapshots.last.Store(nowSeconds())
	s.snapshots.changes.Store(changes)
	s.snapshots.failed.Store(false)
	s.checkDisk()
}

// savedInBackground is told how a save in the background ended.
func (s *Server) savedInBackground(err error) {
	switch {
	case err == nil:
		s.Log.Noticef("Background saving terminated with success")
	case errors.Is(err, snapshot.ErrCancelled), errors.Is(err, snapshot.ErrFlushed):
		s.Log.Noticef("Background saving was cancelled")
	default:
		s.Log.Warningf("Background saving error: %v", err)
		s.snapshots.failed.Store(true)
		s.checkDisk()
	}
}

// unsaved is how many changes the last snapshot lacks. The caller is an ordinary goroutine.
func (s *Server) unsaved() int64 { return max(s.dispatcher.Changes()-s.snapshots.changes.Load(), 0) }

// FlushedAll has an empty snapshot written behind FLUSHALL if there are save points, so that what was flushed doesn't come back.
// It has every lease; dirty is what the command adds to the changes when it is over.
func (o *operations) FlushedAll(dirty int64) {
	s := (*Server)(o)
	if len(s.Config.SavePoints()) == 0 || s.isLoading() {
		return
	}
	if s.snapshots.busy.Load() { // it waits for the leases, and would save nothing else
		s.cancelSave()
	}
	if s.saveHeld() == nil {
		s.snapshots.changes.Add(dirty)
	}
}
