package aof

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/internal/vfs"
)

// Loader takes what the files say. An error that it returns ends the loading.
type Loader interface {
	// Start tells how many bytes there are in all files.
	Start(bytes int64)
	// Begin announces a file of so many bytes. What comes next is of database 0, and of no transaction.
	Begin(name string, size int64)
	// RDB loads the snapshot that in begins with, and returns its size.
	RDB(in io.Reader) (size int64, err error)
	// Apply runs a command: those from MULTI to EXEC as one. ErrUnknownCommand is for what is no command. The arguments are views.
	Apply(args [][]byte) error
	// Discard forgets a transaction that has begun.
	Discard()
	// Progress tells how far in the file the loading has come.
	Progress(offset int64)
}

// ErrUnknownCommand is what Loader.Apply returns for what is no command.
var ErrUnknownCommand = errors.New("unknown command")

// ErrDamaged says that the files can't be loaded. What is wrong has been logged.
var ErrDamaged = errors.New("the append-only file can't be loaded")

// progressEvery is after how many commands progress is told.
const progressEvery = 1024

// Load brings the files to the loader, before the log is started. found is false if there are none. An error has been logged, and means that
// the server can't start.
func (l *Log) Load(to Loader) (found bool, err error) {
	if err := l.takeOver(); err != nil {
		return false, err
	}
	l.removeTemps()
	return l.load(l.manifest.Parts(), to)
}

// Reload brings the files of a running server to the loader. The caller has flushed them, and keeps commands from being journalled meanwhile. An
// error has been logged.
func (l *Log) Reload(to Loader) error {
	l.mu.Lock()
	parts := l.manifest.Parts()
	l.mu.Unlock()
	_, err := l.load(parts, to)
	return err
}

func (l *Log) load(parts []Part, to Loader) (found bool, err error) {
	if len(parts) == 0 {
		return false, nil
	}
	sizes, err := l.sizes(parts)
	if err != nil {
		return true, err
	}
	total := int64(0)
	for _, n := range sizes {
		total += n
	}
	to.Start(total)
	last := len(parts) - 1 // an end that is torn is in the last file with anything in it
	for last > 0 && sizes[last] == 0 {
		last--
	}
	for i, p := range parts {
		start := time.Now()
		if err := l.loadPart(p, sizes[i], i == last, to); err != nil {
			return true, err
		}
		kind := "incr"
		if p.Kind == Base {
			kind = "base"
			l.baseBytes.Store(sizes[i])
		}
		l.o.Log.Noticef("DB loaded from %s file %s: %.3f seconds", kind, p.Name, time.Since(start).Seconds())
	}
	return total > 0, nil
}

// sizes are those of the parts. One that the manifest names and that isn't there can't be left out.
func (l *Log) sizes(parts []Part) ([]int64, error) {
	list := make([]int64, len(parts))
	for i, p := range parts {
		info, err := l.o.FS.Stat(l.path(p.Name))
		if err != nil {
			l.o.Log.Warningf("Unable to obtain the AOF file %s length. stat: %v", p.Name, vfs.Reason(err))
			return nil, ErrDamaged
		}
		list[i] = info.Size()
	}
	return list, nil
}

// loadPart loads a file.
func (l *Log) loadPart(p Part, size int64, isLast bool, to Loader) error {
	f, err := l.o.FS.OpenFile(l.path(p.Name), os.O_RDONLY, 0)
	if err != nil {
		l.o.Log.Warningf("Fatal error: can't open the append log file %s for reading: %v", p.Name, vfs.Reason(err))
		return ErrDamaged
	}
	defer f.Close() //nolint:errcheck // nothing is written
	to.Begin(p.Name, size)
	from, err := l.loadPreamble(p, f, size, to)
	if err != nil {
		return err
	}
	r := NewReader(io.NewSectionReader(f, from, size-from), from)
	err = l.replay(p, r, to)
	to.Progress(r.Offset())
	switch {
	case err == io.EOF:
		return nil
	case IsShort(err):
		if r.InMulti() {
			l.o.Log.Warningf("Revert incomplete MULTI/EXEC transaction in AOF file %s", p.Name)
		}
		to.Discard()
		return l.cut(p, r.Good(), size, isLast)
	case errors.Is(err, ErrDamaged):
		return err
	}
	if wrong := (*Error)(nil); errors.As(err, &wrong) {
		l.o.Log.Warningf("The append only file %s is damaged at byte %d: %s", p.Name, wrong.Offset, wrong.What)
		l.o.Log.Warningf("Bad file format reading the append only file %s: make a backup of your AOF file, then use ./sleipnir-check-aof --fix <filename.manifest>", p.Name)
		return ErrDamaged
	}
	l.o.Log.Warningf("Unrecoverable error reading the append only file %s: %v", p.Name, vfs.Reason(err))
	return ErrDamaged
}

