package server

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/loading"
	"github.com/sleipnirdb/sleipnir/core/rdb"
)

// loadOptions say how data is loaded.
type loadOptions struct {
	held  bool // the caller has every lease
	merge bool // what is there already is replaced, and libraries of functions stay
	// preamble: commands follow the data, and may speak of keys whose time has come.
	preamble bool
}

// isLoading says whether data is being loaded, or will be before commands are served. Any goroutine.
func (s *Server) isLoading() bool {
	return s.progress.Active() || s.dispatcher.Gate()&dispatch.GateLoading != 0
}

// loadAtStart fills the keyspace before commands that need it are served, and then has them served. A server that can't have its data
// ends. On a goroutine of its own.
func (s *Server) loadAtStart() {
	defer s.rescue()
	if err := s.loadData(); err != nil {
		if !errors.Is(err, loading.ErrCancelled) {
			s.end.begin(exitNoData)
		}
		return
	}
	s.dispatcher.SetGate(dispatch.GateLoading, false)
	s.ready()
}

// exitNoData is the exit code of a server whose data can't be loaded.
const exitNoData = 1

// loadData fills the keyspace: from the append-only file if that is on, else from the snapshot. An error has been logged.
func (s *Server) loadData() error {
	if err := s.aof.ReadManifest(); err != nil {
		return err
	}
	fill := s.loadSnapshot
	if s.Config.Bool(config.AppendOnly) {
		fill = s.loadAppendOnly
	}
	if err := fill(); err != nil {
		return err
	}
	return s.startAppendOnly()
}

// loadSnapshot reads the snapshot, if there is one. An error has been logged.
func (s *Server) loadSnapshot() error {
	path, err := s.snapshotPath()
	if err != nil {
		return nil // there is no name
	}
	start := time.Now()
	err = s.loadFile(path, loadOptions{})
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err == nil:
		s.Log.Noticef("DB loaded from disk: %.3f seconds", time.Since(start).Seconds())
	case !errors.Is(err, loading.ErrCancelled):
		s.Log.Warningf("Terminating server after rdb file reading failure.")
		s.Log.Warningf("Fatal error loading the DB, check server logs. Exiting.")
	}
	return err
}

