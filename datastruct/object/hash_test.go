package object

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unsafe"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

func TestHashHeads(t *testing.T) {
	if n := unsafe.Sizeof(hashRoot{}); n != hashRootBytes {
		t.Errorf("hashRoot has %d bytes, hashRootBytes is %d", n, hashRootBytes)
	}
	if n := unsafe.Sizeof(timedFields{}); n != timedFieldsBytes {
		t.Errorf("timedFields has %d bytes, timedFieldsBytes is %d", n, timedFieldsBytes)
	}
}

// hashField is what the twin of a hash knows of a field.
type hashField struct {
	value    string
	expireAt int64
}

// hashWorld is a hash beside its naive twin, a map.
type hashWorld struct {
	tb    testing.TB
	seed  uint64
	step  int
	rand  *rand.Rand
	arena *arena.Arena
	env   *Env
	entry Entry
	now   int64
	twin  map[string]hashField
}

// sizedArena returns an empty arena on a range of its own.
func sizedArena(tb testing.TB, bytes int64) *arena.Arena {
	r, err := arena.NewRange(bytes)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(r.Close)
	return arena.New(r)
}

func newHashWorld(tb testing.TB, seed uint64, bytes int64, entries, value int64) *hashWorld {
	x := &hashWorld{
		tb: tb, seed: seed, rand: rand.New(rand.NewPCG(seed, 1)), arena: sizedArena(tb, bytes),
		env: NewEnv(seed), now: 1000, twin: map[string]hashField{},
	}
	x.env.Limits.HashEntries.Store(entries)
	x.env.Limits.HashValue.Store(value)
	x.create()
	return x
}

func (x *hashWorld) create() {
	x.entry = NewCollection(x.arena, []byte("key"), TypeHash, EncListpack, 0, 0)
	if !x.entry.Exists() {
		x.fatalf("no memory for the entry")
	}
}

func (x *hashWorld) fatalf(format string, args ...any) {
	x.tb.Helper()
	x.tb.Fatalf("seed %d, step %d: %s", x.seed, x.step, fmt.Sprintf(format, args...))
}

func (x *hashWorld) hash() Hash { return x.entry.AsHash(x.env, x.now) }

// field draws a field: often one of few, numbers and texts, seldom a long one.
func (x *hashWorld) field() string {
	switch n := x.rand.IntN(40); n {
	case 0:
		return ""
	case 1:
		return strings.Repeat("f", 20+x.rand.IntN(200))
	default:
		if n < 20 {
			return fmt.Sprint(x.rand.IntN(200) - 50)
		}
		return fmt.Sprintf("field:%d", x.rand.IntN(400))
	}
}

func (x *hashWorld) value() string {
	switch x.rand.IntN(12) {
	case 0:
		return ""
	case 1:
		return strings.Repeat("v", x.rand.IntN(200))
	case 2:
		return strings.Repeat("w", MaxInline-3+x.rand.IntN(6))
	case 3:
		return strings.Repeat("x", x.rand.IntN(5000))
	case 4:
		return fmt.Sprint(int64(x.rand.Uint64()))
	}
	return fmt.Sprintf("value %d", x.rand.IntN(1e6))
}

func (x *hashWorld) visible(f string) (hashField, bool) {
	t, ok := x.twin[f]
	return t, ok && (t.expireAt == 0 || t.expireAt >= x.now)
}

func (x *hashWorld) do() {
	x.step++
	h, f := x.hash(), x.field()
	switch x.rand.IntN(16) {
	case 0, 1, 2, 3, 4:
		x.set(h, f, x.value(), 0)
	case 5:
		if x.rand.IntN(10) == 0 || h.HasFieldExpiry() {
			x.set(h, f, x.value(), x.instant())
		}
	case 6:
		x.set(h, f, x.value(), KeepExpiry)
	case 7, 8, 9:
		_, want := x.visible(f)
		if got := h.Delete([]byte(f)); got != want {
			x.fatalf("Delete(%q) = %v, want %v", f, got, want)
		}
		if want {
			delete(x.twin, f)
		}
	case 10, 11:
		x.expire(h, f)
	case 12:
		x.now += int64(x.rand.IntN(20))
	case 13:
		x.take(h)
	case 14:
		x.copy()
	case 15:
		x.random(h)
	}
}

// instant draws an expiry soon after now.
func (x *hashWorld) instant() int64 { return x.now + int64(x.rand.IntN(200)) }

