package setcmd

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/internal/invariant"
)

// bed runs handlers on four partitions, without dispatch, and writes down the events.
type bed struct {
	call   command.Call
	table  *command.Table
	spaces []*keyspace.Space
	heard  []string
}

func (b *bed) Event(_ int, _ keyspace.Class, event string, key []byte) {
	b.heard = append(b.heard, event+" "+string(key))
}
func (b *bed) Removed(int, []byte, keyspace.Removal) {}
func (b *bed) Modified(int, []byte, bool)            {}

func newBed(tb testing.TB) *bed {
	tb.Helper()
	r, err := arena.NewRange(1 << 30)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(r.Close)
	b := &bed{table: command.NewTable(Commands())}
	s := &session.Session{}
	b.call = command.Call{W: &s.W, Session: s, Partition: -1, Set: partition.NewSet(4, func(int) *keyspace.Space {
		space := keyspace.NewSpace(keyspace.Config{Databases: 1, Range: r, Seed: 1, Events: b})
		b.spaces = append(b.spaces, space)
		return space
	})}
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

func words(line string) (args [][]byte) {
	for _, word := range strings.Fields(line) {
		args = append(args, []byte(word))
	}
	return args
}

// line runs a command that is written as a line and returns its reply.
func (b *bed) line(line string) string {
	if err := b.run(words(line)); err != nil {
		b.call.W.Error(err.Error())
	}
	return string(b.call.W.B)
}

// members runs a command that is answered with an array of texts.
func (b *bed) members(line string) (list []string) {
	for i, part := range strings.Split(b.line(line), "\r\n") {
		if i > 0 && i%2 == 0 {
			list = append(list, part)
		}
	}
	return list
}

// sane checks all partitions.
func (b *bed) sane(t *testing.T) {
	t.Helper()
	for i, s := range b.spaces {
		for s.FreeSlice(0) {
		}
		if err := s.Sane(); err != nil {
			t.Fatalf("partition %d: %v", i, err)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	if invariant.Enabled {
		t.Skip("builds with assertions allocate")
	}
	for _, size := range []int{100, 5000} {
		b := newBed(t)
		for i := range size {
			b.line(fmt.Sprintf("SADD s member:%d", i))
			b.line(fmt.Sprintf("SADD {s}2 member:%d other:%d", i, i))
		}
		b.line("SADD n 1 2 3 4 5")
		for _, line := range []string{
			"SADD s member:7", "SADD s a b c", "SREM s a b c", "SISMEMBER s member:99", "SISMEMBER s nosuch", "SMISMEMBER s a member:1", "SCARD s",
			"SMEMBERS s", "SPOP s", "SADD s x y z", "SRANDMEMBER s", "SRANDMEMBER s 3", "SRANDMEMBER s -20", "SRANDMEMBER s 60", "SINTER s {s}2",
			"SINTERCARD 2 s {s}2 LIMIT 7", "SDIFF {s}2 s", "SUNION s {s}2", "SMOVE s {s}2 nosuch", "SADD n 3", "SADD n 6", "SREM n 6", "SPOP nosuch",
		} {
			args := words(line)
			run := func() {
				if err := b.run(args); err != nil {
					t.Fatal(err)
				}
			}
			run()
			if n := testing.AllocsPerRun(40, run); n != 0 {
				t.Errorf("%d members: %s: %v allocations", size, line, n)
			}
		}
	}
}

func TestEvents(t *testing.T) {
	b := newBed(t)
	for _, s := range b.spaces {
		s.SetNotify(keyspace.ClassKeyevent | keyspace.ClassAll)
	}
	for _, tt := range []struct{ line, want string }{
		{"SADD s a b c", "sadd s"},
		{"SADD s a", ""},
		{"SREM s x", ""},
		{"SREM s a", "srem s"},
		{"SMOVE s t x", ""},
		{"SMOVE s t b", "srem s, sadd t"},
		{"SMOVE s s c", ""},
		{"SMOVE s t c", "srem s, del s, sadd t"},
		{"SADD s b", "sadd s"},
		{"SMOVE s t b", "srem s, del s"},
		{"SREM t b c d", "srem t, del t"},
		{"SADD s a", "sadd s"},
		{"SPOP s", "spop s, del s"},
		{"SADD s a b c d e f g h", "sadd s"},
		{"SPOP s 0", ""},
		{"SPOP s 1", "spop s"},
		{"SPOP s 6", "spop s"},
		{"SPOP s 9", "spop s, del s"},
		{"SPOP s 9", ""},
		{"SADD s a b", "sadd s"},
		{"SUNIONSTORE d s", "sunionstore d"},
		{"SINTERSTORE d s", "sinterstore d"},
		{"SDIFFSTORE d s nosuch", "sdiffstore d"},
		{"SDIFFSTORE d s s", "del d"},
		{"SINTERSTORE d nosuch", ""},
	} {
		b.heard = nil
		b.line(tt.line)
		if got := strings.Join(b.heard, ", "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.line, got, tt.want)
		}
	}
	b.sane(t)
}

// shapes are sets of each encoding.
var shapes = []struct {
	name, form string
	size       int
}{{"intset", "%d", 60}, {"listpack", "m%d", 60}, {"hashtable", "m%d", 400}}

// TestDraws takes members by lot in all numbers, and checks that they are different ones of the set and, for SPOP, that the others stay.
func TestDraws(t *testing.T) {
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			b := newBed(t)
			part := 7
			if testing.Short() || invariant.Enabled {
				part = 1
			}
			for n := 0; n <= shape.size+1; n += 1 + n/part {
				all := map[string]bool{}
				for i := range shape.size {
					m := fmt.Sprintf(shape.form, i)
					all[m] = true
					b.line("SADD s " + m)
				}
				check := func(line string, want int) {
					t.Helper()
					drawn := map[string]bool{}
					for _, m := range b.members(line) {
						if !all[m] || drawn[m] {
							t.Fatalf("%s: %q isn't there, or comes again", line, m)
						}
						drawn[m] = true
					}
					if len(drawn) != want {
						t.Fatalf("%s gives %d members, want %d", line, len(drawn), want)
					}
				}
				want := min(n, shape.size)
				check(fmt.Sprintf("SRANDMEMBER s %d", n), want)
				if got := len(b.members(fmt.Sprintf("SRANDMEMBER s -%d", n))); got != n {
					t.Fatalf("SRANDMEMBER s -%d gives %d members", n, got)
				}
				b.call.Dirty = 0
				line := fmt.Sprintf("SPOP s %d", n)
				check(line, want)
				if b.call.Dirty != int64(want) {
					t.Fatalf("%s counts %d changes", line, b.call.Dirty)
				}
				b.sane(t)
				for _, m := range b.members("SMEMBERS s") {
					if !all[m] {
						t.Fatalf("%q has come into the set", m)
					}
				}
				if got := len(b.members("SMEMBERS s")); got != shape.size-want {
					t.Fatalf("%s leaves %d members, want %d", line, got, shape.size-want)
				}
			}
		})
	}
}

