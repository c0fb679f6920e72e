package loading

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/rdb"
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/internal/crc"
)

const (
	testNow   = int64(1) << 41
	databases = 4
	// perDatabase is how many keys a database of the twin test has.
	perDatabase = 400
)

// newSet makes partitions.
func newSet(t testing.TB, parts int) *partition.Set {
	t.Helper()
	mem, err := arena.NewRange(8 << 30)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(mem.Close)
	return partition.NewSet(parts, func(int) *keyspace.Space {
		s := keyspace.NewSpace(keyspace.Config{Databases: databases, Range: mem, Seed: 11})
		s.SetNow(testNow)
		return s
	})
}

// owner writes down what it is told, and checks that leases are taken and given one by one.
type owner struct {
	t         testing.TB
	withLease bool

	mu   sync.Mutex // guards said
	said []string
}

func (o *owner) say(format string, args ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.said = append(o.said, fmt.Sprintf(format, args...))
}

func (o *owner) Aux(key, value []byte) error {
	o.say("aux %s %s", key, value)
	return nil
}

func (o *owner) Function(code []byte) error {
	o.say("function %s", code)
	return nil
}

func (o *owner) LeftOut(key []byte, why error) { o.say("%s: %v", key, why) }

func (o *owner) Crashed(reason any) { panic(reason) }

func (o *owner) Leases() Leases {
	if !o.withLease {
		return nil
	}
	return &oneLease{t: o.t, held: none}
}

type oneLease struct {
	t    testing.TB
	held int
}

func (l *oneLease) Take(p int) {
	if l.held != none {
		l.t.Errorf("the lease %d is taken while %d is held", p, l.held)
	}
	l.held = p
}

func (l *oneLease) Give(p int) {
	if l.held != p {
		l.t.Errorf("the lease %d is given back, and %d is held", p, l.held)
	}
	l.held = none
}

func (l *oneLease) Close() {
	if l.held != none {
		l.t.Errorf("the lease %d is held at the end", l.held)
	}
}

// file writes an RDB file.
type file struct{ b []byte }

func newFile() *file { return &file{[]byte("VALKEY080")} }

func (f *file) raw(b ...byte) { f.b = append(f.b, b...) }

func (f *file) length(n int) {
	f.b = binary.BigEndian.AppendUint32(append(f.b, 0x80), uint32(n))
}

func (f *file) text(s string) {
	f.length(len(s))
	f.b = append(f.b, s...)
}

func (f *file) database(n byte) { f.raw(0xfe, n) }

func (f *file) expire(at int64) {
	f.b = binary.LittleEndian.AppendUint64(append(f.b, 0xfc), uint64(at))
}

func (f *file) key(t rdb.Type, key string) {
	f.raw(byte(t))
	f.text(key)
}

func (f *file) str(key, value string) {
	f.key(rdb.TypeString, key)
	f.text(value)
}

func (f *file) list(key string, elements ...string) {
	f.key(rdb.TypeList, key)
	f.length(len(elements))
	for _, e := range elements {
		f.text(e)
	}
}

func (f *file) end() []byte {
	f.raw(0xff)
	return binary.LittleEndian.AppendUint64(f.b, crc.CRC64(0, f.b))
}

// options are those of the tests.
func options(set *partition.Set) Options {
	return Options{LoadOptions: rdb.LoadOptions{Checksum: true}, Set: set, Workers: 3}
}

// find returns the entry of a key.
func find(set *partition.Set, db int, key string) keyspace.Entry {
	return set.Space(set.Of(crc.Slot([]byte(key)))).DB(db).Peek([]byte(key))
}

// dump is what DUMP says of a key, empty if it isn't there.
func dump(t *testing.T, set *partition.Set, db int, key string) string {
	t.Helper()
	e := find(set, db, key)
	if !e.Exists() {
		return ""
	}
	b, err := rdb.NewEncoder(set.Space(0).Env()).Payload(e, rdb.VersionValkey9, false)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %x", e.ExpireAt(), b)
}

