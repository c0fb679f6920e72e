package listcmd

import (
	"bytes"
	"errors"
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

func newBed(tb testing.TB, bytes int64) *bed {
	tb.Helper()
	r, err := arena.NewRange(bytes)
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

// try runs a command.
func (b *bed) try(args ...string) error {
	b.tb.Helper()
	b.call.W.B = b.call.W.B[:0]
	return b.run(split(args))
}

// do runs a command that must succeed and returns its reply.
func (b *bed) do(args ...string) string {
	b.tb.Helper()
	if err := b.try(args...); err != nil {
		b.tb.Fatalf("%.60q: %v", args, err)
	}
	return string(b.call.W.B)
}

func (b *bed) run(args [][]byte) error {
	cmd, err := b.table.Find(args)
	if err != nil {
		return err
	}
	b.call.Cmd, b.call.Args = cmd, args
	return cmd.Run(&b.call)
}

func split(args []string) [][]byte {
	var list [][]byte
	for _, a := range args {
		list = append(list, []byte(a))
	}
	return list
}

// TestNoAllocations holds the commands that don't change the number of elements, or take back what they do, free of garbage.
func TestNoAllocations(t *testing.T) {
	if invariant.Enabled {
		t.Skip("builds with assertions allocate")
	}
	const text = "an element of 20 byt"
	tests := [][]string{
		{"LPUSH l " + text[:2], "LPOP l"}, {"RPUSH l abc", "RPOP l"}, {"LPUSH l 1 2 3", "LPOP l 3"}, {"RPUSH l a b c", "RPOP l 3"},
		{"LRANGE l 0 99"}, {"LRANGE l 40 60"}, {"LINDEX l 50"}, {"LLEN l"}, {"LSET l 50 other"}, {"LPOS l other"}, {"LPOS l other COUNT 0 RANK -1"},
		{"LINSERT l BEFORE other x", "LREM l 1 x"}, {"LMOVE l l LEFT RIGHT"}, {"RPOPLPUSH l l"}, {"LMOVE l m LEFT LEFT", "LMOVE m l LEFT LEFT"},
		{"RPUSH l x", "LTRIM l 0 -2"}, {"BLPOP l 0", "LPUSH l x"},
	}
	for _, size := range []int{100, 100000} {
		b := newBed(t, 64<<20)
		for range size {
			b.do("RPUSH", "l", text)
		}
		b.do("LSET", "l", "50", "other")
		b.do("RPUSH", "m", "x", "y")
		for _, lines := range tests {
			t.Run(fmt.Sprintf("%s of %d", strings.Join(lines, ", "), size), func(t *testing.T) {
				var commands [][][]byte
				for _, line := range lines {
					commands = append(commands, split(strings.Fields(line)))
				}
				n := testing.AllocsPerRun(100, func() {
					for _, args := range commands {
						b.call.W.B = b.call.W.B[:0]
						if err := b.run(args); err != nil {
							t.Fatal(err)
						}
					}
				})
				if n != 0 {
					t.Errorf("%v allocations", n)
				}
			})
		}
	}
}

// TestOutOfMemory fills the arena: a command that finds no room says so, and changes nothing.
func TestOutOfMemory(t *testing.T) {
	b := newBed(t, 4<<20)
	big := strings.Repeat("x", 30000)
	b.do("RPUSH", "small", "a", "b")
	b.do("RPUSH", "l", "a", big, "b")
	for b.try("RPUSH", "l", big) == nil {
		continue
	}
	state := func() string {
		return b.do("LLEN", "l") + b.do("LRANGE", "small", "0", "-1") + b.do("LLEN", "new") + b.do("LINDEX", "l", "0") + b.do("LINDEX", "l", "2") +
			b.do("LINDEX", "l", "-1")
	}
	before := state()
	used := b.space.Arena().Used()
	for _, args := range [][]string{
		{"RPUSH", "l", big, big}, {"LPUSH", "l", "a", big}, {"RPUSH", "new", "a", "b", big}, {"LPUSH", "small", "1", "2", big}, {"LPUSHX", "small", big},
		{"LINSERT", "l", "AFTER", "a", big}, {"LINSERT", "small", "BEFORE", "b", big}, {"LSET", "l", "0", big}, {"LSET", "small", "0", big},
		{"LMOVE", "l", "new", "RIGHT", "LEFT"}, {"LMOVE", "l", "small", "RIGHT", "LEFT"}, {"RPOPLPUSH", "l", "l"},
	} {
		err := b.try(args...)
		if !errors.Is(err, command.ErrOOM) && args[0] != "RPOPLPUSH" {
			t.Errorf("%.60q: %v", args, err)
		}
		if err != nil && len(b.call.W.B) != 0 {
			t.Errorf("%.60q: a reply of %d bytes in front of the error", args, len(b.call.W.B))
		}
		if got := state(); got != before && args[0] != "RPOPLPUSH" {
			t.Errorf("%.60q changed something: %.300q, want %.300q", args, got, before)
		}
		if err := b.space.Sane(); err != nil {
			t.Fatalf("%.60q: %v", args, err)
		}
	}
	if now := b.space.Arena().Used(); now > used+4096 {
		t.Errorf("%d bytes in use, %d before", now, used)
	}
	if got := b.do("LPOP", "l"); !bytes.Contains([]byte(got), []byte("a")) {
		t.Errorf("LPOP l = %q", got)
	}
}
