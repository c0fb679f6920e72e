package tree

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

const benchItems = 1_000_000

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
		for _, n := range []int{15_000, benchItems} {
			b.Run(fmt.Sprintf("%s/%d", o.name, n), func(b *testing.B) {
				a := newTestArena(b, 1<<30)
				var tr Tree
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					if i == n {
						b.StopTimer()
						tr.Free(a, n, nil)
						i = 0
						b.StartTimer()
					}
					tr.Insert(a, o.key(i), arena.Ref(i+1), nil)
					i++
				}
				b.ReportMetric(float64(tr.Bytes(a))/float64(i), "bytes/item")
			})
		}
	}
}

// BenchmarkSteady measures single operations on a full tree.
func BenchmarkSteady(b *testing.B) {
	for _, n := range []int{15_000, benchItems} {
		a := newTestArena(b, 1<<30)
		tr, keys := fillRandom(b, a, n)
		rnd := rand.New(rand.NewPCG(3, 4))
		b.Run(fmt.Sprintf("delete+insert/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				k := rnd.IntN(n)
				tr.Delete(a, keys[k], arena.Ref(k+1), nil)
				keys[k] = rnd.Uint64()
				tr.Insert(a, keys[k], arena.Ref(k+1), nil)
			}
			b.ReportMetric(float64(tr.Bytes(a))/float64(n), "bytes/item")
		})
		b.Run(fmt.Sprintf("rank/%d", n), func(b *testing.B) {
			for b.Loop() {
				k := rnd.IntN(n)
				tr.Rank(a, keys[k], arena.Ref(k+1), nil)
			}
		})
		b.Run(fmt.Sprintf("at/%d", n), func(b *testing.B) {
			for b.Loop() {
				tr.At(a, rnd.IntN(n))
			}
		})
		b.Run(fmt.Sprintf("walk/%d", n), func(b *testing.B) {
			c := tr.Begin(a)
			for b.Loop() {
				if c.Next(a); !c.Valid() {
					c = tr.Begin(a)
				}
			}
		})
		b.Run(fmt.Sprintf("popfirst+insert/%d", n), func(b *testing.B) {
			last, _ := tr.Last(a)
			for b.Loop() {
				it, _ := tr.PopFirst(a)
				last.Key++
				tr.Insert(a, last.Key, it.Ref, nil)
			}
		})
	}
}