// twin loads a file in the plain way, key by key.
type twin struct {
	owner
	set     *partition.Set
	number  int
	builder rdb.Builder
}

func (w *twin) Resize(uint64, uint64) error { return nil }
func (w *twin) Database(n uint64) error     { w.number = int(n); return nil }
func (w *twin) db(key []byte) *keyspace.DB {
	return w.set.Space(w.set.Of(crc.Slot(key))).DB(w.number)
}

func (w *twin) Key(k *rdb.KeyInfo) (rdb.Sink, error) {
	w.builder.Reset(w.db(k.Key), k.Key, k.ExpireAt)
	return &w.builder, nil
}

func (w *twin) Done(k *rdb.KeyInfo, err error) error {
	if err != nil {
		w.builder.Drop()
		return nil
	}
	return w.db(k.Key).Place(w.builder.Take(), k.Key)
}

// TestLoadTwin loads random data, and compares with what loading key by key makes of it.
func TestLoadTwin(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 0))
	random := func(most int) string {
		b := make([]byte, rnd.IntN(most))
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		return string(b)
	}
	f := newFile()
	var keys []string
	for db := range databases {
		f.database(byte(db))
		for n := range perDatabase {
			key := fmt.Sprintf("%d:%s", n, random(20))
			keys = append(keys, key)
			if rnd.IntN(4) == 0 {
				f.expire(testNow + 1000 + rnd.Int64N(1e9))
			}
			switch rnd.IntN(5) {
			case 0, 1:
				f.str(key, random(300))
			case 2:
				f.list(key, random(10), random(10), random(10)+"x")
			case 3:
				f.key(rdb.TypeHash, key)
				f.length(2)
				for _, s := range []string{"a", random(9), "b", random(9)} {
					f.text(s)
				}
			case 4: // a large one
				if rnd.IntN(100) == 0 {
					elements := make([]string, 20000+rnd.IntN(20000))
					for i := range elements {
						elements[i] = random(60) + "x"
					}
					f.list(key, elements...)
					break
				}
				f.key(rdb.TypeSet, key)
				f.length(3)
				for i := range 3 {
					f.text(fmt.Sprint(i, random(30)))
				}
			}
		}
	}
	b := f.end()
	want := newSet(t, 8)
	var d rdb.Decoder
	if err := d.Load(bytes.NewReader(b), rdb.LoadOptions{Checksum: true}, &twin{set: want}); err != nil {
		t.Fatal(err)
	}
	for _, parts := range []int{1, 8, 64} {
		got := newSet(t, parts)
		o := options(got)
		o.Progress = new(Progress)
		result, err := Load(iotest.HalfReader(bytes.NewReader(b)), &owner{t: t, withLease: true}, o)
		if err != nil || result.Keys != int64(len(keys)) || result.Bytes != int64(len(b)) {
			t.Fatalf("seed %d: %+v: %v", seed, result, err)
		}
		if s := o.Progress.State(time.Now()); s.Keys != result.Keys {
			t.Errorf("the progress tells of %d keys of %d", s.Keys, result.Keys)
		}
		for i, key := range keys {
			db := i / perDatabase
			if g, w := dump(t, got, db, key), dump(t, want, db, key); g != w || w == "" {
				t.Fatalf("seed %d, %d partitions, key %q of database %d:\n%s\n%s", seed, parts, key, db, g, w)
			}
		}
	}
}

