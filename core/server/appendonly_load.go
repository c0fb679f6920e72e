package server

import (
	"errors"
	"io"
	"time"

	"github.com/sleipnirdb/sleipnir/core/aof"
	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/loading"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/script"
)

// appendOnlyLoader is the server as the loading of an append-only file sees it.
type appendOnlyLoader struct {
	s *Server
	a *dispatch.Applier
}

// loadAppendOnly fills the keyspace from the append-only file. An error has been logged.
func (s *Server) loadAppendOnly() error {
	start := time.Now()
	return s.replayAppendOnly(func(l *appendOnlyLoader) error {
		found, err := s.aof.Load(l)
		if err == nil && found {
			s.Log.Noticef("DB loaded from append only file: %.3f seconds", time.Since(start).Seconds())
		}
		return err
	})
}

// ReloadAppendOnly brings the data back from the append-only file, in the place of what there is. The caller is an ordinary goroutine without a lease.
func (o *operations) ReloadAppendOnly() error {
	s := (*Server)(o)
	s.dispatcher.SetGate(dispatch.GateLoading, true)
	defer s.dispatcher.SetGate(dispatch.GateLoading, false)
	if err := s.aof.Flush(false); err != nil {
		return err
	}
	var old []*keyspace.Detached
	keys := 0
	s.dispatcher.ExclusiveAll(func(*dispatch.Executor) {
		for p := range s.Set.Len() {
			n, o := s.Set.Space(p).FlushAll()
			if keys += n; o != nil {
				old = append(old, o)
			}
		}
	})
	o.Flushed(old, partition.Mask{}, keys)
	s.scripts.SetLibraries(&script.Libraries{})
	return s.replayAppendOnly(func(l *appendOnlyLoader) error {
		l.a.Mute()
		return s.aof.Reload(l)
	})
}

// replayAppendOnly has load bring commands to a loader.
func (s *Server) replayAppendOnly(load func(l *appendOnlyLoader) error) error {
	s.setExpiry(keyspace.ExpireIgnore) // a command may speak of a key whose time has come since then
	defer s.setExpiry(keyspace.ExpireDelete)
	l := &appendOnlyLoader{s: s, a: s.dispatcher.NewApplier()}
	defer l.a.Close()
	defer s.progress.End()
	defer s.tellProgress()()
	return load(l)
}

// setExpiry says what becomes of keys whose time has come.
func (s *Server) setExpiry(mode keyspace.ExpiryMode) {
	s.dispatcher.ExclusiveAll(func(*dispatch.Executor) {
		for p := range s.Set.Len() {
			s.Set.Space(p).SetExpiryMode(mode)
		}
	})
}

// Start says how much there is to load.
func (l *appendOnlyLoader) Start(bytes int64) { l.s.progress.Begin(time.Now(), bytes) }

// Begin begins a file.
func (l *appendOnlyLoader) Begin(_ string, size int64) {
	l.s.progress.NextFile(size)
	l.a.Discard()
	l.a.Select(0)
}

// RDB loads the snapshot that a file begins with.
func (l *appendOnlyLoader) RDB(in io.Reader) (int64, error) {
	return l.s.load(in, loadOptions{preamble: true})
}

// Apply runs a command. One that fails now, though it went well once, is told of and left out, as in Valkey.
func (l *appendOnlyLoader) Apply(args [][]byte) error {
	if l.s.progress.Cancelled() {
		return loading.ErrCancelled
	}
	err := l.a.Apply(args)
	if err == nil {
		return nil
	}
	if l.s.Table.Lookup(args[0]) == nil {
		return aof.ErrUnknownCommand
	}
	wrong := (*dispatch.ApplyError)(nil)
	if errors.As(err, &wrong) {
		l.s.Log.Warningf("== CRITICAL == This server is sending an error to its AOF-loading-client: '%v' after processing the command '%.128s'",
			wrong.Err, wrong.Command)
		return nil
	}
	return err
}

// Discard forgets a transaction.
func (l *appendOnlyLoader) Discard() { l.a.Discard() }

// Progress tells how far it has come.
func (l *appendOnlyLoader) Progress(offset int64) { l.s.progress.At(offset) }
