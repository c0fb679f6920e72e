package table

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

// TestScanGuarantee scans while elements come and go, so that segments split, merge and shrink between the
// steps. What is there all the time must be visited exactly once, what isn't at most once, and in the order
// of the cursor.
func TestScanGuarantee(t *testing.T) {
	seeds := uint64(3)
	if isSlow() {
		seeds = 1
	}
	for _, hash := range hashes {
		t.Run(hash.name, func(t *testing.T) {
			t.Parallel()
			for seed := range seeds {
				for _, plan := range []string{"grow", "shrink", "grow, then shrink", "shrink, then grow"} {
					if err := scanWhile(t, hash.next, seed, plan); err != nil {
						t.Fatalf("seed %d, %s: %v", seed, plan, err)
					}
				}
			}
		})
	}
}

func scanWhile(tb testing.TB, next func(*rand.Rand) uint64, seed uint64, plan string) error {
	x := newWorld(tb, 4<<20)
	r := rand.New(rand.NewPCG(seed, 2))
	fill := func(n int) error {
		for range n {
			if err := x.insert(next(r)); err != nil {
				return err
			}
		}
		return nil
	}
	if err := fill(1000); err != nil {
		return err
	}
	stay := map[arena.Ref]bool{} // in the table during the whole scan: not yet visited
	for _, ref := range x.refs[:500] {
		stay[ref] = true
	}
	visited := map[arena.Ref]bool{}
	steps := 0
	for cursor := uint64(0); ; steps++ {
		var err error
		below := cursor
		cursor = x.t.Scan(x.a, cursor, x.hashOf, func(ref arena.Ref) {
			h, known := x.twin[ref]
			if !known || visited[ref] || h < below {
				err = fmt.Errorf("step %d visits %x, hash %x below %x: known %v, already visited %v",
					steps, ref, h, below, known, visited[ref])
			}
			visited[ref] = true
			delete(stay, ref)
		})
		if cursor != 0 && cursor <= below {
			err = fmt.Errorf("cursor %x after %x", cursor, below)
		}
		for ref := range stay {
			if cursor != 0 && x.twin[ref] < cursor || cursor == 0 {
				err = fmt.Errorf("step %d to %x has left out hash %x", steps, cursor, x.twin[ref])
			}
		}
		if err != nil || cursor == 0 {
			return err
		}
		grows := plan == "grow" || plan == "grow, then shrink" && steps < 40 || plan == "shrink, then grow" && steps >= 40
		if grows && len(x.refs) < 5000 {
			err = fill(r.IntN(40))
		}
		for range r.IntN(40) {
			// The first 500 stay where they are, until they have been visited.
			if !grows && len(x.refs) > 500 && err == nil {
				k := r.IntN(len(x.refs))
				if ref := x.refs[k]; !stay[ref] {
					delete(visited, ref) // another element may get this Ref
					err = x.delete(ref)
				}
			}
		}
		if err == nil && steps%32 == 0 {
			err = x.sane()
		}
		if err != nil {
			return err
		}
	}
}

// TestScanDeletes lets the visitor delete what it visits.
func TestScanDeletes(t *testing.T) {
	for _, hash := range hashes {
		t.Run(hash.name, func(t *testing.T) {
			x := newWorld(t, 4<<20)
			r := rand.New(rand.NewPCG(1, 3))
			for range 3000 {
				if err := x.insert(hash.next(r)); err != nil {
					t.Fatal(err)
				}
			}
			for cursor, isFirst := uint64(0), true; isFirst || cursor != 0; isFirst = false {
				cursor = x.t.Scan(x.a, cursor, x.hashOf, func(ref arena.Ref) {
					if err := x.delete(ref); err != nil {
						t.Fatal(err)
					}
				})
				if cursor>>50%16 != 0 {
					continue
				}
				if err := x.sane(); err != nil {
					t.Fatal(err)
				}
			}
			if x.t != (Table{}) {
				t.Errorf("%d elements and %d bytes are left", x.t.Len(), x.t.Bytes())
			}
		})
	}
}

