//go:build unix

package table

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"math"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

// The benchmarks keep keys of 16 bytes in blocks of 40, as small keyspace entries are: 8 bytes header, key,
// value.
const (
	entryBytes = 40
	keyAt      = 8
	keyBytes   = 16
)

var benchSizes = []int{1_000, 100_000, 1_000_000, 10_000_000}

var seed = maphash.MakeSeed()

type store struct {
	a      *arena.Arena
	t      Table
	hashOf func(arena.Ref) uint64
}

func key(buf *[keyBytes]byte, i int) []byte {
	binary.LittleEndian.PutUint64(buf[:8], uint64(i))
	binary.LittleEndian.PutUint64(buf[8:], mix(uint64(i)))
	return buf[:]
}

func newStore(tb testing.TB, bytes int64) *store {
	r, err := arena.NewRange(bytes)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(r.Close)
	s := &store{a: arena.New(r)}
	s.hashOf = func(r arena.Ref) uint64 {
		return maphash.Bytes(seed, s.a.Bytes(r, entryBytes)[keyAt:keyAt+keyBytes])
	}
	return s
}

func (s *store) add(k []byte) {
	r := s.a.Alloc(entryBytes, arena.PurposeEntry)
	copy(s.a.Bytes(r, entryBytes)[keyAt:], k)
	if !s.t.Insert(s.a, maphash.Bytes(seed, k), r, s.hashOf) {
		panic("out of memory")
	}
}

func (s *store) find(k []byte) arena.Ref {
	p := s.t.Find(s.a, maphash.Bytes(seed, k))
	for {
		r, ok := p.Next()
		if !ok || string(s.a.Bytes(r, entryBytes)[keyAt:keyAt+keyBytes]) == string(k) {
			return r
		}
	}
}

func filled(tb testing.TB, n int) *store {
	s := newStore(tb, 4<<30)
	var buf [keyBytes]byte
	for i := range n {
		s.add(key(&buf, i))
	}
	return s
}

func forSizes(b *testing.B, f func(b *testing.B, n int)) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			if n > 1_000_000 && testing.Short() {
				b.Skip("short")
			}
			f(b, n)
		})
	}
}

// cpu starts the clocks, and returns what stops them: it reports the processor time of a step too, which
// other load on the machine disturbs less.
func cpu(b *testing.B) func() {
	runtime.GC()
	b.ResetTimer()
	start := processorNanos()
	return func() {
		b.StopTimer()
		b.ReportMetric(float64(processorNanos()-start)/float64(b.N), "cpu-ns/op")
	}
}

func processorNanos() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

func BenchmarkFindHit(b *testing.B) {
	forSizes(b, func(b *testing.B, n int) {
		s := filled(b, n)
		var buf [keyBytes]byte
		b.ReportAllocs()
		defer cpu(b)()
		for i := range b.N {
			if s.find(key(&buf, int(mix(uint64(i))%uint64(n)))) == 0 {
				b.Fatal("not found")
			}
		}
	})
}

func BenchmarkFindMiss(b *testing.B) {
	forSizes(b, func(b *testing.B, n int) {
		s := filled(b, n)
		var buf [keyBytes]byte
		b.ReportAllocs()
		defer cpu(b)()
		for i := range b.N {
			if s.find(key(&buf, n+int(mix(uint64(i))>>1))) != 0 {
				b.Fatal("found")
			}
		}
	})
}

// BenchmarkFindBatch looks up 16 keys at a time, and asks for their cache lines first.
func BenchmarkFindBatch(b *testing.B) {
	forSizes(b, func(b *testing.B, n int) {
		s := filled(b, n)
		var keys [16][keyBytes]byte
		var hs [16]uint64
		b.ReportAllocs()
		defer cpu(b)()
		for i := 0; i < b.N; i += len(keys) {
			for k := range keys {
				hs[k] = maphash.Bytes(seed, key(&keys[k], int(mix(uint64(i+k))%uint64(n))))
				s.t.Prefetch(s.a, hs[k])
			}
			for _, h := range hs {
				s.t.PrefetchHit(s.a, h)
			}
			for k := range keys {
				if s.find(keys[k][:]) == 0 {
					b.Fatal("not found")
				}
			}
		}
	})
}