func TestLoadSpecialKeys(t *testing.T) {
	f := newFile()
	f.raw(0xfa)
	f.text("valkey-ver")
	f.text("9.1.0")
	f.raw(0xf5)
	f.text("#!lua")
	f.database(2)
	f.expire(testNow - 1)
	f.str("expired", "x")
	f.expire(testNow + 1)
	f.str("lives", "x")
	f.list("empty")
	f.raw([]byte("\x07\x06module\x81\x25\x2a\x9c\x5e\xf3\x50\x0e\xeb\x02\x01\x05\x01x\x00")...)
	f.key(rdb.TypeHash2, "fields")
	f.length(2)
	for i, field := range []string{"gone", "there"} {
		f.text(field)
		f.text("value")
		f.b = binary.LittleEndian.AppendUint64(f.b, uint64(testNow-1+2*int64(i)))
	}
	b := f.end()
	for _, keep := range []bool{false, true} {
		set := newSet(t, 4)
		o := options(set)
		o.KeepExpired = keep
		w := &owner{t: t}
		result, err := Load(bytes.NewReader(b), w, o)
		want := Result{Keys: 2, Expired: 1, Empty: 1, Modules: 1, Bytes: int64(len(b))}
		if keep {
			want.Keys, want.Expired = 3, 0
		}
		if err != nil || result != want {
			t.Fatalf("got %+v, want %+v: %v", result, want, err)
		}
		if !find(set, 2, "lives").Exists() || find(set, 2, "empty").Exists() {
			t.Errorf("keep %v: the wrong keys are there", keep)
		}
		count := int64(0)
		for p := range set.Len() {
			count += int64(set.Space(p).DB(2).Len())
		}
		if count != want.Keys {
			t.Errorf("keep %v: %d keys", keep, count)
		}
		fields := 1
		if keep {
			fields = 2
		}
		if got := find(set, 2, "fields").AsHash(set.Space(0).Env(), 0).Len(); got != fields {
			t.Errorf("keep %v: %d fields", keep, got)
		}
		said := strings.Join(w.said, ";")
		for _, want := range []string{"aux valkey-ver 9.1.0", "function #!lua", "empty: rdb: a collection is empty", "module: rdb: no module knows the type"} {
			if !strings.Contains(said, want) {
				t.Errorf("%q isn't said: %s", want, said)
			}
		}
	}
}

func TestLoadTwice(t *testing.T) {
	f := newFile()
	f.str("a", "1")
	f.database(1)
	f.str("a", "2")
	f.database(0)
	at := len(f.b)
	f.str("a", "3")
	b := f.end()
	set := newSet(t, 4)
	_, err := Load(bytes.NewReader(b), &owner{t: t}, options(set))
	if err == nil || err.Error() != fmt.Sprintf("at byte %d: key 'a': rdb: a key is there twice", at+13) {
		t.Errorf("got %v, at %d", err, at)
	}
	set = newSet(t, 4)
	o := options(set)
	o.Replace = true
	if _, err := Load(bytes.NewReader(b), &owner{t: t}, o); err != nil {
		t.Fatal(err)
	}
	if got := find(set, 0, "a").AppendValue(nil); string(got) != "3" {
		t.Errorf("got %s", got)
	}
}

// TestLoadDamage cuts a file at every byte, and flips every bit of it: an error with its place, or the data of a file without a bit
// that matters.
func TestLoadDamage(t *testing.T) {
	f := newFile()
	f.database(1)
	f.str("text", "value")
	f.list("list", "a", "b")
	f.raw(0x0a, 0x03)
	f.b = append(f.b, "zip\x0f\x0f\x00\x00\x00\x0c\x00\x00\x00\x02\x00\x00\xf5\x02\xf6\xff"...)
	f.expire(testNow + 5)
	f.str("other", strings.Repeat("x", 100))
	b := f.end()
	set := newSet(t, 1)
	load := func(b []byte, checksum bool) error {
		for p := range set.Len() {
			set.Space(p).FlushAll()
		}
		o := options(set)
		o.Checksum, o.Workers = checksum, 1
		_, err := Load(bytes.NewReader(b), &owner{t: t}, o)
		if err != nil && !strings.Contains(err.Error(), "at byte ") {
			t.Errorf("no place in %v", err)
		}
		return err
	}
	if err := load(b, true); err != nil {
		t.Fatal(err)
	}
	for n := range b {
		if load(b[:n], false) == nil {
			t.Errorf("the first %d of %d bytes do", n, len(b))
		}
	}
	for n := range 8 * len(b) {
		damaged := bytes.Clone(b)
		damaged[n/8] ^= 1 << (n % 8)
		_ = load(damaged, false)
		if load(damaged, true) == nil {
			t.Errorf("bit %d of byte %d doesn't matter", n%8, n/8)
		}
	}
}

