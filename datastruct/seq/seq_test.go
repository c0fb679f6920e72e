package seq

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

func newArena(t testing.TB, bytes int64) *arena.Arena {
	t.Helper()
	r, err := arena.NewRange(bytes)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return arena.New(r)
}

// seed makes a sequence of one element.
func seed(t testing.TB, a *arena.Arena, v packed.Value) Seq {
	t.Helper()
	leaf := a.Alloc(packed.EmptyBytes+v.Size(), leafPurpose)
	packed.Init(a.Bytes(leaf, a.Cap(leaf))).Append(v)
	s, ok := New(a, leaf)
	if !ok {
		t.Fatal("out of memory")
	}
	return s
}

// twin is a sequence and the texts that it should hold.
type twin struct {
	t    *testing.T
	a    *arena.Arena
	s    Seq
	want []string
	fill Fill
	log  []string
}

func (w *twin) text(r *rand.Rand) string {
	switch r.IntN(10) {
	case 0:
		return ""
	case 1:
		return strconv.FormatInt(int64(r.Uint64())>>r.IntN(64), 10)
	case 2, 3:
		return strings.Repeat(string(rune('a'+r.IntN(26))), r.IntN(700))
	case 4:
		if r.IntN(10) == 0 {
			return strings.Repeat("L", r.IntN(40000))
		}
	}
	return "element:" + strconv.Itoa(r.IntN(1000))
}

func (w *twin) must(ok bool, what string) {
	if !ok {
		w.t.Fatal(what, "failed")
	}
}

func (w *twin) step(r *rand.Rand) {
	text := w.text(r)
	v := packed.Encode([]byte(text))
	i, n := r.IntN(len(w.want)+1), len(w.want)
	note := func(what string) { w.log = append(w.log, fmt.Sprintf("%s %d of %d, %d bytes", what, i, n, len(text))) }
	switch op := r.IntN(200); {
	case op == 199 && i > 0 && i < n:
		note("split off at")
		w.splitOff(i, r.IntN(2) == 0)
		return
	}
	switch op := r.IntN(17); {
	case op == 16 && n > 6:
		limit := 1 + r.IntN(5)
		text = w.want[r.IntN(n)]
		note("delete equal")
		w.deleteEqual(i, limit, text)
	case op < 3:
		note("push last")
		w.must(w.s.PushLast(v, w.fill), "PushLast")
		w.want = append(w.want, text)
	case op < 6:
		note("push first")
		w.must(w.s.PushFirst(v, w.fill), "PushFirst")
		w.want = slices.Insert(w.want, 0, text)
	case op < 9:
		note("insert")
		w.must(w.s.Insert(i, v, w.fill), "Insert")
		w.want = slices.Insert(w.want, i, text)
	case op < 11 && i < n:
		note("set")
		w.must(w.s.Set(i, v, w.fill), "Set")
		w.want[i] = text
	case op < 12 && n > 1:
		note("drop first")
		w.s.DropFirst()
		w.want = slices.Delete(w.want, 0, 1)
	case op < 13 && n > 1:
		note("drop last")
		w.s.DropLast()
		w.want = w.want[:n-1]
	case op < 15 && i < n && n > 3:
		k := min(1+r.IntN(3), n-i)
		if r.IntN(20) == 0 {
			k = n - i
		}
		if k == n {
			k--
		}
		note(fmt.Sprint("delete ", k, " from"))
		w.s.Delete(i, k, w.fill)
		w.want = slices.Delete(w.want, i, i+k)
	}
}

// splitOff cuts the sequence in two, checks both and goes on with one of them.
func (w *twin) splitOff(i int, keepRight bool) {
	right, ok := w.s.SplitOff(i)
	w.must(ok, "SplitOff")
	other := &twin{t: w.t, a: w.a, s: right, want: slices.Clone(w.want[i:]), fill: w.fill, log: w.log}
	w.want = w.want[:i:i]
	w.sane(true)
	other.sane(true)
	if keepRight {
		w.s, w.want, other.s = other.s, other.want, w.s
	}
	for other.s.Free(20) {
		continue
	}
}

