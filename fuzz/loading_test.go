package fuzz

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/loading"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/rdb"
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/internal/crc"
)

// FuzzLoading loads a file, on several goroutines and in the plain way: both find it good, with the same keys, or both find it damaged. Neither
// takes memory that the file's size doesn't explain.
func FuzzLoading(f *testing.F) {
	for i, seed := range rdbSeeds {
		f.Add([]byte("REDIS0011" + rdbHead + "\xfc\xff\xff\xff\xff\xff\x00\x00\x00\xf9\x07" + rdbKey(i, seed) + "\xff\x00\x00\x00\x00\x00\x00\x00\x00"))
	}
	f.Add(rdbAll())
	f.Add([]byte("REDIS0003\xfe\x00\x00\x01k\x01v\xff"))
	f.Fuzz(func(t *testing.T, file []byte) {
		mem, err := arena.NewRange(64 << 20)
		if err != nil {
			t.Fatal(err)
		}
		defer mem.Close()
		fast, plain := rdbSet(mem), rdbSet(mem)
		before := allocated()
		result, err := loading.Load(bytes.NewReader(file), rdbOwner{t}, loading.Options{
			LoadOptions: rdb.LoadOptions{Checksum: true}, Set: fast, Workers: 2,
		})
		if taken, most := allocated()-before, uint64(loadingCost+loadingFactor*len(file)); taken > most {
			t.Fatalf("a file of %d bytes took %d bytes on the heap", len(file), taken)
		}
		if result.Bytes > int64(len(file)) {
			t.Fatalf("%d bytes were read of %d", result.Bytes, len(file))
		}
		var d rdb.Decoder
		h := &rdbPlain{set: plain}
		plainErr := d.Load(bytes.NewReader(file), rdb.LoadOptions{Checksum: true}, h)
		h.builder.Drop()
		if (err == nil) != (plainErr == nil) {
			t.Fatalf("loading fast: %v\nplain: %v", err, plainErr)
		}
		if err == nil {
			rdbSame(t, fast, plain)
		}
	})
}

// rdbHead is what stands before the keys.
const rdbHead = "\xfa\x0avalkey-ver\x059.1.0\xf5\x06#!lua \xfe\x01\xfb\x02\x01"

// rdbKey is a key with one of rdbSeeds.
func rdbKey(i int, seed string) string { return seed[:1] + "\x01" + string(rune('a'+i)) + seed[1:] }

// rdbAll is a file with values of all forms, and its checksum.
func rdbAll() []byte {
	all := "VALKEY080" + rdbHead
	for i, seed := range rdbSeeds {
		all += rdbKey(i, seed)
	}
	all += "\xfd\x00\x00\x00\x01\xf8\x05\x00\x01z\x00\xff"
	return binary.LittleEndian.AppendUint64([]byte(all), crc.CRC64(0, []byte(all)))
}

// TestLoadingDamage cuts a file of all forms at every byte, and flips every bit of it. With its checksum every damage is found, without it no
// damage does harm; and an error says where it is.
func TestLoadingDamage(t *testing.T) {
	whole := rdbAll()
	mem, err := arena.NewRange(64 << 20)
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Close()
	load := func(file []byte, checksum bool) error {
		o := loading.Options{LoadOptions: rdb.LoadOptions{Checksum: checksum}, Set: rdbSet(mem), Workers: 1}
		result, err := loading.Load(bytes.NewReader(file), rdbOwner{}, o)
		if err != nil && (!strings.Contains(err.Error(), "at byte ") || result.Bytes > int64(len(file))) {
			t.Errorf("no place in %v", err)
		}
		for p := range o.Set.Len() {
			for n := range databases {
				o.Set.Space(p).DB(n).Each(func(e keyspace.Entry) bool {
					if err := e.Sane(o.Set.Space(p).Env()); err != nil {
						t.Error(err)
					}
					return true
				})
			}
			if _, old := o.Set.Space(p).FlushAll(); old != nil {
				for old.Dispose(1 << 10) {
					continue
				}
			}
		}
		return err
	}
	if err := load(whole, true); err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if load(whole[:n], false) == nil {
			t.Errorf("the first %d of %d bytes do", n, len(whole))
		}
	}
	for n := range whole {
		for bit := range 8 {
			damaged := bytes.Clone(whole)
			damaged[n] ^= 1 << bit
			if load(damaged, true) == nil {
				t.Errorf("bit %d of byte %d doesn't matter", bit, n)
			}
			if n%4 == bit%4 { // for the time that it takes
				_ = load(damaged, false)
			}
		}
	}
}