// loadPreamble loads the snapshot that a file begins with, if it does, and says where the commands begin.
func (l *Log) loadPreamble(p Part, f vfs.File, size int64, to Loader) (from int64, err error) {
	var magic [6]byte
	n, err := f.ReadAt(magic[:], 0)
	if err != nil && err != io.EOF {
		l.o.Log.Warningf("Unrecoverable error reading the append only file %s: %v", p.Name, vfs.Reason(err))
		return 0, ErrDamaged
	}
	if !bytes.HasPrefix(magic[:n], []byte("REDIS")) && !bytes.HasPrefix(magic[:n], []byte("VALKEY")) {
		return 0, nil
	}
	isOldStyle := p.Name == l.name
	if isOldStyle {
		l.o.Log.Noticef("Reading RDB preamble from AOF file...")
	} else {
		l.o.Log.Noticef("Reading RDB base file on AOF loading...")
	}
	from, err = to.RDB(io.NewSectionReader(f, 0, size))
	if err != nil {
		what := "base file %s"
		if isOldStyle {
			what = "preamble of the AOF file %s"
		}
		l.o.Log.Warningf("Error reading the RDB "+what+", AOF loading aborted: %v", p.Name, err)
		return 0, ErrDamaged
	}
	if isOldStyle {
		l.o.Log.Noticef("Reading the remaining AOF tail...")
	}
	return from, nil
}

// replay runs the commands of a file up to its end, io.EOF.
func (l *Log) replay(p Part, r *Reader, to Loader) error {
	for n := 1; ; n++ {
		rec, err := r.Next()
		if err != nil {
			return err
		}
		if len(rec.Args) == 0 {
			continue
		}
		if n%progressEvery == 0 {
			to.Progress(rec.Start)
		}
		if err := to.Apply(rec.Args); errors.Is(err, ErrUnknownCommand) {
			l.o.Log.Warningf("Unknown command '%.128s' reading the append only file %s", rec.Args[0], p.Name)
			return fmt.Errorf("%w: at byte %d", ErrDamaged, rec.Start)
		} else if err != nil {
			l.o.Log.Warningf("Error at byte %d of the append only file %s: %v", rec.Start, p.Name, err)
			return ErrDamaged
		}
	}
}

// cut takes a torn end away.
func (l *Log) cut(p Part, good, size int64, isLast bool) error {
	advise := func() error {
		l.o.Log.Warningf("Unexpected end of file reading the append only file %s. You can: "+
			"1) Make a backup of your AOF file, then use ./sleipnir-check-aof --fix <filename.manifest>. "+
			"2) Alternatively you can set the 'aof-load-truncated' configuration option to yes and restart the server.", p.Name)
		return ErrDamaged
	}
	if !l.o.Config.Bool(config.AOFLoadTruncated) {
		return advise()
	}
	l.o.Log.Warningf("!!! Warning: short read while loading the AOF file %s!!!", p.Name)
	if !isLast {
		l.o.Log.Warningf("Fatal error: the truncated file is not the last file")
		return ErrDamaged
	}
	l.o.Log.Warningf("!!! Truncating the AOF %s at offset %d (%d bytes are lost) !!!", p.Name, good, size-good)
	if err := l.truncate(p.Name, good); err != nil {
		l.o.Log.Warningf("Error truncating the AOF file %s: %v", p.Name, vfs.Reason(err))
		return advise()
	}
	l.o.Log.Warningf("AOF %s loaded anyway because aof-load-truncated is enabled", p.Name)
	return nil
}

func (l *Log) truncate(name string, size int64) error {
	f, err := l.o.FS.OpenFile(l.path(name), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err = f.Truncate(size); err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// takeOver makes a set of the one file that versions before Redis 7.0 wrote, which stands beside the folder: first a manifest that names it, then
// the file moves. A crash between the two goes on here.
func (l *Log) takeOver() error {
	info, err := l.o.FS.Stat(l.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		l.o.Log.Warningf("Can't tell whether there is an old AOF file %s: %v", l.name, vfs.Reason(err))
		return err
	case !info.Mode().IsRegular():
		return nil
	}
	m := l.manifest
	if m.Base != nil || len(m.Incrs) > 0 {
		_, err := l.o.FS.Stat(l.path(l.name))
		if m.Base == nil || len(m.Incrs) > 0 || m.Base.Name != l.name || !errors.Is(err, fs.ErrNotExist) {
			return nil //nolint:nilerr // the set counts, and loading it tells what is wrong with it
		}
	}
	if err := l.makeDir(); err != nil {
		return err
	}
	m = &Manifest{Base: &Part{l.name, 1, Base}, History: m.History, baseSeq: 1, incrSeq: m.incrSeq}
	if err := l.writeManifest(m); err != nil {
		return err
	}
	if err = l.o.FS.Rename(l.name, l.path(l.name)); err == nil {
		err = l.o.FS.SyncDir(l.dir)
	}
	if err == nil {
		err = l.o.FS.SyncDir(".")
	}
	if err != nil {
		l.o.Log.Warningf("Error trying to move the old AOF file %s into dir %s: %v", l.name, l.dir, vfs.Reason(err))
		return err
	}
	l.o.Log.Noticef("Successfully migrated an old-style AOF file (%s) into the AOF directory (%s).", l.name, l.dir)
	l.manifest = m
	return nil
}

// removeTemps removes what a process that ended in the middle of its work left. Files with other names are left alone, even if the manifest
// doesn't name them.
func (l *Log) removeTemps() {
	list, err := l.o.FS.ReadDir(l.dir)
	if err != nil {
		return // there is no folder
	}
	for _, e := range list {
		if isTemp(e.Name(), l.name) {
			l.remove(e.Name())
		}
	}
}

func isTemp(name, of string) bool {
	if name == "temp-"+of+".incr" || name == "temp-"+of+".manifest" {
		return true
	}
	var pid int
	_, err := fmt.Sscanf(name, "temp-rewriteaof-bg-%d.aof", &pid)
	return err == nil && name == fmt.Sprintf("temp-rewriteaof-bg-%d.aof", pid)
}
