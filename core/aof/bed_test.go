package aof

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/journal"
	"github.com/sleipnirdb/sleipnir/core/logging"
	"github.com/sleipnirdb/sleipnir/core/rdb"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/internal/vfs"
)

// bed is a server of strings in one database, around a Log.
type bed struct {
	t   *testing.T
	x   vfs.FS
	cfg *config.Config
	j   *journal.Journal
	log *Log

	leases sync.Mutex // all of them
	keys   map[string]string
	wrote  int

	saving  atomic.Bool
	died    atomic.Bool
	durable atomic.Uint64
	holds   atomic.Bool
	// during runs in a snapshot after its cut; saveError is what it fails with.
	during    func()
	saveError error
	flushes   int // how many snapshots from now on find all keys removed

	inMulti bool
	queue   [][2]string
	at      int64
}

// newBed starts a server on the files in x, with further settings.
func newBed(t *testing.T, x vfs.FS, settings ...string) *bed {
	t.Helper()
	b := tryBed(t, x, settings...)
	if err := b.start(); err != nil {
		t.Fatal(err)
	}
	return b
}

func tryBed(t *testing.T, x vfs.FS, settings ...string) *bed {
	t.Helper()
	b := &bed{t: t, x: x, keys: make(map[string]string), cfg: config.New(), j: journal.New(journal.Config{})}
	if err := b.cfg.Load("", "appendonly yes\n"+strings.Join(settings, "\n")); err != nil {
		t.Fatal(err)
	}
	log := logging.New()
	log.SetLevel(logging.Nothing)
	b.log = New(Options{FS: x, Config: b.cfg, Journal: b.j, Log: log, Host: b, Second: 5 * time.Millisecond})
	return b
}

func (b *bed) set(name, value string) {
	b.t.Helper()
	if err := b.cfg.Set([][2]string{{name, value}}, config.Origin{}); err != nil {
		b.t.Fatal(err)
	}
}

// start loads and begins to write.
func (b *bed) start() error {
	if err := b.log.ReadManifest(); err != nil {
		return err
	}
	if !b.cfg.Bool(config.AppendOnly) {
		b.log.StartOff()
		return nil
	}
	if _, err := b.log.Load(b); err != nil {
		return err
	}
	return b.log.Start()
}

// write sets a key, and returns the position of it in the journal.
func (b *bed) write(key, value string) journal.Position {
	b.leases.Lock()
	defer b.leases.Unlock()
	return b.writeHeld(key, value)
}

func (b *bed) writeHeld(key, value string) journal.Position {
	b.keys[key] = value
	b.wrote++
	if !b.j.On() {
		return 0
	}
	var u journal.Unit
	u.Reset()
	u.Add(0, []byte("SET"), []byte(key), []byte(value))
	return b.j.Append(&u)
}

// data is a copy of the keys.
func (b *bed) data() map[string]string {
	b.leases.Lock()
	defer b.leases.Unlock()
	return maps.Clone(b.keys)
}

// wait waits until something is so.
func (b *bed) wait(what string, is func() bool) {
	b.t.Helper()
	for end := time.Now().Add(10 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatalf("%s: never", what)
		}
	}
}

// rewrite has the file rewritten.
func (b *bed) rewrite() Status {
	b.t.Helper()
	if b.log.Rewrite(false) == Refused {
		b.t.Fatal("the rewrite was refused")
	}
	b.wait("the rewrite", func() bool { return !b.log.Status().IsRewriting })
	return b.log.Status()
}

func (b *bed) Exclusive(f func()) {
	b.leases.Lock()
	defer b.leases.Unlock()
	f()
}

