package arena

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkAllocFree measures a pair of Alloc and Free: of the block just freed, and of a random one among
// many, as a store that replaces values does.
func BenchmarkAllocFree(b *testing.B) {
	for _, n := range []int{40, 128, 600, 4096, 40000} {
		b.Run(fmt.Sprintf("hot/%d", n), func(b *testing.B) {
			a := newTestArena(b, 0)
			a.Alloc(n, PurposeEntry)
			b.ReportAllocs()
			for b.Loop() {
				a.Free(a.Alloc(n, PurposeEntry), PurposeEntry)
			}
		})
	}
	for _, count := range []int{1000, 1_000_000} {
		b.Run(fmt.Sprintf("random/40x%d", count), func(b *testing.B) {
			a := newTestArena(b, 0)
			refs := make([]Ref, count)
			for i := range refs {
				refs[i] = a.Alloc(40, PurposeEntry)
			}
			rnd := rand.New(rand.NewPCG(1, 1))
			order := make([]uint32, 1<<16)
			for i := range order {
				order[i] = uint32(rnd.IntN(count))
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				k := order[i&(1<<16-1)]
				a.Free(refs[k], PurposeEntry)
				refs[k] = a.Alloc(40, PurposeEntry)
				i++
			}
		})
	}
}

// BenchmarkFill measures an Alloc from memory that isn't committed yet, page faults included.
func BenchmarkFill(b *testing.B) {
	const count = 1_000_000
	for b.Loop() {
		a := newTestArena(b, 0)
		for range count {
			*a.link(a.Alloc(40, PurposeEntry)) = 1
		}
		b.StopTimer()
		a.owner.Close()
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/count, "ns/block")
}
