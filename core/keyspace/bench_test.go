package keyspace

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

const (
	benchKeys       = 1 << 20
	benchPartitions = 64
)

// field is a keyspace of many partitions, as a server has it.
type field struct {
	spaces [benchPartitions]*Space
	keys   [][]byte // of 16 bytes
}

func newField(b testing.TB, n int) *field {
	f := &field{keys: make([][]byte, n)}
	mem := newRangeOf(b, 1<<30)
	for i := range f.spaces {
		f.spaces[i] = NewSpace(Config{Databases: 16, Range: mem, Seed: 99})
		f.spaces[i].SetNow(1_700_000_000_000)
	}
	all := make([]byte, 16*n)
	for i := range f.keys {
		k := all[i*16 : i*16+16 : i*16+16]
		copy(k, fmt.Sprintf("key:%012d", i))
		f.keys[i] = k
	}
	return f
}

// db returns the database of the partition of key i.
func (f *field) db(i int) *DB {
	return f.spaces[uint32(i)*2654435761>>26].DB(0) // spread as the slots do
}

func (f *field) fill(b testing.TB, value []byte, expireAt int64) {
	for i, k := range f.keys {
		must(b, f.db(i).SetString(k, value, expireAt))
	}
}

// cpu reports the processor time per operation beside the elapsed time, which is of little use on a busy machine.
func cpu(b *testing.B) (report func()) {
	start := cpuTime(b)
	return func() {
		b.ReportMetric(float64(cpuTime(b)-start)/float64(b.N), "cpu-ns/op")
	}
}

func cpuTime(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

func value16(i int) []byte {
	v := []byte("value-----------")
	binary.LittleEndian.PutUint64(v[8:], uint64(i)|1<<63)
	return v
}

func BenchmarkFind(b *testing.B) {
	f := newField(b, benchKeys)
	f.fill(b, value16(1), 0)
	for _, hot := range []int{64, benchKeys} {
		b.Run(fmt.Sprintf("of%d", hot), func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 1))
			order := make([]int, 1<<16)
			for i := range order {
				order[i] = r.IntN(hot)
			}
			b.ReportAllocs()
			defer cpu(b)()
			n := 0
			for i := 0; b.Loop(); i++ {
				k := order[i%len(order)]
				if e := f.db(k).Find(f.keys[k]); e.Exists() {
					n += len(e.Bytes())
				}
			}
			if n == 0 {
				b.Fatal("nothing found")
			}
		})
	}
}

func BenchmarkSet(b *testing.B) {
	f := newField(b, benchKeys)
	f.fill(b, value16(1), 0)
	v := value16(2)
	for _, hot := range []int{64, benchKeys} {
		b.Run(fmt.Sprintf("over/of%d", hot), func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 1))
			order := make([]int, 1<<16)
			for i := range order {
				order[i] = r.IntN(hot)
			}
			b.ReportAllocs()
			defer cpu(b)()
			for i := 0; b.Loop(); i++ {
				k := order[i%len(order)]
				if f.db(k).SetString(f.keys[k], v, 0) != nil {
					b.Fatal("no memory")
				}
			}
		})
	}
	b.Run("new", func(b *testing.B) {
		f := newField(b, benchKeys)
		b.ReportAllocs()
		defer cpu(b)()
		for i := 0; b.Loop(); i++ {
			k := i % benchKeys
			if k == 0 {
				for _, s := range f.spaces {
					_, old := s.FlushAll()
					dispose(old)
				}
			}
			if f.db(k).SetString(f.keys[k], v, 0) != nil {
				b.Fatal("no memory")
			}
		}
	})
}

