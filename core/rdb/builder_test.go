package rdb

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

const testNow = 1 << 41

// newDB makes a database in a range of so many megabytes.
func newDB(t testing.TB, megabytes int64) *keyspace.DB {
	t.Helper()
	mem, err := arena.NewRange(megabytes << 20)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(mem.Close)
	s := keyspace.NewSpace(keyspace.Config{Databases: 1, Range: mem, Seed: 7})
	s.SetNow(testNow)
	return s.DB(0)
}

var testKey = []byte("key")

// build makes an entry of type and value, and puts it into db.
func build(db *keyspace.DB, b []byte) (keyspace.Entry, error) {
	var d Decoder
	var to Builder
	d.Reset(b)
	to.Reset(db, testKey, 0)
	if err := d.Payload(&to); err != nil {
		to.Drop()
		return keyspace.Entry{}, err
	}
	e := to.Take()
	return e, db.Place(e, testKey)
}

// setLimits makes all collections small, large, or as they are by default.
func setLimits(l *object.Limits, how string) {
	l.SetDefaults()
	switch how {
	case "large":
		l.HashEntries.Store(0)
		l.SetIntset.Store(0)
		l.SetEntries.Store(0)
		l.ZSetEntries.Store(0)
		l.ListSize.Store(1)
		l.StreamEntries.Store(1)
	case "small":
		l.HashEntries.Store(1 << 30)
		l.HashValue.Store(1 << 30)
		l.SetIntset.Store(1 << 30)
		l.SetEntries.Store(1 << 30)
		l.SetValue.Store(1 << 30)
		l.ZSetEntries.Store(1 << 30)
		l.ZSetValue.Store(1 << 30)
		l.ListSize.Store(-5)
		l.StreamBytes.Store(0)
		l.StreamEntries.Store(0)
	}
}

// content is what a payload says, in an order of its own where there is none.
func content(t *testing.T, payload []byte) []string {
	t.Helper()
	value, err := OpenPayload(payload, false, false)
	if err != nil {
		t.Fatal(err)
	}
	said, err := decoded(value)
	if err != nil {
		t.Fatal(err)
	}
	if said[0] != "list" && said[0] != "stream" {
		slices.Sort(said)
	}
	return said
}

// TestBuild reads each form into an entry, writes it in each version, and compares what both say.
func TestBuild(t *testing.T) {
	forms := manyForms()
	for _, limits := range []string{"default", "large", "small"} {
		for name, b := range forms {
			for _, version := range []int{VersionRedis70, VersionDefault, VersionValkey9, 0} {
				t.Run(fmt.Sprintf("%s/%s/%d", limits, name, version), func(t *testing.T) {
					testBuild(t, limits, b, version)
				})
			}
		}
	}
}

func testBuild(t *testing.T, limits string, b []byte, version int) {
	db := newDB(t, 8)
	env := db.Space().Env()
	setLimits(env.Limits, limits)
	e, err := build(db, b)
	if err != nil {
		t.Fatal(err)
	}
	x := NewEncoder(env)
	payload, err := x.Payload(e, version, true)
	isTimed := Type(b[0]) == TypeHash2
	if named := (*VersionError)(nil); isTimed && version != 0 && version < VersionValkey9 && errors.As(err, &named) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	want, _ := decoded(b)
	if want[0] != "list" && want[0] != "stream" {
		slices.Sort(want)
	}
	got := content(t, payload)
	if Type(b[0]) == TypeStreamListpacks || (version == VersionRedis70 && want[0] == "stream") {
		// The first form and the second one say less.
		return
	}
	if !slices.Equal(got, want) {
		t.Fatalf(" got %.500q\nwant %.500q", got, want)
	}
	wantVersion := version
	if version == 0 {
		if wantVersion = VersionDefault; isTimed {
			wantVersion = VersionValkey9
		}
	}
	if v := int(payload[len(payload)-10]); v != wantVersion {
		t.Errorf("version %d, want %d", v, wantVersion)
	}
	db.Remove(e)
	for db.Space().FreeSlice(0) {
		continue
	}
	if used := db.Space().Arena().UsedBy(arena.PurposeEntry); used != 0 {
		t.Errorf("%d bytes are left", used)
	}
}

