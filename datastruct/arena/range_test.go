package arena

import (
	"math/rand/v2"
	"sync"
	"testing"
)

func TestFindRun(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 4000 {
		m := rnd.Uint64() | rnd.Uint64()
		longest := 0
		for n := uint32(1); n <= 64; n++ {
			want := -1
			for at := uint32(0); at+n <= 64; at++ {
				if m&runMask(at, n) == runMask(at, n) {
					want = int(at)
					break
				}
			}
			if want >= 0 {
				longest = int(n)
			}
			if got := findRun(m, n); got != want {
				t.Fatalf("findRun(%#x, %d) = %d, want %d", m, n, got, want)
			}
		}
		if got := longestRun(m); got != longest {
			t.Fatalf("longestRun(%#x) = %d, want %d", m, got, longest)
		}
	}
}

func TestRangeTwin(t *testing.T) {
	r, err := NewRange(64 << 20)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	type run struct{ at, n uint32 }
	var runs []run
	owned := map[uint32]bool{}
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 5000 {
		if rnd.IntN(2) == 0 {
			n := 1 + uint32(rnd.IntN(40))
			if rnd.IntN(20) == 0 {
				n = uint32(rnd.IntN(300)) + 1
			}
			at, isHuge := uint32(0), false
			if n == 1 && rnd.IntN(2) == 0 {
				at, isHuge = r.takeHuge(), true
			} else {
				g := r.take(n)
				at, isHuge = g.first, g.isHuge
			}
			if at == 0 {
				continue
			}
			if got := r.bank(at/chunksInBank).kind == bankHuge; got != isHuge {
				t.Fatalf("chunk %d in a huge bank: %v, want %v", at, got, isHuge)
			}
			for k := range n {
				if owned[at+k] || at+k < r.first*chunksInBank || at+k >= r.end*chunksInBank {
					t.Fatalf("chunk %d handed out wrongly", at+k)
				}
				owned[at+k] = true
			}
			runs = append(runs, run{at, n})
		} else if len(runs) > 0 {
			i := rnd.IntN(len(runs))
			if rnd.IntN(20) == 0 {
				r.split(runs[i].at / chunksInBank)
			}
			r.give(runs[i].at, runs[i].n, rnd.IntN(2) == 0)
			if rnd.IntN(50) == 0 {
				r.sweep(3)
			}
			if rnd.IntN(20) == 0 {
				r.Trim()
			}
			for k := range runs[i].n {
				delete(owned, runs[i].at+k)
			}
			runs[i] = runs[len(runs)-1]
			runs = runs[:len(runs)-1]
		}
		if err := r.Sane(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRangeTrim: a huge bank that was made ready in vain is given back, but not one that is in demand.
func TestRangeTrim(t *testing.T) {
	r, err := NewRange(64 << 20)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for !r.isLarge(1) {
		r.take(chunksInBank)
	}
	if i := r.takeHuge(); i != 0 {
		t.Fatalf("chunk %d before a bank was ready", i)
	}
	r.helpers.Wait()
	if r.hugeTaken++; r.spare == 0 {
		t.Fatal("no bank was made ready")
	}
	for _, want := range []bool{true, false, false} {
		r.Trim()
		if got := r.spare != 0; got != want {
			t.Errorf("a bank is ready: %v, want %v", got, want)
		}
		if err := r.Sane(); err != nil {
			t.Error(err)
		}
	}
}

func TestDefaultRange(t *testing.T) {
	r, err := NewRange(0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if r.Size() < min(leastRange, backingMax) || r.Size()>>refBits > 1<<40 {
		t.Errorf("Size() = %d", r.Size())
	}
}

// TestRangeConcurrent lets arenas work at once on one range, and readers look at their accounts.
func TestRangeConcurrent(t *testing.T) {
	r, err := NewRange(256 << 20)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	const count = 8
	arenas := make([]*Arena, count)
	for i := range arenas {
		arenas[i] = New(r)
	}
	var workers sync.WaitGroup
	for i, a := range arenas {
		workers.Go(func() {
			w := &twin{a: a, rnd: rand.New(rand.NewPCG(uint64(i), 5))}
			for op := range 4000 {
				if op%3 != 2 || len(w.blocks) == 0 {
					w.alloc(w.size() / 4)
				} else if err := w.free(w.rnd.IntN(len(w.blocks))); err != nil {
					t.Error(err)
				}
				if op%100 == 0 {
					a.Trim(5)
					r.Trim()
					_ = arenas[(i+1)%count].Used() + arenas[(i+1)%count].Committed() + r.Handed()
				}
			}
			if err := a.Sane(); err != nil {
				t.Error(err)
			}
			for a.Dispose(10) {
			}
		})
	}
	workers.Wait()
	if err := r.Sane(); err != nil || r.Handed() != 0 {
		t.Errorf("handed out %d, %v", r.Handed(), err)
	}
}
