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
	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/rdb"
	"github.com/sleipnirdb/sleipnir/internal/vfs"
)

// snapshots are what the server knows of its snapshots: the state that commands and INFO show, and what has to be kept from one
// file to the next.
//
// A snapshot is taken in the plain way: all leases are held from the first key to the last, so every command waits meanwhile.
type snapshots struct {
	last      atomic.Int64 // unix time of the last good one, or of the start
	busy      atomic.Bool  // one is under way in the background, or waits for the leases
	cancel    atomic.Bool  // it is to stop
	failed    atomic.Bool  // the last one failed
	started   atomic.Int64 // unix time, of the one under way
	took      atomic.Int64 // seconds of the last one in the background, -1 for none
	saves     atomic.Int64
	changes   atomic.Int64 // of the data, up to the last good one
	keys      atomic.Int64 // loaded at the start or by DEBUG RELOAD
	expired   atomic.Int64 // left out then, as their time had come
	functions [][]byte     // libraries found in the file; under every lease
}

func (n *snapshots) init(started time.Time) {
	n.last.Store(started.Unix())
	n.took.Store(-1)
}

var (
	errCancelled = errors.New("it was cancelled")
	errNoFile    = errors.New("there is no file name")
)

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

// snapshotVersion is the version of the format to write: as asked for, or the oldest that has a form for all that is there.
func (s *Server) snapshotVersion() int {
	if v := int(s.Config.Int(config.RDBVersionWrite)); v != 0 {
		return v
	}
	for n := range s.Set.Space(0).Databases() {
		for p := range s.Set.Len() {
			if s.Set.Space(p).DB(n).TimedHashes() > 0 {
				return rdb.VersionValkey9
			}
		}
	}
	return rdb.VersionDefault
}

// encodeAll writes everything.
func (s *Server) encodeAll(file io.Writer) error {
	x := rdb.NewEncoder(s.Set.Space(0).Env())
	x.Begin(file, rdb.FileOptions{
		Version: s.snapshotVersion(), Compress: s.Config.Bool(config.RDBCompression), Checksum: s.Config.Bool(config.RDBChecksum),
	})
	x.Aux("valkey-ver", CompatVersion)
	x.Aux("redis-bits", "64")
	x.Aux("ctime", formatInt(nowSeconds()))
	x.Aux("used-mem", formatInt(s.usedMemory()))
	x.Aux("aof-base", "0")
	for _, code := range s.snapshots.functions {
		x.Function(code)
	}
	for n := range s.Set.Space(0).Databases() {
		if err := s.encodeDatabase(x, n); err != nil {
			return err
		}
	}
	return x.End()
}

func (s *Server) encodeDatabase(x *rdb.Encoder, n int) error {
	keys, expires := 0, 0
	for p := range s.Set.Len() {
		db := s.Set.Space(p).DB(n)
		keys += db.Len()
		expires += db.Expires()
	}
	if keys == 0 {
		return nil
	}
	x.Database(n, keys, expires)
	for p := range s.Set.Len() {
		space, err := s.Set.Space(p), error(nil)
		policy := space.Policy().Kind
		space.DB(n).Each(func(e keyspace.Entry) bool {
			usage := rdb.NoUsage
			switch {
			case policy.LFU():
				usage.Frequency = int(space.Frequency(e))
			case policy.LRU():
				usage.IdleSeconds = space.IdleSeconds(e)
			}
			if err = x.Key(e, usage); err == nil && s.snapshots.cancel.Load() {
				err = errCancelled
			}
			return err == nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// bgsave writes a snapshot on a goroutine of its own. It says false if one is under way.
func (s *Server) bgsave() bool {
	if s.snapshots.busy.Swap(true) {
		return false
	}
	s.snapshots.cancel.Store(false)
	s.snapshots.started.Store(nowSeconds())
	s.saving.tried.Store(nowSeconds())
	s.Log.Noticef("Background saving started")
	go func() {
		defer s.rescue()
		start := time.Now()
		err := errCancelled
		s.dispatcher.ExclusiveAll(func(*dispatch.Executor) {
			if !s.snapshots.cancel.Load() {
				err = s.saveHeld()
			}
		})
		s.savedInBackground(err)
		s.snapshots.took.Store(int64(time.Since(start) / time.Second))
		s.snapshots.cancel.Store(false)
		s.snapshots.busy.Store(false)
	}()
	return true
}
