package tree

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

func newTestArena(t testing.TB, maxBytes int64) *arena.Arena {
	t.Helper()
	r, err := arena.NewRange(maxBytes)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return arena.New(r)
}

// backwards orders refs by falling last digit, then falling number.
func backwards(x, y arena.Ref) int {
	if d := int(y%10) - int(x%10); d != 0 {
		return d
	}
	return int(y) - int(x)
}

// twin is a tree beside the sorted slice that it should equal.
type twin struct {
	t     *testing.T
	a     *arena.Arena
	tree  Tree
	items []Item
	cmp   Compare
	rnd   *rand.Rand
}

func (w *twin) order(x, y Item) int {
	switch {
	case x.Key != y.Key && x.Key < y.Key:
		return -1
	case x.Key != y.Key:
		return 1
	case x.Ref == y.Ref:
		return 0
	case w.cmp != nil:
		return w.cmp(x.Ref, y.Ref)
	}
	return int(x.Ref) - int(y.Ref)
}

func (w *twin) find(it Item) (int, bool) { return slices.BinarySearchFunc(w.items, it, w.order) }

func (w *twin) insert(it Item) {
	i, found := w.find(it)
	if found {
		return
	}
	if !w.tree.Insert(w.a, it.Key, it.Ref, w.cmp) {
		w.t.Fatalf("Insert(%v) failed", it)
	}
	w.items = slices.Insert(w.items, i, it)
}

func (w *twin) delete(it Item) {
	i, found := w.find(it)
	if got := w.tree.Delete(w.a, it.Key, it.Ref, w.cmp); got != found {
		w.t.Fatalf("Delete(%v) = %v, want %v", it, got, found)
	}
	if found {
		w.items = slices.Delete(w.items, i, i+1)
	}
}

func (w *twin) replace(it Item, fresh arena.Ref) {
	i, found := w.find(it)
	if _, taken := w.find(Item{it.Key, fresh}); taken || !found {
		return
	}
	if w.cmp != nil {
		fresh = it.Ref // whatever moves keeps its order: only the same number does here
	}
	if !w.tree.Replace(w.a, it.Key, it.Ref, fresh, w.cmp) {
		w.t.Fatalf("Replace(%v, %d) failed", it, fresh)
	}
	w.items = slices.Delete(w.items, i, i+1)
	i, _ = w.find(Item{it.Key, fresh})
	w.items = slices.Insert(w.items, i, Item{it.Key, fresh})
}

func (w *twin) rekey(it Item, key uint64) {
	i, found := w.find(it)
	if _, taken := w.find(Item{key, it.Ref}); taken {
		return
	}
	if got := w.tree.Rekey(w.a, it.Key, key, it.Ref, w.cmp); got != found {
		w.t.Fatalf("Rekey(%v, %d) = %v, want %v", it, key, got, found)
	}
	if found {
		w.items = slices.Delete(w.items, i, i+1)
		i, _ = w.find(Item{key, it.Ref})
		w.items = slices.Insert(w.items, i, Item{key, it.Ref})
	}
}

func (w *twin) deleteRange(rank, count int) {
	var got []Item
	w.tree.DeleteRange(w.a, rank, count, func(it Item) { got = append(got, it) })
	end := min(rank+count, len(w.items))
	rank = min(rank, end)
	if !slices.Equal(got, w.items[rank:end]) {
		w.t.Fatalf("DeleteRange(%d, %d) gave %v, want %v", rank, count, got, w.items[rank:end])
	}
	w.items = slices.Delete(w.items, rank, end)
}

func (w *twin) pop(first bool) {
	i, pop := 0, w.tree.PopFirst
	if !first {
		i, pop = len(w.items)-1, w.tree.PopLast
	}
	it, ok := pop(w.a)
	if ok != (len(w.items) > 0) || ok && it != w.items[i] {
		w.t.Fatalf("pop = %v, %v of %d items", it, ok, len(w.items))
	}
	if ok {
		w.items = slices.Delete(w.items, i, i+1)
	}
}

