package server

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/snapshot"
	"github.com/sleipnirdb/sleipnir/internal/vfs"
)

// snapshots are what the server knows of its snapshots: the state that commands and INFO show, and what has to be kept from one
// file to the next.
//
// BGSAVE writes while commands go on. SAVE and SHUTDOWN hold every lease from the first key to the last.
type snapshots struct {
	last    atomic.Int64 // unix time of the last good one, or of the start
	busy    atomic.Bool  // one is under way in the background, or waits for the leases
	cancel  atomic.Bool  // it is to stop
	failed  atomic.Bool  // the last one failed
	started atomic.Int64 // unix time, of the one under way
	took    atomic.Int64 // seconds of the last one in the background, -1 for none
	saves   atomic.Int64
	peak    atomic.Int64                    // bytes of memory that the last one in the background took
	changes atomic.Int64                    // of the data, up to the last good one
	keys    atomic.Int64                    // loaded at the start or by DEBUG RELOAD
	expired atomic.Int64                    // left out then, as their time had come
	ticket  atomic.Pointer[snapshot.Ticket] // of the one in the background
}

func (n *snapshots) init(started time.Time) {
	n.last.Store(started.Unix())
	n.took.Store(-1)
}

var errNoFile = errors.New("there is no file name")

// snapshotPath is the file of the snapshot.
func (s *Server) snapshotPath() (string, error) {
	name := s.Config.Str(config.DBFilename)
	if name == "" {
		return "", errNoFile
	}
	return filepath.Abs(name)
}

// saveHeld writes a snapshot. The caller has every lease.
func (s *Server) saveHeld() error {
	s.snapshots.saves.Add(1)
	path, err := s.snapshotPath()
	if err == nil {
		err = s.writeSnapshot(path)
	}
	if err != nil {
		s.Log.Warningf("Error saving DB on disk: %v", err)
		return err
	}
	s.saved(s.dispatcher.Changes())
	s.Log.Noticef("DB saved on disk")
	return nil
}

// writeSnapshot writes to a file of another name, and puts it in place when it is safe on disk.
func (s *Server) writeSnapshot(path string) error {
	temp := filepath.Join(filepath.Dir(path), fmt.Sprintf("temp-%d.rdb", os.Getpid()))
	return vfs.WriteFile(s.FS, path, temp, dataFileMode, func(f vfs.File) error { return s.encodeAll(f) })
}

// dataFileMode is that of files with data: readable, as the reference's.
const dataFileMode = 0o644

// snapshotFormat is the format of files, as the settings are now.
func (s *Server) snapshotFormat() snapshot.RDB {
	return snapshot.RDB{
		Version: int(s.Config.Int(config.RDBVersionWrite)), Compress: s.Config.Bool(config.RDBCompression), Env: s.Set.Space(0).Env(),
	}
}

// snapshotFrame is what stands around the data.
func (s *Server) snapshotFrame(format snapshot.RDB) *snapshot.RDBFrame {
	return &snapshot.RDBFrame{Format: format, Checksum: s.Config.Bool(config.RDBChecksum), Notes: func(c *snapshot.Cut) [][2]string {
		return [][2]string{
			{"valkey-ver", CompatVersion}, {"redis-bits", "64"}, {"ctime", formatInt(c.UnixMs / 1000)},
			{"used-mem", formatInt(s.usedMemory())}, {"aof-base", "0"},
		}
	}}
}

func (s *Server) snapshotBudget() int64 { return s.Config.Int(config.SnapshotMemoryBudget) }

// bgsave writes a snapshot while commands go on. It says false if one is under way.
func (s *Server) bgsave() bool {
	if s.snapshots.busy.Swap(true) {
		return false
	}
	s.snapshots.started.Store(nowSeconds())
	s.saving.tried.Store(nowSeconds())
	s.Log.Noticef("Background saving started")
	go func() {
		defer s.rescue()
		start := time.Now()
		s.savedInBackground(s.saveAside())
		s.snapshots.took.Store(int64(time.Since(start) / time.Second))
		s.snapshots.ticket.Store(nil)
		s.snapshots.cancel.Store(false)
		s.snapshots.busy.Store(false)
		s.aof.SavingEnded()
	}()
	return true
}

// saveAside writes a snapshot on the calling goroutine, which holds nothing.
func (s *Server) saveAside() error {
	s.snapshots.saves.Add(1)
	path, err := s.snapshotPath()
	if err != nil {
		return err
	}
	changes := s.dispatcher.Changes() // or some more: those are saved twice
	temp := filepath.Join(filepath.Dir(path), fmt.Sprintf("temp-bg-%d.rdb", os.Getpid()))
	err = vfs.WriteFile(s.FS, path, temp, dataFileMode, s.snapshotTo)
	if err != nil {
		return err
	}
	s.saved(changes)
	s.Log.Noticef("DB saved on disk")
	return nil
}

// snapshotTo writes a snapshot to an open file.
func (s *Server) snapshotTo(f vfs.File) error {
	done := make(chan error, 1)
	format := s.snapshotFormat()
	frame := s.snapshotFrame(format)
	t := s.walking.taker.Start(snapshot.Target{
		Out: f, Format: format, Frame: frame,
		AtCut: func(*snapshot.Cut) { frame.Functions = s.scripts.Libraries().Codes() },
		Done:  func(err error) { done <- err },
	})
	s.snapshots.ticket.Store(t)
	if s.snapshots.cancel.Load() {
		t.Cancel()
	}
	err := <-done
	s.snapshots.peak.Store(s.took(t))
	return err
}

// cancelSave gives up the snapshot in the background. Any goroutine.
func (s *Server) cancelSave() {
	s.snapshots.cancel.Store(true)
	if t := s.snapshots.ticket.Load(); t != nil {
		t.Cancel()
	}
}

// encodeAll writes everything. The caller has every lease.
func (s *Server) encodeAll(file io.Writer) error {
	format := s.snapshotFormat()
	frame := s.snapshotFrame(format)
	frame.Functions = s.scripts.Libraries().Codes()
	return s.walking.taker.Hold(file, format, frame)
}