// TestFree tears tables down in slices of different size.
func TestFree(t *testing.T) {
	for _, hash := range hashes {
		for _, slice := range []int{1, 7, 1 << 20} {
			t.Run(fmt.Sprintf("%s by %d", hash.name, slice), func(t *testing.T) {
				x := newWorld(t, 4<<20)
				r := rand.New(rand.NewPCG(1, 4))
				for range 2000 {
					if err := x.insert(hash.next(r)); err != nil {
						t.Fatal(err)
					}
				}
				freed := 0
				each := func(ref arena.Ref) {
					if _, ok := x.twin[ref]; !ok {
						t.Fatalf("%x isn't there", ref)
					}
					x.forget(ref)
					x.a.Free(ref, arena.PurposeEntry)
					freed++
				}
				for x.t.Free(x.a, slice, each) {
					if x.t.Len() != 2000-freed {
						t.Fatalf("Len is %d after %d of 2000", x.t.Len(), freed)
					}
				}
				if freed != 2000 || x.t != (Table{}) || x.a.UsedBy(arena.PurposeTable) != 0 {
					t.Errorf("freed %d of 2000; %+v with %d bytes is left", freed, x.t, x.a.UsedBy(arena.PurposeTable))
				}
				if err := x.insert(1); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// TestFreeNothing tears down without looking at the elements, and an empty table.
func TestFreeNothing(t *testing.T) {
	x := newWorld(t, 4<<20)
	for range 2 {
		for x.t.Free(x.a, 10, nil) {
		}
		if x.t != (Table{}) || x.a.UsedBy(arena.PurposeTable) != 0 {
			t.Fatalf("%+v with %d bytes is left", x.t, x.a.UsedBy(arena.PurposeTable))
		}
		for i := range uint64(5000) {
			if err := x.insert(mix(i)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestRandomIsFair throws often enough that a biased element would show: chi-squared over all elements.
func TestRandomIsFair(t *testing.T) {
	tests := []struct {
		name string
		n    int
		next func(*rand.Rand) uint64
		keep func(h uint64) bool // which elements are not deleted again
	}{
		{"one", 1, (*rand.Rand).Uint64, nil},
		{"one bucket", 7, (*rand.Rand).Uint64, nil},
		{"one segment", 300, (*rand.Rand).Uint64, nil},
		{"segments", 3000, (*rand.Rand).Uint64, nil},
		{"crowded on one side", 3000, func(r *rand.Rand) uint64 { return r.Uint64() >> (r.Uint64() % 5) }, nil},
		{"half empty", 3000, (*rand.Rand).Uint64, func(h uint64) bool { return h>>63 == 0 || h&7 == 0 }},
		{"chains", 400, func(r *rand.Rand) uint64 { return mix(r.Uint64() % 12) }, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			x := newWorld(t, 4<<20)
			r := rand.New(rand.NewPCG(5, 5))
			for range test.n {
				if err := x.insert(test.next(r)); err != nil {
					t.Fatal(err)
				}
			}
			for _, ref := range append([]arena.Ref(nil), x.refs...) {
				if test.keep != nil && !test.keep(x.twin[ref]) {
					if err := x.delete(ref); err != nil {
						t.Fatal(err)
					}
				}
			}
			each := 100
			if isSlow() {
				each = 30
			}
			hits := map[arena.Ref]int{}
			for range each * len(x.refs) {
				hits[x.t.Random(x.a, r.Uint64())]++
			}
			chi := 0.0
			for _, ref := range x.refs {
				d := float64(hits[ref] - each)
				chi += d * d / float64(each)
			}
			// The sum has mean n-1 and deviation sqrt(2(n-1)).
			free := float64(len(x.refs) - 1)
			if math.Abs(chi-free) > 5*math.Sqrt(2*free) {
				t.Errorf("chi-squared is %.0f for %.0f degrees of freedom", chi, free)
			}
		})
	}
}
