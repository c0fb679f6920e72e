package object

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
)

// streamTwin is a stream beside the naive one that it should equal: a list of nodes, as Valkey would cut them.
type streamTwin struct {
	t     *testing.T
	rnd   *rand.Rand
	env   *Env
	s     Stream
	nodes []twinNode
	last  StreamID
	gone  StreamID // the largest that was deleted
	added uint64

	groups map[string]*twinGroup
}

type twinNode struct {
	bytes   int // of the listpack but for the counts
	fields  []string
	entries []twinEntry
}

type twinEntry struct {
	id    StreamID
	pairs []string
	dead  bool
}

type twinGroup struct {
	last      StreamID
	read      int64
	consumers map[string]*twinConsumer
	pending   map[StreamID]twinPending
}

type twinConsumer struct{ seen, active int64 }

type twinPending struct {
	consumer  string
	delivered int64
	count     uint64
}

func newStreamTwin(t *testing.T, bytes, entries int64, seed uint64) *streamTwin {
	t.Helper()
	env := NewEnv(seed)
	env.Limits.StreamBytes.Store(bytes)
	env.Limits.StreamEntries.Store(entries)
	w := &streamTwin{t: t, rnd: rand.New(rand.NewPCG(seed, 5)), env: env, groups: map[string]*twinGroup{}}
	w.s = NewCollection(newArena(t), []byte("key"), TypeStream, EncStream, 0, 0).AsStream(env)
	if !w.s.Init() {
		t.Fatal("no room")
	}
	return w
}

// listpackOf is the size of a text as an element of a listpack, by the book.
func listpackOf(text string) int {
	n := len(text)
	if v, err := strconv.ParseInt(text, 10, 64); err == nil && strconv.FormatInt(v, 10) == text {
		switch {
		case v >= 0 && v <= 127:
			n = 1
		case v >= -4096 && v <= 4095:
			n = 2
		case v >= -32768 && v <= 32767:
			n = 3
		case v >= -8388608 && v <= 8388607:
			n = 4
		case v >= -2147483648 && v <= 2147483647:
			n = 5
		default:
			n = 9
		}
	} else {
		switch {
		case n < 64:
			n++
		case n < 4096:
			n += 2
		default:
			n += 5
		}
	}
	switch {
	case n <= 127:
		return n + 1
	case n < 16383:
		return n + 2
	}
	return n + 3
}

func listpackOfInt(n int64) int { return listpackOf(strconv.FormatInt(n, 10)) }

func (n *twinNode) live() (live, dead int) {
	for _, e := range n.entries {
		if e.dead {
			dead++
		} else {
			live++
		}
	}
	return live, dead
}

func (w *streamTwin) live() []twinEntry {
	var all []twinEntry
	for _, n := range w.nodes {
		for _, e := range n.entries {
			if !e.dead {
				all = append(all, e)
			}
		}
	}
	return all
}

// add is the rule of XADD, naively.
func (w *streamTwin) add(id StreamID, pairs []string) {
	text := 0
	for _, p := range pairs {
		text += len(p)
	}
	isNew := len(w.nodes) == 0
	if !isNew {
		n := &w.nodes[len(w.nodes)-1]
		live, dead := n.live()
		bytes := 7 + n.bytes + listpackOfInt(int64(live)) + listpackOfInt(int64(dead))
		most, entries := w.env.Limits.StreamBytes.Load(), w.env.Limits.StreamEntries.Load()
		isNew = most > 0 && int64(bytes+text) >= most || entries > 0 && int64(live+dead) >= entries
	}
	var fields []string
	for i := 0; i < len(pairs); i += 2 {
		fields = append(fields, pairs[i])
	}
	if isNew {
		n := twinNode{fields: fields, bytes: listpackOfInt(int64(len(fields))) + 2}
		for _, f := range fields {
			n.bytes += listpackOf(f)
		}
		w.nodes = append(w.nodes, n)
	}
	n := &w.nodes[len(w.nodes)-1]
	n.entries = append(n.entries, twinEntry{id: id, pairs: pairs})
	base := n.entries[0].id
	n.bytes += 2 + listpackOfInt(int64(id.Ms-base.Ms)) + listpackOfInt(int64(id.Seq-base.Seq))
	pieces := 3 + len(fields)
	same := slices.Equal(fields, n.fields)
	if !same {
		n.bytes += listpackOfInt(int64(len(fields)))
		pieces += len(fields) + 1
	}
	for i, p := range pairs {
		if i%2 == 1 || !same {
			n.bytes += listpackOf(p)
		}
	}
	n.bytes += listpackOfInt(int64(pieces))
	w.last = id
	w.added++
}

