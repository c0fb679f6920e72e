package keycmd

import (
	"math"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
)

const (
	errNotLFU command.Error = "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust."
	errIsLFU  command.Error = "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust."
)

func (g *group) objectRow() command.Command {
	sub := func(name, since, summary string, run command.Handler) command.Command {
		return command.Command{Name: name, Arity: 3, Flags: command.ReadOnly, ACL: command.CatKeyspace, Since: since,
			Keys: []command.KeySpec{command.Key(2, command.RO)}, Tips: []string{"nondeterministic_output"},
			Complexity: "O(1)", Summary: summary, Run: run}
	}
	return command.Command{Name: "object", Arity: -2, Since: "2.2.3", Complexity: "Depends on subcommand.",
		Summary: "A container for object introspection commands.",
		Sub: []command.Command{
			sub("encoding", "2.2.3", "Returns the internal encoding of an object.", objectEncoding),
			sub("freq", "4.0.0", "Returns the logarithmic access frequency counter of an object.", objectFreq),
			sub("idletime", "2.2.3", "Returns the time since the last access to an object.", objectIdletime),
			sub("refcount", "2.2.3", "Returns the reference count of a value of a key.", g.objectRefcount),
			{Name: "help", Arity: 2, Flags: command.Loading | command.Stale, ACL: command.CatKeyspace, Since: "6.2.0",
				Complexity: "O(1)", Summary: "Returns helpful text about the different subcommands.", Run: objectHelp},
		}}
}

// inspect looks a key up without a trace, and replies null if it is missing.
func inspect(c *command.Call) (*keyspace.DB, keyspace.Entry) {
	db := c.DB(c.Args[2])
	e := db.Peek(c.Args[2])
	if !e.Exists() {
		c.W.Null()
	}
	return db, e
}

func objectEncoding(c *command.Call) error {
	if _, e := inspect(c); e.Exists() {
		c.W.BulkString(e.Encoding().String())
	}
	return nil
}

// sharedInts is how many small integers Valkey shares between keys, and
// sharedRefcount what it says of them. It shares none where each key needs a
// time of its own by which it may be evicted. Nothing is shared here, but the
// answer is kept.
const (
	sharedInts     = 10000
	sharedRefcount = math.MaxInt32
)

func (g *group) objectRefcount(c *command.Call) error {
	db, e := inspect(c)
	if !e.Exists() {
		return nil
	}
	kind := db.Space().Policy().Kind
	alone := (kind.LRU() || kind.LFU()) && g.config.Uint(config.MaxMemory) != 0
	if n, ok := e.IsInt(); ok && n >= 0 && n < sharedInts && !alone {
		c.W.Int(sharedRefcount)
		return nil
	}
	c.W.Int(1)
	return nil
}

func objectFreq(c *command.Call) error {
	db, e := inspect(c)
	if !e.Exists() {
		return nil
	}
	if !db.Space().Policy().Kind.LFU() {
		return errNotLFU
	}
	c.W.Int(int64(db.Space().Frequency(e)))
	return nil
}

func objectIdletime(c *command.Call) error {
	db, e := inspect(c)
	if !e.Exists() {
		return nil
	}
	if db.Space().Policy().Kind.LFU() {
		return errIsLFU
	}
	c.W.Int(db.Space().IdleSeconds(e))
	return nil
}

func objectHelp(c *command.Call) error {
	command.Help(c,
		"ENCODING <key>",
		"    Return the kind of internal representation used in order to store the value",
		"    associated with a <key>.",
		"FREQ <key>",
		"    Return the access frequency index of the <key>. The returned integer is",
		"    proportional to the logarithm of the recent access frequency of the key.",
		"IDLETIME <key>",
		"    Return the idle time of the <key>, that is the approximated number of",
		"    seconds elapsed since the last access to the key.",
		"REFCOUNT <key>",
		"    Return the number of references of the value associated with the specified",
		"    <key>.")
	return nil
}
