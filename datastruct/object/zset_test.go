package object

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

// memberScore is a member of the naive twin.
type memberScore struct {
	member string
	score  float64
}

// zsetTwin is a sorted set beside the sorted slice that it should equal.
type zsetTwin struct {
	t     *testing.T
	z     ZSet
	items []memberScore
	rnd   *rand.Rand
}

func newZSetTwin(t *testing.T, entries, value int64, seed uint64) *zsetTwin {
	t.Helper()
	env := NewEnv(seed)
	env.Limits.ZSetEntries.Store(entries)
	env.Limits.ZSetValue.Store(value)
	e := NewCollection(newArena(t), []byte("key"), TypeZSet, EncListpack, 0, 0)
	return &zsetTwin{t: t, z: e.AsZSet(env), rnd: rand.New(rand.NewPCG(seed, 1))}
}

func byScore(x, y memberScore) int {
	return cmp.Or(cmp.Compare(x.score, y.score), cmp.Compare(x.member, y.member))
}

// find returns the rank of a member, or -1.
func (w *zsetTwin) find(member string) int {
	return slices.IndexFunc(w.items, func(p memberScore) bool { return p.member == member })
}

// add is the rule of ZADD, naively.
func (w *zsetTwin) add(member string, score float64, how AddFlags) AddResult {
	i := w.find(member)
	if i < 0 {
		if how&AddXX != 0 {
			return AddSkipped
		}
		w.items = append(w.items, memberScore{member, score})
		slices.SortFunc(w.items, byScore)
		return AddNew
	}
	old := w.items[i].score
	if how&AddNX != 0 {
		return AddSkipped
	}
	if how&AddIncr != 0 {
		score += old
	}
	switch {
	case math.IsNaN(score):
		return AddNaN
	case how&AddGT != 0 && score <= old, how&AddLT != 0 && score >= old:
		return AddSkipped
	case score == old:
		return AddSame
	}
	w.items[i].score = score
	slices.SortFunc(w.items, byScore)
	return AddUpdated
}

func (w *zsetTwin) randomScore() float64 {
	switch w.rnd.IntN(8) {
	case 0:
		return math.Inf(1 - 2*w.rnd.IntN(2))
	case 1:
		return w.rnd.NormFloat64() * math.Pow(10, float64(w.rnd.IntN(600)-300))
	case 2:
		return float64(w.rnd.IntN(3)) / 4
	case 3:
		return float64(w.rnd.Int64())
	}
	return float64(w.rnd.IntN(50) - 20)
}

func (w *zsetTwin) randomMember() string {
	n := w.rnd.IntN(300)
	switch w.rnd.IntN(5) {
	case 0:
		return strconv.Itoa(n - 20)
	case 1:
		return string(bytes.Repeat([]byte{byte(n)}, n))
	}
	return fmt.Sprintf("m:%d", n)
}

func (w *zsetTwin) step() {
	m, f := w.randomMember(), w.randomScore()
	switch w.rnd.IntN(12) {
	default:
		how := []AddFlags{0, 0, 0, AddIncr, AddNX, AddXX, AddGT, AddLT, AddXX | AddGT, AddIncr | AddLT}[w.rnd.IntN(10)]
		want := w.add(m, f, how)
		score, got := w.z.Add([]byte(m), f, how)
		if got != want {
			w.t.Fatalf("Add(%q, %v, %v) = %v, want %v", m, f, how, got, want)
		}
		if i := w.find(m); got >= AddSame && got <= AddUpdated && score != w.items[i].score {
			w.t.Fatalf("Add(%q, %v, %v) returned %v, want %v", m, f, how, score, w.items[i].score)
		}
	case 0, 1:
		i := w.find(m)
		if got := w.z.Remove([]byte(m)); got != (i >= 0) {
			w.t.Fatalf("Remove(%q) = %v", m, got)
		}
		if i >= 0 {
			w.items = slices.Delete(w.items, i, i+1)
		}
	case 2:
		if w.rnd.IntN(10) == 0 {
			rank, n := w.rnd.IntN(len(w.items)+1), w.rnd.IntN(200)
			w.z.RemoveRange(rank, n)
			w.items = slices.Delete(w.items, rank, min(rank+n, len(w.items)))
		}
	case 3:
		w.walk()
	case 4:
		w.spans()
	}
}