// look compares what reading methods say about one item, there or not.
func (w *twin) look(it Item) {
	i, found := w.find(it)
	if n, ok := w.tree.Rank(w.a, it.Key, it.Ref, w.cmp); n != i || ok != found {
		w.t.Fatalf("Rank(%v) = %d, %v, want %d, %v", it, n, ok, i, found)
	}
	w.at("Seek", w.tree.Seek(w.a, it.Key, it.Ref, w.cmp), i)
	w.at("At", w.tree.At(w.a, i), i)
	match := func(r arena.Ref) int { return w.order(Item{it.Key, r}, it) }
	w.at("SeekFunc", w.tree.SeekFunc(w.a, it.Key, match), i)
	if n := w.tree.RankFunc(w.a, it.Key, match); n != i {
		w.t.Fatalf("RankFunc(%v) = %d, want %d", it, n, i)
	}
	i, _ = slices.BinarySearchFunc(w.items, it.Key, func(x Item, key uint64) int {
		if x.Key < key {
			return -1
		}
		return 1
	})
	w.at("SeekKey", w.tree.SeekKey(w.a, it.Key), i)
	if n := w.tree.RankKey(w.a, it.Key); n != i {
		w.t.Fatalf("RankKey(%d) = %d, want %d", it.Key, n, i)
	}
}

// at checks that a cursor stands at item i, and its neighbours.
func (w *twin) at(what string, c Cursor, i int) {
	if i == len(w.items) {
		if c.Valid() {
			w.t.Fatalf("%s: at %v, want the end", what, c.Item())
		}
		return
	}
	back := c
	for k := i; k < min(i+3, len(w.items)); k++ {
		if !c.Valid() || c.Item() != w.items[k] {
			w.t.Fatalf("%s: not at %v", what, w.items[k])
		}
		c.Next(w.a)
	}
	for k := i; k >= max(i-3, 0); k-- {
		if !back.Valid() || back.Item() != w.items[k] {
			w.t.Fatalf("%s: backwards not at %v", what, w.items[k])
		}
		back.Prev(w.a)
	}
}

func (w *twin) sane() {
	w.t.Helper()
	if err := w.tree.Sane(w.a, w.cmp); err != nil {
		w.t.Fatal(err)
	}
	if w.tree.Len() != len(w.items) {
		w.t.Fatalf("Len() = %d, want %d", w.tree.Len(), len(w.items))
	}
	if got, want := int64(w.tree.Bytes(w.a)), w.a.Used(); got != want {
		w.t.Fatalf("Bytes() = %d, the arena has %d", got, want)
	}
	i := 0
	for c := w.tree.Begin(w.a); c.Valid(); c.Next(w.a) {
		if i >= len(w.items) || c.Item() != w.items[i] {
			w.t.Fatalf("item %d is %v", i, c.Item())
		}
		i++
	}
	for c := w.tree.End(w.a); c.Valid(); c.Prev(w.a) {
		i--
		if i < 0 || c.Item() != w.items[i] {
			w.t.Fatalf("item %d is %v", i, c.Item())
		}
	}
	if i != 0 {
		w.t.Fatalf("a walk misses %d items", i)
	}
}

func TestRandomTwin(t *testing.T) {
	tests := []struct {
		name string
		keys uint64
		refs int64
		cmp  Compare
	}{
		{"wide keys", 1 << 60, 1 << 39, nil},
		{"some ties", 2000, 1000, nil},
		{"one key", 1, 20000, nil},
		{"some ties, own order", 300, 1000, backwards},
		{"one key, own order", 1, 20000, backwards},
	}
	ops := 40_000
	if testing.Short() {
		ops = 3_000
	}
	for _, tt := range tests {
		for seed := range uint64(2) {
			t.Run(fmt.Sprintf("%s/seed %d", tt.name, seed), func(t *testing.T) {
				w := &twin{t: t, a: newTestArena(t, 64<<20), tree: New(arena.PurposeTree), cmp: tt.cmp,
					rnd: rand.New(rand.NewPCG(seed, 9))}
				w.run(ops, tt.keys, tt.refs)
			})
		}
	}
}

func (w *twin) run(ops int, keys uint64, refs int64) {
	item := func() Item { return Item{w.rnd.Uint64N(keys), arena.Ref(1 + w.rnd.Int64N(refs))} }
	some := func() Item {
		if len(w.items) == 0 {
			return item()
		}
		return w.items[w.rnd.IntN(len(w.items))]
	}
	grow := 60
	for op := range ops {
		if op%4000 == 0 {
			grow = 20 + w.rnd.IntN(60)
		}
		switch k := w.rnd.IntN(100); {
		case k < grow:
			w.insert(item())
		case k < 90:
			w.delete(some())
		case k == 90:
			w.delete(item())
		case k < 93:
			w.replace(some(), item().Ref)
		case k < 95:
			w.pop(w.rnd.IntN(2) == 0)
		case k < 97:
			w.rekey(some(), item().Key)
		case k == 97 && w.rnd.IntN(20) == 0:
			w.deleteRange(w.rnd.IntN(len(w.items)+1), w.rnd.IntN(1+len(w.items)/2))
		default:
			w.look(item())
			w.look(some())
		}
		if op%997 == 0 || len(w.items) < 20 && op%7 == 0 {
			w.sane()
		}
	}
	w.sane()
	for len(w.items) > 0 {
		w.delete(some())
	}
	w.sane()
	if used := w.a.Used(); used != 0 {
		w.t.Errorf("%d bytes in use by an empty tree", used)
	}
}