// loadFile reads an RDB file.
func (s *Server) loadFile(path string, o loadOptions) error {
	file, err := s.FS.OpenFile(path, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // nothing is written
	size := int64(0)
	if info, err := file.Stat(); err == nil {
		size = info.Size()
	}
	s.progress.Begin(time.Now(), size)
	defer s.progress.End()
	defer s.tellProgress()()
	if _, err = s.load(file, o); err != nil && !errors.Is(err, loading.ErrCancelled) {
		s.Log.Warningf("Error while reading the snapshot %s: %v", path, err)
	}
	return err
}

// load reads data in RDB's format: a file, the beginning of an append-only file, or what a primary sends. It returns how many bytes of in
// are of it; more may have been read. The caller has begun s.progress, and logs the error.
func (s *Server) load(in io.Reader, o loadOptions) (int64, error) {
	result, err := loading.Load(in, &dataOwner{s: s, held: o.held, merge: o.merge}, loading.Options{
		LoadOptions: rdb.LoadOptions{
			Relaxed:  s.Config.Int(config.RDBVersionCheck) == config.RDBVersionRelaxed,
			Checksum: s.Config.Bool(config.RDBChecksum),
		},
		Set: s.Set, Workers: int(s.Config.Int(config.IOThreads)), Replace: o.merge, KeepExpired: o.preamble,
		Delay: s.keyLoadDelay, Progress: &s.progress,
	})
	s.snapshots.keys.Store(result.Keys)
	s.snapshots.expired.Store(result.Expired)
	if err != nil {
		if !errors.Is(err, loading.ErrCancelled) {
			s.Log.Warningf("Internal error in RDB reading %v", err)
		}
		return result.Bytes, err
	}
	if result.Modules > 0 {
		s.Log.Warningf("%d keys of the snapshot hold values of modules, which this version leaves out. They will be missing in the next snapshot.", result.Modules)
	}
	if result.Empty > 0 {
		s.Log.Noticef("Done loading RDB, keys loaded: %d, keys expired: %d, empty keys skipped: %d.", result.Keys, result.Expired, result.Empty)
	} else {
		s.Log.Noticef("Done loading RDB, keys loaded: %d, keys expired: %d.", result.Keys, result.Expired)
	}
	return result.Bytes, nil
}

// keyLoadDelay is the directive key-load-delay.
func (s *Server) keyLoadDelay() time.Duration { return delayOf(s.Config.Int(config.KeyLoadDelay)) }

// delayOf is the time that each key is to take: so many microseconds, or, if that is negative, so many keys a microsecond.
func delayOf(n int64) time.Duration {
	if n < 0 {
		return time.Microsecond / time.Duration(-n)
	}
	return time.Duration(n) * time.Microsecond
}

// tellEvery is how often the log tells how far a load has come.
const tellEvery = 5 * time.Second

// tellProgress has the log tell how far the load has come, until the function that it returns is called.
func (s *Server) tellProgress() (stop func()) {
	tick, quit := time.NewTicker(tellEvery), make(chan struct{})
	go func() {
		defer s.rescue()
		for {
			select {
			case <-quit:
				return
			case now := <-tick.C:
				p := s.progress.State(now)
				s.Log.Noticef("Loading: %.2f%%, %d MB of %d MB read, %d keys loaded, about %d seconds left",
					p.Percent, p.Done>>20, p.Total>>20, p.Keys, p.LeftSeconds)
			}
		}
	}()
	return func() {
		tick.Stop()
		close(quit)
	}
}

// dataOwner is the server as the loader of data sees it.
type dataOwner struct {
	s              *Server
	held, merge    bool
	modules, empty atomic.Int64
}

// Leases returns those of a worker.
func (o *dataOwner) Leases() loading.Leases {
	if o.held {
		return nil
	}
	return o.s.dispatcher.Holder()
}

// Crashed ends the process after a panic of a worker.
func (o *dataOwner) Crashed(reason any) { (*hooks)(o.s).Crashed(nil, reason) }

// Aux takes a note of who wrote the file.
func (o *dataOwner) Aux(key, value []byte) error {
	switch string(key) {
	case "valkey-ver", "redis-ver":
		o.s.Log.Noticef("Loading RDB produced by version %s", value)
	case "ctime":
		if at, err := strconv.ParseInt(string(value), 10, 64); err == nil {
			o.s.Log.Noticef("RDB age %d seconds", max(nowSeconds()-at, 0))
		}
	case "used-mem":
		if n, err := strconv.ParseInt(string(value), 10, 64); err == nil {
			o.s.Log.Noticef("RDB memory usage when created %.2f Mb", float64(n)/(1<<20))
			o.s.progress.SetUsed(max(n, 0))
		}
	case "aof-base":
		if string(value) == "1" {
			o.s.Log.Noticef("RDB is base AOF")
		}
	}
	return nil
}

// Function loads a library of functions.
func (o *dataOwner) Function(code []byte) error {
	all, _, err := o.s.scripts.NewLibrary(o.s.scripts.Libraries(), string(code), o.merge, false)
	if err != nil {
		return fmt.Errorf("load a library of functions: %w", err)
	}
	o.s.scripts.SetLibraries(all)
	return nil
}

// maxEmptyLines is how many empty keys the log names.
const maxEmptyLines = 10

// LeftOut tells of keys without a value. Any goroutine.
func (o *dataOwner) LeftOut(key []byte, why error) {
	if module := (*rdb.ModuleError)(nil); errors.As(why, &module) {
		if o.modules.Add(1) == 1 {
			o.s.Log.Warningf("The key '%s' holds a value of the module type '%s', and is left out.", key, module.Name)
		}
		return
	}
	if o.empty.Add(1) <= maxEmptyLines {
		o.s.Log.Noticef("rdbLoadObject skipping empty key: %s", key)
	}
}
