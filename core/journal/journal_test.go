package journal

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sleipnirdb/sleipnir/internal/invariant"
)

// unitOf makes a unit of commands like "2:SET a b": the database, and words.
func unitOf(commands ...string) *Unit {
	u := new(Unit)
	u.Reset()
	for _, c := range commands {
		db, line, _ := strings.Cut(c, ":")
		n, _ := strconv.Atoi(db)
		var args [][]byte
		for _, w := range strings.Fields(line) {
			args = append(args, []byte(w))
		}
		u.Add(n, args...)
	}
	return u
}

// resp is the stream that these lines make.
func resp(lines ...string) string {
	var b []byte
	for _, line := range lines {
		var args [][]byte
		for _, w := range strings.Fields(line) {
			args = append(args, []byte(w))
		}
		b = appendCommand(b, args, nil)
	}
	return string(b)
}

// all reads what there is.
func all(r *Reader) (string, Mark) {
	var got []byte
	for {
		b, m := r.Next()
		if len(b) == 0 {
			return string(got), m
		}
		got = append(got, b...)
	}
}

func TestStream(t *testing.T) {
	loose := func(u *Unit) *Unit { u.Loose(); return u }
	for _, c := range []struct {
		name  string
		units []*Unit
		want  string
	}{
		{"one", []*Unit{unitOf("0:PING")}, resp("SELECT 0", "PING")},
		{"one database", []*Unit{unitOf("3:PING"), unitOf("3:PING")}, resp("SELECT 3", "PING", "PING")},
		{"databases", []*Unit{unitOf("0:PING"), unitOf("1:PING"), unitOf("0:PING")},
			resp("SELECT 0", "PING", "SELECT 1", "PING", "SELECT 0", "PING")},
		{"transaction", []*Unit{unitOf("0:SET a b", "0:DEL c"), unitOf("0:PING")},
			resp("MULTI", "SELECT 0", "SET a b", "DEL c", "EXEC", "PING")},
		{"databases in a transaction", []*Unit{unitOf("0:SET a b", "7:DEL c"), unitOf("7:PING"), unitOf("0:PING")},
			resp("MULTI", "SELECT 0", "SET a b", "SELECT 7", "DEL c", "EXEC", "PING", "SELECT 0", "PING")},
		{"loose", []*Unit{loose(unitOf("0:DEL a", "0:DEL b"))}, resp("SELECT 0", "DEL a", "DEL b")},
		{"large numbers", []*Unit{unitOf("262143:PING"), unitOf("262144:PING"), unitOf("2147483646:PING", "2147483646:PING")},
			resp("SELECT 262143", "PING", "SELECT 262144", "PING", "MULTI", "SELECT 2147483646", "PING", "PING", "EXEC")},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := New(Config{RingBytes: 1 << 10})
			r := j.Open()
			var last Position
			for _, u := range c.units {
				p := j.Append(u)
				if p <= last {
					t.Errorf("position %d after %d", p, last)
				}
				last = p
			}
			got, m := all(r)
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if want := (Mark{Offset(len(c.want)), last}); m != want {
				t.Errorf("mark %v, want %v", m, want)
			}
		})
	}
}

// TestCut: views end at a cut, and what follows begins with its database.
func TestCut(t *testing.T) {
	j := New(Config{})
	r := j.Open()
	first := j.Append(unitOf("0:PING"))
	cut := j.Cut()
	if again := j.Cut(); again != cut || cut.Position != first {
		t.Errorf("cuts %v and %v, want position %d", cut, again, first)
	}
	j.Append(unitOf("0:PING"))
	late := j.Open() // a cut, too
	last := j.Append(unitOf("0:PING"))
	for i, want := range []string{resp("SELECT 0", "PING"), resp("SELECT 0", "PING"), resp("SELECT 0", "PING"), ""} {
		b, m := r.Next()
		if string(b) != want {
			t.Errorf("view %d: %q, want %q", i, b, want)
		}
		if i == 0 && m != cut {
			t.Errorf("view 0 ends at %v, want %v", m, cut)
		}
	}
	if got, m := all(late); got != resp("SELECT 0", "PING") || m.Position != last {
		t.Errorf("the late reader: %q %v", got, m)
	}
}

// TestOnAndOff: without readers nothing is kept, and positions go on.
func TestOnAndOff(t *testing.T) {
	j := New(Config{RingBytes: 1 << 10})
	if j.On() {
		t.Fatal("on without a reader")
	}
	one, other := j.Open(), j.Open()
	before := j.Append(unitOf("0:PING"))
	one.Close()
	if !j.On() {
		t.Fatal("off with a reader left")
	}
	if got, _ := all(other); got != resp("SELECT 0", "PING") {
		t.Errorf("the other reader: %q", got)
	}
	other.Close()
	if j.On() || j.stream.first != nil || j.stream.spare != nil {
		t.Fatal("on, or with blocks, after the last reader")
	}
	r := j.Open()
	if after := j.Append(unitOf("0:PING")); after <= before {
		t.Errorf("position %d after %d", after, before)
	}
	if got, m := all(r); got != resp("SELECT 0", "PING") || m.Offset != Offset(2*len(got)) {
		t.Errorf("after a pause: %q %v", got, m)
	}
}

