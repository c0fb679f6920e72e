package fuzz

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

// FuzzHash runs a program of operations on a hash and on a map and compares them, with a scan that goes on meanwhile. The first
// two bytes are the limits of the packed form; then every three bytes are an operation: what, and two of argument.
func FuzzHash(f *testing.F) {
	f.Add(append([]byte{200, 64}, bytes.Repeat([]byte{0, 1, 7, 1, 3, 9, 4, 200, 1}, 20)...))
	f.Add(append([]byte{4, 20}, bytes.Repeat([]byte{0, 5, 0, 1, 5, 90, 2, 5, 30, 3, 5, 3, 6, 8, 1, 7, 0, 0}, 20)...))
	f.Add(append([]byte{0, 0}, bytes.Repeat([]byte{8, 100, 2, 5, 0, 0, 9, 60, 0, 7, 9, 9}, 12)...))
	f.Fuzz(func(t *testing.T, program []byte) {
		if len(program) < 2 || len(program) > 600 {
			return
		}
		r, err := arena.NewRange(16 << 20)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		x := newHashRun(t, arena.New(r), program)
		for program = program[2:]; len(program) >= 3; program = program[3:] {
			x.step(program[0], int(program[1])|int(program[2])<<8)
			x.sane()
		}
		x.entry.Free()
		if x.a.Used() != 0 {
			t.Fatalf("%d bytes are left", x.a.Used())
		}
	})
}

// hashFuzzField is what a field should hold.
type hashFuzzField struct {
	value    string
	expireAt int64
}

// hashRun is a hash and what it should hold.
type hashRun struct {
	t     *testing.T
	a     *arena.Arena
	env   *object.Env
	entry object.Entry
	want  map[string]hashFuzzField
	now   int64
	count int

	cursor uint64
	passed map[string]bool // of the scan under way: visited; false = there since it began, not yet visited
}

func newHashRun(t *testing.T, a *arena.Arena, head []byte) *hashRun {
	env := object.NewEnv(uint64(head[0]))
	env.Limits.HashEntries.Store(int64(head[0]))
	env.Limits.HashValue.Store(int64(head[1]))
	e := object.NewCollection(a, []byte("k"), object.TypeHash, object.EncListpack, 0, 0)
	return &hashRun{t: t, a: a, env: env, entry: e, want: map[string]hashFuzzField{}, now: 1000}
}

func (x *hashRun) hash() object.Hash { return x.entry.AsHash(x.env, x.now) }

func hashValue(arg int) string {
	switch arg & 3 {
	case 0:
		return strconv.Itoa(arg)
	case 1:
		return strings.Repeat("v", arg>>2&0x1ff)
	case 2:
		return strings.Repeat("w", object.MaxInline-4+arg>>2&7)
	}
	return strings.Repeat("x", arg>>2)
}

func (x *hashRun) step(op byte, arg int) {
	field := memberOf(arg & 0xff)
	switch op % 10 {
	case 0, 1:
		x.set(field, hashValue(arg>>8*37), 0)
	case 2:
		x.set(field, hashValue(arg>>8), x.now+int64(arg>>8))
	case 3:
		x.set(field, hashValue(arg>>8), object.KeepExpiry)
	case 4:
		x.remove(field)
	case 5:
		x.scan()
	case 6:
		x.expire(field, int64(arg>>8))
	case 7:
		x.pass(int64(arg & 0x3f))
	case 8: // many at once
		for range min(arg&0xff, 300-len(x.want)) {
			x.count += arg >> 8
			x.set(memberOf(x.count&0xfff), "v", 0)
		}
	case 9:
		for range min(arg, len(x.want)) {
			f, _, ok := x.hash().All().Random(func() uint64 { x.count++; return uint64(x.count) * 0x9e3779b97f4a7c15 })
			if !ok {
				x.t.Fatal("no field is found by chance")
			}
			name := string(f.AppendTo(nil))
			x.hash().All().Delete([]byte(name))
			x.gone(name)
		}
	}
}

