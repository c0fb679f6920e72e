//go:build linux && !race && !arenaheap && !arenadebug && !invariants

package arena

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkAllocFree measures a pair of Alloc and Free: of the block just freed, and of a random one among
// many, as a store that replaces values does.
func BenchmarkAllocFree(b *testing.B) {
	for _, n := range []int{40, 128, 600, 4096, 10000, 40000} {
		b.Run(fmt.Sprintf("hot/%d", n), func(b *testing.B) {
			a := newTestArena(b, 0)
			a.Alloc(n, PurposeEntry)
			b.ReportAllocs()
			defer cpuTime(b)()
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
			b.ReportAllocs()
			defer cpuTime(b)()
			for b.Loop() {
				k := rnd.IntN(count)
				a.Free(refs[k], PurposeEntry)
				refs[k] = a.Alloc(40, PurposeEntry)
			}
		})
	}
}

// BenchmarkFill measures an Alloc from memory that isn't committed yet, page faults included.
func BenchmarkFill(b *testing.B) {
	const most = 1_000_000
	a, count := newTestArena(b, 0), 0
	defer cpuTime(b)()
	for b.Loop() {
		if count == most {
			b.StopTimer()
			a.Dispose(1 << 20)
			count = 0
			b.StartTimer()
		}
		*a.link(a.Alloc(40, PurposeEntry)) = 1
		count++
	}
}

// BenchmarkDispose measures how 64 detached arenas with 4 million blocks in all are given back.
func BenchmarkDispose(b *testing.B) {
	p := newPartitions(b)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		for i := range 4_000_000 {
			put(p.arenas[uint32(i)*2654435761>>26], 40, PurposeEntry)
		}
		for _, a := range p.arenas {
			a.Detach()
		}
		b.StartTimer()
		for _, a := range p.arenas {
			for a.Dispose(64) {
			}
		}
	}
}