func (w *zsetTwin) walk() {
	rank, n, isReverse := w.rnd.IntN(len(w.items)+1), w.rnd.IntN(60), w.rnd.IntN(2) == 0
	for c := w.z.Walk(rank, n, isReverse); c.Next(); n-- {
		if got := (memberScore{string(c.Member()), c.Score()}); got != w.items[rank] {
			w.t.Fatalf("rank %d is %v, want %v", rank, got, w.items[rank])
		}
		if isReverse {
			rank--
		} else {
			rank++
		}
	}
	if n > 0 && rank >= 0 && rank < len(w.items) {
		w.t.Fatalf("a walk ended at rank %d of %d", rank, len(w.items))
	}
}

func (w *zsetTwin) spans() {
	r := ScoreRange{w.randomScore(), w.randomScore(), w.rnd.IntN(2) == 0, w.rnd.IntN(2) == 0}
	if len(w.items) > 0 && w.rnd.IntN(2) == 0 {
		r.Min = w.items[w.rnd.IntN(len(w.items))].score
	}
	rank, count := w.z.ScoreSpan(r, math.MaxInt)
	want := 0
	for i, p := range w.items {
		if r.hasMin(p.score) && r.hasMax(p.score) {
			if i != rank+want {
				w.t.Fatalf("%+v: rank %d, want %d", r, rank, i-want)
			}
			want++
		}
	}
	if count != want {
		w.t.Fatalf("%+v: %d members, want %d", r, count, want)
	}
}

func (w *zsetTwin) compare() {
	if w.z.Len() != len(w.items) {
		w.t.Fatalf("%d members, want %d", w.z.Len(), len(w.items))
	}
	if w.z.Root() != 0 && w.z.Len() > 0 {
		if err := w.z.saneCollection(w.z.env); err != nil {
			w.t.Fatal(err)
		}
	}
	seen := map[string]float64{}
	for cursor := uint64(0); ; {
		cursor = w.z.Scan(cursor, func(m []byte, f float64) { seen[string(m)] = f })
		if cursor == 0 {
			break
		}
	}
	for _, p := range w.items {
		if f, ok := seen[p.member]; !ok || f != p.score {
			w.t.Fatalf("Scan says %v, %v of %v", f, ok, p)
		}
	}
	if len(seen) != len(w.items) {
		w.t.Fatalf("Scan visited %d of %d", len(seen), len(w.items))
	}
}

func TestZSetTwin(t *testing.T) {
	for _, limits := range [][2]int64{{0, 64}, {1, 64}, {16, 64}, {128, 64}, {128, 0}, {1 << 30, 1 << 30}} {
		t.Run(fmt.Sprint(limits), func(t *testing.T) {
			for seed := range uint64(2) {
				w := newZSetTwin(t, limits[0], limits[1], seed)
				for i := range 800 {
					w.step()
					if i%40 == 0 {
						w.compare()
					}
				}
				w.compare()
				w.checkCopy()
				w.z.freeCollection()
				w.z.a.Free(w.z.ref, arena.PurposeEntry)
				if n := w.z.a.Used(); n != 0 {
					t.Fatalf("%d bytes left", n)
				}
			}
		})
	}
}

// checkCopy checks a copy of the set and frees it in slices.
func (w *zsetTwin) checkCopy() {
	if w.z.Len() == 0 {
		return
	}
	root, ok := copySorted(w.z.a, w.z.Encoding(), w.z.Root(), w.z.a, w.z.env)
	if !ok {
		w.t.Fatal("no copy")
	}
	twin := sorted{w.z.a, w.z.env, root, w.z.Encoding()}
	if err := twin.sane(); err != nil {
		w.t.Fatal(err)
	}
	loose := LooseZSet{twin}
	loose.Pack()
	for i, c := 0, loose.Walk(0, loose.Len(), false); c.Next(); i++ {
		if got := (memberScore{string(c.Member()), c.Score()}); got != w.items[i] && got.score != 0 {
			w.t.Fatalf("the copy has %v, want %v", got, w.items[i])
		}
	}
	twin = loose.s
	for twin.root != 0 {
		twin.free(10)
	}
}