func (w *twin) deleteEqual(i, limit int, text string) {
	removed := 0
	for k := i; k < len(w.want) && removed < limit; {
		if w.want[k] != text || len(w.want) == 1 {
			k++
			continue
		}
		w.want = slices.Delete(w.want, k, k+1)
		removed++
	}
	if got := w.s.DeleteEqual(i, packed.Encode([]byte(text)), limit, w.fill); got != removed {
		w.fail(fmt.Errorf("DeleteEqual removed %d, want %d", got, removed))
	}
}

func (w *twin) sane(isDeep bool) {
	w.t.Helper()
	if err := w.s.Sane(); err != nil {
		w.fail(err)
	}
	if w.s.Len() != len(w.want) {
		w.fail(fmt.Errorf("%d elements, want %d", w.s.Len(), len(w.want)))
	}
	if got := string(w.s.First().AppendTo(nil)); got != w.want[0] {
		w.fail(fmt.Errorf("first is %.40q, want %.40q", got, w.want[0]))
	}
	if got := string(w.s.Last().AppendTo(nil)); got != w.want[len(w.want)-1] {
		w.fail(fmt.Errorf("last is %.40q, want %.40q", got, w.want[len(w.want)-1]))
	}
	step := 1
	if !isDeep {
		step = 1 + len(w.want)/5
	}
	for i := 0; i < len(w.want); i += step {
		b, at, _ := w.s.Run(i)
		if got := string(b.Get(at).AppendTo(nil)); got != w.want[i] {
			w.fail(fmt.Errorf("element %d is %.40q, want %.40q", i, got, w.want[i]))
		}
	}
}

func (w *twin) fail(err error) {
	w.t.Helper()
	w.t.Fatalf("%v\n%s", err, strings.Join(w.log[max(0, len(w.log)-8):], "\n"))
}

// TestTwin runs random operations on a sequence and on a slice of strings, with leaves of all sizes.
func TestTwin(t *testing.T) {
	steps := 3000
	if testing.Short() {
		steps = 600
	}
	for _, fill := range []Fill{1, 2, 3, 5, 16, 128, -1, -2, -5} {
		t.Run(fmt.Sprint("fill ", fill), func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(fill+10), 7))
			a := newArena(t, 64<<20)
			w := &twin{t: t, a: a, fill: fill, want: []string{"seed"}}
			w.s = seed(t, a, packed.Encode([]byte("seed")))
			for i := range steps {
				w.step(r)
				w.sane(i%50 == 0)
				if i == steps/2 {
					w.checkCopy()
				}
			}
			w.sane(true)
			for w.s.Free(10) {
				continue
			}
			if n := a.Used(); n != 0 {
				t.Errorf("%d bytes are left", n)
			}
		})
	}
}

func (w *twin) checkCopy() {
	b := newArena(w.t, 64<<20)
	c, ok := w.s.Copy(b)
	w.must(ok, "Copy")
	twin := &twin{t: w.t, a: b, s: c, want: w.want}
	twin.sane(true)
	if got, want := c.Size(0), int(b.Used()); got != want {
		w.t.Errorf("Size(0) = %d, the arena says %d", got, want)
	}
	for c.Free(100) {
		continue
	}
	if b.Used() != 0 {
		w.t.Errorf("%d bytes are left of the copy", b.Used())
	}
}

