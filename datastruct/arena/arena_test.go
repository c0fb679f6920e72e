package arena

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

func newTestArena(t testing.TB, maxBytes int64) *Arena {
	t.Helper()
	r, err := NewRange(maxBytes)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return New(r)
}

func sane(t testing.TB, a *Arena) {
	t.Helper()
	if err := a.Sane(); err != nil {
		t.Fatal(err)
	}
	if err := a.owner.Sane(); err != nil {
		t.Fatal(err)
	}
}

func TestRefBytes(t *testing.T) {
	for _, r := range []Ref{0, 1, 0xff, 0x123456789a, 1<<40 - 1} {
		var b [RefBytes]byte
		PutRef(b[:], r)
		if got := GetRef(b[:]); got != r {
			t.Errorf("GetRef(PutRef(%#x)) = %#x", r, got)
		}
	}
}

func TestAllocSizes(t *testing.T) {
	a := newTestArena(t, 256<<20)
	sizes := []int{0, 1, 7, 8, 9, 40, 64, 127, 128, 129, 1023, 1024, 1025, 4096, 4097, 16 << 10, 16<<10 + 1,
		64 << 10, 64<<10 + 1, 1 << 20, 2 << 20, 2<<20 + 1, 33 << 20}
	var refs []Ref
	for _, n := range sizes {
		ref := a.Alloc(n, PurposeValue)
		if ref == 0 {
			t.Fatalf("Alloc(%d) = 0", n)
		}
		if c := a.Cap(ref); c < n || c > n+max(8, n/8, 4095) {
			t.Errorf("Alloc(%d) has room for %d", n, c)
		}
		if n%64 == 0 && n <= 4096 && ref%8 != 0 && n > 0 {
			t.Errorf("Alloc(%d) = %#x, not aligned to 64", n, ref)
		}
		b := a.Bytes(ref, n)
		for i := range b {
			b[i] = byte(n)
		}
		refs = append(refs, ref)
		sane(t, a)
	}
	for i, n := range sizes {
		if b := a.Bytes(refs[i], n); n > 0 && (b[0] != byte(n) || b[n-1] != byte(n) || bytes.Count(b, b[:1]) != n) {
			t.Errorf("block of %d was overwritten", n)
		}
		a.Free(refs[i], PurposeValue)
		sane(t, a)
	}
	if a.Used() != 0 {
		t.Errorf("Used() = %d after all was freed", a.Used())
	}
	drain(a)
	sane(t, a)
	if a.Committed() != 0 || a.owner.Handed() != 0 {
		t.Errorf("Committed() = %d, Handed() = %d after Trim", a.Committed(), a.owner.Handed())
	}
}

// drain runs as many passes of Trim as it takes to give everything back.
func drain(a *Arena) {
	for range 6 {
		for a.Trim(8) {
		}
	}
}

// twin holds what the arena's blocks should contain.
type twin struct {
	a      *Arena
	blocks []twinBlock
	used   int
	rnd    *rand.Rand
}

type twinBlock struct {
	ref  Ref
	n    int
	p    Purpose
	mark byte
}

func (w *twin) alloc(n int) bool {
	p := Purpose(w.rnd.IntN(int(PurposeCount)))
	ref := w.a.Alloc(n, p)
	if ref == 0 {
		return false
	}
	b := twinBlock{ref, n, p, byte(w.rnd.Uint32())}
	w.fill(b)
	w.blocks = append(w.blocks, b)
	w.used += w.a.Cap(ref)
	return true
}

// fill marks both ends of the block and some of the inside.
func (w *twin) fill(b twinBlock) {
	v := w.a.Bytes(b.ref, b.n)
	for i := 0; i < len(v); i += max(1, min(len(v)-1-i, len(v)/16)) {
		v[i] = b.mark
	}
}

func (w *twin) check(b twinBlock) error {
	v := w.a.Bytes(b.ref, b.n)
	for i := 0; i < len(v); i += max(1, min(len(v)-1-i, len(v)/16)) {
		if v[i] != b.mark {
			return fmt.Errorf("block %#x of %d: byte %d is %#x, want %#x", b.ref, b.n, i, v[i], b.mark)
		}
	}
	return nil
}

