package aof

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/journal"
	"github.com/sleipnirdb/sleipnir/core/logging"
	"github.com/sleipnirdb/sleipnir/internal/vfs"
)

// Host is the server around the append-only file. Its methods are called on ordinary goroutines.
type Host interface {
	// Exclusive runs f under all leases.
	Exclusive(f func())
	// Snapshot writes the data as an RDB file. ErrFlushed says that all keys were removed meanwhile.
	Snapshot(out io.Writer, o SnapshotOptions) error
	// IsSaving says whether a snapshot of its own is under way, for which a rewrite waits.
	IsSaving() bool
	// Durable tells that all up to a position is on disk.
	Durable(p journal.Position)
	// HoldReplies says whether replies wait for Durable.
	HoldReplies(on bool)
	// Changed tells that Status says something else about errors or a rewrite.
	Changed()
	// SlowEvent tells the latency monitor how long something took.
	SlowEvent(name string, took time.Duration)
	// Die ends the process at once: no client gets a reply any more.
	Die()
	// Crashed is called with the reason if a goroutine panics.
	Crashed(reason any)
}

// SnapshotOptions say how a base is written.
type SnapshotOptions struct {
	// Preamble says that the file is going to be the base as it is; otherwise it becomes commands, and its version and compression don't matter.
	Preamble bool
	// Held: the caller has all leases.
	Held bool
	// AtCut runs under all leases at the instant that the file shows. May be nil.
	AtCut func()
}

// Options are what a Log is made of.
type Options struct {
	FS      vfs.FS
	Config  *config.Config
	Journal *journal.Journal
	Log     *logging.Logger
	Host    Host
	// Second is the time between two syncs of everysec, and two tries to write. Tests shorten it.
	Second time.Duration
}

// state says whether the append-only file is written.
type state uint8

const (
	off state = iota
	// opening: it was switched on while the server runs, and counts once the first rewrite is complete.
	opening
	on
)

// Log is the append-only file of a running server.
type Log struct {
	o      Options
	dir    string // the folder of the files
	name   string // their names begin so
	keeper keeper

	mu       sync.Mutex // guards what follows; a leaf but for the journal's own
	manifest *Manifest  // in place on disk
	strays   []string   // files that count for nothing, but mayn't go yet
	state    state
	w        *writer // nil if off
	broken   error   // what writing fails with

	counts      atomic.Bool   // the manifest names what is written
	nudge       chan struct{} // for the writer to look again
	durable     atomic.Uint64 // the position up to which all is on disk
	incrBytes   atomic.Int64  // of the increment that is being written
	restBytes   atomic.Int64  // of the other parts
	baseBytes   atomic.Int64  // of all after the last rewrite
	buffered    atomic.Int64  // bytes being written
	pendingSync atomic.Int64
	delayed     atomic.Int64 // syncs that took long
}

// fileMode is that of the files: readable, as the reference's.
const (
	fileMode   = 0o644
	folderMode = 0o755
)

// New returns a log that is off.
func New(o Options) *Log {
	if o.Second == 0 {
		o.Second = time.Second
	}
	l := &Log{o: o, dir: o.Config.Str(config.AppendDirname), name: o.Config.Str(config.AppendFilename),
		manifest: new(Manifest), nudge: make(chan struct{}, 1)}
	l.keeper.init()
	return l
}

// guard runs a goroutine's work.
func (l *Log) guard(f func()) {
	defer func() {
		if reason := recover(); reason != nil {
			l.o.Host.Crashed(reason)
		}
	}()
	f()
}

// poke has the writer look again.
func (l *Log) poke() {
	select {
	case l.nudge <- struct{}{}:
	default:
	}
}

// path is that of a file of the set.
func (l *Log) path(name string) string { return filepath.Join(l.dir, name) }

