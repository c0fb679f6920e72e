package fuzz

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/table"
)

// FuzzTable runs a program on a table and on a slice that does the same, with a scan that goes on meanwhile.
//
// The first byte says how arguments become hashes. Then every three bytes are an operation: what, and two of argument.
func FuzzTable(f *testing.F) {
	for spread := range byte(tableSpreads) {
		f.Add(append([]byte{spread}, bytes.Repeat([]byte{0, 1, 0}, 60)...))
		f.Add(append([]byte{spread}, bytes.Repeat([]byte{8, 1, 9, 6, 0, 0, 8, 2, 200, 5, 7, 7}, 20)...))
		f.Add(append(append([]byte{spread}, bytes.Repeat([]byte{8, 3, 100}, 15)...), bytes.Repeat([]byte{9, 30, 0, 6, 0, 0}, 30)...))
	}
	f.Fuzz(func(t *testing.T, program []byte) {
		if len(program) == 0 || len(program) > 600 {
			return
		}
		r, err := arena.NewRange(16 << 20)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		x := &tableRun{t: t, a: arena.New(r), spread: int(program[0]) % tableSpreads}
		for program = program[1:]; len(program) >= 3; program = program[3:] {
			x.step(program[0], int(program[1])|int(program[2])<<8)
			if x.table.Len() != len(x.refs) {
				t.Fatalf("Len is %d, want %d", x.table.Len(), len(x.refs))
			}
			if err := x.table.Sane(x.a, x.hashOf); err != nil {
				t.Fatal(err)
			}
		}
		x.finish()
	})
}

// tableRun is a table and what it should hold.
type tableRun struct {
	t       *testing.T
	a       *arena.Arena
	table   table.Table
	refs    []arena.Ref // in no order
	spread  int
	counter int

	cursor uint64
	passed map[arena.Ref]bool // of the scan under way: visited; false = in the table since it began, not yet visited
}

const (
	tableSpreads = 6
	tableMost    = 2500 // elements, so that a run is short: enough for four full segments
)

func (x *tableRun) hash(arg int) uint64 {
	u := uint64(arg)
	even := u * 0x9e3779b97f4a7c15
	even ^= even >> 29
	switch x.spread {
	case 0:
		return even * 0xbf58476d1ce4e5b9
	case 1:
		return u << 48 // everything in the top bits
	case 2:
		return u // nothing that the table can tell apart, but tags
	case 3:
		return u >> 8 << 60 // few hashes
	case 4:
		return 0xab<<56 | even>>8 // one slot
	}
	return ^(u << 30)
}

func (x *tableRun) hashOf(r arena.Ref) uint64 { return binary.LittleEndian.Uint64(x.a.Bytes(r, 8)) }

func (x *tableRun) element(h uint64) arena.Ref {
	r := x.a.Alloc(8, arena.PurposeEntry)
	if r == 0 {
		x.t.Skip("out of memory")
	}
	binary.LittleEndian.PutUint64(x.a.Bytes(r, 8), h)
	return r
}

func (x *tableRun) step(op byte, arg int) {
	switch op % 10 {
	case 0, 1, 2:
		x.insert(x.hash(arg))
	case 3, 4:
		if len(x.refs) != 0 {
			x.delete(arg % len(x.refs))
		}
	case 5:
		if len(x.refs) != 0 {
			x.replace(arg % len(x.refs))
		}
	case 6:
		x.scan()
	case 7:
		if r := x.table.Random(x.a, uint64(arg)); !slices.Contains(x.refs, r) && (r != 0 || len(x.refs) != 0) {
			x.t.Fatalf("random gives %x", r)
		}
		if h := x.hash(arg); slices.ContainsFunc(x.refs, func(r arena.Ref) bool { return x.hashOf(r) == h }) != x.has(h) {
			x.t.Fatalf("has %x: %v", h, x.has(h))
		}
	case 8: // many at once
		for range min(arg>>8, tableMost-len(x.refs)) {
			x.counter += arg & 0xff
			x.insert(x.hash(x.counter & 0xffff))
		}
	case 9:
		for range min(arg, len(x.refs)) {
			x.delete(len(x.refs) - 1)
		}
	}
}

func (x *tableRun) insert(h uint64) {
	r := x.element(h)
	if !x.table.Insert(x.a, h, r, x.hashOf) {
		x.t.Skip("out of memory")
	}
	x.refs = append(x.refs, r)
}

func (x *tableRun) delete(i int) {
	r := x.refs[i]
	if h := x.hashOf(r); !x.table.Delete(x.a, h, r, x.hashOf) || x.table.Delete(x.a, h, r, x.hashOf) {
		x.t.Fatalf("delete of hash %x", h)
	}
	x.gone(i)
}

// gone forgets element i, also for the scan: its Ref may come again.
func (x *tableRun) gone(i int) {
	r := x.refs[i]
	x.refs[i] = x.refs[len(x.refs)-1]
	x.refs = x.refs[:len(x.refs)-1]
	delete(x.passed, r)
	x.a.Free(r, arena.PurposeEntry)
}

func (x *tableRun) replace(i int) {
	old := x.refs[i]
	h := x.hashOf(old)
	r := x.element(h)
	if !x.table.Replace(x.a, h, old, r) {
		x.t.Fatalf("replace of hash %x", h)
	}
	x.gone(i)
	x.refs = append(x.refs, r)
	if h < x.cursor {
		x.passed[r] = true
	}
}

func (x *tableRun) has(h uint64) bool {
	p := x.table.Find(x.a, h)
	for {
		r, ok := p.Next()
		if !ok || x.hashOf(r) == h {
			return ok
		}
	}
}

// scan makes one step, and checks what Scan promises.
func (x *tableRun) scan() {
	if x.cursor == 0 {
		x.passed = map[arena.Ref]bool{}
		for _, r := range x.refs {
			x.passed[r] = false
		}
	}
	from, visited := x.cursor, 0
	x.cursor = x.table.Scan(x.a, from, x.hashOf, func(r arena.Ref) {
		if h := x.hashOf(r); x.passed[r] || h < from {
			x.t.Fatalf("scan from %x visits hash %x, again: %v", from, h, x.passed[r])
		}
		x.passed[r] = true
		visited++
	})
	if visited > len(x.refs) {
		x.t.Fatalf("scan from %x visits %d of %d elements", from, visited, len(x.refs))
	}
	for r, passed := range x.passed {
		if h := x.hashOf(r); !passed && (x.cursor == 0 || h < x.cursor) {
			x.t.Fatalf("scan from %x to %x leaves out hash %x", from, x.cursor, h)
		}
	}
}

// finish ends the scan, and takes the table down in slices.
func (x *tableRun) finish() {
	for x.scan(); x.cursor != 0; {
		x.scan()
	}
	n := 0
	for x.table.Free(x.a, 3, func(arena.Ref) { n++ }) {
	}
	if n != len(x.refs) || x.table != (table.Table{}) || x.a.UsedBy(arena.PurposeTable) != 0 {
		x.t.Fatalf("freed %d of %d, %d bytes are left", n, len(x.refs), x.a.UsedBy(arena.PurposeTable))
	}
}
