package object

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

// listTwin is a list and the texts that it should hold.
type listTwin struct {
	t    *testing.T
	l    List
	want []string
	log  []string
}

func newList(t *testing.T, size int64) *listTwin {
	env := NewEnv(1)
	env.Limits.ListSize.Store(size)
	e := NewCollection(newArena(t), []byte("list"), TypeList, EncListpack, 0, 0)
	return &listTwin{t: t, l: e.AsList(env)}
}

func (w *listTwin) sane(isDeep bool) {
	w.t.Helper()
	fail := func(format string, args ...any) {
		w.t.Helper()
		w.t.Fatalf("%s\n%s", fmt.Sprintf(format, args...), strings.Join(w.log[max(0, len(w.log)-8):], "\n"))
	}
	if w.l.Len() != len(w.want) {
		fail("%d elements, want %d", w.l.Len(), len(w.want))
	}
	if len(w.want) == 0 {
		return
	}
	if err := w.l.Sane(w.l.env); err != nil {
		fail("%v", err)
	}
	if got := string(w.l.First().AppendTo(nil)); got != w.want[0] {
		fail("first is %.40q, want %.40q", got, w.want[0])
	}
	if got := string(w.l.Last().AppendTo(nil)); got != w.want[len(w.want)-1] {
		fail("last is %.40q, want %.40q", got, w.want[len(w.want)-1])
	}
	if !isDeep {
		return
	}
	from := len(w.want) / 3
	walk, back := w.l.From(from), w.l.Back(from)
	for i := from; i < len(w.want); i++ {
		if v, ok := walk.Next(); !ok || string(v.AppendTo(nil)) != w.want[i] {
			fail("element %d is %.40q, want %.40q", i, v.AppendTo(nil), w.want[i])
		}
	}
	w.texts(from)
	if _, ok := walk.Next(); ok {
		fail("more than %d elements", len(w.want))
	}
	for i := from; i >= 0; i-- {
		if v, ok := back.Prev(); !ok || string(v.AppendTo(nil)) != w.want[i] {
			fail("backwards: element %d is %.40q, want %.40q", i, v.AppendTo(nil), w.want[i])
		}
	}
	if _, ok := back.Prev(); ok {
		fail("there is something in front of the first element")
	}
	w.find(w.want[len(w.want)/2])
}

// texts reads everything from an index on in batches.
func (w *listTwin) texts(from int) {
	var batch [5][]byte
	walk := w.l.From(from)
	for i := from; i < len(w.want); {
		n := walk.Texts(batch[:])
		for k, text := range batch[:n] {
			if string(text) != w.want[i+k] {
				w.t.Fatalf("in a batch, element %d is %.40q, want %.40q", i+k, text, w.want[i+k])
			}
		}
		if i += n; n == 0 {
			if v, ok := walk.Next(); !ok || string(v.AppendTo(nil)) != w.want[i] {
				w.t.Fatalf("behind a batch, element %d is %.40q, want %.40q", i, v.AppendTo(nil), w.want[i])
			}
			i++
		}
	}
}

// find compares the indexes of all elements that equal text, found both ways.
func (w *listTwin) find(text string) {
	v := packed.Encode([]byte(text))
	walk, back := w.l.From(0), w.l.Back(-1)
	for i, s := range w.want {
		if s != text {
			continue
		}
		if got, ok := walk.FindNext(v); !ok || got != i {
			w.t.Fatalf("FindNext(%.40q) = %d, %v, want %d", text, got, ok, i)
		}
	}
	for i, s := range slices.Backward(w.want) {
		if s != text {
			continue
		}
		if got, ok := back.FindPrev(v); !ok || got != i {
			w.t.Fatalf("FindPrev(%.40q) = %d, %v, want %d", text, got, ok, i)
		}
	}
	_, isNext := walk.FindNext(v)
	_, isPrev := back.FindPrev(v)
	if isNext || isPrev {
		w.t.Fatalf("%.40q is found once more", text)
	}
}