func (w *streamTwin) delete(id StreamID) bool {
	for i := range w.nodes {
		n := &w.nodes[i]
		for j := range n.entries {
			if e := &n.entries[j]; e.id == id && !e.dead {
				e.dead = true
				if live, _ := n.live(); live == 0 {
					w.nodes = slices.Delete(w.nodes, i, i+1)
				}
				if w.gone.Less(id) {
					w.gone = id
				}
				return true
			}
		}
	}
	return false
}

// trim is the rule of XTRIM, naively.
func (w *streamTwin) trim(t StreamTrim) (deleted int64) {
	for len(w.nodes) > 0 {
		left := uint64(len(w.live()))
		if !t.ByID && left <= t.MaxLen {
			return deleted
		}
		n := &w.nodes[0]
		live, _ := n.live()
		if t.Limit > 0 && deleted+int64(live) > t.Limit {
			return deleted
		}
		if t.ByID && n.entries[len(n.entries)-1].id.Less(t.MinID) || !t.ByID && left-uint64(live) >= t.MaxLen {
			deleted += int64(live)
			w.nodes = w.nodes[1:]
			continue
		}
		for j := 0; !t.Approx && j < len(n.entries); j++ {
			e := &n.entries[j]
			if t.ByID && !e.id.Less(t.MinID) || !t.ByID && left <= t.MaxLen {
				break
			}
			if !e.dead {
				e.dead = true
				left--
				deleted++
			}
		}
		return deleted
	}
	return deleted
}

func (w *streamTwin) randomText() string {
	switch w.rnd.IntN(8) {
	case 0:
		return strconv.FormatInt(int64(w.rnd.Uint64())>>w.rnd.IntN(64), 10)
	case 1:
		return strconv.Itoa(w.rnd.IntN(300) - 100)
	case 2:
		return string(bytes.Repeat([]byte{'x'}, 60+w.rnd.IntN(8)))
	case 3:
		return ""
	case 4:
		return string(bytes.Repeat([]byte{'y'}, w.rnd.IntN(5000)))
	}
	return []string{"a", "-0", "01", "text", "127", "128", "4095", "4096", "-4097", "32768"}[w.rnd.IntN(10)]
}

func (w *streamTwin) randomPairs() []string {
	forms := [][]string{{"a", "b"}, {"a", "b"}, {"a", "b"}, {"1"}, {"b", "a"}, {"a", "b", "c"}, {w.randomText()}}
	var pairs []string
	for _, f := range forms[w.rnd.IntN(len(forms))] {
		pairs = append(pairs, f, w.randomText())
	}
	return pairs
}

func (w *streamTwin) nextID() StreamID {
	id := w.last
	switch w.rnd.IntN(6) {
	case 0:
		id = StreamID{id.Ms + w.rnd.Uint64N(1<<w.rnd.IntN(50)) + 1, w.rnd.Uint64N(3)}
	case 1:
		id = StreamID{id.Ms + 1, w.rnd.Uint64()}
	case 2, 3:
		id = StreamID{id.Ms + w.rnd.Uint64N(20) + 1, 0}
	default:
		id.Seq += 1 + w.rnd.Uint64N(3)
	}
	if !w.last.Less(id) {
		return StreamID{w.last.Ms + 1, 0}
	}
	return id
}

// someID returns an ID that is often one of an entry.
func (w *streamTwin) someID() StreamID {
	if len(w.nodes) == 0 || w.rnd.IntN(5) == 0 {
		return StreamID{w.rnd.Uint64N(w.last.Ms + 2), w.rnd.Uint64N(3)}
	}
	n := w.nodes[w.rnd.IntN(len(w.nodes))]
	id := n.entries[w.rnd.IntN(len(n.entries))].id
	if w.rnd.IntN(4) == 0 {
		id.Seq++
	}
	return id
}

func views(texts []string) [][]byte {
	var list [][]byte
	for _, t := range texts {
		list = append(list, []byte(t))
	}
	return list
}

// step does one random thing to both.
func (w *streamTwin) step() {
	switch op := w.rnd.IntN(20); {
	case op < 9:
		id, pairs := w.nextID(), w.randomPairs()
		w.add(id, pairs)
		if !w.s.Append(id, views(pairs)) {
			w.t.Fatalf("Append(%v) failed", id)
		}
	case op < 13:
		id := w.someID()
		if got, want := w.s.Delete(id), w.delete(id); got != want {
			w.t.Fatalf("Delete(%v) = %v, want %v", id, got, want)
		}
	case op < 14:
		t := StreamTrim{ByID: w.rnd.IntN(2) == 0, Approx: w.rnd.IntN(2) == 0, MinID: w.someID()}
		t.MaxLen = uint64(max(len(w.live())-w.rnd.IntN(20), 0))
		if w.rnd.IntN(3) == 0 {
			t.Limit = w.rnd.Int64N(30)
		}
		if got, want := w.s.Trim(t), w.trim(t); got != want {
			w.t.Fatalf("Trim(%+v) = %d, want %d", t, got, want)
		}
	case op < 16:
		w.checkRange()
	case op < 19:
		w.stepGroup()
	case w.rnd.IntN(20) == 0:
		w.moveAway()
	}
}

