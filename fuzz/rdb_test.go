package fuzz

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/rdb"
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// rdbSeeds are values of every form, as in DUMP's payload without its end.
var rdbSeeds = []string{
	"\x00\x03abc", "\x00\xc1\x01\x02", "\x00\xc3\x0b\x14\x03abcd\xe0\x05\x03\x01cd", // strings
	"\x01\x02\x01a\x01b", "\x02\x02\x01a\xc0\x01", "\x04\x01\x01f\x01v", "\x03\x01\x01a\x031.5", // plain collections
	"\x05\x01\x01a\x00\x00\x00\x00\x00\x00\xf0\x3f", "\x16\x01\x01f\x01v\x00\x00\x00\x00\x00\x40\x00\x00",
	"\x09\x09\x01\x01a\x01\x02b\x00\x00\xff",                                   // zipmap
	"\x0a\x0f\x0f\x00\x00\x00\x0c\x00\x00\x00\x02\x00\x00\xf5\x02\xf6\xff",     // ziplist
	"\x0b\x0c\x02\x00\x00\x00\x02\x00\x00\x00\x01\x00\x05\x00",                 // intset
	"\x0d\x11\x11\x00\x00\x00\x0d\x00\x00\x00\x02\x00\x00\x01a\x03\x01b\xff",   // hash of a ziplist
	"\x0e\x01\x0f\x0f\x00\x00\x00\x0c\x00\x00\x00\x02\x00\x00\xf5\x02\xf6\xff", // quicklist
	"\x10\x0d\x0d\x00\x00\x00\x02\x00\x81a\x02\x81b\x02\xff",                   // listpacks
	"\x11\x0c\x0c\x00\x00\x00\x02\x00\x81a\x02\x05\x01\xff",                    //
	"\x12\x02\x01\x03big\x02\x0c\x0c\x00\x00\x00\x02\x00\x81a\x02\x05\x01\xff", // quicklist 2
	"\x14\x0d\x0d\x00\x00\x00\x02\x00\x81a\x02\x81b\x02\xff",                   //
	"\x07\x81\x25\x2a\x9c\x5e\xf3\x50\x0e\xeb\x02\x01\x05\x01x\x00",            // module
	rdbStream("\x0f", "", ""), rdbStream("\x13", "\x05\x01\x00\x00\x01", "\x01"), rdbStream("\x15", "\x05\x01\x00\x00\x01", "\x01"),
}

// rdbStream is a stream of one entry, with a group that has read it.
func rdbStream(form, info, read string) string {
	id := "\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x01"
	times := "\x01\x00\x00\x00\x00\x00\x00\x00"
	active := ""
	if form == "\x15" {
		active = times
	}
	return form + "\x01\x10" + id + "\x1d\x1d\x00\x00\x00\x0a\x00" +
		"\x01\x01\x00\x01\x01\x01\x81f\x02\x00\x01\x02\x01\x00\x01\x00\x01\x81v\x02\x04\x01\xff" +
		"\x01\x05\x01" + info + "\x01\x01g\x05\x01" + read + "\x01" + id + times + "\x01" + "\x01\x01c" + times + active + "\x01" + id
}

// rdbDB makes a database with small, common or large collections.
func rdbDB(t *testing.T, mem *arena.Range, how byte) *keyspace.DB {
	t.Helper()
	s := keyspace.NewSpace(keyspace.Config{Databases: 4, Range: mem, Seed: 11})
	s.SetNow(1 << 40)
	l := s.Env().Limits
	switch how % 3 {
	case 1:
		l.HashEntries.Store(0)
		l.SetIntset.Store(0)
		l.SetEntries.Store(0)
		l.ZSetEntries.Store(0)
		l.ListSize.Store(1)
		l.StreamEntries.Store(1)
	case 2:
		l.HashEntries.Store(1 << 30)
		l.HashValue.Store(1 << 30)
		l.SetIntset.Store(1 << 30)
		l.ListSize.Store(-5)
		l.StreamBytes.Store(0)
		l.StreamEntries.Store(0)
	}
	return s.DB(0)
}