func (x *hashWorld) set(h Hash, f, v string, at int64) {
	if at > 0 && !h.Track() {
		x.fatalf("Track: out of memory")
	}
	want := Added
	if old, ok := x.twin[f]; ok {
		if want = Changed; old.expireAt != 0 && old.expireAt < x.now {
			want, old.expireAt = Revived, 0
		}
		if at == KeepExpiry {
			at = old.expireAt
		}
	}
	if got := h.Set([]byte(f), []byte(v), at); got != want {
		x.fatalf("Set(%q, %d bytes, %d) = %v, want %v", f, len(v), at, got, want)
	}
	x.twin[f] = hashField{v, max(at, 0)}
}

func (x *hashWorld) expire(h Hash, f string) {
	was, ok := h.Expiry([]byte(f))
	want, found := x.visible(f)
	if ok != found || ok && was != want.expireAt {
		x.fatalf("Expiry(%q) = %d, %v; want %+v, %v", f, was, ok, want, found)
	}
	if !ok {
		return
	}
	at := int64(0)
	if x.rand.IntN(3) > 0 && (h.HasFieldExpiry() || x.rand.IntN(30) == 0) {
		if at = x.instant(); !h.Track() {
			x.fatalf("Track: out of memory")
		}
	}
	if !h.SetExpiry([]byte(f), at) {
		x.fatalf("SetExpiry: out of memory")
	}
	want.expireAt = at
	x.twin[f] = want
}

func (x *hashWorld) take(h Hash) {
	due := 0
	for _, t := range x.twin {
		if t.expireAt != 0 && t.expireAt < x.now {
			due++
		}
	}
	if n := h.Expired(); n != due {
		x.fatalf("Expired is %d, want %d", n, due)
	}
	limit := 1 + x.rand.IntN(10)
	if n := h.TakeExpired(limit); n != min(limit, due) {
		x.fatalf("TakeExpired(%d) = %d, want %d", limit, n, min(limit, due))
	}
	if due > limit {
		for h.TakeExpired(limit) > 0 {
			continue
		}
	}
	for f, t := range x.twin {
		if t.expireAt != 0 && t.expireAt < x.now {
			delete(x.twin, f)
		}
	}
	if h.HasFieldExpiry() && h.FirstExpiry() == 0 {
		h.Untrack()
	}
}

// copy goes on with a copy of the hash, in turn with the entry as it is.
func (x *hashWorld) copy() {
	if x.entry.Root() == 0 {
		return
	}
	n := x.entry.Copied(x.arena, []byte("another"), 0, x.env)
	if !n.Exists() {
		x.fatalf("Copied: out of memory")
	}
	x.entry.Free()
	x.entry = n
}

func (x *hashWorld) random(h Hash) {
	live := h.Live()
	if f, v, ok := h.Random(x.rand.Uint64); ok != (live > 0) {
		x.fatalf("Random says %v of %d fields", ok, live)
	} else if ok {
		x.sees(f, v)
	}
	count, seen := x.rand.IntN(live+3), map[string]bool{}
	h.Sample(count, x.rand.Uint64, func(f, v packed.Value) {
		x.sees(f, v)
		seen[string(f.AppendTo(nil))] = true
	})
	if len(seen) != min(count, live) {
		x.fatalf("Sample(%d) of %d shows %d", count, live, len(seen))
	}
}

// sees checks a field that was shown.
func (x *hashWorld) sees(f, v packed.Value) {
	field := string(f.AppendTo(nil))
	if t, ok := x.visible(field); !ok || t.value != string(v.AppendTo(nil)) {
		x.fatalf("field %q is shown with %q; the twin has %+v, %v", field, v.AppendTo(nil), t, ok)
	}
}

func (x *hashWorld) check() {
	h := x.hash()
	if h.Len() != len(x.twin) {
		x.fatalf("Len is %d, want %d", h.Len(), len(x.twin))
	}
	f := x.field()
	t, want := x.visible(f)
	if v, ok := h.Get([]byte(f)); ok != want || ok && string(v.AppendTo(nil)) != t.value {
		x.fatalf("Get(%q) = %q, %v; want %q, %v", f, v.AppendTo(nil), ok, t.value, want)
	}
	if h.Root() == 0 {
		return
	}
	if x.step%16 == 0 || len(x.twin) < 20 {
		x.checkWhole(h)
	}
	if len(x.twin) > 0 {
		if err := x.entry.Sane(x.env); err != nil {
			x.fatalf("%v", err)
		}
	}
}

func (x *hashWorld) checkWhole(h Hash) {
	seen := 0
	h.Each(func(f, v packed.Value) {
		x.sees(f, v)
		seen++
	})
	visible := 0
	for f := range x.twin {
		if _, ok := x.visible(f); ok {
			visible++
		}
	}
	if seen != visible || h.Live() != visible {
		x.fatalf("Each shows %d fields, Live is %d, want %d", seen, h.Live(), visible)
	}
	if used := int64(x.entry.Size()); used != x.arena.Used() {
		x.fatalf("the entry counts %d bytes, the arena %d", used, x.arena.Used())
	}
}