// TestFairDraws counts how often each member is drawn, for each encoding and each way of drawing.
func TestFairDraws(t *testing.T) {
	for _, shape := range shapes {
		for _, count := range []int{1, shape.size / 10, shape.size / 2, shape.size - 3, -5} {
			for _, name := range []string{"SRANDMEMBER", "SPOP"} {
				if name == "SPOP" && count < 0 {
					continue
				}
				t.Run(fmt.Sprintf("%s/%s %d", shape.name, name, count), func(t *testing.T) {
					b, times := newBed(t), map[string]int{}
					var add strings.Builder
					for i := range shape.size {
						fmt.Fprintf(&add, " "+shape.form, i)
					}
					b.line("SADD s" + add.String())
					total := 0
					for total < 100*shape.size {
						drawn := b.members(fmt.Sprintf("%s s %d", name, count))
						for _, m := range drawn {
							times[m]++
						}
						total += len(drawn)
						if name == "SPOP" {
							b.line("SADD s " + strings.Join(drawn, " "))
						}
					}
					mean, chi := float64(total)/float64(shape.size), 0.0
					for _, n := range times {
						chi += (float64(n) - mean) * (float64(n) - mean) / mean
					}
					chi += mean * float64(shape.size-len(times))
					if dev := (chi - float64(shape.size)) / math.Sqrt(2*float64(shape.size)); dev > 6 {
						t.Errorf("chi squared is %.1f deviations off", dev)
					}
				})
			}
		}
	}
}