func (w *streamTwin) checkRange() {
	from, to := w.someID(), w.someID()
	if w.rnd.IntN(3) == 0 {
		from = StreamID{}
	}
	if w.rnd.IntN(3) == 0 {
		to = MaxStreamID
	}
	var want []twinEntry
	for _, e := range w.live() {
		if !e.id.Less(from) && !to.Less(e.id) {
			want = append(want, e)
		}
	}
	for _, isBack := range []bool{false, true} {
		r := w.s.Range(from, to, isBack)
		for _, e := range want {
			if !r.Next() || r.ID() != e.id || r.Fields() != len(e.pairs)/2 {
				w.t.Fatalf("Range(%v, %v, %v) isn't at %v but at %v with %d fields", from, to, isBack, e.id, r.ID(), r.Fields())
			}
			for i := 0; i < len(e.pairs); i += 2 {
				f := string(r.Field().AppendTo(nil))
				v := string(r.Value().AppendTo(nil))
				if f != e.pairs[i] || v != e.pairs[i+1] {
					w.t.Fatalf("%v has %q %q, want %q %q", e.id, f, v, e.pairs[i], e.pairs[i+1])
				}
				if w.rnd.IntN(10) == 0 {
					break // who reads doesn't have to read all
				}
			}
		}
		if r.Next() {
			w.t.Fatalf("Range(%v, %v, %v) has %v too", from, to, isBack, r.ID())
		}
		slices.Reverse(want)
	}
}

// moveAway copies the stream to another arena, frees the old one in slices, and goes on with the copy.
func (w *streamTwin) moveAway() {
	other := newArena(w.t)
	twin := w.s.Copied(other, []byte("other"), 0, w.env)
	if !twin.Exists() {
		w.t.Fatal("no room for a copy")
	}
	old := w.s.Arena()
	r, ok := w.s.Remains(0)
	if ok {
		for r.Free(old, 1+w.rnd.IntN(50)) {
			continue
		}
		w.s.Drop()
	} else {
		w.s.Free()
	}
	if n := old.Used(); n != 0 {
		w.t.Fatalf("%d bytes are left of a stream that was freed", n)
	}
	w.s = twin.AsStream(w.env)
}

var twinNames = []string{"g", "", "a group of a longer name", "a group of a longer nama", "g\x00", "\xff"}

func (w *streamTwin) stepGroup() {
	name := twinNames[w.rnd.IntN(len(twinNames))]
	tg := w.groups[name]
	g, ok := w.s.Group([]byte(name))
	if ok != (tg != nil) {
		w.t.Fatalf("Group(%q) is there: %v", name, ok)
	}
	if !ok {
		last, read := w.someID(), w.rnd.Int64N(3)-1
		if _, ok := w.s.AddGroup([]byte(name), last, read); !ok {
			w.t.Fatal("no room")
		}
		w.groups[name] = &twinGroup{last, read, map[string]*twinConsumer{}, map[StreamID]twinPending{}}
		return
	}
	if w.rnd.IntN(60) == 0 {
		for r := w.s.RemoveGroup(g); r.Free(w.s.Arena(), 3); {
			continue
		}
		delete(w.groups, name)
		return
	}
	w.stepConsumer(g, tg)
}