func TestHashTwin(t *testing.T) {
	steps := 6000
	if testing.Short() {
		steps = 2000
	}
	for _, c := range []struct{ entries, value int64 }{{0, 64}, {1, 0}, {16, 10}, {64, 64}, {1 << 40, 1 << 40}} {
		t.Run(fmt.Sprintf("%d/%d", c.entries, c.value), func(t *testing.T) {
			x := newHashWorld(t, uint64(c.entries+7), 256<<20, c.entries, c.value)
			for range steps {
				x.do()
				x.check()
			}
			if x.entry.Free(); x.arena.Used() != 0 {
				t.Fatalf("%d bytes are left", x.arena.Used())
			}
		})
	}
}

func TestHashEncodings(t *testing.T) {
	for _, c := range []struct {
		name           string
		entries, value int64
		do             func(h Hash)
		want           Encoding
	}{
		{"at the limits", 3, 4, func(h Hash) { h.Set([]byte("a"), []byte("1234"), 0); h.Set([]byte("abcd"), nil, 0) }, EncListpack},
		{"one field more", 1, 4, func(h Hash) { h.Set([]byte("a"), nil, 0); h.Set([]byte("b"), nil, 0) }, EncHashtable},
		{"no fields", 0, 4, func(h Hash) { h.Set([]byte("a"), nil, 0) }, EncHashtable},
		{"a long field", 9, 4, func(h Hash) { h.Set([]byte("abcde"), nil, 0) }, EncHashtable},
		{"a long value", 9, 4, func(h Hash) { h.Set(nil, []byte("abcde"), 0) }, EncHashtable},
		{"a long value to come", 9, 4, func(h Hash) { h.Fit([][]byte{nil, []byte("abcde")}) }, EncHashtable},
		{"many fields to come", 1, 4, func(h Hash) { h.Fit([][]byte{nil, nil, nil, nil}) }, EncHashtable},
		{"it doesn't turn back", 1, 4, func(h Hash) { h.Set([]byte("abcde"), nil, 0); h.Set(nil, nil, 0); h.Delete([]byte("abcde")) }, EncHashtable},
		{"an expiry", 9, 4, func(h Hash) { h.Set(nil, nil, 0); h.Track(); h.SetExpiry(nil, 5) }, EncHashtable},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := newHashWorld(t, 1, 16<<20, c.entries, c.value)
			c.do(x.hash())
			if got := x.entry.Encoding(); got != c.want {
				t.Errorf("encoding %v, want %v", got, c.want)
			}
		})
	}
}

// TestHashOutOfMemory fills the arena and checks that what fails changes nothing.
func TestHashOutOfMemory(t *testing.T) {
	for seed := range uint64(4) {
		x := newHashWorld(t, seed, 8<<20, int64(seed)*300, 1<<30)
		h, failed := x.hash(), 0
		for i := 0; failed < 50; i++ {
			f, v := fmt.Sprint("field", i), strings.Repeat("v", x.rand.IntN(9000))
			if i%3 == 2 {
				f = fmt.Sprint("field", x.rand.IntN(i))
			}
			at := int64(0)
			if seed > 1 && i%2 == 0 && i > 400 && h.Track() {
				at = x.instant()
			}
			if h.Set([]byte(f), []byte(v), at) == Failed {
				failed++
			} else {
				x.twin[f] = hashField{v, at}
			}
			x.step++
			if h.Len() != len(x.twin) {
				x.fatalf("%d fields, want %d", h.Len(), len(x.twin))
			}
		}
		if err := x.entry.Sane(x.env); err != nil {
			x.fatalf("%v", err)
		}
		x.checkWhole(h)
		if n := x.entry.Copied(x.arena, []byte("copy"), 0, x.env); n.Exists() {
			x.fatalf("a copy found room")
		}
		x.checkWhole(h)
		for f, want := range x.twin {
			if !h.SetExpiry([]byte(f), 0) && want.expireAt == 0 {
				x.fatalf("no memory to take no expiry away")
			}
		}
	}
}

// TestHashFreeInSlices checks that freeing goes in steps and leaves nothing.
func TestHashFreeInSlices(t *testing.T) {
	x := newHashWorld(t, 1, 64<<20, 16, 64)
	h := x.hash()
	h.Track()
	for i := range 5000 {
		x.set(h, fmt.Sprint(i), x.value(), int64(i%2)*5000)
	}
	r, ok := x.entry.Remains(64)
	if !ok {
		t.Fatal("nothing remains")
	}
	x.entry.Drop()
	steps, before := 1, x.arena.Used()
	for r.Free(x.arena, 100) {
		steps++
		if now := x.arena.Used(); before-now > 400*6000 {
			t.Fatalf("a step freed %d bytes", before-now)
		} else {
			before = now
		}
	}
	if x.arena.Used() != 0 || steps < 20 {
		t.Fatalf("%d bytes are left after %d steps", x.arena.Used(), steps)
	}
}