func (w *listTwin) step(r *rand.Rand) {
	text := "element:" + strconv.Itoa(r.IntN(40))
	switch r.IntN(12) {
	case 0:
		text = strings.Repeat("x", r.IntN(900))
	case 1:
		text = strconv.Itoa(r.IntN(100000) - 50000)
	case 2:
		if r.IntN(20) == 0 {
			text = strings.Repeat("L", r.IntN(20000))
		}
	}
	n := len(w.want)
	i := r.IntN(n + 1)
	ok := true
	note := func(what string, args ...any) {
		w.log = append(w.log, fmt.Sprint(what, args, " ", n, " elements, ", len(text), " bytes"))
	}
	switch op := r.IntN(14); {
	case op < 4:
		note("push last")
		ok = w.l.Grow([]byte(text)) && w.l.PushLast([]byte(text))
		w.want = append(w.want, text)
	case op < 7:
		note("push first")
		ok = w.l.Grow([]byte(text)) && w.l.PushFirst([]byte(text))
		w.want = slices.Insert(w.want, 0, text)
	case n == 0:
	case op < 8:
		note("insert", i)
		ok = w.l.Insert(i, []byte(text))
		w.want = slices.Insert(w.want, i, text)
	case op < 9 && i < n:
		note("set", i)
		ok = w.l.Set(i, []byte(text))
		w.want[i] = text
	case op < 10:
		note("drop first")
		w.l.DropFirst()
		w.want = w.want[1:]
	case op < 11:
		note("drop last")
		w.l.DropLast()
		w.want = w.want[:n-1]
	case op < 12:
		k := min(r.IntN(3), n-i)
		if r.IntN(40) == 0 {
			k = n - i
		}
		note("delete", i, k)
		w.l.Delete(i, k)
		w.want = slices.Delete(w.want, i, i+k)
	case op < 13:
		w.remove(r, note)
	}
	if !ok {
		w.t.Fatal("out of memory")
	}
	if n > 0 && len(w.want) == 0 {
		w.empty()
	}
}

func (w *listTwin) remove(r *rand.Rand, note func(string, ...any)) {
	text := w.want[r.IntN(len(w.want))]
	limit, isLast := 1+r.IntN(3), r.IntN(2) == 0
	if r.IntN(3) == 0 {
		limit = math.MaxInt
	}
	note("remove", limit, isLast)
	if isLast {
		slices.Reverse(w.want)
	}
	removed := 0
	w.want = slices.DeleteFunc(w.want, func(s string) bool {
		if s == text && removed < limit {
			removed++
			return true
		}
		return false
	})
	if isLast {
		slices.Reverse(w.want)
	}
	if got := w.l.Remove([]byte(text), limit, isLast); got != removed {
		w.t.Fatalf("Remove(%.40q, %d, %v) = %d, want %d", text, limit, isLast, got, removed)
	}
}

// empty frees what is left of a list without elements, as its owner does, and begins anew.
func (w *listTwin) empty() {
	w.sane(false)
	a := w.l.a
	w.l.Free()
	if a.Used() != 0 {
		w.t.Fatalf("%d bytes are left of an empty list", a.Used())
	}
	w.l.Entry = NewCollection(a, []byte("list"), TypeList, EncListpack, 0, 0)
}

// TestListTwin runs random operations on a list and on a slice of strings, under all kinds of limits, which change on the way.
func TestListTwin(t *testing.T) {
	steps := 4000
	if testing.Short() {
		steps = 1000
	}
	for _, size := range []int64{-1, -2, -5, 1, 2, 4, 10, 128, 100000} {
		t.Run(fmt.Sprint("size ", size), func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(size+10), 3))
			w := newList(t, size)
			for i := range steps {
				w.step(r)
				w.sane(i%20 == 0)
				if i%1500 == 1499 {
					w.copied()
					w.l.env.Limits.ListSize.Store([]int64{size, 3, -1}[r.IntN(3)])
				}
			}
			w.want = w.want[:0]
			w.l.Delete(0, w.l.Len())
			w.empty()
		})
	}
}

func (w *listTwin) copied() {
	b := newArena(w.t)
	e := w.l.Copied(b, []byte("twin"), 0, w.l.env)
	twin := &listTwin{t: w.t, l: e.AsList(w.l.env), want: w.want}
	twin.sane(true)
	if got, want := e.Size(), int(b.Used()); got != want {
		w.t.Errorf("Size = %d, the arena says %d", got, want)
	}
	rest, more := e.Remains(0)
	for more {
		more = rest.Free(b, 7)
	}
	e.Drop()
	if b.Used() != 0 {
		w.t.Errorf("%d bytes are left of the copy", b.Used())
	}
}

