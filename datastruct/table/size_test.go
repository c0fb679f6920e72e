package table

import (
	"math/rand/v2"
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

// TestShrink deletes most of a large table, and holds that what is left takes memory in proportion.
func TestShrink(t *testing.T) {
	most := 200_000
	if isSlow() {
		most = 20_000
	}
	x := newWorld(t, 16<<20)
	r := rand.New(rand.NewPCG(1, 7))
	for range most {
		if err := x.insert(r.Uint64()); err != nil {
			t.Fatal(err)
		}
	}
	for n := most / 2; n > 0; n /= 2 {
		for len(x.refs) > n {
			if err := x.delete(x.refs[r.IntN(len(x.refs))]); err != nil {
				t.Fatal(err)
			}
		}
		each := float64(x.t.Bytes()) / float64(n)
		t.Logf("%7d elements: %5.1f bytes each, directory depth %d", n, each, x.t.depth())
		if n >= 100 && each > 30 {
			t.Errorf("%d elements are left, and take %.1f bytes each", n, each)
		}
	}
	if err := x.sane(); err != nil || x.t.depth() != 0 {
		t.Fatalf("%v; directory depth %d for one element", err, x.t.depth())
	}
}

// TestHysteresis deletes and inserts in turn at every size, with pauses of different length, and counts how
// many elements are moved for it. No size may be a threshold where the table goes to and fro.
func TestHysteresis(t *testing.T) {
	step := 50
	if isSlow() {
		step = 5
	}
	for _, swing := range []int{1, 8, 60} {
		x := newWorld(t, 16<<20)
		r := rand.New(rand.NewPCG(2, 8))
		moved := 0
		hashOf := x.hashOf
		x.hashOf = func(r arena.Ref) uint64 { moved++; return hashOf(r) }
		worst := 0.0
		for n := 1; n < 3000; n += 1 + n/step {
			for len(x.refs) < n {
				if err := x.insert(r.Uint64()); err != nil {
					t.Fatal(err)
				}
			}
			moved = 0
			ops := 0
			for ops < 20*min(swing, n)+2000 {
				for range min(swing, n) {
					if err := x.delete(x.refs[r.IntN(len(x.refs))]); err != nil {
						t.Fatal(err)
					}
					ops++
				}
				for len(x.refs) < n {
					if err := x.insert(r.Uint64()); err != nil {
						t.Fatal(err)
					}
					ops++
				}
			}
			each := float64(moved) / float64(ops)
			worst = max(worst, each)
			if each > 4 {
				t.Errorf("swing %d at %d elements: %.2f moved for each insert or delete", swing, n, each)
			}
		}
		t.Logf("swing %d: at worst %.2f moved for each insert or delete", swing, worst)
	}
}

// TestMoves holds that no kind of hash makes an insert, or its memory, dear on average.
func TestMoves(t *testing.T) {
	n := 50_000
	if isSlow() {
		n = 5_000
	}
	for _, hash := range hashes {
		x := newWorld(t, 16<<20)
		r := rand.New(rand.NewPCG(1, 9))
		calls, most, total := 0, 0, 0
		hashOf := x.hashOf
		x.hashOf = func(r arena.Ref) uint64 { calls++; return hashOf(r) }
		for range n {
			calls = 0
			h := hash.next(r)
			if !x.t.Insert(x.a, h, x.element(h), x.hashOf) {
				t.Fatalf("%s: out of memory", hash.name)
			}
			total += calls
			most = max(most, calls)
		}
		moves, bytes := float64(total)/float64(n), float64(x.t.Bytes())/float64(n)
		t.Logf("%-23s %4.2f moves an insert, %4d at most; %4.1f bytes an element", hash.name, moves, most, bytes)
		if moves > 8 || bytes > 20 || hash.name == "uniform" && most > 64*slotCount+1 {
			t.Errorf("%s: %.2f moves an insert, %d at most, %.1f bytes an element", hash.name, moves, most, bytes)
		}
	}
}