func (w *streamTwin) stepConsumer(g StreamGroup, tg *twinGroup) {
	name := twinNames[w.rnd.IntN(len(twinNames))]
	k, ok := g.Consumer([]byte(name))
	if ok != (tg.consumers[name] != nil) {
		w.t.Fatalf("Consumer(%q) is there: %v", name, ok)
	}
	if !ok {
		seen := w.rnd.Int64()
		if _, ok := g.AddConsumer([]byte(name), seen); !ok {
			w.t.Fatal("no room")
		}
		tg.consumers[name] = &twinConsumer{seen, -1}
		return
	}
	if w.rnd.IntN(60) == 0 {
		want := 0
		for id, p := range tg.pending {
			if p.consumer == name {
				delete(tg.pending, id)
				want++
			}
		}
		if got := g.RemoveConsumer(k); got != want {
			w.t.Fatalf("RemoveConsumer(%q) = %d, want %d", name, got, want)
		}
		delete(tg.consumers, name)
		return
	}
	id, now, count := w.someID(), w.rnd.Int64(), w.rnd.Uint64()
	k.SetActive(now)
	tg.consumers[name].active = now
	p, ok := g.Find(id)
	if _, want := tg.pending[id]; ok != want {
		w.t.Fatalf("Find(%v) is there: %v", id, ok)
	}
	switch {
	case !ok:
		if _, ok := g.Add(id, k, now, count); !ok {
			w.t.Fatal("no room")
		}
	case w.rnd.IntN(3) == 0:
		g.Remove(p)
		delete(tg.pending, id)
		return
	default:
		if !g.Move(p, k) {
			w.t.Fatal("no room")
		}
		p.Deliver(now, count)
	}
	tg.pending[id] = twinPending{name, now, count}
}

func (w *streamTwin) check() {
	if err := w.s.Sane(w.env); err != nil {
		w.t.Fatal(err)
	}
	all := w.live()
	var first StreamID
	if len(all) > 0 {
		first = all[0].id
	}
	if w.s.Len() != len(all) || w.s.Nodes() != len(w.nodes) || w.s.FirstID() != first || w.s.LastID() != w.last ||
		w.s.Added() != w.added || w.s.MaxDeletedID() != w.gone {
		w.t.Fatalf("%d entries in %d nodes, first %v, last %v, deleted %v, added %d; want %d in %d, %v, %v, %v, %d", w.s.Len(), w.s.Nodes(),
			w.s.FirstID(), w.s.LastID(), w.s.MaxDeletedID(), w.s.Added(), len(all), len(w.nodes), first, w.last, w.gone, w.added)
	}
	if got, want := int64(w.s.Size()), w.s.Arena().Used(); got != want {
		w.t.Fatalf("Size() = %d, the arena has %d", got, want)
	}
}

// checkGroups compares all that groups hold.
func (w *streamTwin) checkGroups() {
	if w.s.Groups() != len(w.groups) {
		w.t.Fatalf("%d groups, want %d", w.s.Groups(), len(w.groups))
	}
	before := []byte(nil)
	for groups := w.s.AllGroups(); groups.Next(); {
		g := groups.Group()
		if before != nil && bytes.Compare(before, g.Name()) >= 0 {
			w.t.Fatalf("group %q behind %q", g.Name(), before)
		}
		before = g.Name()
		tg := w.groups[string(g.Name())]
		if g.LastID() != tg.last || g.Read() != tg.read || g.Consumers() != len(tg.consumers) || g.Pending() != len(tg.pending) {
			w.t.Fatalf("group %q has %d consumers and %d pending, want %+v", g.Name(), g.Consumers(), g.Pending(), tg)
		}
		for walk := g.AllConsumers(); walk.Next(); {
			k := walk.Consumer()
			if c := tg.consumers[string(k.Name())]; c == nil || *c != (twinConsumer{k.Seen(), k.Active()}) {
				w.t.Fatalf("consumer %q was seen %d, active %d, want %v", k.Name(), k.Seen(), k.Active(), c)
			}
			for walk := k.PendingFrom(StreamID{}); walk.Next(); {
				p := walk.Pending()
				if tp := tg.pending[p.ID()]; tp != (twinPending{string(k.Name()), p.Delivered(), p.Count()}) {
					w.t.Fatalf("%v is pending with %q since %d, %d times, want %v", p.ID(), k.Name(), p.Delivered(), p.Count(), tp)
				}
			}
		}
	}
}

func TestStreamTwin(t *testing.T) {
	tests := []struct{ bytes, entries int64 }{{4096, 100}, {4096, 1}, {200, 7}, {0, 0}, {1 << 40, 1000}, {1, 5}}
	steps := 6000
	if testing.Short() {
		steps = 800
	}
	for i, tt := range tests {
		t.Run(fmt.Sprintf("bytes %d, entries %d", tt.bytes, tt.entries), func(t *testing.T) {
			t.Logf("seed %d", i)
			w := newStreamTwin(t, tt.bytes, tt.entries, uint64(i))
			for k := range steps {
				w.step()
				if k%5 == 0 || len(w.nodes) < 3 {
					w.check()
				}
				if k%50 == 0 {
					w.checkGroups()
				}
			}
			w.checkRange()
			w.checkGroups()
			w.moveAway()
			w.check()
			w.checkGroups()
			w.s.Free()
			if n := w.s.Arena().Used(); n != 0 {
				t.Fatalf("%d bytes are left in the end", n)
			}
		})
	}
}