// Snapshot writes the keys as of the cut, as an RDB file.
func (b *bed) Snapshot(out io.Writer, o SnapshotOptions) error {
	if b.saveError != nil {
		return b.saveError
	}
	keys := b.cut(o)
	if b.flushes > 0 {
		b.flushes--
		return ErrFlushed
	}
	if b.during != nil && !o.Held {
		b.during()
	}
	text := []byte("REDIS0011\xfe\x00")
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		text = append(text, 0)
		text = append(append(text, byte(len(k))), k...)
		text = append(append(text, byte(len(keys[k]))), keys[k]...)
	}
	text = append(text, "\xff\x00\x00\x00\x00\x00\x00\x00\x00"...)
	half := len(text) / 2
	for _, part := range [][]byte{text[:half], text[half:]} {
		if _, err := out.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// cut takes the keys as they are.
func (b *bed) cut(o SnapshotOptions) map[string]string {
	if !o.Held {
		b.leases.Lock()
		defer b.leases.Unlock()
	}
	if o.AtCut != nil {
		o.AtCut()
	}
	return maps.Clone(b.keys)
}

func (b *bed) IsSaving() bool { return b.saving.Load() }
func (b *bed) Durable(p journal.Position) {
	b.durable.Store(uint64(p))
}
func (b *bed) HoldReplies(on bool)                 { b.holds.Store(on) }
func (b *bed) Changed()                            {}
func (b *bed) SlowEvent(_ string, _ time.Duration) {}
func (b *bed) Die()                                { b.died.Store(true) }
func (b *bed) Crashed(reason any)                  { panic(reason) }

// Start and those that follow are the loader.
func (b *bed) Start(int64)         {}
func (b *bed) Begin(string, int64) { b.inMulti, b.queue = false, nil }

func (b *bed) RDB(in io.Reader) (int64, error) {
	var d rdb.Decoder
	err := d.Load(in, rdb.LoadOptions{}, rdbLoader{b})
	return d.Offset(), err
}

func (b *bed) Apply(args [][]byte) error {
	switch name := strings.ToUpper(string(args[0])); {
	case name == "SELECT":
	case name == "MULTI":
		b.inMulti = true
	case name == "EXEC":
		for _, q := range b.queue {
			b.keys[q[0]] = q[1]
		}
		b.Discard()
	case name != "SET":
		return ErrUnknownCommand
	case b.inMulti:
		b.queue = append(b.queue, [2]string{string(args[1]), string(args[2])})
	default:
		b.keys[string(args[1])] = string(args[2])
	}
	return nil
}

func (b *bed) Discard()              { b.inMulti, b.queue = false, nil }
func (b *bed) Progress(offset int64) { b.at = offset }

// rdbLoader takes the strings of a snapshot.
type rdbLoader struct{ b *bed }

func (l rdbLoader) Aux(_, _ []byte) error          { return nil }
func (l rdbLoader) Function([]byte) error          { return nil }
func (l rdbLoader) Database(uint64) error          { return nil }
func (l rdbLoader) Resize(_, _ uint64) error       { return nil }
func (l rdbLoader) Done(*rdb.KeyInfo, error) error { return nil }
func (l rdbLoader) Key(k *rdb.KeyInfo) (rdb.Sink, error) {
	return stringSink{b: l.b, key: string(k.Key)}, nil
}

type stringSink struct {
	rdb.Sink
	b   *bed
	key string
}

func (s stringSink) String(text []byte) error {
	s.b.keys[s.key] = string(text)
	return nil
}
func (s stringSink) Begin(rdb.Type, object.Type, uint64) error { return errors.New("no string") }

// sameData compares keys.
func sameData(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	if maps.Equal(got, want) {
		return
	}
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%s: %d keys, want %d; the key %s is %q, want %q", what, len(got), len(want), k, got[k], v)
			return
		}
	}
	t.Errorf("%s: %d keys, want %d", what, len(got), len(want))
}

// names lists the files of the folder.
func names(t *testing.T, x vfs.FS) string {
	t.Helper()
	list, err := x.ReadDir("appendonlydir")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range list {
		all = append(all, strings.TrimPrefix(e.Name(), "appendonly.aof."))
	}
	return strings.Join(all, " ")
}

// file is the text of a file of the folder.
func file(t *testing.T, x vfs.FS, name string) string {
	t.Helper()
	text, err := vfs.ReadFile(x, "appendonlydir/appendonly.aof."+name, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func key(i int) string { return fmt.Sprintf("key%d", i) }
