package server

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/rdb"
	"github.com/sleipnirdb/sleipnir/internal/crc"
)

// loader is what takes the records of a snapshot. It has every lease.
type loader struct {
	s       *Server
	merge   bool // a key that is there already is replaced; else it is an error
	number  int  // of the database
	db      *keyspace.DB
	builder rdb.Builder

	keys, expired, modules, empty int64
}

// loadData fills the keyspace: from the append-only file if that is on, else from the snapshot. It says false if the server can't start.
func (s *Server) loadData() bool {
	if s.aof.ReadManifest() != nil {
		return false
	}
	if s.Config.Bool(config.AppendOnly) {
		if s.loadAppendOnly() != nil {
			return false
		}
	} else if !s.loadSnapshot() {
		return false
	}
	return s.startAppendOnly() == nil
}

// loadSnapshot reads the snapshot, if there is one, before the server takes connections. It says false if the server can't start.
func (s *Server) loadSnapshot() bool {
	path, err := s.snapshotPath()
	if err != nil {
		return true
	}
	start := time.Now()
	s.dispatcher.ExclusiveAll(func(*dispatch.Executor) { err = s.loadHeld(path, false) })
	switch {
	case errors.Is(err, os.ErrNotExist):
		return true
	case err != nil:
		s.Log.Warningf("Terminating server after rdb file reading failure.")
		s.Log.Warningf("Fatal error loading the DB, check server logs. Exiting.")
		return false
	}
	s.Log.Noticef("DB loaded from disk: %.3f seconds", time.Since(start).Seconds())
	return true
}

// loadHeld reads a snapshot. The caller has every lease.
func (s *Server) loadHeld(path string, merge bool) error {
	file, err := s.FS.OpenFile(path, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // nothing is written
	s.snapshots.loading.Store(true)
	defer s.snapshots.loading.Store(false)
	h := &loader{s: s, merge: merge}
	if !merge {
		s.snapshots.functions = nil
	}
	var d rdb.Decoder
	err = d.Load(file, rdb.LoadOptions{
		Relaxed:  s.Config.Int(config.RDBVersionCheck) == config.RDBVersionRelaxed,
		Checksum: s.Config.Bool(config.RDBChecksum),
	}, h)
	h.builder.Drop()
	s.snapshots.keys.Store(h.keys)
	s.snapshots.expired.Store(h.expired)
	if err != nil {
		s.Log.Warningf("Error while reading the snapshot %s: %v", path, err)
		return err
	}
	if h.modules > 0 {
		s.Log.Warningf("%d keys of the snapshot hold values of modules, which this version leaves out. They will be missing in the next snapshot.", h.modules)
	}
	if h.empty > 0 {
		s.Log.Noticef("Done loading RDB, keys loaded: %d, keys expired: %d, empty keys skipped: %d.", h.keys, h.expired, h.empty)
	} else {
		s.Log.Noticef("Done loading RDB, keys loaded: %d, keys expired: %d.", h.keys, h.expired)
	}
	return nil
}

// Aux takes a note of who wrote the file.
func (l *loader) Aux(key, value []byte) error {
	switch string(key) {
	case "valkey-ver", "redis-ver":
		l.s.Log.Noticef("Loading RDB produced by version %s", value)
	case "ctime":
		if at, err := strconv.ParseInt(string(value), 10, 64); err == nil {
			l.s.Log.Noticef("RDB age %d seconds", max(nowSeconds()-at, 0))
		}
	case "used-mem":
		if n, err := strconv.ParseInt(string(value), 10, 64); err == nil {
			l.s.Log.Noticef("RDB memory usage when created %.2f Mb", float64(n)/(1<<20))
		}
	}
	return nil
}

// Function keeps a library for the next snapshot: nothing here runs functions yet.
func (l *loader) Function(code []byte) error {
	l.s.snapshots.functions = append(l.s.snapshots.functions, bytes.Clone(code))
	return nil
}

// Database takes the number of the database of the next keys.
func (l *loader) Database(number uint64) error {
	if n := l.s.Set.Space(0).Databases(); number >= uint64(n) { // #nosec G115 -- small
		return fmt.Errorf("the data is of a server with more than %d databases", n)
	}
	l.number = int(number) // #nosec G115 -- checked
	return nil
}

// Resize does nothing: tables grow in small steps here.
func (l *loader) Resize(uint64, uint64) error { return nil }

// Key prepares for a value.
func (l *loader) Key(k *rdb.KeyInfo) (rdb.Sink, error) {
	l.db = l.s.Set.Space(l.s.Set.Of(crc.Slot(k.Key))).DB(l.number)
	l.builder.Reset(l.db, k.Key, k.ExpireAt)
	return &l.builder, nil
}

// Done puts the key in its place.
func (l *loader) Done(k *rdb.KeyInfo, err error) error {
	if err != nil {
		l.builder.Drop()
		return l.without(k, err)
	}
	e := l.builder.Take()
	space := l.db.Space()
	if k.ExpireAt != 0 && k.ExpireAt < space.Now() {
		l.expired++
		e.Free()
		return nil
	}
	if !l.merge && l.db.Has(k.Key) {
		e.Free()
		return fmt.Errorf("key '%s' is there twice in database %d", k.Key, l.number)
	}
	if err := l.db.Place(e, k.Key); err != nil {
		return err
	}
	l.keys++
	if k.Frequency >= 0 {
		space.SetFrequency(e, uint8(k.Frequency)) // #nosec G115 -- of one byte
	} else if k.IdleSeconds >= 0 {
		space.SetIdleSeconds(e, k.IdleSeconds)
	}
	return nil
}

// without is told that there is no value.
func (l *loader) without(k *rdb.KeyInfo, err error) error {
	if module := (*rdb.ModuleError)(nil); errors.As(err, &module) {
		if l.modules++; l.modules == 1 {
			l.s.Log.Warningf("The key '%s' holds a value of the module type '%s', and is left out.", k.Key, module.Name)
		}
		return nil
	}
	if errors.Is(err, rdb.ErrEmpty) {
		if l.empty++; l.empty < 10 {
			l.s.Log.Noticef("rdbLoadObject skipping empty key: %s", k.Key)
		}
		return nil
	}
	return fmt.Errorf("key '%s': %w", k.Key, err)
}
