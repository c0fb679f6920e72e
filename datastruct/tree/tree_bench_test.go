//go:build unix

package tree

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

// The sizes of the expiry index of one of 64 partitions of a million keys, and of one huge sorted set.
var benchSizes = []int{15_000, 1_000_000}

// fillRandom returns a tree of n items with random keys, and the keys.
func fillRandom(b *testing.B, a *arena.Arena, n int) (*Tree, []uint64) {
	rnd := rand.New(rand.NewPCG(1, 2))
	tr := New(arena.PurposeTree)
	keys := make([]uint64, n)
	for i := range keys {
		keys[i] = rnd.Uint64()
		if !tr.Insert(a, keys[i], arena.Ref(i+1), nil) {
			b.Fatal("no room")
		}
	}
	return &tr, keys
}

// BenchmarkFill inserts into an empty tree; bytes/item is what the nodes then cost.
func BenchmarkFill(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 2))
	orders := []struct {
		name string
		key  func(i int) uint64
	}{
		{"rising", func(i int) uint64 { return uint64(i) }},
		{"nearly-rising", func(i int) uint64 { return uint64(i) + rnd.Uint64N(1000) }},
		{"random", func(int) uint64 { return rnd.Uint64() }},
	}
	for _, o := range orders {
		for _, n := range benchSizes {
			b.Run(fmt.Sprintf("%s/%d", o.name, n), func(b *testing.B) {
				a := newTestArena(b, 1<<30)
				b.ReportAllocs()
				defer cpuTime(b)()
				for b.Loop() {
					var tr Tree
					for i := range n {
						tr.Insert(a, o.key(i), arena.Ref(i+1), nil)
					}
					b.ReportMetric(float64(tr.Bytes(a))/float64(n), "bytes/item")
					tr.Free(a, n, nil)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/item")
			})
		}
	}
}

// BenchmarkSteady measures single operations on a full tree.
func BenchmarkSteady(b *testing.B) {
	for _, n := range benchSizes {
		a := newTestArena(b, 1<<30)
		tr, keys := fillRandom(b, a, n)
		rnd := rand.New(rand.NewPCG(3, 4))
		run := func(name string, op func()) {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				defer cpuTime(b)()
				for b.Loop() {
					op()
				}
				b.ReportMetric(float64(tr.Bytes(a))/float64(n), "bytes/item")
			})
		}
		run("delete+insert", func() {
			k := rnd.IntN(n)
			tr.Delete(a, keys[k], arena.Ref(k+1), nil)
			keys[k] = rnd.Uint64()
			tr.Insert(a, keys[k], arena.Ref(k+1), nil)
		})
		run("rank", func() {
			k := rnd.IntN(n)
			tr.Rank(a, keys[k], arena.Ref(k+1), nil)
		})
		run("seek", func() {
			k := rnd.IntN(n)
			tr.Seek(a, keys[k], arena.Ref(k+1), nil)
		})
		run("at", func() { tr.At(a, rnd.IntN(n)) })
		c := tr.Begin(a)
		run("walk", func() {
			if c.Next(a); !c.Valid() {
				c = tr.Begin(a)
			}
		})
		last, _ := tr.Last(a)
		run("popfirst+insert", func() {
			it, _ := tr.PopFirst(a)
			last.Key++
			tr.Insert(a, last.Key, it.Ref, nil)
		})
	}
}