// TestAgainstTwin appends random units while several readers come, read and go, and compares what they get with a plain slice.
func TestAgainstTwin(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 0)) // #nosec G404 -- a test
	defer func() {
		if t.Failed() {
			t.Log("seed", seed)
		}
	}()
	j := New(Config{RingBytes: 1 << 12})
	var twin []byte
	db := NoDatabase
	type reading struct {
		r  *Reader
		at int
	}
	var readers []*reading
	open := func() {
		readers = append(readers, &reading{j.Open(), len(twin)})
		db = NoDatabase
	}
	read := func(k *reading) {
		b, m := k.r.Next()
		if k.at+len(b) > len(twin) || !bytes.Equal(b, twin[k.at:k.at+len(b)]) {
			t.Fatalf("at %d: %d bytes that aren't the twin's", k.at, len(b))
		}
		if k.at += len(b); m.Offset != Offset(k.at) {
			t.Fatalf("at %d: mark %v", k.at, m)
		}
	}
	var u Unit
	open()
	for range 20000 {
		switch n := rng.IntN(100); {
		case n < 2 && len(readers) < 4:
			open()
		case n < 4 && len(readers) > 1:
			i := rng.IntN(len(readers))
			readers[i].r.Close()
			readers = append(readers[:i], readers[i+1:]...)
		case n < 6:
			if m := j.Cut(); m.Offset != Offset(len(twin)) {
				t.Fatalf("a cut at %d, want %d", m.Offset, len(twin))
			}
			db = NoDatabase
		case n < 30:
			read(readers[rng.IntN(len(readers))])
		default:
			u.Reset()
			var commands []byte
			first, at, count := rng.IntN(3), 0, 1
			if rng.IntN(4) == 0 {
				count = 1 + rng.IntN(5)
			}
			for i := range count {
				to := rng.IntN(3)
				if i == 0 {
					to = first
				} else if to != at {
					commands = appendSelect(commands, to)
				}
				at = to
				value := make([]byte, rng.IntN(40))
				if rng.IntN(500) == 0 {
					value = make([]byte, rng.IntN(2*blockBytes))
				}
				u.Add(at, []byte("SET"), value)
				commands = appendCommand(commands, [][]byte{[]byte("SET"), value}, nil)
			}
			if count > 1 {
				twin = append(twin, multi...)
			}
			if first != db {
				twin = appendSelect(twin, first)
			}
			twin = append(twin, commands...)
			if db = at; count > 1 {
				twin = append(twin, exec...)
			}
			j.Append(&u)
		}
	}
	for _, k := range readers {
		for k.at < len(twin) {
			read(k)
		}
	}
}

// TestFull: who reads too slowly makes the journal say so, once, and again when half is read.
func TestFull(t *testing.T) {
	var told []bool
	const bound = 4 * blockBytes
	j := New(Config{UnreadBytes: bound, Full: func(full bool) { told = append(told, full) }})
	r := j.Open()
	value := strings.Repeat("x", blockBytes/4)
	for range 2 * bound / len(value) {
		j.Append(unitOf("0:SET a " + value))
	}
	if fmt.Sprint(told) != "[true]" {
		t.Errorf("told %v, want [true]", told)
	}
	for len(told) < 2 {
		if b, _ := r.Next(); len(b) == 0 {
			break
		}
	}
	if fmt.Sprint(told) != "[true false]" {
		t.Errorf("told %v, want [true false]", told)
	}
	if left := j.stream.end.Offset - r.read; left > bound/2 || left < bound/2-blockBytes {
		t.Errorf("told with %d bytes left", left)
	}
}

// TestLargeUnit: it isn't copied, and it is let go of when it has been read.
func TestLargeUnit(t *testing.T) {
	j := New(Config{})
	r := j.Open()
	for _, n := range []int{blockBytes, 64 << 20} {
		value := strings.Repeat("x", n)
		u := unitOf("1:SET a " + value)
		at := &u.b[frontRoom]
		j.Append(u)
		b, _ := r.Next()
		if !bytes.HasSuffix(b, []byte(value+"\r\n")) || &b[len(b)-len(resp("SET a "+value))] != at {
			t.Fatal("not the unit's own bytes")
		}
		if r.Next(); r.block.b != nil {
			t.Error("it is kept")
		}
		u.Reset()
		u.Add(0, []byte("PING"))
		if j.Append(u); len(r.Ready()) != 1 {
			t.Error("there is nothing to read")
		}
		all(r)
	}
}

func TestAppendDoesNotAllocate(t *testing.T) {
	if invariant.Enabled {
		t.Skip("builds with assertions allocate")
	}
	j := New(Config{})
	r := j.Open()
	var u Unit
	args := [][]byte{[]byte("SET"), []byte("key:0000001"), make([]byte, 100)}
	do := func() {
		ready := r.Ready()
		for range 1000 {
			u.Reset()
			u.Add(0, args...)
			j.Append(&u)
		}
		<-ready
		for b, _ := r.Next(); len(b) > 0; b, _ = r.Next() {
		}
	}
	do()
	if got := testing.AllocsPerRun(100, do); got > 0 {
		t.Errorf("%v allocations per 1000 units", got)
	}
}
