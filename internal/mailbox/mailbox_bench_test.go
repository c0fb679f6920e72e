package mailbox

import (
	"sync/atomic"
	"testing"
)

// BenchmarkPutTake is the whole way of one item through an uncontended box.
func BenchmarkPutTake(b *testing.B) {
	b.ReportAllocs()
	var box Box[uint64]
	var it Item[uint64]
	for b.Loop() {
		box.Put(&it)
		if box.TakeAll() != &it {
			b.Fatal("item lost")
		}
	}
}

// BenchmarkBatch16 is the cost per item of a batch of sixteen.
func BenchmarkBatch16(b *testing.B) {
	b.ReportAllocs()
	var box Box[uint64]
	var items [16]Item[uint64]
	n := 0
	for b.Loop() {
		box.Put(&items[n])
		if n++; n == len(items) {
			n = 0
			box.TakeAll()
		}
	}
}

// BenchmarkContended has all cores putting while one of them also takes.
func BenchmarkContended(b *testing.B) {
	b.ReportAllocs()
	var box Box[uint64]
	var taker atomic.Bool
	b.RunParallel(func(pb *testing.PB) {
		takes := taker.CompareAndSwap(false, true)
		const spare = 1 << 16
		items := make([]Item[uint64], spare)
		n := 0
		for pb.Next() {
			if takes {
				box.TakeAll()
			}
			if n++; n == spare { // items in the box can't be put again
				n, items = 0, make([]Item[uint64], spare)
			}
			box.Put(&items[n])
		}
	})
}