// TestLoadLarge loads a list that comes in hundreds of pieces, damaged and cut off too.
func TestLoadLarge(t *testing.T) {
	f := newFile()
	elements := make([]string, 150_000)
	for i := range elements {
		elements[i] = fmt.Sprintf("element %040d", i)
	}
	f.list("large", elements...)
	end := len(f.b)
	f.str("small", strings.Repeat("x", 1<<20))
	b := f.end()
	set := newSet(t, 4)
	if _, err := Load(bytes.NewReader(b), &owner{t: t, withLease: true}, options(set)); err != nil {
		t.Fatal(err)
	}
	if got := find(set, 0, "large").AsList(set.Space(0).Env()).Len(); got != len(elements) {
		t.Errorf("%d elements", got)
	}
	damaged := bytes.Clone(b)
	damaged[end/2] = 0xc4
	for name, in := range map[string]io.Reader{
		"cut off": bytes.NewReader(b[:end/2]), "broken": io.MultiReader(bytes.NewReader(b[:end/2]), iotest.ErrReader(errors.New("broken"))),
		"checksum": bytes.NewReader(append(bytes.Clone(b[:len(b)-1]), b[len(b)-1]+1)),
	} {
		set := newSet(t, 4)
		_, err := Load(in, &owner{t: t, withLease: true}, options(set))
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		if name != "checksum" && find(set, 0, "large").Exists() {
			t.Errorf("%s: half of it is there", name)
		}
		for p := range set.Len() {
			if name != "checksum" && !set.Space(p).Empty() {
				t.Errorf("%s: something is left: %v", name, err)
			}
		}
	}
}

func TestLoadCancelled(t *testing.T) {
	f := newFile()
	for i := range 1000 {
		f.str(fmt.Sprint(i), strings.Repeat("x", 1000))
	}
	set := newSet(t, 1)
	o := options(set)
	o.Progress = new(Progress)
	o.Progress.Begin(time.Now(), int64(len(f.b)))
	o.Delay = func() time.Duration {
		o.Progress.Cancel()
		return time.Second
	}
	if _, err := Load(bytes.NewReader(f.end()), &owner{t: t}, o); !errors.Is(err, ErrCancelled) {
		t.Errorf("got %v", err)
	}
}

func TestProgress(t *testing.T) {
	var p Progress
	now := time.Unix(1000, 0)
	p.Begin(now, 200)
	p.at(50)
	if s := p.State(now.Add(10 * time.Second)); s.Percent != 25 || s.LeftSeconds != 10*150/51 || s.Started != 1000 {
		t.Errorf("got %+v", s)
	}
	p.NextFile(100)
	p.NextFile(50)
	p.at(20)
	if s := p.State(now); s.Done != 120 || s.LeftSeconds != 1 {
		t.Errorf("got %+v", s)
	}
	p.Begin(now, 0)
	p.SetUsed(100)
	p.at(400)
	if s := p.State(now.Add(time.Second)); s.Percent != 99.99 {
		t.Errorf("got %+v", s)
	}
}

// BenchmarkLoad loads keys of 16 bytes with values of 100.
func BenchmarkLoad(b *testing.B) {
	const keys = 100_000
	f := newFile()
	for i := range keys {
		f.str(fmt.Sprintf("key:%012d", i), strings.Repeat(string(rune('a'+i%26)), 100))
	}
	data := f.end()
	for _, workers := range []int{1, 2, 4} {
		b.Run(fmt.Sprint(workers, " workers"), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for range b.N {
				b.StopTimer()
				set := newSet(b, 32)
				b.StartTimer()
				o := options(set)
				o.Workers = workers
				if _, err := Load(bytes.NewReader(data), &owner{t: b}, o); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(keys*b.N), "ns/key")
		})
	}
}