// TestListTrim cuts long lists, where most goes away by itself and the rest is given to the caller.
func TestListTrim(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 20 {
		w := newList(t, -2)
		for i := range 1 + r.IntN(50000) {
			w.push(strconv.Itoa(i * 100000))
			w.want = append(w.want, strconv.Itoa(i*100000))
		}
		i := r.IntN(len(w.want))
		n := 1 + r.IntN(len(w.want)-i)
		if r.IntN(2) == 0 {
			n = min(n, 100)
		}
		for _, rest := range w.l.Trim(i, n) {
			for rest.Free(w.l.a, 100) {
				continue
			}
		}
		w.want = w.want[i : i+n]
		w.sane(true)
		if used, want := int(w.l.a.Used()), w.l.Size(); used != want {
			t.Errorf("%d bytes in use, the list has %d", used, want)
		}
	}
}

// TestListEncodings follows a list over its limits and back.
func TestListEncodings(t *testing.T) {
	type step struct {
		op   string
		args []int // index, count, or length
		want Encoding
	}
	tests := []struct {
		name  string
		size  int64
		steps []step
	}{
		{"by count", 4, []step{
			{"push", []int{1}, EncListpack}, {"push", []int{3}, EncListpack}, {"push", []int{1}, EncQuicklist},
			{"delete", []int{0, 1}, EncQuicklist}, {"delete", []int{0, 1}, EncQuicklist}, {"delete", []int{2, 1}, EncListpack}, {"push", []int{2}, EncListpack},
			{"push", []int{1}, EncQuicklist}, {"delete", []int{1, 3}, EncListpack},
		}},
		{"by bytes", -1, []step{
			{"text", []int{4000}, EncListpack}, {"text", []int{80}, EncListpack}, {"text", []int{80}, EncQuicklist}, {"delete", []int{0, 1}, EncListpack},
			{"set", []int{0, 5000}, EncQuicklist}, {"set", []int{0, 2500}, EncQuicklist}, {"set", []int{0, 1000}, EncQuicklist},
			{"delete", []int{1, 1}, EncListpack},
		}},
		{"one large", -2, []step{{"text", []int{8193}, EncQuicklist}, {"set", []int{0, 10}, EncListpack}}},
		{"large by count", 10, []step{{"text", []int{8193}, EncQuicklist}, {"text", []int{1}, EncQuicklist}, {"delete", []int{0, 1}, EncListpack}}},
		{"zero", 0, []step{{"push", []int{1}, EncListpack}, {"push", []int{1}, EncQuicklist}, {"delete", []int{0, 1}, EncQuicklist}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newList(t, tt.size)
			for i, s := range tt.steps {
				switch s.op {
				case "push":
					for range s.args[0] {
						w.push("x")
					}
				case "text":
					w.push(strings.Repeat("t", s.args[0]))
				case "delete":
					w.l.Delete(s.args[0], s.args[1])
				case "set":
					w.l.Set(s.args[0], []byte(strings.Repeat("s", s.args[1])))
				}
				if got := w.l.Encoding(); got != s.want {
					t.Fatalf("after step %d, %s %v: %v, want %v", i, s.op, s.args, got, s.want)
				}
			}
		})
	}
}

func (w *listTwin) push(text string) {
	if !w.l.Grow([]byte(text)) || !w.l.PushLast([]byte(text)) {
		w.t.Fatal("out of memory")
	}
}

// TestListAllocations holds the hot paths free of garbage.
func TestListAllocations(t *testing.T) {
	for _, size := range []int64{-2, 100} {
		w := newList(t, size)
		for i := range 5000 {
			w.push("element:" + strconv.Itoa(i))
		}
		text := [][]byte{[]byte("an element of so")}
		n := testing.AllocsPerRun(200, func() {
			w.l.Grow(text...)
			w.l.PushFirst(text[0])
			w.l.PushLast(text[0])
			walk := w.l.From(2000)
			for range 100 {
				walk.Next()
			}
			w.l.DropFirst()
			w.l.DropLast()
		})
		if n != 0 {
			t.Errorf("size %d: %v allocations", size, n)
		}
	}
}
