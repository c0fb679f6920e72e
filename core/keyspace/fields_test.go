package keyspace

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

// allTime is a budget that a test doesn't use up, however busy the machine is.
const allTime = 1 << 50

// putField sets a field as a handler does: with an expiry, or with none for 0.
func putField(t testing.TB, d *DB, key, field string, at int64) {
	t.Helper()
	e := d.FindWrite([]byte(key))
	if !e.Exists() {
		var err error
		e, err = d.Create([]byte(key), object.TypeHash)
		must(t, err)
	}
	if at != 0 {
		must(t, d.TrackFields(e, at))
	}
	if d.Hash(e).Set([]byte(field), []byte("v"), at) == object.Failed {
		t.Fatal("out of memory")
	}
	d.SettleFields(e)
	d.Changed(e)
}

func TestFieldExpiry(t *testing.T) {
	r := &recorder{}
	s := newSpace(t, r)
	s.SetNotify(ClassKeyevent | ClassAll)
	d, now := s.DB(0), s.Now()
	putField(t, d, "h", "a", now+5)
	putField(t, d, "h", "b", now+9)
	putField(t, d, "h", "c", 0)
	putField(t, d, "g", "a", now+7)
	if s.NextDue() != now+6 || s.Usage(0).Timed != 2 {
		t.Errorf("NextDue is %d, want %d; %d hashes have expiries, want 2", s.NextDue(), now+6, s.Usage(0).Timed)
	}
	s.SetNow(now + 5)
	if n, _ := s.ExpireSlice(allTime); n != 0 {
		t.Error("a field is gone in the millisecond of its expiry, in which it still lives")
	}
	s.SetNow(now + 6)
	h := d.Hash(d.Peek([]byte("h")))
	if _, ok := h.Get([]byte("a")); ok || h.Len() != 3 || h.Live() != 2 {
		t.Error("a field whose time has come is shown, or gone without being removed")
	}
	if n, more := s.ExpireSlice(allTime); n != 1 || more || h.Len() != 2 || s.NextDue() != now+8 {
		t.Errorf("ExpireSlice = %d, %v, left %d fields; NextDue is %d", n, more, h.Len(), s.NextDue())
	}
	r.expect(t, "h hexpired 0 h")
	s.SetNow(now + 20)
	s.ExpireSlice(allTime)
	r.expect(t, "h hexpired 0 g", "g del 0 g", "h hexpired 0 h")
	if s.Stats().ExpiredFields != 3 || d.Len() != 1 || s.Usage(0).Timed != 0 || s.NextDue() != math.MaxInt64 {
		t.Errorf("%d fields expired, %d keys are left, %d with expiries, NextDue %d", s.Stats().ExpiredFields, d.Len(), s.Usage(0).Timed, s.NextDue())
	}
	if e := d.Peek([]byte("h")); e.HasFieldExpiry() {
		t.Error("a hash without expiries still pays for them")
	}
	sane(t, s)
}

func TestFieldExpiryModes(t *testing.T) {
	for _, tt := range []struct {
		mode  ExpiryMode
		shown bool
		left  int
	}{{ExpireDelete, false, 0}, {ExpireHide, false, 1}, {ExpireIgnore, true, 1}} {
		s := newSpace(t, nil)
		d := s.DB(0)
		putField(t, d, "h", "a", s.Now()+5)
		s.SetNow(s.Now() + 6)
		s.SetExpiryMode(tt.mode)
		if _, shown := d.Hash(d.Peek([]byte("h"))).Get([]byte("a")); shown != tt.shown {
			t.Errorf("mode %d: shown: %v, want %v", tt.mode, shown, tt.shown)
		}
		if s.ExpireSlice(allTime); d.Len() != tt.left {
			t.Errorf("mode %d: %d keys are left, want %d", tt.mode, d.Len(), tt.left)
		}
		sane(t, s)
	}
}

// TestFieldsInSlices checks that many fields that are due at once go in several slices.
func TestFieldsInSlices(t *testing.T) {
	s := newSpace(t, nil)
	d := s.DB(0)
	for i := range 20_000 {
		putField(t, d, "h", fmt.Sprint(i), s.Now()+5)
	}
	s.SetNow(s.Now() + 6)
	slices := 0
	for more := true; more; slices++ {
		_, more = s.ExpireSlice(1)
	}
	if d.Len() != 0 || slices < 100 {
		t.Errorf("%d keys are left after %d slices", d.Len(), slices)
	}
	sane(t, s)
}

// fieldsTwin knows hashes by database and key: their fields with their expiries.
type fieldsTwin struct {
	tb   testing.TB
	seed uint64
	step int
	rand *rand.Rand
	// Two spaces with two databases each.
	spaces [2]*Space
	twin   [2][2]map[string]map[string]int64
}

func (w *fieldsTwin) fatalf(format string, args ...any) {
	w.tb.Helper()
	w.tb.Fatalf("seed %d, step %d: %s", w.seed, w.step, fmt.Sprintf(format, args...))
}

