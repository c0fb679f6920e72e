package tracking

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

// told returns the keys that a feed was told of, in their order, and forgets them. "*" stands for all.
func told(f *Feed) (keys []string) {
	for n := f.Take().first; n != nil; n = n.next {
		if n.kind == noteAll {
			keys = append(keys, "*")
			continue
		}
		keys = append(keys, n.key)
	}
	return keys
}

// quietFeed is a feed whose loop is never told.
func quietFeed(id uint64) *Feed {
	f := NewFeed(id, nil, nil, nil)
	f.nudged.Store(true)
	return f
}

func newServer(t *testing.T) *Server {
	t.Helper()
	memory, err := arena.NewRange(64 << 20)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(memory.Close)
	return New(1, memory, 1)
}

func TestTableAgainstMaps(t *testing.T) {
	seed := uint64(time.Now().UnixNano()) // #nosec G115 -- a seed
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0)) // #nosec G404 -- a test
	s := newServer(t)
	table := s.Table(0)
	feeds := make([]*Feed, 40)
	for i := range feeds {
		feeds[i] = quietFeed(uint64(i + 1)) // #nosec G115 -- small
		s.Start(feeds[i], Options{NoLoop: i%4 == 0})
	}
	twin := make(map[string]map[int]bool)
	for range 20_000 {
		key := fmt.Sprintf("key:%d", rnd.IntN(200))
		i := rnd.IntN(len(feeds))
		if rnd.IntN(10) > 0 {
			table.Remember(feeds[i], []byte(key))
			if twin[key] == nil {
				twin[key] = make(map[int]bool)
			}
			twin[key][i] = true
			continue
		}
		table.SetSelf(feeds[i].ID)
		bySelf := rnd.IntN(2) == 0
		table.Changed([]byte(key), bySelf)
		table.SetSelf(0)
		for j, f := range feeds {
			want := twin[key][j] && !(bySelf && j == i && j%4 == 0)
			if got := told(f); want != (len(got) == 1 && got[0] == key) || len(got) > 1 {
				t.Fatalf("a change of %s told %d of %q, want %v", key, j, got, want)
			}
		}
		delete(twin, key)
	}
	keys, items := s.Keys()
	readers := 0
	for _, who := range twin {
		readers += len(who)
	}
	if int(keys) != len(twin) || int(items) != readers {
		t.Errorf("%d keys and %d items, want %d and %d", keys, items, len(twin), readers)
	}
	if err := table.table.Sane(table.arena, table.hashOf); err != nil {
		t.Error(err)
	}
	if n := table.Evict(1 << 20); n != len(twin) || !table.Empty() {
		t.Errorf("%d of %d keys were evicted", n, len(twin))
	}
	if used := table.Used(); used > int64(table.table.Bytes()) {
		t.Errorf("an empty table has %d bytes", used)
	}
	old := table.Clear()
	for old.Dispose(1) {
	}
}

func TestFeedOrder(t *testing.T) {
	f := quietFeed(1)
	for _, key := range []string{"a", "b"} {
		f.send(note{key: key})
	}
	withheld := f.Take()
	f.Mark() // of a wait that was not served
	f.send(note{key: "c"})
	f.Mark()
	f.send(note{kind: noteAll})
	before, behind := withheld.And(f.Take()).Split()
	text := func(taken Taken) (s string) {
		for n := taken.first; n != nil; n = n.next {
			switch n.kind {
			case noteKey:
				s += n.key
			case noteAll:
				s += "*"
			case noteKeys, noteBroken, noteMark:
			}
		}
		return s
	}
	if text(before) != "abc" || text(behind) != "*" {
		t.Errorf("%q stand before the reply, %q behind", text(before), text(behind))
	}
}

func TestRedirect(t *testing.T) {
	s := newServer(t)
	from, to := quietFeed(1), quietFeed(2)
	s.Start(from, Options{Redirect: to})
	s.Table(0).Remember(from, []byte("k"))
	s.Table(0).Changed([]byte("k"), false)
	if got := told(to); len(got) != 1 || len(told(from)) != 0 {
		t.Errorf("the redirect got %q", got)
	}
	to.Close()
	s.Table(0).Remember(from, []byte("k"))
	s.Table(0).Changed([]byte("k"), false)
	if n := from.Take().first; n == nil || n.kind != noteBroken || n.id != 2 || !from.Broken() {
		t.Error("nobody was told that the redirect is gone")
	}
	s.Stop(from)
	if s.Clients() != 0 {
		t.Error("somebody tracks still")
	}
}

func TestPrefixes(t *testing.T) {
	s := newServer(t)
	a, b := quietFeed(1), quietFeed(2)
	s.Start(a, Options{Broadcast: true, Prefixes: []string{"user:", "item:"}})
	s.Start(b, Options{Broadcast: true, Prefixes: []string{"user:"}})
	if s.Prefixes() != 2 {
		t.Errorf("%d prefixes, want 2", s.Prefixes())
	}
	if _, is := a.Overlap("user:1"); !is {
		t.Error("user:1 and user: have keys in common")
	}
	if _, is := a.Overlap("users"); is {
		t.Error("users and user: have none")
	}
	s.Stop(a)
	if s.Prefixes() != 1 || !s.Table(0).Changed([]byte("x"), false) {
		t.Error("user: is listened to still")
	}
	s.Stop(b)
	if s.Prefixes() != 0 || s.Table(0).Changed([]byte("x"), false) {
		t.Error("nobody listens to anything")
	}
}

func TestApart(t *testing.T) {
	s := newServer(t)
	b := s.NewLocal(nil, nil)
	b.nudged.Store(true)
	for _, c := range []change{{key: "b", ticks: 0}, {key: "a", ticks: 1, by: 7}, {key: "a", ticks: 2}, {key: "c", ticks: 2 + b.apart}} {
		b.put(&c)
	}
	messages := b.take()
	if len(messages) != 2 || len(messages[0]) != 2 || messages[0][0].key != "a" || messages[0][0].by != 0 || messages[1][0].key != "c" {
		t.Errorf("got %d messages", len(messages))
	}
}
