package dispatch_test

import (
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
)

// longCommands are too long for a loop.
func (b *bed) longCommands() []command.Command {
	look := func(c *command.Call, keys [][]byte) error {
		found := int64(0)
		for _, key := range keys {
			if c.DB(key).Find(key).Exists() {
				found++
			}
		}
		c.W.Int(found) // is taken back
		b.runs.Add(1)
		if c.IsLong(1 << 20) {
			return command.TooLong
		}
		return nil
	}
	return []command.Command{
		// long counts which of its keys are there.
		{Name: "long", Arity: -2, Flags: command.ReadOnly, Keys: []command.KeySpec{command.Range(1, -1, 1, command.RO)},
			Run: func(c *command.Call) error { return look(c, c.Args[1:]) }},
		// longer is long for one key, and lasts until release.
		{Name: "longer", Arity: 2, Flags: command.ReadOnly, Keys: []command.KeySpec{command.Key(1, command.RO)},
			Run: func(c *command.Call) error {
				if err := look(c, c.Args[1:2]); err != nil {
					return err
				}
				b.entered <- struct{}{}
				<-b.release
				return nil
			}},
	}
}

// TestLongCallsLeave lets calls leave the loop on each way to their leases. They reply once, and leave the traces of one look-up.
func TestLongCallsLeave(t *testing.T) {
	for _, test := range []struct {
		name, send, want string
		runs             int64
		hits, misses     uint64
	}{
		{"one key", "long a", ":1", 2, 1, 0},
		{"missing", "long none", ":0", 2, 0, 1},
		{"several", "long a b none", ":2", 2, 2, 1},
		{"in order", "set c 1|long c|del c|long c", "+OK|:1|:1|:0", 4, 1, 1},
		{"in a transaction", "multi|long a b|exec", "+OK|+QUEUED|[:2]", 1, 2, 0},
		{"silent", "client reply skip|long a|ping", "+PONG", 2, 1, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBed(t, 2, 4)
			p := b.dial()
			p.ask("mset a 1 b 2", "+OK")
			p.send(strings.Split(test.send, "|")...)
			p.want(strings.Split(test.want, "|")...)
			if n := b.runs.Load(); n != test.runs {
				t.Errorf("it ran %d times, want %d", n, test.runs)
			}
			var all keyspace.Stats
			b.d.ExclusiveAll(func(*dispatch.Executor) {
				for i := range b.set.Len() {
					s := b.set.Space(i).Stats()
					all.Hits += s.Hits
					all.Misses += s.Misses
				}
			})
			if all.Hits != test.hits || all.Misses != test.misses {
				t.Errorf("%d hits and %d misses, want %d and %d", all.Hits, all.Misses, test.hits, test.misses)
			}
		})
	}
}

// TestLongCallLeavesLoopFree demands that a loop serves others while a call that left it runs, also if that was posted to a busy lease.
func TestLongCallLeavesLoopFree(t *testing.T) {
	b := newBed(t, 1, 4)
	long, other := b.dial(), b.dial()
	key, apart := b.keyIn(0), b.keyIn(1)
	other.ask("mset "+key+" 1 "+apart+" 2", "+OK")

	long.send("longer " + key)
	<-b.entered
	other.ask("get "+apart, `"2"`)
	other.send("get " + key) // waits for the lease
	b.release <- struct{}{}
	long.want(":1")
	other.want(`"1"`)

	holder := b.dial()
	holder.send("slowly " + key)
	<-b.entered
	long.send("longer "+key, "get "+key)
	b.release <- struct{}{} // the holder's end finds the call, which leaves
	holder.want("+OK")
	<-b.entered
	other.ask("get "+apart, `"2"`)
	b.release <- struct{}{}
	long.want(":1", `"1"`)
}
