package object

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

func TestIntset(t *testing.T) {
	s := intset(make([]byte, 4096))
	s.setHead(0, 2)
	want := []int64{}
	for _, n := range []int64{5, -3, 5, 0, math.MaxInt16, math.MinInt16, 7} {
		if i, ok := s.find(n); !ok {
			s.insert(i, n)
			want = append(want, n)
		}
	}
	wide := intset(make([]byte, 4096))
	s.copyTo(wide, 4)
	i, _ := wide.find(math.MaxInt16 + 1)
	wide.insert(i, math.MaxInt16+1)
	widest := intset(make([]byte, 4096))
	wide.copyTo(widest, 8)
	i, _ = widest.find(math.MinInt64)
	widest.insert(i, math.MinInt64)
	slices.Sort(want)
	for _, tt := range []struct {
		name string
		s    intset
		want []int64
	}{
		{"2 bytes", s, want},
		{"4 bytes", wide, append(slices.Clone(want), math.MaxInt16+1)},
		{"8 bytes", widest, append(append([]int64{math.MinInt64}, want...), math.MaxInt16+1)},
	} {
		if err := tt.s.sane(); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		got := []int64{}
		for i := range tt.s.len() {
			got = append(got, tt.s.at(i))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
		for k := len(tt.want) - 1; k >= 0; k-- {
			i, ok := tt.s.find(tt.want[k])
			if !ok || i != k {
				t.Errorf("%s: %d is at %d, %v", tt.name, tt.want[k], i, ok)
			}
			tt.s.remove(i)
		}
		if tt.s.len() != 0 {
			t.Errorf("%s: %d are left", tt.name, tt.s.len())
		}
	}
}

// setTwin is a set and the map that it should equal.
type setTwin struct {
	t    *testing.T
	s    Set
	want map[string]bool
}

func newSetTwin(t *testing.T, a *arena.Arena, env *Env) *setTwin {
	t.Helper()
	e := NewCollection(a, []byte("key"), TypeSet, EncListpack, 0, 0)
	if !e.Exists() {
		t.Fatal("out of memory")
	}
	return &setTwin{t, e.AsSet(env), map[string]bool{}}
}

func (w *setTwin) add(member string) {
	w.t.Helper()
	if len(w.want) == 0 {
		w.s.Expect([]byte(member), 1)
	}
	added, ok := w.s.Add([]byte(member))
	if !ok {
		w.t.Fatal("out of memory")
	}
	if added == w.want[member] {
		w.t.Fatalf("add %.40q: new %v, but it was there: %v", member, added, w.want[member])
	}
	w.want[member] = true
}

func (w *setTwin) remove(member string) {
	w.t.Helper()
	if got := w.s.Remove([]byte(member)); got != w.want[member] {
		w.t.Fatalf("remove %.40q: %v, but it was there: %v", member, got, w.want[member])
	}
	delete(w.want, member)
	w.restart()
}

// restart makes a set that lost its last member a new one.
func (w *setTwin) restart() {
	if len(w.want) == 0 {
		m := w.s.Members()
		m.free()
		w.s.SetRoot(EncListpack, 0)
	}
}

func (w *setTwin) pop(rnd uint64) {
	w.t.Helper()
	if len(w.want) == 0 {
		return
	}
	m := w.s.Random(rnd)
	text := string(m.AppendTo(nil))
	if !w.want[text] {
		w.t.Fatalf("random gives %.40q, which isn't there", text)
	}
	w.s.RemoveAt(m)
	delete(w.want, text)
	w.restart()
}

func (w *setTwin) sane() {
	w.t.Helper()
	if w.s.Len() != len(w.want) {
		w.t.Fatalf("%d members, want %d", w.s.Len(), len(w.want))
	}
	if len(w.want) == 0 {
		return
	}
	if err := saneSet(w.s.a, w.s.Encoding(), w.s.Root(), w.s.env); err != nil {
		w.t.Fatal(err)
	}
	seen := 0
	w.s.Each(func(v packed.Value) bool {
		if seen++; !w.want[string(v.AppendTo(nil))] {
			w.t.Fatalf("%.40q shouldn't be there", v.AppendTo(nil))
		}
		return true
	})
	if seen != len(w.want) {
		w.t.Fatalf("%d members seen, want %d", seen, len(w.want))
	}
}

// scanTo follows a scan to its end, with changes between its steps, and checks that what stays is seen.
func (w *setTwin) scanTo(change func()) {
	w.t.Helper()
	stays := map[string]bool{}
	for m := range w.want {
		stays[m] = true
	}
	seen := map[string]bool{}
	for cursor := uint64(0); ; {
		cursor = w.s.Scan(cursor, 5, func(v packed.Value) { seen[string(v.AppendTo(nil))] = true })
		for m := range stays {
			if !w.want[m] {
				delete(stays, m)
			}
		}
		if cursor == 0 {
			break
		}
		change()
	}
	for m := range stays {
		if w.want[m] && !seen[m] {
			w.t.Fatalf("a scan overlooked %.40q", m)
		}
	}
}

func randomSetMember(r *rand.Rand, spread int) string {
	switch r.IntN(8) {
	case 0:
		return strconv.Itoa(r.IntN(spread) - spread/2)
	case 1:
		return strconv.FormatInt(int64(r.IntN(spread))<<40, 10)
	case 2:
		return "0" + strconv.Itoa(r.IntN(spread))
	case 3:
		return strings.Repeat("long", r.IntN(50)) + strconv.Itoa(r.IntN(spread))
	}
	return fmt.Sprintf("member:%09d", r.IntN(spread))
}

// TestSetTwin does random things to a set and to a map, for several limits.
func TestSetTwin(t *testing.T) {
	limits := [][3]int64{{512, 128, 64}, {0, 0, 0}, {1, 1, 1}, {4, 8, 16}, {16, 4, 100}, {1 << 40, 1 << 40, 1 << 40}, {0, 100, 4000}, {64, 0, 64}}
	for i, l := range limits {
		for seed := range uint64(4) {
			t.Run(fmt.Sprintf("limits %d %d %d/seed %d", l[0], l[1], l[2], seed), func(t *testing.T) {
				env := NewEnv(seed)
				env.Limits.SetIntset.Store(l[0])
				env.Limits.SetEntries.Store(l[1])
				env.Limits.SetValue.Store(l[2])
				runSetTwin(t, env, rand.New(rand.NewPCG(seed, uint64(i))))
			})
		}
	}
}

func runSetTwin(t *testing.T, env *Env, r *rand.Rand) {
	a := newArena(t)
	w := newSetTwin(t, a, env)
	ints := r.IntN(2) == 0
	spread := []int{8, 60, 600, 1500}[r.IntN(4)]
	member := func() string {
		if ints && r.IntN(200) > 0 {
			return strconv.Itoa(r.IntN(spread) * []int{1, 300, 100000}[r.IntN(3)])
		}
		return randomSetMember(r, spread)
	}
	for step := range 1500 {
		switch op := r.IntN(100); {
		case op < 45:
			w.add(member())
		case op < 70:
			w.remove(member())
		case op < 80:
			w.pop(r.Uint64())
		case op < 81:
			w.scanTo(func() {
				w.add(member())
				w.remove(member())
			})
		case op < 82:
			for range r.IntN(2 * spread) {
				w.pop(r.Uint64())
			}
		case op < 83:
			for range r.IntN(2 * spread) {
				w.add(member())
			}
		case op < 84 && len(w.want) > 0:
			w.s.Grow(r.IntN(600))
		default:
			m := member()
			if w.s.Has([]byte(m)) != w.want[m] {
				t.Fatalf("has %.40q: %v", m, !w.want[m])
			}
		}
		if step%(1+spread/8) == 0 {
			w.sane()
		}
	}
	w.sane()
	w.checkCopies()
	w.s.Free()
	if a.Used() != 0 {
		t.Fatalf("%d bytes are left", a.Used())
	}
}

// checkCopies copies the set, and frees the copy in slices.
func (w *setTwin) checkCopies() {
	w.t.Helper()
	if len(w.want) == 0 {
		return
	}
	size := sizeSet(w.s.a, w.s.Encoding(), w.s.Root(), 0)
	if have := int(w.s.a.Used()) - w.s.a.Cap(w.s.ref); have != size {
		w.t.Fatalf("the set says %d bytes, the arena %d", size, have)
	}
	b := newArena(w.t)
	e := w.s.Copied(b, []byte("other"), 0, w.s.env)
	if !e.Exists() {
		w.t.Fatal("out of memory")
	}
	twin := setTwin{w.t, e.AsSet(w.s.env), w.want}
	twin.sane()
	w.sane()
	root := e.Root()
	for root != 0 {
		root = freeSet(b, e.Encoding(), root, 50)
	}
	e.Drop()
	if b.Used() != 0 {
		w.t.Fatalf("%d bytes of the copy are left", b.Used())
	}
}

// TestSetEncodings holds the borders at which Valkey changes the encoding.
func TestSetEncodings(t *testing.T) {
	ints := func(n int) (list []string) {
		for i := range n {
			list = append(list, strconv.Itoa(i))
		}
		return list
	}
	texts := func(n int) (list []string) {
		for i := range n {
			list = append(list, "m"+strconv.Itoa(i))
		}
		return list
	}
	tests := []struct {
		name    string
		members []string
		expect  int // how many SADD is given at once; 0: one by one
		want    Encoding
	}{
		{"one integer", ints(1), 0, EncIntset},
		{"intset, full", ints(512), 0, EncIntset},
		{"intset, one more", ints(513), 0, EncHashtable},
		{"512 integers at once", ints(512), 512, EncIntset},
		{"513 integers at once", ints(513), 513, EncHashtable},
		{"one text", texts(1), 0, EncListpack},
		{"listpack, full", texts(128), 0, EncListpack},
		{"listpack, one more", texts(129), 0, EncHashtable},
		{"129 at once, fewer in fact", texts(3), 129, EncHashtable},
		{"text of 64", []string{strings.Repeat("x", 64)}, 0, EncListpack},
		{"text of 65", []string{strings.Repeat("x", 65)}, 0, EncHashtable},
		{"text to integers", append(ints(100), "x"), 0, EncListpack},
		{"text to 127 integers", append(ints(127), "x"), 0, EncListpack},
		{"text to 128 integers", append(ints(128), "x"), 0, EncHashtable},
		{"long text to integers", append(ints(3), strings.Repeat("x", 65)), 0, EncHashtable},
		{"integers to text", append([]string{"x"}, ints(127)...), 0, EncListpack},
		{"no integer", []string{"01"}, 0, EncListpack},
		{"200 integers at once, then text", append(ints(200), "x"), 201, EncHashtable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newSetTwin(t, newArena(t), NewEnv(1))
			if tt.expect > 0 {
				w.s.Expect([]byte(tt.members[0]), tt.expect)
			}
			for _, m := range tt.members {
				if tt.expect > 0 {
					if _, ok := w.s.Add([]byte(m)); !ok {
						t.Fatal("out of memory")
					}
					w.want[m] = true
				} else {
					w.add(m)
				}
			}
			w.sane()
			if got := w.s.Encoding(); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}

// TestSetRandomIsFair counts how often each member of each encoding is chosen.
func TestSetRandomIsFair(t *testing.T) {
	for _, tt := range []struct {
		enc  Encoding
		form string
		n    int
	}{{EncIntset, "%d", 50}, {EncListpack, "m%d", 50}, {EncHashtable, "m%d", 500}} {
		t.Run(tt.enc.String(), func(t *testing.T) {
			w := newSetTwin(t, newArena(t), NewEnv(1))
			for i := range tt.n {
				w.add(fmt.Sprintf(tt.form, i))
			}
			if w.s.Encoding() != tt.enc {
				t.Fatalf("it is %v", w.s.Encoding())
			}
			r, count := rand.New(rand.NewPCG(1, 1)), map[string]int{}
			const each = 1000
			for range tt.n * each {
				count[string(w.s.Random(r.Uint64()).AppendTo(nil))]++
			}
			chi := 0.0
			for m := range w.want {
				d := float64(count[m] - each)
				chi += d * d / each
			}
			if dev := (chi - float64(tt.n)) / math.Sqrt(2*float64(tt.n)); dev > 6 {
				t.Errorf("chi squared is %.1f deviations off", dev)
			}
		})
	}
}

// TestSetNoAllocs holds that nothing on the way of a command allocates on Go's heap.
func TestSetNoAllocs(t *testing.T) {
	if testing.CoverMode() != "" {
		t.Skip("coverage allocates")
	}
	for _, n := range []int{10, 100, 20000} {
		w := newSetTwin(t, newArena(t), NewEnv(1))
		for i := range n {
			w.add(fmt.Sprintf("member:%09d", i))
		}
		member, i := []byte("member:000000000"), 0
		allocs := testing.AllocsPerRun(2000, func() {
			i++
			for k, v := len(member)-1, n+i; k >= len("member:"); k, v = k-1, v/10 {
				member[k] = byte('0' + v%10)
			}
			w.s.Add(member)
			w.s.Has(member)
			w.s.Remove(member)
			w.s.Add(member)
			w.s.RemoveAt(w.s.Random(uint64(i) * hashK0))
		})
		if allocs != 0 {
			t.Errorf("%d members: %v allocations", n, allocs)
		}
	}
}
