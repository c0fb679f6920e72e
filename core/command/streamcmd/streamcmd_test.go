package streamcmd

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/internal/invariant"
)

// bed runs handlers on one partition, without dispatch.
type bed struct {
	tb    testing.TB
	call  command.Call
	table *command.Table
	space *keyspace.Space
}

func newBed(tb testing.TB) *bed {
	tb.Helper()
	r, err := arena.NewRange(1 << 30)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(r.Close)
	space := keyspace.NewSpace(keyspace.Config{Databases: 1, Range: r, Seed: 1})
	s := &session.Session{}
	b := &bed{tb: tb, table: command.NewTable(Commands()), space: space}
	b.call = command.Call{W: &s.W, Session: s, Now: 1_700_000_000_000,
		Set: partition.NewSet(1, func(int) *keyspace.Space { return space })}
	return b
}

// do runs a command and returns its reply, or its error as dispatch would write it.
func (b *bed) do(args ...string) string {
	b.tb.Helper()
	b.call.W.B = b.call.W.B[:0]
	if err := b.run(split(args)); err != nil {
		b.call.W.Error(err.Error())
	}
	return string(b.call.W.B)
}

func split(args []string) [][]byte {
	var list [][]byte
	for _, a := range args {
		list = append(list, []byte(a))
	}
	return list
}

func (b *bed) run(args [][]byte) error {
	cmd, err := b.table.Find(args)
	if err != nil {
		return err
	}
	b.call.Cmd, b.call.Args = cmd, args
	return cmd.Run(&b.call)
}

// line is do for a command that is written as a line.
func (b *bed) line(line string) string { return b.do(strings.Fields(line)...) }

func TestNoAllocations(t *testing.T) {
	if invariant.Enabled {
		t.Skip("builds with assertions allocate")
	}
	tests := []struct {
		name, line string
		count      int
	}{
		{"xadd", "XADD s * field value other 12345", 5000},
		{"xadd with a trim", "XADD s MAXLEN ~ 1000 * field value", 5000},
		{"xlen", "XLEN s", 500},
		{"xrange", "XRANGE s - + COUNT 100", 500},
		{"xrevrange", "XREVRANGE s + - COUNT 100", 500},
		{"xread", "XREAD COUNT 10 STREAMS s 0", 500},
		{"xreadgroup", "XREADGROUP GROUP g c COUNT 1 STREAMS s >", 500},
		{"xreadgroup of what is pending", "XREADGROUP GROUP g c COUNT 10 STREAMS s 0", 500},
		{"xack", "XACK s g 1-1 2-2 3-3", 500},
		{"xclaim", "XCLAIM s g d 0 1700000000000-1", 500},
		{"xautoclaim", "XAUTOCLAIM s g d 0 0 COUNT 10", 500},
		{"xpending", "XPENDING s g - + 10", 500},
	}
	b := newBed(t)
	b.line("XGROUP CREATE s g 0 MKSTREAM")
	for _, tt := range tests {
		args := split(strings.Fields(tt.line))
		run := func() {
			b.call.W.B = b.call.W.B[:0]
			if err := b.run(args); err != nil {
				t.Fatal(err)
			}
		}
		run()
		if n := testing.AllocsPerRun(tt.count, run); n != 0 {
			t.Errorf("%s: %v allocations", tt.name, n)
		}
	}
	if err := b.space.Sane(); err != nil {
		t.Fatal(err)
	}
}

// TestDestroyInSlices: a group with many pending entries is freed in the background.
func TestDestroyInSlices(t *testing.T) {
	b := newBed(t)
	b.line("XGROUP CREATE s g 0 MKSTREAM")
	for i := range 5000 {
		b.do("XADD", "s", fmt.Sprint(i+1), "f", "v")
	}
	b.line("XREADGROUP GROUP g c STREAMS s >")
	if got := b.line("XGROUP DESTROY s g"); got != ":1\r\n" {
		t.Fatalf("XGROUP DESTROY: %q", got)
	}
	if b.space.Garbage() == 0 {
		t.Error("nothing is left to be freed in slices")
	}
	for b.space.FreeSlice(0) {
		continue
	}
	if err := b.space.Sane(); err != nil {
		t.Fatal(err)
	}
}