func TestSequences(t *testing.T) {
	const count = 100_000
	tests := []struct {
		name string
		key  func(i int) uint64
		most float64 // bytes an item
	}{
		{"rising", func(i int) uint64 { return uint64(i) }, 14},
		{"falling", func(i int) uint64 { return uint64(count - i) }, 14},
		{"random", func(i int) uint64 { return uint64(i*7919) % count * 3 }, 17.5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newTestArena(t, 64<<20)
			tr := New(arena.PurposeExpiry)
			for i := range count {
				if !tr.Insert(a, tt.key(i), arena.Ref(i+1), nil) {
					t.Fatal("no room")
				}
			}
			if err := tr.Sane(a, nil); err != nil {
				t.Fatal(err)
			}
			per := float64(a.UsedBy(arena.PurposeExpiry)) / count
			t.Logf("%.2f bytes an item, height %d", per, tr.height)
			if per > tt.most {
				t.Errorf("%.2f bytes an item, want %.1f at most", per, tt.most)
			}
			last := uint64(0)
			for i := range count {
				it, ok := tr.PopFirst(a)
				if !ok || it.Key < last {
					t.Fatalf("pop %d: %v, %v after %d", i, it, ok, last)
				}
				last = it.Key
				if i%9973 == 0 {
					if err := tr.Sane(a, nil); err != nil {
						t.Fatal(err)
					}
				}
			}
			if a.Used() != 0 {
				t.Errorf("%d bytes in use by an empty tree", a.Used())
			}
		})
	}
}

func TestSmallTreesAreSmall(t *testing.T) {
	a := newTestArena(t, 16<<20)
	tr := New(arena.PurposeExpiry)
	for i, want := range map[int]int{1: 56, 3: 56, 4: 112, 9: 224} {
		tr.Free(a, 100, nil)
		for k := range i {
			tr.Insert(a, uint64(k), 1, nil)
		}
		if got := tr.Bytes(a); got != want {
			t.Errorf("%d items cost %d bytes, want %d", i, got, want)
		}
	}
}

func TestOutOfMemory(t *testing.T) {
	a := newTestArena(t, 2<<20)
	tr := New(arena.PurposeTree)
	rnd := rand.New(rand.NewPCG(1, 1))
	for refused := 0; refused < 200; {
		before := tr
		used := a.Used()
		if tr.Insert(a, rnd.Uint64(), 1, nil) {
			continue
		}
		refused++
		if tr != before || a.Used() != used {
			t.Fatal("a refused insert changed the tree")
		}
	}
	if err := tr.Sane(a, nil); err != nil {
		t.Fatal(err)
	}
	if tr.Len() < 90_000 {
		t.Errorf("2 MiB hold %d items", tr.Len())
	}
}

func TestFreeInSlices(t *testing.T) {
	a := newTestArena(t, 16<<20)
	tr := New(arena.PurposeTree)
	for i := range 10_000 {
		tr.Insert(a, uint64(i), arena.Ref(i+1), nil)
	}
	calls, seen := 1, 0
	each := func(it Item) {
		if it.Ref != arena.Ref(seen+1) {
			t.Fatalf("item %d is %v", seen, it)
		}
		seen++
	}
	for ; tr.Free(a, 100, each); calls++ {
		if err := tr.Sane(a, nil); err != nil {
			t.Fatal(err)
		}
	}
	if seen != 10_000 || calls < 50 || a.Used() != 0 {
		t.Errorf("%d items in %d calls, %d bytes left", seen, calls, a.Used())
	}
}

func TestNoGoAllocations(t *testing.T) {
	a := newTestArena(t, 64<<20)
	tr := New(arena.PurposeTree)
	key := uint64(1)
	for range 10_000 {
		key = key*6364136223846793005 + 1
		tr.Insert(a, key, 1, backwards)
	}
	n := testing.AllocsPerRun(1000, func() {
		key = key*6364136223846793005 + 1
		tr.Insert(a, key, 1, backwards)
		tr.Rank(a, key, 1, backwards)
		c := tr.Seek(a, key, 1, backwards)
		c.Next(a)
		tr.PopFirst(a)
		tr.Delete(a, key, 1, backwards)
		tr.SeekKey(a, key)
	})
	if n != 0 {
		t.Errorf("%v Go allocations", n)
	}
}
