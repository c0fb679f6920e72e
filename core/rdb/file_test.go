package rdb

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// notebook is a handler that writes down what it is told.
type notebook struct {
	recorder
}

func (n *notebook) Aux(key, value []byte) error  { return n.say("aux %s %s", key, value) }
func (n *notebook) Function(code []byte) error   { return n.say("function %s", code) }
func (n *notebook) Database(number uint64) error { return n.say("database %d", number) }
func (n *notebook) Resize(keys, expires uint64) error {
	return n.say("%d keys, %d expire", keys, expires)
}

func (n *notebook) Key(k *KeyInfo) (Sink, error) {
	return &n.recorder, n.say("key %s type %d until %d idle %d freq %d", k.Key, k.Type, k.ExpireAt, k.IdleSeconds, k.Frequency)
}

func (n *notebook) Done(k *KeyInfo, err error) error {
	if err != nil {
		return n.say("%s has no value: %v", k.Key, err)
	}
	return nil
}

// read loads a file and returns what it says.
func read(in io.Reader, o LoadOptions) ([]string, error) {
	var d Decoder
	var n notebook
	err := d.Load(in, o, &n)
	return n.said, err
}

// fileOf writes a file of a few keys.
func fileOf(t *testing.T, o FileOptions) []byte {
	t.Helper()
	db := newDB(t, 4)
	for _, key := range []string{"a", "b", "c"} {
		at := int64(0)
		if key == "b" {
			at = testNow + 1000
		}
		if err := db.SetString([]byte(key), []byte("value of "+key), at); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	x := NewEncoder(db.Space().Env())
	x.Begin(&out, o)
	x.Aux("valkey-ver", "9.1.0")
	x.Aux("redis-bits", "64")
	x.Function([]byte("#!lua name=x"))
	x.Database(3, db.Len(), db.Expires())
	for i, key := range []string{"a", "b", "c"} {
		u := []Usage{NoUsage, {IdleSeconds: 100000, Frequency: -1}, {IdleSeconds: -1, Frequency: 200}}[i]
		if err := x.Key(db.Peek([]byte(key)), u); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.End(); err != nil || x.Written() != int64(out.Len()) {
		t.Fatalf("%d bytes of %d: %v", x.Written(), out.Len(), err)
	}
	return out.Bytes()
}

var wantFile = []string{"aux valkey-ver 9.1.0", "aux redis-bits 64", "function #!lua name=x", "database 3", "3 keys, 1 expire",
	"key a type 0 until 0 idle -1 freq -1", `"value of a"`,
	"key b type 0 until 2199023256552 idle 100000 freq -1", `"value of b"`, "key c type 0 until 0 idle -1 freq 200", `"value of c"`}

func TestFile(t *testing.T) {
	for _, o := range []FileOptions{
		{VersionRedis70, true, true}, {VersionDefault, false, true}, {VersionValkey9, true, true}, {VersionDefault, true, false},
	} {
		b := fileOf(t, o)
		magic := fmt.Sprintf("REDIS%04d", o.Version)
		if o.Version == VersionValkey9 {
			magic = "VALKEY080"
		}
		if !bytes.HasPrefix(b, []byte(magic)) {
			t.Errorf("%+v: %q", o, b[:9])
		}
		if hasSum := !bytes.Equal(b[len(b)-8:], make([]byte, 8)); hasSum != o.Checksum {
			t.Errorf("%+v: checksum %x", o, b[len(b)-8:])
		}
		for name, in := range map[string]io.Reader{
			"whole": bytes.NewReader(b), "by bytes": iotest.OneByteReader(bytes.NewReader(b)), "with EOF": iotest.DataErrReader(bytes.NewReader(b)),
		} {
			if got, err := read(in, LoadOptions{Checksum: true}); err != nil || !slices.Equal(got, wantFile) {
				t.Errorf("%+v, %s: %v\n got %q\nwant %q", o, name, err, got, wantFile)
			}
		}
	}
}

func TestFileDamaged(t *testing.T) {
	b := fileOf(t, FileOptions{Version: VersionDefault, Checksum: true})
	for n := range b {
		if _, err := read(bytes.NewReader(b[:n]), LoadOptions{Checksum: true}); err == nil {
			t.Errorf("the first %d of %d bytes do", n, len(b))
		}
		if n == 7 {
			continue // it makes version 1 of it, which has no checksum
		}
		damaged := bytes.Clone(b)
		damaged[n] ^= 1
		if _, err := read(bytes.NewReader(damaged), LoadOptions{Checksum: true}); err == nil {
			t.Errorf("byte %d may change", n)
		}
	}
	failing := iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(b)))
	if _, err := read(failing, LoadOptions{}); !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("got %v", err)
	}
}

