package table

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/internal/invariant"
)

// world is a table beside its naive twin, a map. Elements are blocks of 8 bytes that hold their hash.
type world struct {
	a      *arena.Arena
	t      Table
	twin   map[arena.Ref]uint64
	refs   []arena.Ref // the keys of twin
	at     map[arena.Ref]int
	hashOf func(arena.Ref) uint64
}

func newWorld(tb testing.TB, bytes int64) *world {
	r, err := arena.NewRange(bytes)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(r.Close)
	x := &world{a: arena.New(r), twin: map[arena.Ref]uint64{}, at: map[arena.Ref]int{}}
	x.hashOf = func(r arena.Ref) uint64 { return binary.LittleEndian.Uint64(x.a.Bytes(r, 8)) }
	return x
}

func (x *world) element(h uint64) arena.Ref {
	r := x.a.Alloc(8, arena.PurposeEntry)
	binary.LittleEndian.PutUint64(x.a.Bytes(r, 8), h)
	return r
}

func (x *world) insert(h uint64) error {
	r := x.element(h)
	if !x.t.Insert(x.a, h, r, x.hashOf) {
		return fmt.Errorf("insert of hash %x: out of memory", h)
	}
	x.note(r, h)
	return nil
}

func (x *world) note(r arena.Ref, h uint64) {
	x.twin[r] = h
	x.at[r] = len(x.refs)
	x.refs = append(x.refs, r)
}

func (x *world) forget(r arena.Ref) {
	i, last := x.at[r], len(x.refs)-1
	x.refs[i] = x.refs[last]
	x.at[x.refs[i]] = i
	x.refs = x.refs[:last]
	delete(x.twin, r)
	delete(x.at, r)
}

func (x *world) delete(r arena.Ref) error {
	h := x.twin[r]
	if !x.t.Delete(x.a, h, r, x.hashOf) {
		return fmt.Errorf("delete of hash %x: not found", h)
	}
	if x.t.Delete(x.a, h, r, x.hashOf) {
		return fmt.Errorf("delete of hash %x: twice", h)
	}
	x.forget(r)
	x.a.Free(r, arena.PurposeEntry)
	return nil
}

func (x *world) replace(r arena.Ref) error {
	h := x.twin[r]
	fresh := x.element(h)
	if !x.t.Replace(x.a, h, r, fresh) || x.t.Replace(x.a, h, r, fresh) {
		return fmt.Errorf("replace of hash %x", h)
	}
	x.forget(r)
	x.note(fresh, h)
	x.a.Free(r, arena.PurposeEntry)
	return nil
}

// has looks element r up the way a caller does.
func (x *world) has(r arena.Ref, h uint64) bool {
	p := x.t.Find(x.a, h)
	for {
		found, ok := p.Next()
		if !ok || found == r {
			return ok
		}
	}
}

func (x *world) sane() error {
	if x.t.Len() != len(x.twin) {
		return fmt.Errorf("Len is %d, want %d", x.t.Len(), len(x.twin))
	}
	if got := x.a.UsedBy(arena.PurposeTable); got != int64(x.t.Bytes()) {
		return fmt.Errorf("Bytes is %d, but the arena counts %d", x.t.Bytes(), got)
	}
	return x.t.Sane(x.a, x.hashOf)
}

// all checks that a scan and Find agree with the twin.
func (x *world) all() error {
	seen := map[arena.Ref]bool{}
	var err error
	low := uint64(0)
	for cursor := uint64(0); ; {
		next := x.t.Scan(x.a, cursor, x.hashOf, func(r arena.Ref) {
			h, ok := x.twin[r]
			if !ok || seen[r] || h < low || h < cursor {
				err = fmt.Errorf("scan at %x visits %x of hash %x: known %v, seen %v", cursor, r, h, ok, seen[r])
			}
			seen[r] = true
		})
		if cursor = next; cursor == 0 || err != nil {
			break
		}
		low = cursor
	}
	if err == nil && len(seen) != len(x.twin) {
		err = fmt.Errorf("scan visits %d of %d", len(seen), len(x.twin))
	}
	for r, h := range x.twin {
		if !x.has(r, h) {
			return fmt.Errorf("hash %x isn't found", h)
		}
	}
	return errors.Join(err, x.each())
}

// each checks that Each visits every element once.
func (x *world) each() error {
	seen := map[arena.Ref]bool{}
	var err error
	x.t.Each(x.a, func(r arena.Ref) bool {
		if _, ok := x.twin[r]; !ok || seen[r] {
			err = fmt.Errorf("Each visits %x: known %v, seen %v", r, ok, seen[r])
		}
		seen[r] = true
		return err == nil
	})
	if err == nil && len(seen) != len(x.twin) {
		err = fmt.Errorf("Each visits %d of %d", len(seen), len(x.twin))
	}
	return err
}