// ReadManifest reads which files there are. It is called once, before anything else. After an error, which has been logged, the server can't
// start.
func (l *Log) ReadManifest() error {
	name := l.path(l.name + ".manifest")
	text, err := vfs.ReadFile(l.o.FS, name, maxManifestBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		l.o.Log.Warningf("Fatal error: can't open the AOF manifest file %s for reading: %v", name, vfs.Reason(err))
		return err
	}
	m, err := ParseManifest(text)
	if wrong := (*ManifestError)(nil); errors.As(err, &wrong) {
		l.o.Log.Warningf("\n*** FATAL AOF MANIFEST FILE ERROR ***\n")
		if wrong.Line > 0 {
			l.o.Log.Warningf("Reading the manifest file, at line %d\n", wrong.Line)
			l.o.Log.Warningf(">>> '%s'\n", wrong.Text)
		}
		l.o.Log.Warningf("%s\n", wrong.What)
		return err
	}
	l.manifest = m
	return nil
}

// writeManifest puts a manifest in place.
func (l *Log) writeManifest(m *Manifest) error {
	name := l.name + ".manifest"
	err := vfs.WriteFile(l.o.FS, l.path(name), l.path("temp-"+name), fileMode, func(f vfs.File) error {
		_, err := f.Write(m.Append(nil))
		return err
	})
	if err != nil {
		l.o.Log.Warningf("Can't write the AOF manifest file %s: %v", name, vfs.Reason(err))
		return err
	}
	return nil
}

// makeDir makes the folder, in a way that lasts.
func (l *Log) makeDir() error {
	if info, err := l.o.FS.Stat(l.dir); err == nil && info.IsDir() {
		return nil
	}
	err := l.o.FS.MkdirAll(l.dir, folderMode)
	if err == nil {
		err = l.o.FS.SyncDir(filepath.Dir(l.dir))
	}
	if err != nil {
		l.o.Log.Warningf("Can't open or create append-only dir %s: %v", l.dir, vfs.Reason(err))
	}
	return err
}

// openIncr makes or opens an increment to write to.
func (l *Log) openIncr(name string, flag int) (vfs.File, error) {
	f, err := l.o.FS.OpenFile(l.path(name), os.O_RDWR|os.O_CREATE|flag, fileMode)
	if err != nil {
		l.o.Log.Warningf("Can't open the append-only file %s: %v", name, vfs.Reason(err))
	}
	return f, err
}

// Start begins to write, after Load and before the first command. Without a set it begins one, whose base is what is in memory. An error
// has been logged.
func (l *Log) Start() error {
	l.mu.Lock()
	m := l.manifest.clone()
	l.mu.Unlock()
	if err := l.makeDir(); err != nil {
		return err
	}
	isNew := len(m.Incrs) == 0
	if m.Base == nil && isNew {
		part := m.addBase(l.name, l.o.Config.Bool(config.AOFUseRDBPreamble))
		var err error
		l.o.Host.Exclusive(func() { err = l.writeBase(part, SnapshotOptions{Held: true}, new(atomic.Bool)) })
		if err != nil {
			l.o.Log.Warningf("Write error writing append only file on disk: %v", vfs.Reason(err))
			return err
		}
		l.o.Log.Noticef("Creating AOF base file %s on server start", part.Name)
	}
	if isNew {
		m.addIncr(l.name)
	}
	part := m.Incrs[len(m.Incrs)-1]
	f, err := l.openIncr(part.Name, 0)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		err = l.writeManifest(m)
	}
	if err != nil {
		_ = f.Close()
		return err
	}
	if isNew {
		l.o.Log.Noticef("Creating AOF incr file %s on server start", part.Name)
	} else {
		l.o.Log.Noticef("Opening AOF incr file %s on server start", part.Name)
	}
	l.o.Host.Exclusive(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.manifest, l.state = m, on
		l.w = newWriter(l, l.o.Journal.Open(), f, info.Size())
	})
	l.incrBytes.Store(info.Size())
	l.measure()
	l.policyChanged()
	go l.guard(l.keep)
	l.keeper.poke()
	return nil
}

// StartOff is Start where the append-only file is off, and may be switched on later.
func (l *Log) StartOff() { go l.guard(l.keep) }