func TestFileRecords(t *testing.T) {
	tests := []struct {
		name, in string
		want     []string
		err      string
	}{
		{"nothing", "", nil, "at byte 0: rdb: it doesn't begin as an RDB file does"},
		{"no file of ours", "PACK\x00\x00\x00\x02....", nil, "doesn't begin"},
		{"no version", "REDIS00x1\xff", nil, "doesn't begin"},
		{"version 0", "REDIS0000\xff", nil, "format version 0"},
		{"foreign version", "REDIS0012\xff", nil, "format version 12"},
		{"later version", "VALKEY081\xff", nil, "format version 81"},
		{"version 80 of the wrong magic", "REDIS0080\xff", nil, "format version 80"},
		{"version 11 of the wrong magic", "VALKEY011\xff", nil, "format version 11"},
		{"version 1 has no checksum", "REDIS0001\xff", nil, ""},
		{"version 11 has", "REDIS0011\xff", nil, "too early"},
		{"no checksum was computed", "REDIS0011\xff\x00\x00\x00\x00\x00\x00\x00\x00", nil, ""},
		{"a wrong one", "REDIS0011\xff\x01\x00\x00\x00\x00\x00\x00\x00", nil, "wrong checksum"},
		{"seconds", "REDIS0002\xfd\x01\x00\x00\x00\x00\x01k\x01v\xff", []string{"key k type 0 until 1000 idle -1 freq -1", `"v"`}, ""},
		{"at once", "REDIS0002\xfd\x00\x00\x00\x00\x00\x01k\x01v\xff", []string{"key k type 0 until 1 idle -1 freq -1", `"v"`}, ""},
		{"before the beginning", "REDIS0002\xfd\xff\xff\xff\xff\x00\x01k\x01v\xff", nil, "expiry is out of range"},
		{"module values are left out", "REDIS0002" + "\x07\x01m\x00\x00" + "\x00\x01k\x01v\xff",
			[]string{"key m type 7 until 0 idle -1 freq -1", "m has no value: rdb: no module knows the type 'AAAAAAAAA'", "key k type 0 until 0 idle -1 freq -1", `"v"`}, ""},
		{"empty collections too", "REDIS0002" + "\x01\x01m\x00" + "\x00\x01k\x01v\xff",
			[]string{"key m type 1 until 0 idle -1 freq -1", "m has no value: rdb: a collection is empty", "key k type 0 until 0 idle -1 freq -1", `"v"`}, ""},
		{"what modules say", "REDIS0009" + "\xf7\x00\x02\x01\x05\x01x\x00" + "\xff\x00\x00\x00\x00\x00\x00\x00\x00", nil, ""},
		{"slots", "REDIS0011" + "\xf4\x01\x02\x03" + "\xff\x00\x00\x00\x00\x00\x00\x00\x00", nil, ""},
		{"an import", "VALKEY080" + "\xf3\x01\x02\x03", nil, "import of slots"},
		{"functions of old", "REDIS0010" + "\xf6\x01\x02\x03", nil, "functions"},
		{"a record of the future", "REDIS0010" + "\xf2\x01\x02\x03", nil, "unknown kind of record"},
		{"a type of the future", "REDIS0010" + "\x18\x01\x02\x03", nil, "unknown kind of record"},
		{"type 8", "REDIS0010" + "\x08\x01\x02\x03", nil, "unknown kind of record"},
		{"a damaged value", "REDIS0010" + "\x01\x01k\x02\x01a", []string{"key k type 1 until 0 idle -1 freq -1", "list", `"a"`, "k has no value: rdb: the data ends too early"}, "too early"},
		{"idle for ages", "REDIS0010\xf8\x81\xff\xff\xff\xff\xff\xff\xff\xff\x00\x01k\x01v\xff", nil, "idle time"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := read(strings.NewReader(tt.in), LoadOptions{Checksum: true})
			if !slices.Equal(got, tt.want) || (err == nil) != (tt.err == "") || (err != nil && !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("%v\n got %q\nwant %q (%s)", err, got, tt.want, tt.err)
			}
		})
	}
	if got, err := read(strings.NewReader("REDIS0012\x00\x01k\x01v\xff\x00\x00\x00\x00\x00\x00\x00\x00"), LoadOptions{Relaxed: true}); err != nil || len(got) != 2 {
		t.Errorf("relaxed: got %q, %v", got, err)
	}
}

// TestFileOnFullDisk makes sure that an error of the writer isn't lost.
func TestFileOnFullDisk(t *testing.T) {
	db := newDB(t, 4)
	if err := db.SetString([]byte("k"), bytes.Repeat([]byte("0123456789"), 100000), keyspace.NoTTL); err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space left")
	for _, room := range []int{0, 100, 1 << 19} {
		x := NewEncoder(db.Space().Env())
		x.Begin(&shortWriter{room, full}, FileOptions{Version: VersionDefault, Checksum: true})
		x.Aux("a", "b")
		err := x.Key(db.Peek([]byte("k")), NoUsage)
		if end := x.End(); !errors.Is(end, full) {
			t.Errorf("%d bytes: %v, %v", room, err, end)
		}
	}
}

type shortWriter struct {
	room int
	err  error
}

func (w *shortWriter) Write(b []byte) (int, error) {
	if len(b) > w.room {
		n := w.room
		w.room = 0
		return n, w.err
	}
	w.room -= len(b)
	return len(b), nil
}

// TestLoadMemory makes sure that a large file costs no Go heap in proportion.
func TestLoadMemory(t *testing.T) {
	w := writer{}
	w.raw([]byte("REDIS0004"))
	const keys = 50000
	for i := range keys {
		w.byte(byte(TypeHash))
		w.text(fmt.Appendf(nil, "key %d", i))
		w.count(2)
		for _, s := range []string{"field", "value", "another", "one"} {
			w.text([]byte(s))
		}
	}
	w.byte(opEOF)
	var d Decoder
	h := &counter{}
	allocs := testing.AllocsPerRun(1, func() {
		if err := d.Load(bytes.NewReader(w.buf), LoadOptions{Checksum: true}, h); err != nil {
			t.Fatal(err)
		}
	})
	if h.keys != 2*keys || allocs > 100 {
		t.Errorf("%d keys, %v allocations", h.keys, allocs)
	}
}

// counter is a handler that counts.
type counter struct {
	notebook
	keys int
	sink silent
}

func (c *counter) Key(*KeyInfo) (Sink, error) {
	c.keys++
	return &c.sink, nil
}

// silent is a sink that takes hashes and nothing else.
type silent struct{ recorder }

func (*silent) Begin(Type, object.Type, uint64) error { return nil }
func (*silent) Field(_, _ []byte, _ int64) error      { return nil }
