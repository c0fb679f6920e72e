package dispatch_test

import (
	"fmt"
	"testing"

	"github.com/sleipnirdb/sleipnir/core/dispatch"
)

// BenchmarkScriptLeases is what the leases of a script cost that nobody else wants: of every partition up front, or of one that it asks for, by the token.
func BenchmarkScriptLeases(b *testing.B) {
	for _, partitions := range []int{32, 256, 1024} {
		for _, held := range []int{partitions, 1} {
			b.Run(fmt.Sprintf("partitions=%d/held=%d", partitions, held), func(b *testing.B) {
				bed := newBed(b, 1, partitions)
				bed.d.OnLoop(bed.loops.Loops()[0], func(x *dispatch.Executor) {
					for b.Loop() {
						if !x.Hold(held, held == 1) {
							b.Error("a lease is taken")
						}
					}
				})
			})
		}
	}
}