func (x *hashRun) isHidden(f hashFuzzField) bool { return f.expireAt != 0 && f.expireAt < x.now }

func (x *hashRun) set(field, value string, at int64) {
	h := x.hash()
	old, ok := x.want[field]
	want := object.Added
	if ok {
		if want = object.Changed; x.isHidden(old) {
			want, old.expireAt = object.Revived, 0
		}
	}
	if at > 0 && !h.Track() {
		x.t.Fatal("out of memory")
	}
	if got := h.Set([]byte(field), []byte(value), at); got != want {
		x.t.Fatalf("set %q: %v, want %v", field, got, want)
	}
	if at == object.KeepExpiry {
		at = old.expireAt
	}
	x.want[field] = hashFuzzField{value, at}
}

func (x *hashRun) remove(field string) {
	old, ok := x.want[field]
	ok = ok && !x.isHidden(old)
	if got := x.hash().Delete([]byte(field)); got != ok {
		x.t.Fatalf("delete %q: %v, want %v", field, got, ok)
	}
	if ok {
		x.gone(field)
	}
}

func (x *hashRun) gone(field string) {
	delete(x.want, field)
	delete(x.passed, field)
}

// expire changes the expiry of a field to one so much later, or takes it away for 0.
func (x *hashRun) expire(field string, later int64) {
	h := x.hash()
	old, ok := x.want[field]
	ok = ok && !x.isHidden(old)
	at, got := h.Expiry([]byte(field))
	if got != ok || ok && at != old.expireAt {
		x.t.Fatalf("expiry of %q: %d, %v, want %d, %v", field, at, got, old.expireAt, ok)
	}
	if !ok {
		return
	}
	if old.expireAt = 0; later > 0 {
		old.expireAt = x.now + later
		if !h.Track() {
			x.t.Fatal("out of memory")
		}
	}
	if !h.SetExpiry([]byte(field), old.expireAt) {
		x.t.Fatal("out of memory")
	}
	x.want[field] = old
}

// pass lets time go on and takes what is due.
func (x *hashRun) pass(ms int64) {
	x.now += ms
	h, due := x.hash(), 0
	for f, want := range x.want {
		if x.isHidden(want) {
			due++
			x.gone(f)
		}
	}
	if n := h.Expired(); n != due {
		x.t.Fatalf("%d have expired, want %d", n, due)
	}
	if n := h.TakeExpired(due + 1); n != due {
		x.t.Fatalf("took %d, want %d", n, due)
	}
	if h.HasFieldExpiry() && h.FirstExpiry() == 0 {
		h.Untrack()
	}
}

// scan does one step of a scan, and at its end checks that it showed what was there all the while.
func (x *hashRun) scan() {
	if x.passed == nil {
		x.passed = map[string]bool{}
		for f := range x.want {
			x.passed[f] = false
		}
	}
	x.cursor = x.hash().All().Scan(x.cursor, func(f, v packed.Value) {
		name := string(f.AppendTo(nil))
		if want, ok := x.want[name]; !ok || want.value != string(v.AppendTo(nil)) {
			x.t.Fatalf("a scan shows %q with a value of %d bytes", name, v.Len())
		}
		if _, ok := x.passed[name]; ok {
			x.passed[name] = true
		}
	})
	if x.cursor != 0 {
		return
	}
	for f, ok := range x.passed {
		if !ok {
			x.t.Fatalf("a scan left out %q", f)
		}
	}
	x.passed = nil
}

func (x *hashRun) sane() {
	h := x.hash()
	if h.Len() != len(x.want) {
		x.t.Fatalf("%d fields, want %d", h.Len(), len(x.want))
	}
	if len(x.want) > 0 {
		if err := x.entry.Sane(x.env); err != nil {
			x.t.Fatal(err)
		}
	}
}