func (w *twin) free(i int) error {
	b := w.blocks[i]
	if err := w.check(b); err != nil {
		return err
	}
	w.used -= w.a.Cap(b.ref)
	w.a.Free(b.ref, b.p)
	last := len(w.blocks) - 1
	w.blocks[i] = w.blocks[last]
	w.blocks = w.blocks[:last]
	return nil
}

// size draws sizes of all kinds, mostly small.
func (w *twin) size() int {
	switch k := w.rnd.IntN(100); {
	case k < 70:
		return w.rnd.IntN(300)
	case k < 90:
		return w.rnd.IntN(5000)
	case k < 98:
		return w.rnd.IntN(40 << 10)
	default:
		return w.rnd.IntN(3 << 20)
	}
}

func TestRandomTwin(t *testing.T) {
	ops := 60_000
	if testing.Short() {
		ops = 5_000
	}
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w := &twin{a: newTestArena(t, 64<<20), rnd: rand.New(rand.NewPCG(seed, 1))}
			refused, grow := 0, 60
			for op := range ops {
				if op%5000 == 0 {
					grow = 30 + w.rnd.IntN(50) // breathe
				}
				switch k := w.rnd.IntN(100); {
				case k < grow:
					if !w.alloc(w.size()) {
						refused++
						grow = 20
					}
				case k < 99 && len(w.blocks) > 0:
					if err := w.free(w.rnd.IntN(len(w.blocks))); err != nil {
						t.Fatalf("op %d: %v", op, err)
					}
				default:
					w.a.Trim(1 + w.rnd.IntN(20))
				}
				if op%500 == 0 {
					sane(t, w.a)
				}
				if int64(w.used) != w.a.Used() {
					t.Fatalf("op %d: Used() = %d, want %d", op, w.a.Used(), w.used)
				}
			}
			for len(w.blocks) > 0 {
				if err := w.free(len(w.blocks) - 1); err != nil {
					t.Fatal(err)
				}
			}
			drain(w.a)
			sane(t, w.a)
			if w.a.Committed() != 0 || w.a.owner.Handed() != 0 {
				t.Errorf("Committed() = %d, Handed() = %d at the end", w.a.Committed(), w.a.owner.Handed())
			}
			t.Logf("%d allocations refused", refused)
		})
	}
}

func TestOutOfRange(t *testing.T) {
	a := newTestArena(t, 4<<20)
	for _, n := range []int{8 << 20, 1 << 41, 1 << 62} {
		if ref := a.Alloc(n, PurposeValue); ref != 0 {
			t.Errorf("Alloc(%d) = %#x in a range of 4 MiB", n, ref)
		}
	}
	for _, n := range []int{24, 5000, 100 << 10} {
		var refs []Ref
		for {
			ref := a.Alloc(n, PurposeEntry)
			if ref == 0 {
				break
			}
			refs = append(refs, ref)
		}
		sane(t, a)
		if got := len(refs) * a.Cap(refs[0]); got < 3<<20 || got > 4<<20 {
			t.Errorf("blocks of %d: got %d bytes out of 4 MiB", n, got)
		}
		a.Free(refs[0], PurposeEntry)
		if refs[0] = a.Alloc(n, PurposeEntry); refs[0] == 0 {
			t.Errorf("no block of %d after one was freed", n)
		}
		for _, ref := range refs {
			a.Free(ref, PurposeEntry)
		}
		drain(a)
		sane(t, a)
	}
}

func TestDispose(t *testing.T) {
	a := newTestArena(t, 64<<20)
	rnd := rand.New(rand.NewPCG(7, 7))
	w := &twin{a: a, rnd: rnd}
	for round := range 4 {
		for range 3000 {
			w.alloc(w.size())
		}
		for range 1000 {
			if err := w.free(rnd.IntN(len(w.blocks))); err != nil {
				t.Fatal(err)
			}
		}
		if round%2 == 0 {
			a.Detach()
		}
		calls := 1
		for ; a.Dispose(3); calls++ {
			if err := a.owner.Sane(); err != nil {
				t.Fatal(err)
			}
		}
		sane(t, a)
		if a.Used() != 0 || a.Committed() != 0 || a.owner.Handed() != 0 {
			t.Errorf("after Dispose: Used %d, Committed %d, Handed %d", a.Used(), a.Committed(), a.owner.Handed())
		}
		if calls < 100 {
			t.Errorf("Dispose was done in %d calls: the bound isn't kept", calls)
		}
		*w = twin{a: a, rnd: rnd}
	}
}