func BenchmarkGoMapHit(b *testing.B) {
	forSizes(b, func(b *testing.B, n int) {
		m := goMap(n)
		var buf [keyBytes]byte
		b.ReportAllocs()
		defer cpu(b)()
		for i := range b.N {
			if v := m[string(key(&buf, int(mix(uint64(i))%uint64(n))))]; v == nil || v[keyAt] == 1 && v[keyAt+1] == 2 && v[0] == 3 {
				b.Fatal("not found")
			}
		}
	})
}

func BenchmarkGoMapMiss(b *testing.B) {
	forSizes(b, func(b *testing.B, n int) {
		m := goMap(n)
		var buf [keyBytes]byte
		b.ReportAllocs()
		defer cpu(b)()
		for i := range b.N {
			if m[string(key(&buf, n+int(mix(uint64(i))>>1)))] != nil {
				b.Fatal("found")
			}
		}
	})
}

func goMap(n int) map[string]*[entryBytes]byte {
	m := map[string]*[entryBytes]byte{}
	var buf [keyBytes]byte
	for i := range n {
		m[string(key(&buf, i))] = new([entryBytes]byte)
	}
	return m
}

// BenchmarkInsert fills a table with n elements; a step is one element.
func BenchmarkInsert(b *testing.B) {
	forSizes(b, func(b *testing.B, n int) {
		b.ReportAllocs()
		var buf [keyBytes]byte
		defer cpu(b)()
		for i := 0; i < b.N; {
			s := newStore(b, 4<<30)
			for k := 0; k < n && i < b.N; k++ {
				s.add(key(&buf, k))
				i++
			}
		}
	})
}

// BenchmarkChurn deletes and inserts an element in turn.
func BenchmarkChurn(b *testing.B) {
	forSizes(b, func(b *testing.B, n int) {
		s := filled(b, n)
		var buf [keyBytes]byte
		b.ReportAllocs()
		defer cpu(b)()
		for i := range b.N {
			k := key(&buf, i)
			r := s.find(k)
			s.t.Delete(s.a, maphash.Bytes(seed, k), r, s.hashOf)
			s.a.Free(r, arena.PurposeEntry)
			s.add(key(&buf, i+n))
		}
	})
}

// BenchmarkSplit measures the inserts that rebuild a full segment, in a table of so many elements that these
// are not in the cache: the longest that a caller waits. Other load on the machine shows in the upper
// percentiles.
func BenchmarkSplit(b *testing.B) {
	s := newStore(b, 4<<30)
	calls := 0
	hashOf := s.hashOf
	s.hashOf = func(r arena.Ref) uint64 { calls++; return hashOf(r) }
	var buf [keyBytes]byte
	var took []float64
	elements := 0
	for i := range 1_500_000 {
		k := key(&buf, i)
		calls = 0
		start := time.Now()
		s.add(k)
		if d := time.Since(start); calls > 400 && i > 500_000 {
			took = append(took, float64(d.Nanoseconds()))
			elements += calls
		}
	}
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2], "median-ns")
	b.ReportMetric(took[len(took)*99/100], "p99-ns")
	b.ReportMetric(took[len(took)/2]/float64(elements)*float64(len(took)), "ns/element")
	b.ReportMetric(0, "ns/op")
}

// TestBytesPerElement prints the memory that the table takes for an element, over sizes from 1,000 up, and
// holds the average below 10 bytes.
func TestBytesPerElement(t *testing.T) {
	most := 1_000_000
	if isSlow() {
		most = 100_000
	}
	x := newWorld(t, 64<<20)
	r := uint64(1)
	sum, points := 0.0, 0
	next := 1000.0
	const steps = 16 // points in a doubling
	for n := 1; n <= most; n++ {
		r = mix(r)
		if !x.t.Insert(x.a, r, x.element(r), x.hashOf) {
			t.Fatal("out of memory")
		}
		if n == int(next) {
			each := float64(x.t.Bytes()) / float64(n)
			sum += each
			if points%4 == 0 {
				t.Logf("%9d elements: %5.2f bytes each", n, each)
			}
			points++
			next *= math.Exp2(1.0 / steps)
		}
	}
	if mean := sum / float64(points); mean > 10 {
		t.Errorf("bytes per element: %.2f on average, want at most 10", mean)
	} else {
		t.Logf("mean over sizes: %.2f bytes", mean)
	}
}