// databases is how many a space has here.
const databases = 4

// What a load may take on the heap: its batches and buffers, and as much as a small multiple of the file.
const (
	loadingCost   = 4 << 20
	loadingFactor = 128 // a compressed string unfolds to as much
)

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func rdbSet(mem *arena.Range) *partition.Set {
	return partition.NewSet(2, func(int) *keyspace.Space {
		return keyspace.NewSpace(keyspace.Config{Databases: databases, Range: mem, Seed: 11})
	})
}

// rdbSame compares what was loaded.
func rdbSame(t *testing.T, a, b *partition.Set) {
	t.Helper()
	for p := range a.Len() {
		x, y := a.Space(p), b.Space(p)
		for n := range x.Databases() {
			if x.DB(n).Len() != y.DB(n).Len() {
				t.Fatalf("database %d has %d keys, and %d", n, x.DB(n).Len(), y.DB(n).Len())
			}
			x.DB(n).Each(func(e keyspace.Entry) bool {
				if err := e.Sane(x.Env()); err != nil {
					t.Fatal(err)
				}
				other := y.DB(n).Peek(e.Key())
				if !other.Exists() || other.ExpireAt() != e.ExpireAt() {
					t.Fatalf("key %q isn't the same", e.Key())
				}
				one, err := rdb.NewEncoder(x.Env()).Payload(e, 0, false)
				if err != nil {
					t.Fatal(err)
				}
				two, err := rdb.NewEncoder(y.Env()).Payload(other, 0, false)
				if err != nil || !bytes.Equal(one, two) {
					t.Fatalf("key %q holds other values: %v\n%x\n%x", e.Key(), err, one, two)
				}
				return true
			})
		}
	}
}

// rdbOwner is told of a load, and wants to know nothing.
type rdbOwner struct{ t *testing.T }

func (rdbOwner) Aux([]byte, []byte) error { return nil }
func (rdbOwner) Function([]byte) error    { return nil }
func (rdbOwner) Leases() loading.Leases   { return nil }
func (rdbOwner) LeftOut([]byte, error)    {}
func (rdbOwner) Crashed(reason any)       { panic(reason) }

// rdbPlain loads key by key.
type rdbPlain struct {
	rdbOwner
	set     *partition.Set
	number  int
	builder rdb.Builder
}

func (h *rdbPlain) Resize(uint64, uint64) error { return nil }

func (h *rdbPlain) Database(n uint64) error {
	if h.number = int(n); n >= uint64(h.set.Space(0).Databases()) {
		return rdb.Corrupt("no such database")
	}
	return nil
}

func (h *rdbPlain) db(key []byte) *keyspace.DB {
	return h.set.Space(h.set.Of(crc.Slot(key))).DB(h.number)
}

func (h *rdbPlain) Key(k *rdb.KeyInfo) (rdb.Sink, error) {
	h.builder.Reset(h.db(k.Key), k.Key, k.ExpireAt)
	return &h.builder, nil
}

func (h *rdbPlain) Done(k *rdb.KeyInfo, err error) error {
	if err != nil {
		h.builder.Drop()
		return nil
	}
	isNew, err := h.db(k.Key).Load(h.builder.Take(), k.Key)
	if err == nil && !isNew {
		err = rdb.Corrupt("twice")
	}
	return err
}