func TestTrimHysteresis(t *testing.T) {
	a := newTestArena(t, 64<<20)
	refs := make([]Ref, 20000)
	fill := func() {
		for i := range refs {
			refs[i] = a.Alloc(100, PurposeEntry)
		}
	}
	empty := func() {
		for _, ref := range refs {
			a.Free(ref, PurposeEntry)
		}
	}
	fill()
	full := a.Committed()
	for range 5 { // breathing: nothing is given back
		empty()
		for a.Trim(10) {
		}
		fill()
		if a.Committed() > full+pageBytes || a.Committed() < full {
			t.Errorf("Committed() = %d while breathing, want %d", a.Committed(), full)
		}
	}
	empty()
	drain(a)
	if a.Committed() != 0 {
		t.Errorf("Committed() = %d after passes without use", a.Committed())
	}
	sane(t, a)
}

func TestTrimIsBounded(t *testing.T) {
	a := newTestArena(t, 64<<20)
	ref := a.Alloc(40<<20, PurposeValue)
	a.Free(ref, PurposeValue)
	a.Trim(1)
	before := a.Committed()
	for more := true; more; {
		more = a.Trim(8)
		if after := a.Committed(); before-after > 8*pageBytes+chunkBytes {
			t.Fatalf("one Trim(8) released %d bytes", before-after)
		} else {
			before = after
		}
		sane(t, a)
	}
	if before != 0 {
		t.Errorf("%d bytes stay committed", before)
	}
}

func TestAccountsByPurpose(t *testing.T) {
	a := newTestArena(t, 64<<20)
	e := a.Alloc(40, PurposeEntry)
	x := a.Alloc(100, PurposeExpiry)
	l := a.Alloc(100_000, PurposeValue)
	for p, want := range map[Purpose]int64{PurposeEntry: 40, PurposeExpiry: 104, PurposeValue: 102400, PurposeTable: 0} {
		if got := a.UsedBy(p); got != want {
			t.Errorf("UsedBy(%v) = %d, want %d", p, got, want)
		}
	}
	a.Free(l, PurposeValue)
	a.Free(e, PurposeEntry)
	a.Free(x, PurposeExpiry)
	if a.Used() != 0 {
		t.Errorf("Used() = %d", a.Used())
	}
}

func TestLimboIsReused(t *testing.T) {
	a := newTestArena(t, 64<<20)
	for range 100 {
		a.Free(a.Alloc(10<<20, PurposeValue), PurposeValue)
	}
	if a.Committed() > 10<<20 {
		t.Errorf("Committed() = %d after one block of 10 MiB at a time", a.Committed())
	}
	sane(t, a)
}

// TestGrowingBlocksLeaveNoHoles grows blocks step by step, one after the other, as the leaves of a list do.
func TestGrowingBlocksLeaveNoHoles(t *testing.T) {
	a := newTestArena(t, 64<<20)
	for range 200 {
		last := Ref(0)
		for n := 8 << 10; n <= 64<<10; n += 9 << 10 {
			next := a.Alloc(n, PurposePacked)
			if last != 0 {
				a.Free(last, PurposePacked)
			}
			last = next
		}
	}
	if used, has := a.Used(), a.Committed(); has > used+used/10 {
		t.Errorf("Committed() = %d for %d bytes of blocks", has, used)
	}
	sane(t, a)
}

func TestNoGoAllocations(t *testing.T) {
	a := newTestArena(t, 64<<20)
	var refs [2000]Ref
	n := testing.AllocsPerRun(20, func() {
		for i := range refs {
			refs[i] = a.Alloc(i*7%3000, PurposeEntry)
			a.Bytes(refs[i], 1)
		}
		for _, ref := range refs {
			a.Free(ref, PurposeEntry)
		}
		a.Trim(10)
	})
	if n != 0 {
		t.Errorf("%v Go allocations", n)
	}
}