// manyForms are values of every form, small and larger.
func manyForms() map[string][]byte {
	forms := samples()
	delete(forms, "number")
	rnd := rand.New(rand.NewPCG(5, 6))
	var items, pairs []string
	for i := range 700 {
		s := fmt.Sprintf("element %d %s", i, strings.Repeat("x", rnd.IntN(30)))
		if i%3 == 0 {
			s = fmt.Sprint(i*i*i - 500)
		}
		items = append(items, s)
		pairs = append(pairs, s, fmt.Sprint(rnd.IntN(1000)))
	}
	items = append(items, strings.Repeat("long ", 20000))
	var zset writer
	zset.byte(byte(TypeZSet2))
	zset.count(len(items))
	for i, s := range items {
		zset.text([]byte(s))
		zset.float([]float64{float64(i), -0.25, math.Inf(1), math.Inf(-1), 1e300}[i%5])
	}
	forms["many in a zset"] = zset.buf
	forms["many in a list"] = texts(TypeList, len(items), items...)
	forms["many in a set"] = texts(TypeSet, len(items), items...)
	forms["many in a hash"] = texts(TypeHash, len(pairs)/2, pairs...)
	forms["many in a ziplist"] = blob(TypeListZiplist, ziplistOf(items...))
	forms["many in a listpack"] = blob(TypeHashListpack, listpackOf(pairs...))
	numbers := []int64{math.MinInt64}
	for i := range 600 {
		numbers = append(numbers, int64(i*i))
	}
	forms["many in an intset"] = blob(TypeSetIntset, intsetOf(append(numbers, math.MaxInt64)...))
	return forms
}

// TestBuildFails makes sure that what can't be finished is freed.
func TestBuildFails(t *testing.T) {
	twice := []string{"a", "1", "a", "2"}
	var zset, hash2 writer
	zset.byte(byte(TypeZSet2))
	zset.count(2)
	for range 2 {
		zset.text([]byte("a"))
		zset.float(1)
	}
	hash2.byte(byte(TypeHash2))
	hash2.count(1)
	hash2.text([]byte("f"))
	hash2.text([]byte("v"))
	hash2.millis(testNow - 1) // its time has come
	group := func(pending []byte, consumers string, owned ...[]byte) func(part string, w *writer) bool {
		return func(part string, w *writer) bool {
			switch part {
			case "pending":
				w.count(len(pending))
				for _, ms := range pending {
					w.raw(append(make([]byte, 7), ms, 0, 0, 0, 0, 0, 0, 0, 0))
					w.millis(1)
					w.count(1)
				}
			case "consumers":
				w.count(len(consumers))
				for i, c := range consumers {
					w.text([]byte(string(c)))
					w.millis(1)
					w.millis(1)
					w.count(len(owned[i]))
					for _, ms := range owned[i] {
						w.raw(append(make([]byte, 7), ms, 0, 0, 0, 0, 0, 0, 0, 0))
					}
				}
			}
			return part == "pending" || part == "consumers"
		}
	}
	tests := []struct {
		name string
		b    []byte
		want error
	}{
		{"set", texts(TypeSet, 2, "a", "a"), errDuplicate},
		{"set listpack", blob(TypeSetListpack, listpackOf("a", "b", "a")), errDuplicate},
		{"hash", texts(TypeHash, 2, twice...), errDuplicate},
		{"hash listpack", blob(TypeHashListpack, listpackOf(twice...)), errDuplicate},
		{"hash ziplist", blob(TypeHashZiplist, ziplistOf(twice...)), errDuplicate},
		{"zipmap", blob(TypeHashZipmap, zipmapOf(0, twice...)), errDuplicate},
		{"zset", zset.buf, errDuplicate},
		{"zset listpack", blob(TypeZSetListpack, listpackOf(twice...)), errDuplicate},
		{"zset ziplist", blob(TypeZSetZiplist, ziplistOf(twice...)), errDuplicate},
		{"all fields have expired", hash2.buf, ErrEmpty},
		{"pending entry of two consumers", streamOf(TypeStreamListpack3, group([]byte{1, 2}, "ab", []byte{1, 2}, []byte{1})), errOwner},
		{"pending entry twice with one", streamOf(TypeStreamListpack3, group([]byte{1, 2}, "a", []byte{1, 1})), errOwner},
		{"owned but not pending", streamOf(TypeStreamListpack3, group([]byte{1, 2}, "a", []byte{1, 2, 3})), errOwner},
		{"pending entry without owner", streamOf(TypeStreamListpack3, group([]byte{1, 2}, "a", []byte{1})), errOrphan},
		{"consumer twice", streamOf(TypeStreamListpack3, group([]byte{1}, "aa", []byte{1}, nil)), errConsumer},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			db := newDB(t, 4)
			if _, err := build(db, tt.b); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			expectEmpty(t, db)
		})
	}
}

// expectEmpty makes sure that nothing is left in the arena.
func expectEmpty(t *testing.T, db *keyspace.DB) {
	t.Helper()
	a := db.Space().Arena()
	for p := range arena.PurposeCount {
		if n := a.UsedBy(p); n != 0 {
			t.Errorf("%d bytes of purpose %d are left", n, p)
		}
	}
}

// TestBuildWithoutMemory reads large values into arenas that are too small for them.
func TestBuildWithoutMemory(t *testing.T) {
	for name, b := range map[string][]byte{
		"string": blob(TypeString, make([]byte, 8<<20)),
		"list":   manyTexts(TypeList), "set": manyTexts(TypeSet), "hash": manyTexts(TypeHash), "zset": manyTexts(TypeZSet2),
	} {
		t.Run(name, func(t *testing.T) {
			db := newDB(t, 4)
			if _, err := build(db, b); !errors.Is(err, keyspace.ErrNoMemory) {
				t.Fatalf("got %v", err)
			}
			expectEmpty(t, db)
		})
	}
}