// isSlow tells whether the long tests are to be shortened: asked for, or in a build that checks everything.
func isSlow() bool { return testing.Short() || invariant.Enabled }

// hashes are ways of making hashes, good and bad.
var hashes = []struct {
	name string
	next func(r *rand.Rand) uint64
}{
	{"uniform", func(r *rand.Rand) uint64 { return r.Uint64() }},
	{"equal", func(*rand.Rand) uint64 { return 0x123456789abcdef0 }},
	{"zero", func(*rand.Rand) uint64 { return 0 }},
	{"ones", func(*rand.Rand) uint64 { return ^uint64(0) }},
	{"few", func(r *rand.Rand) uint64 { return mix(r.Uint64N(20)) }},
	{"some", func(r *rand.Rand) uint64 { return mix(r.Uint64N(300)) }},
	{"one top byte", func(r *rand.Rand) uint64 { return 0xa5<<56 | r.Uint64()>>8 }},
	{"two top bytes", func(r *rand.Rand) uint64 { return [2]uint64{3, 200}[r.IntN(2)]<<56 | r.Uint64()>>8 }},
	{"only the lowest 32 bits", func(r *rand.Rand) uint64 { return r.Uint64() >> 32 }},
	{"only the lowest 20 bits", func(r *rand.Rand) uint64 { return r.Uint64() >> 44 }},
	{"only the top 12 bits", func(r *rand.Rand) uint64 { return r.Uint64() >> 52 << 52 }},
	{"one tag", func(r *rand.Rand) uint64 { return r.Uint64() &^ 255 }},
	{"half equal", func(r *rand.Rand) uint64 { return r.Uint64() * (r.Uint64() & 1) }},
	{"counting", func() func(r *rand.Rand) uint64 {
		n := uint64(0)
		return func(*rand.Rand) uint64 { n++; return n << 40 }
	}()},
}

// TestTwin does random things to a table and its twin, and compares them.
func TestTwin(t *testing.T) {
	ops, seeds := 30000, uint64(2)
	if isSlow() {
		ops, seeds = 4000, 1
	}
	for _, hash := range hashes {
		t.Run(hash.name, func(t *testing.T) {
			t.Parallel()
			for seed := range seeds {
				if err := twin(t, hash.next, seed, ops); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
			}
		})
	}
}

func twin(tb testing.TB, next func(*rand.Rand) uint64, seed uint64, ops int) error {
	x := newWorld(tb, 16<<20)
	r := rand.New(rand.NewPCG(seed, 1))
	grow := true
	for op := range ops {
		// The size goes up and down between 0 and a bound that itself varies.
		if r.IntN(ops/8) == 0 || len(x.refs) == 0 {
			grow = !grow || len(x.refs) == 0
		}
		var err error
		switch k := r.IntN(20); {
		case k < 4 && len(x.refs) != 0:
			err = x.replace(x.refs[r.IntN(len(x.refs))])
		case k < 5:
			got := x.t.Random(x.a, r.Uint64())
			if _, known := x.twin[got]; known != (len(x.refs) != 0) {
				err = fmt.Errorf("random gives %x", got)
			}
		case k < 8 && len(x.refs) != 0:
			if ref := x.refs[r.IntN(len(x.refs))]; !x.has(ref, x.twin[ref]) {
				err = fmt.Errorf("hash %x isn't found", x.twin[ref])
			}
		case (k < 18) == grow || len(x.refs) == 0:
			err = x.insert(next(r))
		default:
			err = x.delete(x.refs[r.IntN(len(x.refs))])
		}
		if err == nil && (len(x.refs) < 200 || op%61 == 0) {
			err = x.sane()
		}
		if err == nil && op%997 == 0 {
			err = x.all()
		}
		if err != nil {
			return fmt.Errorf("op %d, %d elements: %w", op, len(x.refs), err)
		}
	}
	for len(x.refs) != 0 {
		if err := x.delete(x.refs[len(x.refs)-1]); err != nil {
			return err
		}
	}
	if err := x.sane(); err != nil {
		return err
	}
	if x.t != (Table{}) {
		return fmt.Errorf("an empty table still has %d bytes: %+v", x.t.Bytes(), x.t)
	}
	return nil
}