// TestGrowAndShrink makes long sequences in different orders and takes them down again.
func TestGrowAndShrink(t *testing.T) {
	for _, order := range []string{"last", "first", "both", "middle", "random"} {
		t.Run(order, func(t *testing.T) {
			a := newArena(t, 256<<20)
			n := 60000
			if testing.Short() {
				n = 20000
			}
			s := seed(t, a, packed.IntValue(0))
			want := []int64{0}
			r := rand.New(rand.NewPCG(5, 6))
			for i := 1; i < n; i++ {
				at := map[string]int{"last": i, "first": 0, "both": i * (i & 1), "middle": i / 2, "random": r.IntN(i + 1)}[order]
				v := packed.IntValue(int64(i) << 40)
				ok := true
				switch at {
				case 0:
					ok = s.PushFirst(v, 64)
				case i:
					ok = s.PushLast(v, 64)
				default:
					ok = s.Insert(at, v, 64)
				}
				if !ok {
					t.Fatal("out of memory")
				}
				want = slices.Insert(want, at, int64(i)<<40)
			}
			check := func() {
				t.Helper()
				if err := s.Sane(); err != nil {
					t.Fatal(err)
				}
				for i := 0; i < len(want); {
					b, at, _ := s.Run(i)
					for ; at < b.End(); i++ {
						var v packed.Value
						if v, at = b.Read(at); v.Int != want[i] {
							t.Fatalf("element %d is %d, want %d", i, v.Int, want[i])
						}
					}
				}
			}
			check()
			for range 2 {
				i := 1 + r.IntN(len(want)-1)
				right, ok := s.SplitOff(i)
				if !ok {
					t.Fatal("out of memory")
				}
				whole, left := want, s
				want = whole[:i]
				check()
				s, want = right, whole[i:]
				check()
				for left.Free(1000) {
					continue
				}
			}
			for len(want) > 1000 {
				i, k := r.IntN(len(want)-500), r.IntN(500)
				s.Delete(i, k, 64)
				want = slices.Delete(want, i, i+k)
			}
			check()
			for i := 0; len(want) > 1; i++ {
				if i%3 == 0 {
					s.DropFirst()
					want = want[1:]
				} else {
					s.DropLast()
					want = want[:len(want)-1]
				}
			}
			check()
			s.DropLast()
			if s.Free(1) || a.Used() != 0 {
				t.Errorf("%d bytes are left", a.Used())
			}
		})
	}
}

// TestOutOfMemory fills an arena: what fails leaves the sequence as it was.
func TestOutOfMemory(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	a := newArena(t, 3<<20)
	w := &twin{t: t, a: a, fill: -2, want: []string{"seed"}}
	w.s = seed(t, a, packed.Encode([]byte("seed")))
	failures := 0
	for failures < 200 {
		text := strings.Repeat("m", 100+r.IntN(9000))
		i := r.IntN(len(w.want) + 1)
		v := packed.Encode([]byte(text))
		isSet := i < len(w.want) && r.IntN(3) == 0
		ok := false
		if isSet {
			ok = w.s.Set(i, v, w.fill)
		} else {
			ok = w.s.Insert(i, v, w.fill)
		}
		switch {
		case !ok:
			failures++
			w.sane(failures%20 == 0)
		case isSet:
			w.want[i] = text
		default:
			w.want = slices.Insert(w.want, i, text)
		}
	}
	w.sane(true)
	if _, ok := w.s.Copy(a); ok {
		t.Error("a copy fits too")
	}
	w.sane(true)
	for w.s.Free(100) {
		continue
	}
	if a.Used() != 0 {
		t.Errorf("%d bytes are left", a.Used())
	}
}

// TestMemory holds what a long list of small elements costs.
func TestMemory(t *testing.T) {
	const n = 1000000
	for _, isFirst := range []bool{false, true} {
		a := newArena(t, 64<<20)
		v := packed.Encode([]byte("a value of 16 by"))
		s := seed(t, a, v)
		for range n - 1 {
			if isFirst {
				s.PushFirst(v, -2)
			} else {
				s.PushLast(v, -2)
			}
		}
		perElement := float64(a.Used()) / n
		t.Logf("pushed first: %v: %.2f bytes for an element, height %d", isFirst, perElement, s.height())
		if perElement > 19 {
			t.Errorf("%.2f bytes for an element of 16, want 19", perElement)
		}
	}
}