func (w *fieldsTwin) do() {
	w.step++
	i, j := w.rand.IntN(2), w.rand.IntN(2)
	s, key := w.spaces[i], fmt.Sprint("key", w.rand.IntN(6))
	d, keys := s.DB(j), w.twin[i][j]
	e := d.FindWrite([]byte(key))
	if (len(keys[key]) > 0) != e.Exists() {
		w.fatalf("%q is there: %v; the twin has %d fields", key, e.Exists(), len(keys[key]))
	}
	switch n := w.rand.IntN(16); {
	case n < 6:
		field, at := fmt.Sprint("field", w.rand.IntN(50)), int64(0)
		if n < 3 {
			at = s.Now() + int64(w.rand.IntN(100))
		}
		putField(w.tb, d, key, field, at)
		if keys[key] == nil {
			keys[key] = map[string]int64{}
		}
		keys[key][field] = at
	case n == 6:
		w.expire(i)
	case !e.Exists():
	case n == 7:
		must(w.tb, d.SetString([]byte(key), []byte("a string"), NoTTL))
		d.Delete([]byte(key))
		delete(keys, key)
	case n == 8:
		d.Remove(e)
		delete(keys, key)
	case n == 9:
		for f := range keys[key] {
			d.Hash(e).All().Delete([]byte(f))
			delete(keys[key], f)
			break
		}
		if len(keys[key]) == 0 {
			d.Remove(e)
			delete(keys, key)
		} else {
			d.SettleFields(e)
		}
	case n == 10:
		if _, err := d.SetExpiry(e, s.Now()+1_000_000+int64(w.rand.IntN(1000))); err != nil {
			w.fatalf("%v", err)
		}
	case n == 11:
		if _, err := d.SetExpiry(e, NoTTL); err != nil {
			w.fatalf("%v", err)
		}
	default:
		w.transfer(i, j, n, key, e)
	}
}

// transfer renames or copies a hash to a key of any database, or flushes or swaps databases.
func (w *fieldsTwin) transfer(i, j, n int, key string, e Entry) {
	d, keys := w.spaces[i].DB(j), w.twin[i][j]
	a, b, dst := w.rand.IntN(2), w.rand.IntN(2), fmt.Sprint("key", w.rand.IntN(6))
	isSame := a == i && b == j && dst == key
	switch {
	case n == 12 || n == 13:
		must(w.tb, d.Rename(e, w.spaces[a].DB(b), []byte(dst)))
		if !isSame {
			w.twin[a][b][dst] = keys[key]
			delete(keys, key)
		}
	case n == 14:
		must(w.tb, d.Copy(e, w.spaces[a].DB(b), []byte(dst)))
		if !isSame {
			fields := map[string]int64{}
			for f, at := range keys[key] {
				fields[f] = at
			}
			w.twin[a][b][dst] = fields
		}
	case w.rand.IntN(8) == 0:
		if _, old := w.spaces[i].FlushDB(j); old != nil {
			dispose(old)
		}
		w.twin[i][j] = map[string]map[string]int64{}
	default:
		w.spaces[i].SwapDB(0, 1)
		w.twin[i][0], w.twin[i][1] = w.twin[i][1], w.twin[i][0]
	}
}

// expire lets time pass in both spaces.
func (w *fieldsTwin) expire(i int) {
	now := w.spaces[i].Now() + int64(w.rand.IntN(40))
	for k, s := range w.spaces {
		s.SetNow(now)
		if _, more := s.ExpireSlice(allTime); more {
			w.fatalf("more is due")
		}
		for _, keys := range w.twin[k] {
			for key, fields := range keys {
				for f, at := range fields {
					if at != 0 && at < now {
						delete(fields, f)
					}
				}
				if len(fields) == 0 {
					delete(keys, key)
				}
			}
		}
	}
}

func (w *fieldsTwin) check() {
	for i, s := range w.spaces {
		for s.FreeSlice(0) {
			continue
		}
		if err := s.Sane(); err != nil {
			w.fatalf("space %d: %v", i, err)
		}
		for j, keys := range w.twin[i] {
			timed := int64(0)
			for key, fields := range keys {
				h, has := s.DB(j).Hash(s.DB(j).Peek([]byte(key))), int64(0)
				h.All().Each(func(f, _ packed.Value) {
					field := string(f.AppendTo(nil))
					want, ok := fields[field]
					if at, found := h.All().Expiry([]byte(field)); !ok || !found || at != want {
						w.fatalf("field %q of %q expires at %d, want %d, %v", field, key, at, want, ok)
					}
					if want != 0 {
						has = 1
					}
				})
				if timed += has; h.Len() != len(fields) {
					w.fatalf("%q has %d fields, want %d", key, h.Len(), len(fields))
				}
			}
			if got := s.Usage(j).Timed; got != timed {
				w.fatalf("%d hashes have expiries, want %d", got, timed)
			}
		}
	}
}

func TestFieldExpiriesAgainstTwin(t *testing.T) {
	for seed := range uint64(4) {
		w := &fieldsTwin{tb: t, seed: seed, rand: rand.New(rand.NewPCG(seed, 2))}
		mem := newRange(t)
		for i := range w.spaces {
			w.spaces[i] = NewSpace(Config{Databases: 2, Range: mem, Seed: 7})
			w.spaces[i].SetNow(1_000_000)
			w.twin[i] = [2]map[string]map[string]int64{{}, {}}
		}
		for range 3000 {
			w.do()
			w.check()
		}
	}
}