func TestZSetLex(t *testing.T) {
	members := []string{"", "-5", "1", "10", "9", "a", "b", "ba", "c"}
	bounds := []LexBound{{Kind: LexLowest}, {Kind: LexHighest}}
	for _, v := range append(members, "0", "5", "aa", "z") {
		bounds = append(bounds, LexBound{LexClosed, []byte(v)}, LexBound{LexOpen, []byte(v)})
	}
	for _, entries := range []int64{0, 128} {
		w := newZSetTwin(t, entries, 64, 1)
		for _, m := range members {
			w.add(m, 0, 0)
			w.z.Add([]byte(m), 0, 0)
		}
		for _, lo := range bounds {
			for _, hi := range bounds {
				r := LexRange{lo, hi}
				var want []string
				for _, p := range w.items {
					if r.hasMin([]byte(p.member)) && r.hasMax([]byte(p.member)) {
						want = append(want, p.member)
					}
				}
				var got []string
				rank, count := w.z.LexSpan(r)
				for c := w.z.Walk(rank, count, false); c.Next(); {
					got = append(got, string(c.Member()))
				}
				if !slices.Equal(got, want) {
					t.Fatalf("%+v: %q, want %q", r, got, want)
				}
			}
		}
	}
}

func TestZSetRandom(t *testing.T) {
	for _, entries := range []int64{0, 128} {
		w := newZSetTwin(t, entries, 64, 1)
		for i := range 20 {
			w.z.Add([]byte(strconv.Itoa(i)), float64(i), 0)
		}
		seen := map[string]int{}
		for range 2000 {
			c := w.z.Random(w.rnd.Uint64())
			if !c.Next() {
				t.Fatal("nothing")
			}
			if f, ok := w.z.Score(c.Member()); !ok || f != c.Score() {
				t.Fatalf("%q has score %v, not %v", c.Member(), f, c.Score())
			}
			seen[string(c.Member())]++
			if c.Next() {
				t.Fatal("a second one")
			}
		}
		for m, n := range seen {
			if len(seen) != 20 || n < 50 || n > 160 {
				t.Fatalf("%q came %d times, %d members at all", m, n, len(seen))
			}
		}
	}
}

// TestZSetMemory checks what a large set costs.
func TestZSetMemory(t *testing.T) {
	n := 50_000
	w := newZSetTwin(t, 128, 64, 1)
	for i := range n {
		w.z.Add(fmt.Appendf(nil, "member:%09d", i), w.rnd.Float64(), 0)
	}
	if got := float64(w.z.a.Used()) / float64(n); got > 64 {
		t.Errorf("%.1f bytes a member, want at most 64", got)
	}
	if got, want := w.z.CollectionSize(0), int(w.z.a.Used())-w.z.a.Cap(w.z.ref); got != want {
		t.Errorf("the size is %d, want %d", got, want)
	}
}

func TestZSetAllocs(t *testing.T) {
	for _, n := range []int{100, 1000} {
		w := newZSetTwin(t, 128, 64, 1)
		members := make([][]byte, n)
		for i := range members {
			members[i] = fmt.Appendf(nil, "member:%09d", i)
			w.z.Add(members[i], w.rnd.Float64(), 0)
		}
		i := 0
		if got := testing.AllocsPerRun(1000, func() {
			m := members[i%n]
			i++
			w.z.Add(m, float64(i)/3, 0)
			w.z.Score(m)
			w.z.Rank(m)
			w.z.Remove(m)
			w.z.Add(m, float64(i)/7, 0)
			for c := w.z.Walk(10, 20, false); c.Next(); {
				c.Member()
			}
		}); got != 0 {
			t.Errorf("%d members: %v allocations", n, got)
		}
	}
}
