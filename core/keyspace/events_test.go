package keyspace

import (
	"fmt"
	"slices"
	"testing"
)

// recorder writes down what the hook hears.
type recorder struct{ heard []string }

func (r *recorder) Event(db int, c Class, event string, key []byte) {
	r.heard = append(r.heard, fmt.Sprintf("%s %s %d %s", c, event, db, key))
}

func (r *recorder) Modified(db int, key []byte, _ bool) {
	r.heard = append(r.heard, fmt.Sprintf("modified %d %s", db, key))
}

func (r *recorder) expect(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(r.heard, want) {
		t.Errorf("heard %q, want %q", r.heard, want)
	}
	r.heard = nil
}

func TestClasses(t *testing.T) {
	tests := []struct {
		in, out string
		ok      bool
	}{
		{"", "", true}, {"KEA", "AKE", true}, {"g$lshzxetd", "A", true}, {"AKE", "AKE", true}, {"Kx", "xK", true},
		{"KEAmn", "AKEm", true}, {"nK", "nK", true}, {"KE$lg", "g$lKE", true}, {"m", "m", true},
		{"KEy", "", false}, {"k", "", false}, {"K A", "", false},
	}
	for _, tt := range tests {
		c, ok := ParseClasses(tt.in)
		if ok != tt.ok || ok && c.String() != tt.out {
			t.Errorf("ParseClasses(%q) = %q, %v, want %q, %v", tt.in, c, ok, tt.out, tt.ok)
		}
	}
}

func TestEvents(t *testing.T) {
	var r recorder
	s := newSpace(t, &r)
	d := s.DB(2)
	k := []byte("k")

	must(t, d.SetString(k, []byte("v"), s.Now()+10))
	d.Find([]byte("missing"))
	d.Notify(ClassString, "set", k)
	r.expect(t)

	s.SetNotify(ClassAll | ClassKeyMiss | ClassNew)
	d.Notify(ClassString, "set", k)
	r.expect(t) // neither K nor E

	s.SetNotify(ClassAll | ClassKeyMiss | ClassNew | ClassKeyevent)
	d.Notify(ClassString, "set", k)
	d.Find([]byte("missing"))
	d.FindWrite([]byte("missing"))
	d.Peek([]byte("missing"))
	must(t, d.SetString([]byte("other"), []byte("v"), s.Now()+10))
	must(t, d.SetString([]byte("other"), []byte("w"), s.Now()+10))
	r.expect(t, "$ set 2 k", "m keymiss 2 missing", "n new 2 other")

	s.SetNow(s.Now() + 11)
	d.Find(k)
	s.ExpireSlice(0)
	r.expect(t, "x expired 2 k", "m keymiss 2 k", "x expired 2 other")

	s.SetFollow(FollowModified)
	s.SetNotify(ClassExpired | ClassKeyspace)
	must(t, d.SetString(k, []byte("v"), s.Now()-1))
	d.Delete(k)
	r.expect(t, "modified 2 k", "x expired 2 k", "modified 2 k")
	must(t, d.SetString(k, []byte("v"), 0))
	d.Remove(d.Peek(k))
	r.expect(t, "modified 2 k", "modified 2 k")
	must(t, d.SetString(k, []byte("v"), 0))
	s.FlushAll()
	s.FlushAll()
	r.expect(t, "modified 2 k", "modified 2 ")
}

func TestStats(t *testing.T) {
	s := newSpace(t, nil)
	d := s.DB(0)
	must(t, d.SetString([]byte("k"), []byte("v"), s.Now()+10))
	for range 3 {
		d.Find([]byte("k"))
	}
	d.Find([]byte("missing"))
	d.Lookup([]byte("missing"), NoTouch)
	d.Lookup([]byte("k"), NoTouch)
	d.FindWrite([]byte("k"))
	d.FindWrite([]byte("missing"))
	d.Peek([]byte("k"))
	d.Peek([]byte("missing"))
	if st := s.Stats(); st.Hits != 4 || st.Misses != 2 {
		t.Errorf("%d hits, %d misses, want 4 and 2", st.Hits, st.Misses)
	}
	s.SetNow(s.Now() + 11)
	d.Find([]byte("k"))
	if st := s.Stats(); st.Hits != 4 || st.Misses != 3 || st.Expired != 1 {
		t.Errorf("%d hits, %d misses, %d expired, want 4, 3, 1", st.Hits, st.Misses, st.Expired)
	}
	var sum Stats
	sum.Add(s.Stats())
	sum.Add(s.Stats())
	if sum.Misses != 6 {
		t.Errorf("two times 3 misses are %d", sum.Misses)
	}
	s.ResetStats()
	if s.Stats() != (Stats{}) {
		t.Errorf("after the reset: %+v", s.Stats())
	}
}