// manyTexts makes a value of more bytes than a small arena has.
func manyTexts(form Type) []byte {
	const n = 20000
	w := writer{}
	w.byte(byte(form))
	w.count(n)
	for i := range n {
		w.text(fmt.Appendf(bytes.Repeat([]byte("filler "), 60), "%d", i))
		switch form {
		case TypeHash:
			w.text([]byte("value"))
		case TypeZSet2:
			w.float(float64(i))
		}
	}
	return w.buf
}

// TestEncodingOfForms follows which encoding a form becomes, and which form an encoding.
func TestEncodingOfForms(t *testing.T) {
	tests := []struct {
		name    string
		b       []byte
		enc     object.Encoding
		version int
		form    Type
	}{
		{"integers in a set", texts(TypeSet, 2, "1", "2"), object.EncIntset, VersionRedis70, TypeSetIntset},
		{"an intset", blob(TypeSetIntset, intsetOf(1, 2)), object.EncIntset, VersionDefault, TypeSetIntset},
		{"integers in a listpack", blob(TypeSetListpack, listpackOf("1", "2")), object.EncListpack, VersionDefault, TypeSetListpack},
		{"a set before its listpacks", blob(TypeSetListpack, listpackOf("1", "a")), object.EncListpack, VersionRedis70, TypeSet},
		{"a set", texts(TypeSet, 2, "1", "b"), object.EncListpack, VersionDefault, TypeSetListpack},
		{"a zset", texts(TypeZSet, 1, "a")[:2], object.EncListpack, VersionDefault, TypeZSetListpack},
		{"a hash", texts(TypeHash, 1, "a", "b"), object.EncListpack, VersionRedis70, TypeHashListpack},
		{"a hash with a long value", texts(TypeHash, 1, "a", strings.Repeat("b", 65)), object.EncHashtable, VersionRedis70, TypeHash},
		{"a hash with an expiry", timedHash(), object.EncHashtable, VersionValkey9, TypeHash2},
		{"a list", texts(TypeList, 1, "a"), object.EncListpack, VersionRedis70, TypeListQuicklist2},
		{"a long list", texts(TypeList, 1, strings.Repeat("a", 10000)), object.EncQuicklist, VersionRedis70, TypeListQuicklist2},
		{"a stream of old", streamOf(TypeStreamListpacks, nil), object.EncStream, VersionRedis70, TypeStreamListpack2},
		{"a stream", streamOf(TypeStreamListpack2, nil), object.EncStream, VersionDefault, TypeStreamListpack3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := tt.b
			if Type(b[0]) == TypeZSet {
				b = append(b[:2:2], 1, 'a', 1, '5')
			}
			db := newDB(t, 4)
			e, err := build(db, b)
			if err != nil {
				t.Fatal(err)
			}
			if e.Encoding() != tt.enc {
				t.Errorf("encoding %v, want %v", e.Encoding(), tt.enc)
			}
			p, err := NewEncoder(db.Space().Env()).Payload(e, tt.version, true)
			if err != nil || Type(p[0]) != tt.form {
				t.Errorf("form %v (%v), want %v", Type(p[0]), err, tt.form)
			}
		})
	}
}

func timedHash() []byte {
	var w writer
	w.byte(byte(TypeHash2))
	w.count(2)
	for i, at := range []int64{-1, testNow + 5} {
		w.text([]byte{'f', byte('0' + i)})
		w.text([]byte("v"))
		w.millis(at)
	}
	return w.buf
}

// TestOldStreamGroup makes sure that a group of the first form gets its count of entries read where that can be told.
func TestOldStreamGroup(t *testing.T) {
	db := newDB(t, 4)
	e, err := build(db, streamOf(TypeStreamListpacks, nil))
	if err != nil {
		t.Fatal(err)
	}
	s := db.Stream(e)
	g, ok := s.Group([]byte("group"))
	if !ok || s.Added() != 3 || g.Read() != object.UnknownRead {
		t.Errorf("added %d, read %d", s.Added(), g.Read())
	}
	if s.FirstID() != (ID{Ms: 5, Seq: 1}) || s.LastID() != (ID{Ms: 9, Seq: 1}) {
		t.Errorf("from %v to %v", s.FirstID(), s.LastID())
	}
	if err := e.Sane(db.Space().Env()); err != nil {
		t.Error(err)
	}
}

func TestSize(t *testing.T) {
	db := newDB(t, 4)
	if err := db.SetString(testKey, []byte("hello"), 0); err != nil {
		t.Fatal(err)
	}
	x := NewEncoder(db.Space().Env())
	if n := x.Size(db.Peek(testKey), true); n != 6 {
		t.Errorf("%d bytes", n)
	}
	payload, err := x.Payload(db.Peek(testKey), 0, true)
	if err != nil || len(payload) != 1+6+footerBytes {
		t.Errorf("%q, %v", payload, err)
	}
}
