package keyspace

import (
	"fmt"
	"math"
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

func TestExpiryToTheMillisecond(t *testing.T) {
	s := newSpace(t, nil)
	d := s.DB(0)
	now := s.Now()
	must(t, d.SetString([]byte("k"), []byte("v"), now+5))
	if s.NextDue() != now+6 {
		t.Errorf("NextDue is %d, want %d", s.NextDue(), now+6)
	}
	s.SetNow(now + 5)
	if n, _ := s.ExpireSlice(0); n != 0 || !d.Peek([]byte("k")).Exists() {
		t.Error("the key is gone in the millisecond of its expiry, in which it still lives")
	}
	s.SetNow(now + 6)
	if !d.Expired([]byte("k")) || d.Len() != 1 {
		t.Error("the key's time hasn't come, or it is gone without being touched")
	}
	if n, more := s.ExpireSlice(0); n != 1 || more || d.Len() != 0 {
		t.Errorf("ExpireSlice = %d, %v, left %d keys, want 1, false, 0", n, more, d.Len())
	}
	if s.NextDue() != math.MaxInt64 {
		t.Errorf("NextDue is %d in an empty space", s.NextDue())
	}
	sane(t, s)
}

func TestClockNeverRunsBack(t *testing.T) {
	s := newSpace(t, nil)
	must(t, s.DB(0).SetString([]byte("k"), []byte("v"), s.Now()+5))
	s.SetNow(s.Now() + 6)
	s.SetNow(s.Now() - 1000)
	if s.DB(0).Peek([]byte("k")).Exists() {
		t.Error("an expired key came back")
	}
}

func TestExpiryModes(t *testing.T) {
	for _, tt := range []struct {
		mode       ExpiryMode
		found      bool
		left, gone int
	}{
		{ExpireDelete, false, 0, 1},
		{ExpireHide, false, 1, 0},
		{ExpireIgnore, true, 1, 0},
	} {
		s := newSpace(t, nil)
		d := s.DB(0)
		must(t, d.SetString([]byte("k"), []byte("v"), s.Now()+5))
		s.SetNow(s.Now() + 6)
		s.SetExpiryMode(tt.mode)
		seen := 0
		if d.Random().Exists() != (tt.mode != ExpireDelete) {
			t.Errorf("mode %d: Random is wrong", tt.mode)
		}
		d.Scan(0, 10, nil, func(Entry) { seen++ })
		if found := d.Find([]byte("k")).Exists(); found != tt.found || (seen == 1) != tt.found {
			t.Errorf("mode %d: found: %v, scanned: %d, want %v", tt.mode, found, seen, tt.found)
		}
		s.ExpireSlice(0)
		if d.Len() != tt.left || int(s.Stats().Expired) != tt.gone {
			t.Errorf("mode %d: %d left, %d expired, want %d, %d", tt.mode, d.Len(), s.Stats().Expired, tt.left, tt.gone)
		}
		sane(t, s)
	}
}

func TestPersistKeepsTheSlot(t *testing.T) {
	s := newSpace(t, nil)
	d := s.DB(0)
	must(t, d.SetString([]byte("k"), []byte("v"), s.Now()+5))
	e, err := d.SetExpiry(d.Peek([]byte("k")), NoTTL)
	must(t, err)
	if e.ExpireAt() != 0 || d.Expires() != 0 || !e.HasExpirySlot() {
		t.Errorf("after persist: expires at %d, %d in the index, slot: %v", e.ExpireAt(), d.Expires(), e.HasExpirySlot())
	}
	s.SetNow(s.Now() + 1000)
	s.ExpireSlice(0)
	if text(d.Find([]byte("k"))) != "v" {
		t.Error("a key without expiry expired")
	}
	sane(t, s)
}

func TestKeepTTL(t *testing.T) {
	s := newSpace(t, nil)
	d := s.DB(0)
	at := s.Now() + 1000
	must(t, d.SetString([]byte("k"), []byte("v"), at))
	must(t, d.SetString([]byte("k"), make([]byte, 100), KeepTTL))
	if e := d.Peek([]byte("k")); e.ExpireAt() != at {
		t.Errorf("expires at %d, want %d", e.ExpireAt(), at)
	}
	must(t, d.SetString([]byte("new"), []byte("v"), KeepTTL))
	if e := d.Peek([]byte("new")); e.ExpireAt() != 0 {
		t.Errorf("a new key expires at %d", e.ExpireAt())
	}
	must(t, d.SetString([]byte("k"), []byte("v"), NoTTL))
	if e := d.Peek([]byte("k")); e.ExpireAt() != 0 || d.Expires() != 0 {
		t.Errorf("expires at %d", e.ExpireAt())
	}
	sane(t, s)
}

func TestAvgTTL(t *testing.T) {
	s := newSpace(t, nil)
	d := s.DB(0)
	if d.AvgTTL() != 0 {
		t.Errorf("AvgTTL is %d without keys", d.AvgTTL())
	}
	for i := range 1000 {
		must(t, d.SetString(fmt.Appendf(nil, "k%d", i), []byte("v"), s.Now()+int64(i)))
	}
	if d.AvgTTL() != 499 {
		t.Errorf("AvgTTL is %d, want 499", d.AvgTTL())
	}
	for i := range 1000 {
		_, err := d.SetExpiry(d.Peek(fmt.Appendf(nil, "k%d", i)), math.MaxInt64)
		must(t, err)
	}
	if want := math.MaxInt64 - s.Now(); d.AvgTTL() != want {
		t.Errorf("AvgTTL is %d, want %d", d.AvgTTL(), want)
	}
	if s.NextDue() > s.Now()+1 {
		t.Errorf("NextDue is %d: too late is not allowed, even before a slice corrects it", s.NextDue())
	}
	sane(t, s)
}

// TestExpireSliceIsBounded lets many keys fall due at once: no call may go on much longer than its budget, and all
// must be gone in the end, in all databases.
func TestExpireSliceIsBounded(t *testing.T) {
	s := newSpace(t, nil)
	const n = 5000
	for i := range n {
		must(t, s.DB(i%3).SetString(fmt.Appendf(nil, "k%d", i), []byte("v"), s.Now()+1))
	}
	must(t, s.DB(3).SetString([]byte("stays"), []byte("v"), s.Now()+3))
	s.SetNow(s.Now() + 2)
	total, calls := 0, 0
	for more := true; more; calls++ {
		var k int
		k, more = s.ExpireSlice(1)
		if k > expireBatch {
			t.Fatalf("a call with the smallest budget removed %d keys", k)
		}
		total += k
		if more != (total < n) && total != n {
			t.Fatalf("more is %v after %d of %d keys", more, total, n)
		}
	}
	if total != n || s.DB(3).Len() != 1 || s.NextDue() != s.Now()+2 {
		t.Errorf("%d keys removed in %d calls, %d left, NextDue in %d ms, want %d, _, 1, 2",
			total, calls, s.DB(3).Len(), s.NextDue()-s.Now(), n)
	}
	if st := s.Stats(); st.Expired != n || st.ExpireCapped == 0 {
		t.Errorf("stats say %d expired, %d calls capped", st.Expired, st.ExpireCapped)
	}
	sane(t, s)
}

// expireAll calls ExpireSlice until nothing is due, and returns how many keys it removed.
func expireAll(s *Space) (n int) {
	for more := true; more; {
		var k int
		k, more = s.ExpireSlice(0)
		n += k
	}
	return n
}

// TestExpireMoves changes keys with an expiry in all ways that move the entry or the expiry: the index must follow.
func TestExpireMoves(t *testing.T) {
	s := newSpace(t, nil)
	d := s.DB(0)
	now := s.Now()
	for i := range 500 {
		must(t, d.SetString(fmt.Appendf(nil, "k%d", i), []byte("v"), now+10))
	}
	for i := range 500 {
		k := fmt.Appendf(nil, "k%d", i)
		switch i % 4 {
		case 0:
			_, err := d.SetExpiry(d.Peek(k), now+20)
			must(t, err)
		case 1:
			_, err := d.Update(d.Peek(k), object.Text(make([]byte, 300)))
			must(t, err)
		case 2:
			must(t, d.Rename(d.Peek(k), s.DB(1), k))
		case 3:
			_, err := d.SetExpiry(d.Peek(k), NoTTL)
			must(t, err)
		}
	}
	sane(t, s)
	s.SetNow(now + 11)
	if n := expireAll(s); n != 250 {
		t.Errorf("%d keys expired, want 250", n)
	}
	s.SetNow(now + 21)
	if n := expireAll(s); n != 125 || d.Len() != 125 {
		t.Errorf("%d keys expired, %d left, want 125 and 125", n, d.Len())
	}
	sane(t, s)
}