// TestNoMemory fills the arena to the last byte: an insert that fails must leave the table as it was.
func TestNoMemory(t *testing.T) {
	n := 4000
	if isSlow() {
		n = 1000
	}
	for _, hash := range hashes {
		t.Run(hash.name, func(t *testing.T) {
			x := newWorld(t, 2<<20)
			r := rand.New(rand.NewPCG(1, 6))
			// Elements are made first, so that it is the table that finds no memory. Then room comes back bit
			// by bit, block sizes of all kinds, and is used up again.
			var spare []arena.Ref
			for i := range n {
				if i%8 == 0 {
					if ref := x.a.Alloc(64<<r.IntN(9), arena.PurposeOther); ref != 0 {
						spare = append(spare, ref)
					}
				}
				spare = append(spare, x.element(hash.next(r)))
			}
			for _, n := range []int{64 << 10, 4096, 1024, 64, 8} {
				for ref := x.a.Alloc(n, arena.PurposeOther); ref != 0; ref = x.a.Alloc(n, arena.PurposeOther) {
				}
			}
			failed := 0
			for i, ref := range spare {
				if i%9 == 0 {
					x.a.Free(ref, arena.PurposeOther)
					continue
				}
				before := x.t
				h := x.hashOf(ref)
				if x.t.Insert(x.a, h, ref, x.hashOf) {
					x.note(ref, h)
				} else if failed++; x.t != before {
					t.Fatalf("a failed insert changed %+v to %+v", before, x.t)
				}
				if i%97 == 0 {
					if err := x.sane(); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := x.all(); err != nil {
				t.Fatal(err)
			}
			if failed == 0 {
				t.Error("no insert failed")
			}
			for len(x.refs) != 0 {
				ref := x.refs[0]
				if !x.t.Delete(x.a, x.twin[ref], ref, x.hashOf) {
					t.Fatal("not found")
				}
				x.forget(ref)
				if len(x.refs)%97 == 0 {
					if err := x.sane(); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
}

// TestAllocs holds that nothing here allocates on the Go heap.
func TestAllocs(t *testing.T) {
	x := newWorld(t, 16<<20)
	n := uint64(30000)
	if isSlow() {
		n = 6000
	}
	for i := range n {
		if err := x.insert(mix(i)); err != nil {
			t.Fatal(err)
		}
	}
	refs := x.refs
	visited, cursor, i := 0, uint64(0), 0
	visit := func(arena.Ref) { visited++ }
	tests := []struct {
		name string
		do   func()
	}{
		{"find", func() { x.has(refs[i%len(refs)], x.hashOf(refs[i%len(refs)])); i++ }},
		{"miss", func() { x.has(0, mix(uint64(i)+1<<40)); i++ }},
		{"prefetch", func() { x.t.Prefetch(x.a, mix(uint64(i))); x.t.PrefetchHit(x.a, mix(uint64(i))); i++ }},
		{"random", func() { x.t.Random(x.a, mix(uint64(i))); i++ }},
		{"scan", func() { cursor = x.t.Scan(x.a, cursor, x.hashOf, visit) }},
		{"replace", func() { x.t.Replace(x.a, x.hashOf(refs[i%len(refs)]), refs[i%len(refs)], refs[i%len(refs)]); i++ }},
		{"delete and insert", func() {
			r := refs[i%len(refs)]
			x.t.Delete(x.a, x.hashOf(r), r, x.hashOf)
			x.t.Insert(x.a, x.hashOf(r), r, x.hashOf)
			i++
		}},
		{"empty and fill", func() {
			for _, r := range refs[:3000] {
				x.t.Delete(x.a, x.hashOf(r), r, x.hashOf)
			}
			for _, r := range refs[:3000] {
				x.t.Insert(x.a, x.hashOf(r), r, x.hashOf)
			}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if n := testing.AllocsPerRun(100, test.do); n != 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
	for _, r := range refs {
		x.t.Delete(x.a, x.hashOf(r), r, x.hashOf)
	}
	t.Run("from the first to the last", func(t *testing.T) {
		n := testing.AllocsPerRun(3, func() {
			for _, r := range refs {
				x.t.Insert(x.a, x.hashOf(r), r, x.hashOf)
			}
			for _, r := range refs {
				x.t.Delete(x.a, x.hashOf(r), r, x.hashOf)
			}
		})
		if n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

// TestSize holds what the essay promises.
func TestSize(t *testing.T) {
	if n := unsafe.Sizeof(Table{}); n > 48 {
		t.Errorf("a Table has %d bytes", n)
	}
	if n := unsafe.Sizeof(bucket{}); n != bucketBytes {
		t.Errorf("a bucket has %d bytes", n)
	}
}
