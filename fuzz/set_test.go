package fuzz

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

// FuzzSet runs a program of operations on a set and on a map and compares them. The first three bytes are the limits of the
// encodings; then every three bytes are an operation: what, and two of argument.
func FuzzSet(f *testing.F) {
	f.Add(append([]byte{200, 200, 64}, bytes.Repeat([]byte{0, 1, 7, 1, 3, 9, 6, 200, 1}, 20)...))
	f.Add(append([]byte{4, 4, 20}, bytes.Repeat([]byte{0, 0, 5, 0, 1, 90, 2, 0, 5, 5, 3, 0, 8, 1, 30}, 20)...))
	f.Add(append([]byte{0, 0, 0}, bytes.Repeat([]byte{8, 2, 100, 5, 0, 0, 9, 60, 0, 5, 0, 0}, 10)...))
	f.Fuzz(func(t *testing.T, program []byte) {
		if len(program) < 3 || len(program) > 600 {
			return
		}
		r, err := arena.NewRange(16 << 20)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		x := newSetRun(t, arena.New(r), program)
		for program = program[3:]; len(program) >= 3; program = program[3:] {
			x.step(program[0], int(program[1])|int(program[2])<<8)
			x.sane()
		}
		x.entry.Free()
		if x.a.Used() != 0 {
			t.Fatalf("%d bytes are left", x.a.Used())
		}
	})
}

// setRun is a set and what it should hold.
type setRun struct {
	t     *testing.T
	a     *arena.Arena
	env   *object.Env
	entry object.Entry
	want  map[string]bool
	count int

	cursor uint64
	passed map[string]bool // of the scan under way: visited; false = there since it began, not yet visited
}

func newSetRun(t *testing.T, a *arena.Arena, head []byte) *setRun {
	env := object.NewEnv(uint64(head[0]))
	env.Limits.SetIntset.Store(int64(head[0]))
	env.Limits.SetEntries.Store(int64(head[1]))
	env.Limits.SetValue.Store(int64(head[2]))
	e := object.NewCollection(a, []byte("k"), object.TypeSet, object.EncListpack, 0, 0)
	return &setRun{t: t, a: a, env: env, entry: e, want: map[string]bool{}}
}

func memberOf(arg int) string {
	n := strconv.Itoa(arg >> 2)
	switch arg & 3 {
	case 0:
		return n
	case 1:
		return strconv.FormatInt(int64(arg)<<45, 10)
	case 2:
		return strings.Repeat("m", arg%140) + n
	}
	return "0" + n
}

func (x *setRun) step(op byte, arg int) {
	set := x.entry.AsSet(x.env)
	member := memberOf(arg)
	switch op % 10 {
	case 0, 1:
		x.add(member)
	case 2, 3:
		x.remove(member)
	case 4:
		if set.Has([]byte(member)) != x.want[member] {
			x.t.Fatalf("has %q: %v", member, !x.want[member])
		}
	case 5:
		x.scan()
	case 6:
		if len(x.want) > 0 {
			m := set.Random(uint64(arg) * 0x9e3779b97f4a7c15)
			text := string(m.AppendTo(nil))
			if !x.want[text] {
				x.t.Fatalf("random gives %q", text)
			}
			set.RemoveAt(m)
			x.gone(text)
		}
	case 7:
		if len(x.want) > 0 {
			set.Grow(arg & 511)
		}
	case 8: // many at once
		for range min(arg&0xff, 300-len(x.want)) {
			x.count += arg >> 8
			x.add(memberOf(x.count & 0xfff))
		}
	case 9:
		for range min(arg, len(x.want)) {
			x.remove(string(set.Random(uint64(arg)).AppendTo(nil)))
		}
	}
}

func (x *setRun) add(member string) {
	set := x.entry.AsSet(x.env)
	if len(x.want) == 0 {
		set.Expect([]byte(member), 1)
	}
	added, ok := set.Add([]byte(member))
	if !ok {
		x.t.Skip("out of memory")
	}
	if added == x.want[member] {
		x.t.Fatalf("add %q says %v", member, added)
	}
	x.want[member] = true
}

func (x *setRun) remove(member string) {
	if got := x.entry.AsSet(x.env).Remove([]byte(member)); got != x.want[member] {
		x.t.Fatalf("remove %q says %v", member, got)
	}
	x.gone(member)
}

// gone forgets a member; a set without members begins anew, as a key does.
func (x *setRun) gone(member string) {
	delete(x.want, member)
	delete(x.passed, member)
	if len(x.want) == 0 {
		x.entry.Free()
		x.entry = object.NewCollection(x.a, []byte("k"), object.TypeSet, object.EncListpack, 0, 0)
	}
}

func (x *setRun) scan() {
	if x.cursor == 0 {
		x.passed = map[string]bool{}
		for m := range x.want {
			x.passed[m] = false
		}
	}
	x.cursor = x.entry.AsSet(x.env).Scan(x.cursor, 3, func(v packed.Value) {
		m := string(v.AppendTo(nil))
		if !x.want[m] {
			x.t.Fatalf("scan visits %q", m)
		}
		x.passed[m] = true
	})
	for m, passed := range x.passed {
		if x.cursor == 0 && !passed {
			x.t.Fatalf("scan leaves out %q", m)
		}
	}
}

func (x *setRun) sane() {
	if len(x.want) == 0 {
		return
	}
	if err := x.entry.Sane(x.env); err != nil {
		x.t.Fatal(err)
	}
	seen := 0
	x.entry.AsSet(x.env).Each(func(v packed.Value) bool {
		if seen++; !x.want[string(v.AppendTo(nil))] {
			x.t.Fatal(fmt.Errorf("%q shouldn't be there", v.AppendTo(nil)))
		}
		return true
	})
	if seen != len(x.want) {
		x.t.Fatalf("%d members, want %d", seen, len(x.want))
	}
}
