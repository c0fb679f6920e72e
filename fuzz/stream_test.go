package fuzz

import (
	"bytes"
	"slices"
	"strconv"
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// FuzzStream runs a program of operations on a stream with a consumer group and on plain slices and maps, and compares them.
//
// The first two bytes are the limits of nodes; then every four bytes are an operation: what, how often, and two of argument.
func FuzzStream(f *testing.F) {
	f.Add([]byte{100, 100, 0, 255, 1, 0, 1, 200, 3, 0, 4, 0, 0, 0, 5, 50, 2, 0, 6, 20, 0, 0})
	f.Add(append([]byte{3, 0}, bytes.Repeat([]byte{0, 40, 7, 1, 2, 10, 7, 1, 3, 9, 1, 0, 5, 9, 1, 0}, 20)...))
	f.Add(append([]byte{0, 9}, bytes.Repeat([]byte{0, 90, 0, 200, 1, 20, 9, 3, 5, 80, 7, 0, 7, 1, 0, 0, 6, 9, 3, 1}, 10)...))
	f.Fuzz(func(t *testing.T, program []byte) {
		if len(program) < 2 {
			return
		}
		r, err := arena.NewRange(16 << 20)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		env := object.NewEnv(1)
		env.Limits.StreamEntries.Store(int64(program[0]))
		env.Limits.StreamBytes.Store(int64(program[1]) * 40)
		l := &log{t: t, env: env, other: arena.New(r), pending: map[object.StreamID]uint64{}}
		l.s = object.NewCollection(arena.New(r), []byte("key"), object.TypeStream, object.EncStream, 0, 0).AsStream(env)
		if !l.s.Init() {
			t.Fatal("no room")
		}
		for program = program[2:]; len(program) >= 4; program = program[4:] {
			l.step(program[0], int(program[1]), int(program[2])|int(program[3])<<8)
		}
		l.sane()
		l.s.Free()
		if n := l.s.Arena().Used() + l.other.Used(); n != 0 {
			t.Fatalf("%d bytes in use by nothing", n)
		}
	})
}

// log is a stream and what it should equal.
type log struct {
	t       *testing.T
	env     *object.Env
	other   *arena.Arena
	s       object.Stream
	entries []logEntry
	pending map[object.StreamID]uint64 // of the group: number of deliveries
}

type logEntry struct {
	id    object.StreamID
	pairs []string
}

func (l *log) step(op byte, count, arg int) {
	switch op % 8 {
	case 0:
		for i := range count {
			l.add(object.StreamID{Ms: l.s.LastID().Ms + uint64(arg&3), Seq: l.s.LastID().Seq + 1}, arg+i)
		}
	case 1:
		for i := range count {
			l.add(object.StreamID{Ms: l.s.LastID().Ms + uint64(arg)<<uint(i%32) + 1, Seq: uint64(arg * i)}, arg)
		}
	case 2:
		for i := range count {
			if n := len(l.entries); n > 0 {
				at := (arg + i*31) % n
				if !l.s.Delete(l.entries[at].id) || l.s.Delete(l.entries[at].id) {
					l.t.Fatalf("Delete(%v)", l.entries[at].id)
				}
				l.entries = slices.Delete(l.entries, at, at+1)
			}
		}
	case 3:
		left := max(len(l.entries)-count, 0)
		n := l.s.Trim(object.StreamTrim{MaxLen: uint64(left), Approx: arg&1 != 0, Limit: int64(arg >> 1 & 127)})
		if arg == 0 && int(n) != len(l.entries)-left {
			l.t.Fatalf("Trim removes %d of %d, to leave %d", n, len(l.entries), left)
		}
		l.entries = slices.Delete(l.entries, 0, int(n))
	case 4:
		if n := len(l.entries); n > 0 {
			id := l.entries[arg%n].id
			n := l.s.Trim(object.StreamTrim{ByID: true, MinID: id})
			if int(n) != arg%len(l.entries) {
				l.t.Fatalf("Trim to %v removes %d", id, n)
			}
			l.entries = slices.Delete(l.entries, 0, int(n))
		}
	case 5:
		l.deliver(count, arg)
	case 6:
		l.acknowledge(count, arg)
	case 7:
		l.sane()
		l.move()
	}
}

func (l *log) add(id object.StreamID, arg int) {
	if !l.s.LastID().Less(id) {
		return
	}
	texts := []string{"", "a", "field", strconv.Itoa(arg), strconv.Itoa(-arg << (arg % 50)), string(bytes.Repeat([]byte("x"), arg%200))}
	e := logEntry{id: id}
	for i := range 1 + arg%3 {
		e.pairs = append(e.pairs, texts[(arg>>4+i)%len(texts)], texts[(arg>>2+i)%len(texts)])
	}
	var pairs [][]byte
	for _, p := range e.pairs {
		pairs = append(pairs, []byte(p))
	}
	if !l.s.Append(id, pairs) {
		l.t.Skip("no room")
	}
	l.entries = append(l.entries, e)
}

var logConsumers = [...]string{"", "c", "consumer", "consumers"}

// deliver makes entries pending with a consumer, or again with another one.
func (l *log) deliver(count, arg int) {
	g, ok := l.s.Group([]byte("g"))
	if !ok {
		g, ok = l.s.AddGroup([]byte("g"), object.StreamID{}, 0)
	}
	name := []byte(logConsumers[arg%len(logConsumers)])
	c, is := g.Consumer(name)
	if ok && !is {
		c, ok = g.AddConsumer(name, int64(arg))
	}
	for i := 0; ok && i < count && len(l.entries) > 0; i++ {
		id := l.entries[(arg+i*7)%len(l.entries)].id
		p, was := g.Find(id)
		if _, want := l.pending[id]; was != want {
			l.t.Fatalf("%v is pending: %v", id, was)
		}
		if !was {
			_, ok = g.Add(id, c, 1, 1)
			l.pending[id] = 1
			continue
		}
		ok = g.Move(p, c)
		p.Deliver(1, p.Count()+1)
		l.pending[id]++
	}
	if !ok {
		l.t.Skip("no room")
	}
}

// acknowledge removes pending entries, or a consumer with all of its own.
func (l *log) acknowledge(count, arg int) {
	g, ok := l.s.Group([]byte("g"))
	if !ok {
		return
	}
	if c, ok := g.Consumer([]byte(logConsumers[arg%len(logConsumers)])); ok && arg&64 != 0 {
		n := 0
		for w := c.PendingFrom(object.StreamID{}); w.Next(); n++ {
			delete(l.pending, w.Pending().ID())
		}
		if got := g.RemoveConsumer(c); got != n {
			l.t.Fatalf("RemoveConsumer = %d, want %d", got, n)
		}
		return
	}
	for range count {
		w := g.PendingFrom(object.StreamID{Ms: uint64(arg)})
		if !w.Next() {
			return
		}
		delete(l.pending, w.Pending().ID())
		g.Remove(w.Pending())
	}
}

// move copies the stream to the other arena and frees the old one.
func (l *log) move() {
	e := l.s.Copied(l.other, []byte("key"), 0, l.env)
	if !e.Exists() {
		l.t.Skip("no room")
	}
	l.other = l.s.Arena()
	l.s.Free()
	if n := l.other.Used(); n != 0 {
		l.t.Fatalf("%d bytes are left of a stream that was freed", n)
	}
	l.s = e.AsStream(l.env)
}

func (l *log) sane() {
	if err := l.s.Sane(l.env); err != nil {
		l.t.Fatal(err)
	}
	if l.s.Len() != len(l.entries) {
		l.t.Fatalf("Len() = %d, want %d", l.s.Len(), len(l.entries))
	}
	r := l.s.Range(object.StreamID{}, object.MaxStreamID, false)
	for _, e := range l.entries {
		if !r.Next() || r.ID() != e.id || r.Fields() != len(e.pairs)/2 {
			l.t.Fatalf("at %v, want %v", r.ID(), e.id)
		}
		for i := 0; i < len(e.pairs); i += 2 {
			if f, v := r.Pair(); string(f.AppendTo(nil)) != e.pairs[i] || string(v.AppendTo(nil)) != e.pairs[i+1] {
				l.t.Fatalf("%v has %q %q, want %q", e.id, string(f.AppendTo(nil)), string(v.AppendTo(nil)), e.pairs[i:i+2])
			}
		}
	}
	g, ok := l.s.Group([]byte("g"))
	if !ok {
		return
	}
	n := 0
	for w := g.PendingFrom(object.StreamID{}); w.Next(); n++ {
		if p := w.Pending(); l.pending[p.ID()] != p.Count() {
			l.t.Fatalf("%v was delivered %d times, want %d", p.ID(), p.Count(), l.pending[p.ID()])
		}
	}
	if n != len(l.pending) {
		l.t.Fatalf("%d entries are pending, want %d", n, len(l.pending))
	}
}