// TestHashScan checks that a scan shows what is there all the while, as the hash grows and shrinks.
func TestHashScan(t *testing.T) {
	for seed := range uint64(8) {
		x := newHashWorld(t, seed, 64<<20, 0, 64)
		h := x.hash()
		for i := range 2000 {
			x.set(h, fmt.Sprint("stays", i), "v", 0)
		}
		seen, extra := map[string]int{}, 0
		for cursor, first := uint64(0), true; cursor != 0 || first; first = false {
			cursor = h.Scan(cursor, func(f, _ packed.Value) { seen[string(f.Bytes)]++ })
			for range x.rand.IntN(60) {
				if seed%2 == 0 {
					x.set(h, fmt.Sprint("extra", extra), "v", 0)
					extra++
				}
			}
			if seed%2 == 1 { // shrink what is about to be seen and what was
				for f := range x.twin {
					if strings.HasSuffix(f, "7") || seen[f] == 0 {
						continue
					}
					h.Delete([]byte(f))
					delete(x.twin, f)
					break
				}
			}
		}
		for i := range 2000 {
			if f := fmt.Sprint("stays", i); seen[f] != 1 {
				x.fatalf("%s was seen %d times", f, seen[f])
			}
		}
	}
}

// TestHashRandomIsFair draws often and compares with what chance allows.
func TestHashRandomIsFair(t *testing.T) {
	for _, entries := range []int64{0, 100} {
		const fields, draws = 20, 20000
		x := newHashWorld(t, 3, 16<<20, entries, 64)
		h := x.hash()
		for i := range fields {
			x.set(h, fmt.Sprint(i), "v", 0)
		}
		single, sampled := map[string]int{}, map[string]int{}
		for range draws {
			f, _, _ := h.Random(x.rand.Uint64)
			single[string(f.AppendTo(nil))]++
			h.Sample(1+x.rand.IntN(3), x.rand.Uint64, func(f, _ packed.Value) { sampled[string(f.AppendTo(nil))]++ })
		}
		for i := range fields {
			f := fmt.Sprint(i)
			if n := single[f]; n < draws/fields*8/10 || n > draws/fields*12/10 {
				t.Errorf("limit %d: field %s was drawn %d times", entries, f, n)
			}
			if n := sampled[f]; n < 2*draws/fields*8/10 || n > 2*draws/fields*12/10 {
				t.Errorf("limit %d: field %s was sampled %d times", entries, f, n)
			}
		}
	}
}

func TestHashNoGoAllocations(t *testing.T) {
	for _, entries := range []int64{0, 512} {
		x := newHashWorld(t, 1, 64<<20, entries, 64)
		h, field, value := x.hash(), []byte("field:00"), []byte("value 0")
		for i := range 100 {
			x.set(h, fmt.Sprint("other", i), "v", 0)
		}
		i := 0
		n := testing.AllocsPerRun(2000, func() {
			i++
			field[7], field[6] = byte('0'+i%10), byte('0'+i/10%10)
			h.Set(field, value, 0)
			if v, ok := h.Get(field); !ok || !bytes.Equal(v.Bytes, value) {
				t.Fatal("the value isn't there")
			}
			if i%3 == 0 {
				h.Delete(field)
			}
		})
		if n != 0 {
			t.Errorf("limit %d: %v allocations a round", entries, n)
		}
	}
}

// TestHashIsSmall checks the bytes that a field takes.
func TestHashIsSmall(t *testing.T) {
	x := newHashWorld(t, 1, 256<<20, 512, 64)
	h := x.hash()
	const fields = 200_000
	for i := range fields {
		h.Set(fmt.Appendf(nil, "field:%010d", i), fmt.Appendf(nil, "value:%010d", i), 0)
	}
	if n := float64(x.arena.Used()) / fields; n > 52 {
		t.Errorf("%.1f bytes a field of 16 bytes with a value of 16", n)
	}
	x = newHashWorld(t, 1, 16<<20, 512, 64)
	for i := range 5 {
		x.set(x.hash(), fmt.Sprint("field", i), fmt.Sprint("value", i), 0)
	}
	if n := x.arena.Used(); n > 110 {
		t.Errorf("%d bytes for five short fields", n)
	}
}
