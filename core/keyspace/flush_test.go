package keyspace

import (
	"fmt"
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

func TestFlushAllGivesAllBack(t *testing.T) {
	s := newSpace(t, nil)
	mem := s.Arena().Range()
	for i := range 20000 {
		must(t, s.DB(i%3).SetString(fmt.Appendf(nil, "k%d", i), make([]byte, i%2000), s.Now()+int64(i%2*1000)))
	}
	removed, old := s.FlushAll()
	if removed != 20000 || old == nil {
		t.Fatalf("FlushAll removed %d, old %v", removed, old)
	}
	if s.Arena().Used() != 0 || s.DB(0).Len() != 0 || s.DB(0).Expires() != 0 {
		t.Error("something is left")
	}
	// The space works on while the old arena is disposed of.
	steps := 0
	for old.Dispose(2) {
		must(t, s.DB(1).SetString(fmt.Appendf(nil, "n%d", steps), []byte("v"), s.Now()+1))
		steps++
	}
	if steps < 3 {
		t.Errorf("disposed of in %d steps", steps)
	}
	sane(t, s)
	if removed, old = s.FlushAll(); removed != steps {
		t.Errorf("the second FlushAll removed %d, want %d", removed, steps)
	}
	dispose(old)
	if removed, old = s.FlushAll(); removed != 0 || old != nil {
		t.Errorf("FlushAll of nothing: %d, %v", removed, old)
	}
	if n := mem.Handed(); n != 0 {
		t.Errorf("%d bytes of the range are still handed out", n)
	}
	// Memory that is merely kept for later is given back too.
	must(t, s.DB(0).SetString([]byte("k"), nil, 0))
	s.DB(0).Delete([]byte("k"))
	removed, old = s.FlushAll()
	dispose(old)
	if n := mem.Handed(); removed != 0 || n != 0 {
		t.Errorf("after a key came and went: %d removed, %d bytes handed out", removed, n)
	}
}

func TestFlushDB(t *testing.T) {
	s := newSpace(t, nil)
	if n, old := s.FlushDB(2); n != 0 || old != nil {
		t.Errorf("FlushDB of an unused database: %d, %v", n, old)
	}
	for i := range 10000 {
		must(t, s.DB(i%2).SetString(fmt.Appendf(nil, "k%d", i), make([]byte, i%2000), s.Now()+int64(i%2*1000)))
	}
	base := s.Arena().Used()
	removed, old := s.FlushDB(1)
	if removed != 5000 || old != nil || s.DB(1).Len() != 0 || s.DB(0).Len() != 5000 || s.Garbage() != 5000 {
		t.Fatalf("FlushDB removed %d, old %v, garbage %d", removed, old, s.Garbage())
	}
	must(t, s.DB(1).SetString([]byte("k1"), []byte("new"), 0))
	slices := 1
	for ; s.FreeSlice(1); slices++ {
		if s.Garbage() == 0 && slices > 100000 {
			t.Fatal("FreeSlice never ends")
		}
	}
	if slices < 10 {
		t.Errorf("all was freed in %d slices of the smallest budget", slices)
	}
	if s.Arena().Used() >= base || text(s.DB(1).Find([]byte("k1"))) != "new" {
		t.Error("nothing was freed, or too much")
	}
	sane(t, s)
	s.DB(1).Delete([]byte("k1"))
	if removed, old = s.FlushDB(0); removed != 5000 || old == nil {
		t.Errorf("FlushDB of the only database with keys: %d, %v", removed, old)
	}
	dispose(old)
	sane(t, s)
}

// TestFlushAllDropsGarbage flushes one database, then all, before the first was freed.
func TestFlushAllDropsGarbage(t *testing.T) {
	s := newSpace(t, nil)
	for i := range 1000 {
		must(t, s.DB(i%2).SetString(fmt.Appendf(nil, "k%d", i), []byte("v"), 0))
	}
	s.FlushDB(0)
	_, old := s.FlushAll()
	if s.Garbage() != 0 || s.FreeSlice(0) {
		t.Error("there is garbage in a new arena")
	}
	dispose(old)
	sane(t, s)
}

func TestSwapDB(t *testing.T) {
	s := newSpace(t, nil)
	must(t, s.DB(0).SetString([]byte("a"), []byte("0"), s.Now()+5))
	must(t, s.DB(1).SetString([]byte("b"), []byte("1"), 0))
	s.SwapDB(0, 1)
	s.SwapDB(2, 2)
	if text(s.DB(1).Peek([]byte("a"))) != "0" || text(s.DB(0).Peek([]byte("b"))) != "1" || s.DB(0).Len() != 1 {
		t.Error("the keys aren't swapped")
	}
	s.SetNow(s.Now() + 6)
	s.ExpireSlice(0)
	if s.DB(1).Len() != 0 {
		t.Error("the expiry wasn't swapped")
	}
	s.SwapDB(0, 3)
	if text(s.DB(3).Peek([]byte("b"))) != "1" {
		t.Error("a swap with an unused database lost the keys")
	}
	sane(t, s)
}

func TestScanWhileChanging(t *testing.T) {
	s := newSpace(t, nil)
	d := s.DB(0)
	const n = 3000
	for i := range n {
		must(t, d.SetString(fmt.Appendf(nil, "stay%d", i), nil, 0))
	}
	seen := map[string]bool{}
	extra := 0
	for cursor, step := uint64(0), 0; ; step++ {
		cursor = d.Scan(cursor, 10, nil, func(e Entry) { seen[string(e.Key())] = true })
		if cursor == 0 {
			break
		}
		for range 40 { // grow, then shrink, while the scan goes on
			if step < 150 {
				must(t, d.SetString(fmt.Appendf(nil, "extra%d", extra), nil, 0))
				extra++
			} else if extra > 0 {
				extra--
				d.Delete(fmt.Appendf(nil, "extra%d", extra))
			}
		}
	}
	for i := range n {
		if !seen[fmt.Sprintf("stay%d", i)] {
			t.Fatalf("stay%d was never seen", i)
		}
	}
}

func TestRandomIsFair(t *testing.T) {
	s := newSpace(t, nil)
	d := s.DB(0)
	if d.Random().Exists() {
		t.Error("a key out of an empty database")
	}
	const n, rounds = 100, 200
	for i := range n {
		must(t, d.SetString(fmt.Appendf(nil, "%d", i), nil, 0))
	}
	count := map[string]int{}
	for range n * rounds {
		count[string(d.Random().Key())]++
	}
	var low, high = rounds, rounds
	for _, c := range count {
		low, high = min(low, c), max(high, c)
	}
	if len(count) != n || low < rounds/2 || high > rounds*2 {
		t.Errorf("%d of %d keys, from %d to %d times each, want about %d", len(count), n, low, high, rounds)
	}
}

func TestMemoryUsage(t *testing.T) {
	s := newSpace(t, nil)
	d := s.DB(0)
	for i := range 1000 {
		must(t, d.SetString(fmt.Appendf(nil, "key:%012d", i), []byte("value-of-16-byte"), 0))
	}
	if n := d.MemoryUsage(d.Peek([]byte("key:000000000007")), 0); n < 45 || n > 60 {
		t.Errorf("a small key takes %d bytes", n)
	}
	must(t, d.SetString([]byte("big"), make([]byte, 100_000), s.Now()+1000))
	if n := d.MemoryUsage(d.Peek([]byte("big")), 0); n < 100_000 || n > 110_000 {
		t.Errorf("a big key takes %d bytes", n)
	}
}

func TestTransferKeepsWhatBelongs(t *testing.T) {
	s, o := newSpace(t, nil), newSpace(t, nil)
	for _, to := range []*Space{s, o} {
		for _, size := range []int{3, 300, 30000} {
			d := s.DB(0)
			k := []byte("k")
			must(t, d.Set(k, object.Raw(make([]byte, size)), s.Now()+77))
			must(t, to.DB(1).SetString([]byte("dst"), []byte("old"), to.Now()+5))
			must(t, d.Copy(d.Peek(k), to.DB(1), []byte("dst")))
			e := to.DB(1).Peek([]byte("dst"))
			if e.Len() != size || e.ExpireAt() != s.Now()+77 || e.Encoding() != object.EncRaw || to.DB(1).Expires() != 1 {
				t.Errorf("copied: %d bytes, expires at %d, %v", e.Len(), e.ExpireAt(), e.Encoding())
			}
			b, err := d.Edit(d.Peek(k), 1)
			must(t, err)
			b[0] = 'x'
			if to.DB(1).Peek([]byte("dst")).Bytes()[0] == 'x' {
				t.Error("the copy shares its bytes with the original")
			}
			must(t, d.Rename(d.Peek(k), to.DB(1), []byte("dst")))
			if e := to.DB(1).Peek([]byte("dst")); d.Len() != 0 || e.Len() != size || e.Bytes()[0] != 'x' {
				t.Error("not moved")
			}
			sane(t, s)
			sane(t, o)
			to.DB(1).Delete([]byte("dst"))
			if s.Arena().Used() != 0 || o.Arena().Used() != 0 {
				t.Errorf("%d and %d bytes leaked", s.Arena().Used(), o.Arena().Used())
			}
		}
	}
}

func TestEncodings(t *testing.T) {
	s := newSpace(t, nil)
	d := s.DB(0)
	k := []byte("k")
	check := func(what, wantText string, want object.Encoding) {
		t.Helper()
		if e := d.Peek(k); e.Encoding() != want || text(e) != wantText {
			t.Errorf("%s: %v %.50q, want %v %.50q", what, e.Encoding(), text(e), want, wantText)
		}
	}
	must(t, d.SetString(k, []byte("12"), 0))
	check("set 12", "12", object.EncInt)
	_, err := d.Append(d.Peek(k), []byte("3"))
	must(t, err)
	check("append 3", "123", object.EncRaw)
	must(t, d.Set(k, object.Text([]byte("3")), 0))
	check("incrbyfloat", "3", object.EncEmbstr)
	_, err = d.SetRange(d.Peek(k), 3, []byte("x"))
	must(t, err)
	check("setrange", "3\x00\x00x", object.EncRaw)
	must(t, d.SetString(k, []byte("012"), 0))
	check("set 012", "012", object.EncEmbstr)
}

func TestNoAllocations(t *testing.T) {
	s := newSpace(t, nil)
	d := s.DB(0)
	var keys [64][]byte
	for i := range keys {
		keys[i] = fmt.Appendf(nil, "key:%012d", i)
		must(t, d.SetString(keys[i], []byte("value-of-16-byte"), 0))
	}
	must(t, d.SetInt([]byte("n"), 1, 0))
	n, value, long := []byte("n"), []byte("value-of-16-bytX"), make([]byte, 200)
	var at int64
	i := 0
	for _, tt := range []struct {
		name string
		do   func()
	}{
		{"get", func() { d.Find(keys[i%64]).Bytes() }},
		{"get a missing key", func() { d.Find(long) }},
		{"set over", func() { must(t, d.SetString(keys[i%64], value, 0)) }},
		{"set with TTL", func() { at++; must(t, d.SetString(keys[i%64], value, s.Now()+at)) }},
		{"set to another size", func() { must(t, d.SetString(keys[0], long[:i%2*100+10], 0)) }},
		{"set and delete", func() { must(t, d.SetString(long, value, s.Now()+at)); d.Delete(long) }},
		{"incr", func() { d.Update(d.FindWrite(n), object.Int(int64(i))) }},
		{"expire", func() { at++; d.SetExpiry(d.FindWrite(keys[1]), s.Now()+at) }},
		{"persist", func() { d.SetExpiry(d.FindWrite(keys[1]), NoTTL) }},
		{"rename", func() { d.Rename(d.Peek(keys[2]), d, long); d.Rename(d.Peek(long), d, keys[2]) }},
		{"random", func() { d.Random() }},
		{"expire by slice", func() {
			must(t, d.SetString(long, value, s.Now()+1))
			s.SetNow(s.Now() + 2)
			s.ExpireSlice(0)
		}},
	} {
		if n := testing.AllocsPerRun(200, func() { i++; tt.do() }); n != 0 {
			t.Errorf("%s: %v allocations", tt.name, n)
		}
	}
	visit := func(Entry) {}
	if n := testing.AllocsPerRun(200, func() { d.Scan(0, 10, nil, visit) }); n != 0 {
		t.Errorf("scan: %v allocations", n)
	}
}
