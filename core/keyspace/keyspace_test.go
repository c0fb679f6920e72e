package keyspace

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

func newRange(t testing.TB) *arena.Range {
	t.Helper()
	return newRangeOf(t, 64<<20)
}

func newRangeOf(t testing.TB, bytes int64) *arena.Range {
	t.Helper()
	r, err := arena.NewRange(bytes)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func newSpace(t testing.TB, events Events) *Space {
	t.Helper()
	s := NewSpace(Config{Databases: 4, Range: newRange(t), Seed: 12345, Events: events})
	s.SetNow(1_700_000_000_000)
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func sane(t testing.TB, s *Space) {
	t.Helper()
	must(t, s.Sane())
}

// text returns the value of a key, or "(none)".
func text(e Entry) string {
	if !e.Exists() {
		return "(none)"
	}
	return string(e.AppendValue(nil))
}

// twinKey is what the naive twin knows of a key.
type twinKey struct {
	text     []byte
	enc      object.Encoding
	expireAt int64
}

type twinDB map[string]*twinKey

// twin runs random operations against spaces and their naive twins.
type twin struct {
	t      *testing.T
	r      *rand.Rand
	seed   uint64
	spaces [2]*Space
	dbs    [2][4]twinDB
	now    int64
	step   int
	last   string
	failed int // operations that found no memory
	isTiny bool
}

func newTwin(t *testing.T, seed uint64, mem *arena.Range) *twin {
	w := &twin{t: t, r: rand.New(rand.NewPCG(seed, 2)), seed: seed, now: 1_700_000_000_000}
	for i := range w.spaces {
		w.spaces[i] = NewSpace(Config{Databases: 4, Range: mem, Seed: seed})
		w.spaces[i].SetNow(w.now)
		for j := range w.dbs[i] {
			w.dbs[i][j] = twinDB{}
		}
	}
	return w
}

func (w *twin) fatalf(format string, args ...any) {
	w.t.Helper()
	w.t.Fatalf("seed %d, step %d, %s: %s", w.seed, w.step, w.last, fmt.Sprintf(format, args...))
}

func (w *twin) key() []byte {
	k := strconv.Itoa(w.r.IntN(60))
	switch k[len(k)-1] {
	case '7':
		return bytes.Repeat([]byte(k), 70)
	case '8':
		return bytes.Repeat([]byte(k), 700)
	}
	return []byte(k)
}

func (w *twin) bytes() []byte {
	n := w.r.IntN(1 << w.r.IntN(12))
	if w.r.IntN(50) == 0 {
		n = 40000
	}
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('a' + w.r.IntN(26))
	}
	return b
}

func (w *twin) value() Value {
	switch w.r.IntN(4) {
	case 0:
		return object.Encode(strconv.AppendInt(nil, w.r.Int64()>>w.r.IntN(64), 10))
	case 1:
		return object.Raw(w.bytes())
	}
	return object.Encode(w.bytes())
}

func textOf(v Value) []byte {
	if v.Enc == object.EncInt {
		return strconv.AppendInt(nil, v.Int, 10)
	}
	return bytes.Clone(v.Bytes)
}

func (w *twin) expiry() int64 {
	switch w.r.IntN(8) {
	case 0, 1, 2, 3:
		return 0
	case 4:
		return w.now + 1<<48
	}
	return w.now - 5 + w.r.Int64N(100)
}

// live returns the twin's key unless its time has come.
func (w *twin) live(i, j int, key []byte) *twinKey {
	k := w.dbs[i][j][string(key)]
	if k != nil && k.expireAt != 0 && k.expireAt < w.now {
		delete(w.dbs[i][j], string(key))
		return nil
	}
	return k
}

func (w *twin) one() {
	i, j, key := w.r.IntN(2), w.r.IntN(4), w.key()
	s := w.spaces[i]
	d := s.DB(j)
	k := w.live(i, j, key)
	op := w.r.IntN(100)
	say := func(what string) { w.last = fmt.Sprintf("%s of %.20q in %d/%d", what, key, i, j) }
	switch {
	case op < 30:
		say("Set")
		v, at := w.value(), w.expiry()
		if w.r.IntN(4) == 0 {
			at = KeepTTL
		}
		if !w.ok(d.Set(key, v, at)) {
			return
		}
		if at == KeepTTL {
			at = 0
			if k != nil {
				at = k.expireAt
			}
		}
		w.dbs[i][j][string(key)] = &twinKey{textOf(v), v.Enc, at}
	case op < 40:
		say("Find")
		w.compare(d.Find(key), k)
	case op < 50:
		say("Delete")
		if d.Delete(key) != (k != nil) {
			w.fatalf("the twin differs")
		}
		delete(w.dbs[i][j], string(key))
	case op < 55:
		say("Update")
		if e := d.FindWrite(key); e.Exists() {
			v := w.value()
			n, err := d.Update(e, v)
			if !w.ok(err) {
				return
			}
			k.text, k.enc = textOf(v), v.Enc
			w.compare(n, k)
		}
	case op < 62:
		say("Append")
		if e := d.FindWrite(key); e.Exists() {
			b := w.bytes()
			n, err := d.Append(e, b)
			if !w.ok(err) {
				return
			}
			k.text, k.enc = append(k.text, b...), object.EncRaw
			if n != len(k.text) {
				w.fatalf("length %d, want %d", n, len(k.text))
			}
		}
	case op < 63 && k != nil:
		say("Resize")
		n := w.r.IntN(len(k.text)*2 + 2)
		e, err := d.Resize(d.FindWrite(key), n)
		if !w.ok(err) {
			return
		}
		k.text, k.enc = append(k.text, make([]byte, n)...)[:n], object.EncRaw
		w.compare(e, k)
	case op < 65:
		say("Draft, Publish")
		text := w.bytes()
		e, err := d.Draft(key, len(text))
		if !w.ok(err) {
			return
		}
		copy(e.Writable(), text)
		if !w.ok(d.Publish(key, e)) {
			return
		}
		w.dbs[i][j][string(key)] = &twinKey{text, object.EncRaw, 0}
	case op < 67:
		say("SetRange")
		if e := d.FindWrite(key); e.Exists() {
			b, at := w.bytes(), w.r.IntN(100)
			n, err := d.SetRange(e, at, b)
			if !w.ok(err) {
				return
			}
			if need := at + len(b); need > len(k.text) {
				k.text = append(k.text, make([]byte, need-len(k.text))...)
			}
			copy(k.text[at:], b)
			k.enc = object.EncRaw
			if n != len(k.text) {
				w.fatalf("length %d, want %d", n, len(k.text))
			}
		} else {
			n := w.r.IntN(3000)
			b, err := d.EditNew(key, n)
			if !w.ok(err) {
				return
			}
			copy(b, "edit")
			k = &twinKey{make([]byte, n), object.EncRaw, 0}
			copy(k.text, "edit")
			w.dbs[i][j][string(key)] = k
		}
	case op < 77:
		say("SetExpiry")
		if e := d.FindWrite(key); e.Exists() {
			at := w.expiry()
			n, err := d.SetExpiry(e, at)
			if !w.ok(err) {
				return
			}
			k.expireAt = at
			w.compare(n, k)
		}
	case op < 82:
		w.transfer(i, j, key, k)
	case op < 86:
		w.now += w.r.Int64N(30)
		w.spaces[0].SetNow(w.now)
		w.spaces[1].SetNow(w.now)
	case op < 89:
		say("ExpireSlice")
		w.expire(i)
	case op < 92:
		say("Scan")
		w.scan(i, j)
	case op < 94:
		say("Random")
		e := d.Random()
		if k := w.live(i, j, key); !e.Exists() && k != nil {
			w.fatalf("finds nothing")
		}
		if e.Exists() {
			w.compare(e, w.live(i, j, e.Key()))
		}
	case op < 97:
		say("FreeSlice")
		s.FreeSlice(1)
	case w.r.IntN(4) == 0:
		w.flush(i, j)
	}
}

// ok says whether the operation was done. In a tiny range it may not be, for want of memory, and then it must have changed nothing.
func (w *twin) ok(err error) bool {
	w.t.Helper()
	if err != nil && !(w.isTiny && errors.Is(err, ErrNoMemory)) {
		w.fatalf("%v", err)
	}
	if err != nil {
		w.failed++
	}
	return err == nil
}

// compare compares an entry with what the twin says.
func (w *twin) compare(e Entry, k *twinKey) {
	w.t.Helper()
	switch {
	case e.Exists() != (k != nil):
		w.fatalf("exists: %v, want %v", e.Exists(), k != nil)
	case k == nil:
	case text(e) != string(k.text):
		w.fatalf("value %.40q, want %.40q", text(e), k.text)
	case e.Encoding() != k.enc:
		w.fatalf("encoding %v, want %v", e.Encoding(), k.enc)
	case e.ExpireAt() != k.expireAt:
		w.fatalf("expires at %d, want %d", e.ExpireAt(), k.expireAt)
	}
}

// transfer renames or copies to another key, database or partition.
func (w *twin) transfer(i, j int, key []byte, k *twinKey) {
	i2, j2, key2 := i, j, w.key()
	if w.r.IntN(2) == 0 {
		j2 = w.r.IntN(4)
	}
	if w.r.IntN(2) == 0 {
		i2 = w.r.IntN(2)
	}
	d, to := w.spaces[i].DB(j), w.spaces[i2].DB(j2)
	w.last = fmt.Sprintf("transfer of %.20q from %d/%d to %.20q in %d/%d", key, i, j, key2, i2, j2)
	e := d.FindWrite(key)
	w.compare(e, k)
	if k == nil {
		return
	}
	isCopy := w.r.IntN(2) == 0
	var err error
	if isCopy {
		err = d.Copy(e, to, key2)
	} else {
		err = d.Rename(e, to, key2)
	}
	if !w.ok(err) {
		return
	}
	moved := &twinKey{bytes.Clone(k.text), k.enc, k.expireAt}
	if !isCopy {
		delete(w.dbs[i][j], string(key))
	}
	w.dbs[i2][j2][string(key2)] = moved
	w.compare(to.Peek(key2), moved)
}

func (w *twin) expire(i int) {
	s := w.spaces[i]
	for more := true; more; {
		_, more = s.ExpireSlice(1)
	}
	for j, db := range w.dbs[i] {
		for key := range db {
			w.live(i, j, []byte(key))
		}
		if n := s.DB(j).Len(); n != len(db) {
			w.fatalf("database %d has %d keys, want %d", j, n, len(db))
		}
	}
	if s.NextDue() <= w.now {
		w.fatalf("NextDue is %d at %d, after all was done", s.NextDue(), w.now)
	}
}

func (w *twin) scan(i, j int) {
	seen := map[string]int{}
	d := w.spaces[i].DB(j)
	for cursor := uint64(0); ; {
		cursor = d.Scan(cursor, 3, nil, func(e Entry) { seen[string(e.Key())]++ })
		if cursor == 0 {
			break
		}
	}
	for key, n := range seen {
		if n != 1 {
			w.fatalf("%.20q was seen %d times", key, n)
		}
		if w.live(i, j, []byte(key)) == nil {
			w.fatalf("%.20q shouldn't be there", key)
		}
	}
	for key := range w.dbs[i][j] {
		if w.live(i, j, []byte(key)) != nil && seen[key] == 0 {
			w.fatalf("%.20q wasn't seen", key)
		}
	}
}

func (w *twin) flush(i, j int) {
	s := w.spaces[i]
	switch w.r.IntN(3) {
	case 0:
		w.last = "FlushAll"
		_, old := s.FlushAll()
		dispose(old)
		for j := range w.dbs[i] {
			w.dbs[i][j] = twinDB{}
		}
	case 1:
		w.last = "FlushDB"
		_, old := s.FlushDB(j)
		dispose(old)
		w.dbs[i][j] = twinDB{}
	case 2:
		w.last = "SwapDB"
		o := w.r.IntN(4)
		s.SwapDB(j, o)
		w.dbs[i][j], w.dbs[i][o] = w.dbs[i][o], w.dbs[i][j]
	}
}

func dispose(old *Detached) {
	for old != nil && old.Dispose(1) {
		continue
	}
}

func (w *twin) check() {
	w.t.Helper()
	for i, s := range w.spaces {
		if err := s.Sane(); err != nil {
			w.fatalf("space %d: %v", i, err)
		}
	}
}

func TestRandomAgainstTwin(t *testing.T) {
	rounds, steps := 8, 4000
	if testing.Short() {
		rounds, steps = 2, 2000
	}
	for range rounds {
		w := newTwin(t, rand.Uint64(), newRange(t))
		for w.step = range steps {
			w.one()
			if w.step%16 == 0 {
				w.check()
			}
		}
		w.finish()
	}
}

// finish compares all keys, and deletes them.
func (w *twin) finish() {
	for i := range w.spaces {
		w.expire(i)
		for j, db := range w.dbs[i] {
			w.last = fmt.Sprintf("end of %d/%d", i, j)
			for key, k := range db {
				w.compare(w.spaces[i].DB(j).Peek([]byte(key)), k)
			}
		}
		w.empty(i)
	}
}

// TestOutOfMemory runs the same operations in a range that filler keys have used up to the last block: what finds no memory must say
// so and change nothing.
func TestOutOfMemory(t *testing.T) {
	rounds, steps := 4, 3000
	if testing.Short() {
		rounds, steps = 2, 600
	}
	for round := range rounds {
		w := newTwin(t, rand.Uint64(), newRangeOf(t, 2<<20))
		w.isTiny = true
		for i := 0; w.failed < 50; i++ {
			key, v, at := fmt.Appendf(nil, "filler%d", i), object.Text(make([]byte, i%100)), w.now+int64(i)<<10
			if round%2 == 0 {
				at = 0
			}
			if w.ok(w.spaces[i%2].DB(3).Set(key, v, at)) {
				w.dbs[i%2][3][string(key)] = &twinKey{v.Bytes, v.Enc, at}
			}
		}
		w.failed = 0
		// What the operations free may do for a while: then there are more of them.
		for w.step = 0; w.step < steps || w.failed == 0 && w.step < 20*steps; w.step++ {
			w.one()
			if w.step%256 == 0 {
				w.check()
			}
		}
		if w.failed == 0 {
			t.Errorf("seed %d: there was always enough memory", w.seed)
		}
		w.finish()
	}
}

// empty deletes all keys one by one: then nothing may be left.
func (w *twin) empty(i int) {
	s := w.spaces[i]
	for j, db := range w.dbs[i] {
		for key := range db {
			if !s.DB(j).Delete([]byte(key)) {
				w.fatalf("%.20q can't be deleted", key)
			}
		}
	}
	for s.FreeSlice(0) {
		continue
	}
	w.check()
	if n := s.Arena().Used(); n != 0 {
		w.fatalf("%d bytes are left in an empty space", n)
	}
}