func BenchmarkIncr(b *testing.B) {
	f := newField(b, benchKeys)
	for i, k := range f.keys {
		must(b, f.db(i).SetInt(k, 1, 0))
	}
	r := rand.New(rand.NewPCG(1, 1))
	b.ReportAllocs()
	defer cpu(b)()
	for b.Loop() {
		k := r.IntN(64)
		d := f.db(k)
		e := d.FindWrite(f.keys[k])
		n, _ := e.IsInt()
		if _, err := d.Update(e, object.Int(n+1)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkExpire lets a million keys over 64 partitions fall due in the same millisecond.
func BenchmarkExpire(b *testing.B) {
	for _, n := range []int{benchKeys} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var removed int
			var spent int64
			for b.Loop() {
				b.StopTimer()
				f := newField(b, n)
				f.fill(b, value16(1), 1_700_000_001_000)
				for _, s := range f.spaces {
					s.SetNow(1_700_000_001_001)
				}
				b.StartTimer()
				before := cpuTime(b)
				for _, s := range f.spaces {
					for more := true; more; {
						var k int
						k, more = s.ExpireSlice(0)
						removed += k
					}
				}
				spent += cpuTime(b) - before
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(removed), "ns/key")
			b.ReportMetric(float64(spent)/float64(removed), "cpu-ns/key")
		})
	}
}

// TestBytesPerKey prints what a key of each shape takes.
func TestBytesPerKey(t *testing.T) {
	if testing.Short() {
		t.Skip("a million keys")
	}
	hundred := make([]byte, 100)
	for _, tt := range []struct {
		name     string
		value    []byte
		expireAt int64
		max      float64
	}{
		{"16 B value", value16(1), 0, 60},
		{"16 B value with TTL", value16(1), 1_800_000_000_000, 84},
		{"100 B value", hundred, 0, 144},
		{"integer value", []byte("123456789"), 0, 48},
	} {
		f := newField(t, 1_000_000)
		spread := rand.New(rand.NewPCG(3, 3))
		for i, k := range f.keys {
			at := tt.expireAt
			if at != 0 {
				at += spread.Int64N(1_000_000_000)
			}
			must(t, f.db(i).SetString(k, tt.value, at))
		}
		var used, committed, trimmed int64
		for _, s := range f.spaces {
			committed += s.Arena().Committed()
			for range 3 {
				for s.Arena().Trim(1 << 10) {
					continue
				}
			}
			trimmed += s.Arena().Committed()
			used += s.Arena().Used()
		}
		per := float64(used) / 1e6
		t.Logf("%-20s %.1f bytes a key used, %.1f committed, %.1f after a trim",
			tt.name, per, float64(committed)/1e6, float64(trimmed)/1e6)
		if per > tt.max {
			t.Errorf("%s: %.1f bytes a key, want %.0f at most", tt.name, per, tt.max)
		}
	}
}

// BenchmarkGoMap is the yardstick for BenchmarkFind: the same keys in as many of Go's maps, with nothing but the value.
func BenchmarkGoMap(b *testing.B) {
	f := newField(b, benchKeys)
	var maps [benchPartitions]map[string][]byte
	for i := range maps {
		maps[i] = map[string][]byte{}
	}
	for i, k := range f.keys {
		maps[uint32(i)*2654435761>>26][string(k)] = value16(1)
	}
	for _, hot := range []int{64, benchKeys} {
		b.Run(fmt.Sprintf("of%d", hot), func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 1))
			order := make([]int, 1<<16)
			for i := range order {
				order[i] = r.IntN(hot)
			}
			b.ReportAllocs()
			defer cpu(b)()
			n := 0
			for i := 0; b.Loop(); i++ {
				k := order[i%len(order)]
				n += len(maps[uint32(k)*2654435761>>26][string(f.keys[k])])
			}
			if n == 0 {
				b.Fatal("nothing found")
			}
		})
	}
}

// BenchmarkFindTen looks up ten random keys of a million at a time, as MGET does, with and without asking for them first.
func BenchmarkFindTen(b *testing.B) {
	f := newField(b, benchKeys)
	f.fill(b, value16(1), 0)
	for _, ahead := range []bool{false, true} {
		b.Run(fmt.Sprintf("ahead=%v", ahead), func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 1))
			order := make([]int, 10<<13)
			for i := range order {
				order[i] = r.IntN(benchKeys)
			}
			b.ReportAllocs()
			defer cpu(b)()
			n := 0
			for i := 0; b.Loop(); i++ {
				ten := order[i%(1<<13)*10:][:10]
				if ahead {
					for _, k := range ten {
						f.db(k).Prefetch(f.keys[k])
					}
					for _, k := range ten {
						f.db(k).PrefetchEntry(f.keys[k])
					}
				}
				for _, k := range ten {
					n += len(f.db(k).Find(f.keys[k]).Bytes())
				}
			}
		})
	}
}