// measure sums up the parts that aren't being written.
func (l *Log) measure() {
	l.mu.Lock()
	parts := l.manifest.Parts()
	l.mu.Unlock()
	sum := int64(0)
	for i, p := range parts {
		if i == len(parts)-1 && p.Kind == Incr {
			break
		}
		if info, err := l.o.FS.Stat(l.path(p.Name)); err == nil {
			sum += info.Size()
		}
	}
	l.restBytes.Store(sum)
	if l.baseBytes.Load() == 0 {
		if parts[0].Kind == Base {
			if info, err := l.o.FS.Stat(l.path(parts[0].Name)); err == nil {
				sum = info.Size()
			}
		} else {
			sum = 0
		}
		l.baseBytes.Store(sum)
	}
}

// PolicyChanged follows CONFIG SET appendfsync.
func (l *Log) PolicyChanged() {
	l.policyChanged()
	l.poke()
}

func (l *Log) policyChanged() {
	l.mu.Lock()
	isOn := l.state == on
	l.counts.Store(isOn)
	l.mu.Unlock()
	l.o.Host.HoldReplies(isOn && l.o.Config.Int(config.AppendFsync) == config.FsyncAlways)
}

func (l *Log) setWriteError(err error) {
	l.mu.Lock()
	l.broken = err
	l.mu.Unlock()
	l.o.Host.Changed()
}

// Flush returns when everything journalled so far is on disk, if the append-only file is on. The caller holds no lease, unless it holds all of
// them and says so.
func (l *Log) Flush(held bool) error {
	w, to := l.target(held)
	if w == nil {
		return nil
	}
	return w.flush(to, false)
}

// target is the writer, and the end of the stream.
func (l *Log) target(held bool) (w *writer, to journal.Offset) {
	cut := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if w = l.w; w != nil {
			to = l.o.Journal.Cut().Offset
		}
	}
	if held {
		cut()
	} else {
		l.o.Host.Exclusive(cut)
	}
	return w, to
}

// Close writes what is left, and ends the log. The caller holds all leases if held, and no command runs after it.
func (l *Log) Close(held bool) error {
	l.keeper.end()
	w, to := l.target(held)
	if w == nil {
		return nil
	}
	err := w.flush(to, true)
	if err != nil {
		l.o.Log.Warningf("Fail to fsync the AOF file: %v.", err)
	}
	return err
}

// Durable returns the position up to which all is on disk, in files that count.
func (l *Log) Durable() journal.Position {
	if !l.counts.Load() {
		return 0
	}
	return journal.Position(l.durable.Load())
}

// IsOn says whether the append-only file is on, or being switched on.
func (l *Log) IsOn() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state != off
}

// writeBase writes the data to a file of the folder, complete and synced, but with the manifest not yet naming it.
func (l *Log) writeBase(part Part, o SnapshotOptions, stop *atomic.Bool) error {
	o.Preamble = filepath.Ext(part.Name) == ".rdb"
	temp := fmt.Sprintf("temp-rewriteaof-bg-%d.aof", os.Getpid())
	return vfs.WriteFile(l.o.FS, l.path(part.Name), l.path(temp), fileMode, func(f vfs.File) error {
		out := &baseFile{f: f, stop: stop}
		if o.Preamble {
			return l.o.Host.Snapshot(out, o)
		}
		return l.writeCommands(out, o)
	})
}

// baseFile is the file that a base goes to. It is synced as it grows, so that the last sync has little left to do.
type baseFile struct {
	f        vfs.File
	stop     *atomic.Bool
	unsynced int
}

// syncEvery is how many bytes of a base are written between two syncs.
const syncEvery = 4 << 20

// ErrFlushed is the error of a base of which nothing is left in the data.
var ErrFlushed = errors.New("all keys were removed")

// errStopped is the error of a base that nobody wants any more.
var errStopped = errors.New("it was stopped")

func (b *baseFile) Write(p []byte) (int, error) {
	if b.stop.Load() {
		return 0, errStopped
	}
	n, err := b.f.Write(p)
	if b.unsynced += n; err == nil && b.unsynced >= syncEvery {
		b.unsynced = 0
		err = b.f.Sync()
	}
	return n, err
}
