package hashcmd

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/internal/invariant"
)

// bed runs handlers on one partition, without dispatch, and writes down the events.
type bed struct {
	call  command.Call
	table *command.Table
	space *keyspace.Space
	heard []string
}

func (b *bed) Event(_ int, _ keyspace.Class, event string, key []byte) {
	b.heard = append(b.heard, event+" "+string(key))
}
func (b *bed) Removed(int, []byte, keyspace.Removal) {}
func (b *bed) Modified(int, []byte, bool)            {}

const start = 1_700_000_000_000

func newBed(tb testing.TB) *bed {
	tb.Helper()
	r, err := arena.NewRange(1 << 30)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(r.Close)
	b := &bed{table: command.NewTable(Commands())}
	b.space = keyspace.NewSpace(keyspace.Config{Databases: 1, Range: r, Seed: 1, Events: b})
	b.space.SetNow(start)
	s := &session.Session{}
	b.call = command.Call{W: &s.W, Session: s, Now: start, Set: partition.NewSet(1, func(int) *keyspace.Space { return b.space })}
	return b
}

func (b *bed) run(args [][]byte) error {
	cmd, err := b.table.Find(args)
	if err != nil {
		return err
	}
	b.call.W.B = b.call.W.B[:0]
	b.call.Cmd, b.call.Args = cmd, args
	return cmd.Run(&b.call)
}

// line runs a command that is written as a line and returns its reply.
func (b *bed) line(line string) string {
	var args [][]byte
	for _, word := range strings.Fields(line) {
		args = append(args, []byte(word))
	}
	if err := b.run(args); err != nil {
		b.call.W.Error(err.Error())
	}
	return string(b.call.W.B)
}

func TestNoAllocations(t *testing.T) {
	if invariant.Enabled {
		t.Skip("builds with assertions allocate")
	}
	for _, fields := range []int{100, 5000} {
		b := newBed(t)
		for i := range fields {
			b.line(fmt.Sprintf("HSET h field:%d value:%d", i, i))
		}
		b.line("HSET timed a 1 b 2")
		b.line("HEXPIRE timed 1000 FIELDS 1 a")
		for _, line := range []string{
			"HSET h field:7 another", "HSET h field:8 value:1 field:9 value:2", "HGET h field:99", "HGET h nosuch", "HMGET h field:1 nosuch",
			"HEXISTS h field:1", "HSTRLEN h field:1", "HLEN h", "HGETALL h", "HINCRBY h n 5", "HSETNX h field:1 v", "HDEL h nosuch",
			"HKEYS h", "HVALS h", "HTTL timed FIELDS 1 a", "HEXPIRETIME timed FIELDS 2 a b", "HGETEX timed FIELDS 1 a",
		} {
			var args [][]byte
			for _, word := range strings.Fields(line) {
				args = append(args, []byte(word))
			}
			run := func() {
				if err := b.run(args); err != nil {
					t.Fatal(err)
				}
			}
			run()
			if n := testing.AllocsPerRun(100, run); n != 0 {
				t.Errorf("%d fields: %s: %v allocations", fields, line, n)
			}
		}
	}
}

func TestEvents(t *testing.T) {
	b := newBed(t)
	b.space.SetNotify(keyspace.ClassKeyevent | keyspace.ClassAll)
	for _, tt := range []struct{ line, want string }{
		{"HSET h a 1 b 2", "hset h"},
		{"HMSET h a 1", "hset h"},
		{"HSETNX h a 1", ""},
		{"HSETNX h c 1", "hset h"},
		{"HINCRBY h a 1", "hincrby h"},
		{"HINCRBYFLOAT h a 1", "hincrbyfloat h"},
		{"HDEL h nosuch", ""},
		{"HDEL h c", "hdel h"},
		{"HEXPIRE h 10 FIELDS 2 a nosuch", "hexpire h"},
		{"HEXPIRE h 10 NX FIELDS 1 a", ""},
		{"HPERSIST h FIELDS 1 b", ""},
		{"HPERSIST h FIELDS 1 a", "hpersist h"},
		{"HGETEX h EX 10 FIELDS 2 a b", "hexpire h"},
		{"HGETEX h PERSIST FIELDS 1 a", "hpersist h"},
		{"HGETEX h PERSIST FIELDS 1 a", ""},
		{"HGETEX h FIELDS 1 a", ""},
		{"HSETEX h EX 10 FIELDS 1 c 1", "hset h, hexpire h"},
		{"HSETEX h FIELDS 1 c 1", "hset h"},
		{"HSETEX h FNX FIELDS 1 c 1", ""},
		{"HEXPIRE h 0 FIELDS 1 c", "hexpired h"},
		{"HGETEX h EX 0 FIELDS 1 b", "hexpired h"},
		{"HEXPIRE h 0 FIELDS 1 a", "hexpired h, del h"},
		{"HSET h a 1", "hset h"},
		{"HDEL h a", "hdel h, del h"},
		{"HSET h a 1 b 2", "hset h"},
		{"HGETDEL h FIELDS 1 a", "hdel h"},
		{"HGETDEL h FIELDS 1 b", "hdel h, del h"},
		{"HSETEX h EX 0 FIELDS 1 a 1", "hset h, hexpire h, hexpired h, del h"},
	} {
		b.heard = nil
		reply := b.line(tt.line)
		if got := strings.Join(b.heard, ", "); got != tt.want {
			t.Errorf("%s (%q): heard %q, want %q", tt.line, reply, got, tt.want)
		}
	}
	b.line("HSETEX h PX 5 FIELDS 2 a 1 b 2")
	b.space.SetNow(start + 6)
	b.heard = nil
	b.line("HSET h a 2")
	if want := []string{"hexpired h", "hset h"}; !slices.Equal(b.heard, want) {
		t.Errorf("a field whose time has come is set anew: heard %q, want %q", b.heard, want)
	}
	if err := b.space.Sane(); err != nil {
		t.Error(err)
	}
}