// FuzzRDBValue reads a value, as RESTORE does: it is an error, with nothing left behind, or an entry that is whole and reads back from
// what DUMP makes of it.
func FuzzRDBValue(f *testing.F) {
	for _, seed := range rdbSeeds {
		for how := range byte(3) {
			f.Add(how, []byte(seed))
		}
	}
	f.Fuzz(func(t *testing.T, how byte, value []byte) {
		mem, err := arena.NewRange(16 << 20)
		if err != nil {
			t.Fatal(err)
		}
		defer mem.Close()
		db := rdbDB(t, mem, how)
		e, err := rdbBuild(db, value)
		if err != nil {
			rdbEmpty(t, db)
			return
		}
		env := db.Space().Env()
		if err := e.Sane(env); err != nil {
			t.Fatal(err)
		}
		x := rdb.NewEncoder(env)
		payload, err := x.Payload(e, 0, how%2 == 0)
		if err != nil {
			t.Fatal(err)
		}
		payload = bytes.Clone(payload)
		first := rdbContent(t, payload)
		body, err := rdb.OpenPayload(payload, false, false)
		if err != nil {
			t.Fatal(err)
		}
		again, err := rdbBuild(db, body)
		if err != nil {
			t.Fatalf("what was written can't be read: %v\n%x", err, payload)
		}
		if payload, err = x.Payload(again, 0, how%2 == 0); err != nil {
			t.Fatal(err)
		}
		if second := rdbContent(t, payload); !slices.Equal(first, second) {
			t.Fatalf("it reads back as another value\n%q\n%q", first, second)
		}
		db.Remove(again)
		for db.Space().FreeSlice(0) {
			continue
		}
		rdbEmpty(t, db)
	})
}

// rdbBuild makes an entry of a value.
func rdbBuild(db *keyspace.DB, value []byte) (keyspace.Entry, error) {
	var d rdb.Decoder
	var b rdb.Builder
	key := []byte("key")
	d.Reset(value)
	b.Reset(db, key, 0)
	if err := d.Payload(&b); err != nil {
		b.Drop()
		return keyspace.Entry{}, err
	}
	e := b.Take()
	return e, db.Place(e, key)
}

// rdbEmpty makes sure that nothing is left.
func rdbEmpty(t *testing.T, db *keyspace.DB) {
	t.Helper()
	a := db.Space().Arena()
	for _, p := range []arena.Purpose{arena.PurposeEntry, arena.PurposeValue, arena.PurposePacked, arena.PurposeObject, arena.PurposeTree} {
		if n := a.UsedBy(p); n != 0 {
			t.Fatalf("%d bytes of purpose %d are left", n, p)
		}
	}
}

// rdbContent is what a payload says; sorted, where the order means nothing.
func rdbContent(t *testing.T, payload []byte) []string {
	t.Helper()
	body, err := rdb.OpenPayload(payload, false, false)
	if err != nil {
		t.Fatal(err)
	}
	var d rdb.Decoder
	var l rdbListener
	d.Reset(body)
	if err := d.Payload(&l); err != nil {
		t.Fatalf("%v\n%x", err, payload)
	}
	if !l.ordered {
		slices.Sort(l.said)
	}
	return l.said
}

// rdbListener is a sink that writes down what it is told.
type rdbListener struct {
	said    []string
	ordered bool
}

func (l *rdbListener) say(format string, args ...any) error {
	l.said = append(l.said, fmt.Sprintf(format, args...))
	return nil
}

func (l *rdbListener) String(text []byte) error { return l.say("%q", text) }

func (l *rdbListener) Begin(_ rdb.Type, t object.Type, _ uint64) error {
	l.ordered = t == object.TypeList || t == object.TypeStream
	return l.say("%v", t)
}

func (l *rdbListener) End() error                        { return nil }
func (l *rdbListener) Element(text []byte) error         { return l.say("%q", text) }
func (l *rdbListener) Member(text []byte) error          { return l.say("%q", text) }
func (l *rdbListener) Field(f, v []byte, at int64) error { return l.say("%q=%q %d", f, v, at) }
func (l *rdbListener) Stream(s rdb.StreamInfo) error     { return l.say("%v", s) }
func (l *rdbListener) Group(g rdb.GroupInfo) error       { return l.say("%q %v %d", g.Name, g.Last, g.Read) }
func (l *rdbListener) Pending(p rdb.PendingInfo) error   { return l.say("%v", p) }
func (l *rdbListener) Consumer(c rdb.ConsumerInfo) error { return l.say("%q %d", c.Name, c.SeenMs) }
func (l *rdbListener) Owned(id rdb.ID) error             { return l.say("%v", id) }
func (l *rdbListener) GroupEnd() error                   { return nil }
func (l *rdbListener) Scored(m []byte, score float64) error {
	return l.say("%q:%s", m, strconv.FormatFloat(score+0, 'g', -1, 64)) // -0 and 0 are the same
}

