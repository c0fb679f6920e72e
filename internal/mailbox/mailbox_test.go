package mailbox

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

func TestOrder(t *testing.T) {
	var box Box[int]
	if !box.Empty() || box.TakeAll() != nil {
		t.Fatal("a new box is not empty")
	}
	items := make([]Item[int], 5)
	for round := range 3 {
		for i := range items {
			items[i].Value = i
			if got, want := box.Put(&items[i]), i == 0; got != want {
				t.Errorf("round %d: Put(%d) says empty = %v, want %v", round, i, got, want)
			}
		}
		if box.Empty() {
			t.Errorf("round %d: box says it is empty", round)
		}
		want := 0
		for it := box.TakeAll(); it != nil; it = it.Next() {
			if it.Value != want {
				t.Errorf("round %d: got item %d, want %d", round, it.Value, want)
			}
			want++
		}
		if want != len(items) {
			t.Errorf("round %d: got %d items, want %d", round, want, len(items))
		}
	}
}

// TestStress checks with many putters that nothing is lost or doubled, that each putter's order holds, and that every
// change from empty is announced exactly once.
func TestStress(t *testing.T) {
	const putters = 8
	each := 20000
	if testing.Short() {
		each = 2000
	}
	type work struct{ putter, seq int }
	var (
		box     Box[work]
		wakes   atomic.Int64
		done    atomic.Int64
		group   sync.WaitGroup
		last    [putters]int
		batches int64
		total   int
	)
	for p := range putters {
		group.Go(func() {
			items := make([]Item[work], each)
			for i := range items {
				items[i].Value = work{p, i + 1}
				if box.Put(&items[i]) {
					wakes.Add(1)
				}
				if i%64 == p {
					runtime.Gosched()
				}
			}
			done.Add(1)
		})
	}
	for {
		finished := done.Load() == putters // read before the look: what was put by then is seen
		it := box.TakeAll()
		if it == nil {
			if finished {
				break
			}
			runtime.Gosched()
			continue
		}
		batches++
		for ; it != nil; it = it.Next() {
			w := it.Value
			if w.seq != last[w.putter]+1 {
				t.Fatalf("putter %d: got item %d after %d", w.putter, w.seq, last[w.putter])
			}
			last[w.putter] = w.seq
			total++
		}
	}
	group.Wait()
	if total != putters*each {
		t.Errorf("got %d items, want %d", total, putters*each)
	}
	if wakes.Load() != batches {
		t.Errorf("got %d announcements of %d batches", wakes.Load(), batches)
	}
}

func TestNoAllocations(t *testing.T) {
	var box Box[[2]uint64]
	var a, b Item[[2]uint64]
	got := testing.AllocsPerRun(100, func() {
		box.Put(&a)
		box.Put(&b)
		box.TakeAll()
	})
	if got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}