func (l *rdbListener) Entry(id rdb.ID, pairs [][]byte, isDead bool) error {
	return l.say("%v %q %v", id, pairs, isDead)
}

// FuzzRDBFile reads a file into a database. If it is whole, what is written of the database reads back as the same.
func FuzzRDBFile(f *testing.F) {
	for _, version := range []string{"REDIS0001", "REDIS0003", "REDIS0011", "VALKEY080"} {
		all := version + "\xfa\x03ver\x03foo\xf5\x04code\xfe\x01\xfb\x01\x00"
		for i, seed := range rdbSeeds {
			all += string(seed[0]) + fmt.Sprintf("\x03k%02d", i) + seed[1:]
		}
		all += "\xfc\x00\x00\x00\x00\x00\x02\x00\x00\x00\x01e\x01v\xf8\x05\x00\x01i\x01v\xf9\x05\x00\x01f\x01v"
		f.Add([]byte(all + "\xff\x00\x00\x00\x00\x00\x00\x00\x00"))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		mem, err := arena.NewRange(32 << 20)
		if err != nil {
			t.Fatal(err)
		}
		defer mem.Close()
		db := rdbDB(t, mem, byte(len(file)))
		var d rdb.Decoder
		h := &rdbHandler{db: db}
		err = d.Load(bytes.NewReader(file), rdb.LoadOptions{Checksum: true}, h)
		h.builder.Drop()
		if err != nil {
			return
		}
		var out bytes.Buffer
		x := rdb.NewEncoder(db.Space().Env())
		x.Begin(&out, rdb.FileOptions{Version: rdb.VersionValkey9, Compress: true, Checksum: true})
		x.Database(0, db.Len(), db.Expires())
		db.Each(func(e keyspace.Entry) bool {
			if err := x.Key(e, rdb.NoUsage); err != nil {
				t.Fatal(err)
			}
			return true
		})
		if err := x.End(); err != nil {
			t.Fatal(err)
		}
		again := &rdbHandler{db: rdbDB(t, mem, byte(len(file)))}
		if err := d.Load(&out, rdb.LoadOptions{Checksum: true}, again); err != nil {
			t.Fatalf("what was written can't be read: %v", err)
		}
		if again.db.Len() != db.Len() || again.db.Expires() != db.Expires() {
			t.Fatalf("%d keys, %d of them expire; they were %d, %d", again.db.Len(), again.db.Expires(), db.Len(), db.Expires())
		}
	})
}

// rdbHandler puts all keys into one database.
type rdbHandler struct {
	db      *keyspace.DB
	builder rdb.Builder
}

var errTwice = errors.New("a key is there twice")

func (h *rdbHandler) Aux(_, _ []byte) error    { return nil }
func (h *rdbHandler) Function([]byte) error    { return nil }
func (h *rdbHandler) Database(uint64) error    { return nil }
func (h *rdbHandler) Resize(_, _ uint64) error { return nil }

func (h *rdbHandler) Key(k *rdb.KeyInfo) (rdb.Sink, error) {
	h.builder.Reset(h.db, k.Key, k.ExpireAt)
	return &h.builder, nil
}

func (h *rdbHandler) Done(k *rdb.KeyInfo, err error) error {
	if err != nil {
		h.builder.Drop()
		return nil
	}
	if h.db.Has(k.Key) {
		return errTwice
	}
	return h.db.Place(h.builder.Take(), k.Key)
}

// TestRDBSeeds makes sure that the seeds are what they should be: all but the module's value are whole.
func TestRDBSeeds(t *testing.T) {
	mem, err := arena.NewRange(32 << 20)
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Close()
	for i, seed := range rdbSeeds {
		module := (*rdb.ModuleError)(nil)
		if _, err := rdbBuild(rdbDB(t, mem, 0), []byte(seed)); err != nil && !errors.As(err, &module) {
			t.Errorf("seed %d, %q: %v", i, seed, err)
		}
	}
}
