// Package keycmd holds the commands of the generic group: those that treat a
// key the same whatever it holds.
package keycmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/journal"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
)

// AppendOnly is the append-only file, for WAITAOF. Any goroutine.
type AppendOnly interface {
	IsOn() bool
	// Durable is the journal's position up to which all is on disk.
	Durable() journal.Position
}

type group struct {
	file   AppendOnly
	config *config.Config
}

// Commands returns the rows of the generic group. file may be nil.
func Commands(file AppendOnly, cfg *config.Config) []command.Command {
	g := &group{file, cfg}
	const (
		w  = command.Write
		wf = command.Write | command.Fast
		rf = command.ReadOnly | command.Fast
	)
	spec := func(specs ...command.KeySpec) []command.KeySpec { return specs }
	first := func(f command.KeyFlags) []command.KeySpec { return spec(command.Key(1, f)) }
	multiShard := []string{"request_policy:multi_shard", "response_policy:agg_sum"}
	random := []string{"nondeterministic_output"}
	rows := []command.Command{
		{Name: "del", Arity: -2, Flags: w, Keys: spec(command.Range(1, -1, 1, command.RM|command.Delete)), Since: "1.0.0", Tips: multiShard,
			Complexity: "O(N) where N is the number of keys that will be removed.", Summary: "Deletes one or more keys.", Run: del},
		{Name: "unlink", Arity: -2, Flags: wf, Keys: spec(command.Range(1, -1, 1, command.RM|command.Delete)), Since: "4.0.0", Tips: multiShard,
			Complexity: "O(1) for each key removed regardless of its size.", Summary: "Asynchronously deletes one or more keys.", Run: del},
		{Name: "exists", Arity: -2, Flags: rf, Keys: spec(command.Range(1, -1, 1, command.RO)), Since: "1.0.0", Tips: multiShard,
			Complexity: "O(N) where N is the number of keys to check.", Summary: "Determines whether one or more keys exist.", Run: exists},
		{Name: "touch", Arity: -2, Flags: rf, Keys: spec(command.Range(1, -1, 1, command.RO)), Since: "3.2.1", Tips: multiShard,
			Complexity: "O(N) where N is the number of keys that will be touched.", Summary: "Returns the number of existing keys out of those specified after updating the time they were last accessed.", Run: touch},
		{Name: "type", Arity: 2, Flags: rf, Keys: first(command.RO), Since: "1.0.0",
			Complexity: "O(1)", Summary: "Determines the type of value stored at a key.", Run: typeOf},
		{Name: "expire", Arity: -3, Flags: wf, Keys: first(command.RW | command.Update), Since: "1.0.0",
			Complexity: "O(1)", Summary: "Sets the expiration time of a key in seconds.", Run: expire},
		{Name: "pexpire", Arity: -3, Flags: wf, Keys: first(command.RW | command.Update), Since: "2.6.0",
			Complexity: "O(1)", Summary: "Sets the expiration time of a key in milliseconds.", Run: pexpire},
		{Name: "expireat", Arity: -3, Flags: wf, Keys: first(command.RW | command.Update), Since: "1.2.0",
			Complexity: "O(1)", Summary: "Sets the expiration time of a key to a Unix timestamp.", Run: expireat},
		{Name: "pexpireat", Arity: -3, Flags: wf, Keys: first(command.RW | command.Update), Since: "2.6.0",
			Complexity: "O(1)", Summary: "Sets the expiration time of a key to a Unix milliseconds timestamp.", Run: pexpireat},
		{Name: "ttl", Arity: 2, Flags: rf, Keys: first(command.RO | command.Access), Since: "1.0.0", Tips: random,
			Complexity: "O(1)", Summary: "Returns the expiration time in seconds of a key.", Run: ttl},
		{Name: "pttl", Arity: 2, Flags: rf, Keys: first(command.RO | command.Access), Since: "2.6.0", Tips: random,
			Complexity: "O(1)", Summary: "Returns the expiration time in milliseconds of a key.", Run: pttl},
		{Name: "expiretime", Arity: 2, Flags: rf, Keys: first(command.RO | command.Access), Since: "7.0.0",
			Complexity: "O(1)", Summary: "Returns the expiration time of a key as a Unix timestamp.", Run: expiretime},
		{Name: "pexpiretime", Arity: 2, Flags: rf, Keys: first(command.RO | command.Access), Since: "7.0.0",
			Complexity: "O(1)", Summary: "Returns the expiration time of a key as a Unix milliseconds timestamp.", Run: pexpiretime},
		{Name: "persist", Arity: 2, Flags: wf, Keys: first(command.RW | command.Update), Since: "2.2.0",
			Complexity: "O(1)", Summary: "Removes the expiration time of a key.", Run: persist},
		{Name: "rename", Arity: 3, Flags: w, Since: "1.0.0",
			Keys:       spec(command.Key(1, command.RW|command.Access|command.Delete), command.Key(2, command.OW|command.Update)),
			Complexity: "O(1)", Summary: "Renames a key and overwrites the destination.", Run: rename},
		{Name: "renamenx", Arity: 3, Flags: wf, Since: "1.0.0",
			Keys:       spec(command.Key(1, command.RW|command.Access|command.Delete), command.Key(2, command.OW|command.Insert)),
			Complexity: "O(1)", Summary: "Renames a key only when the target key name doesn't exist.", Run: renamenx},
		{Name: "copy", Arity: -3, DBs: visitCopyDBs, Flags: w | command.DenyOOM | command.Roams, Since: "6.2.0",
			Keys:       spec(command.Key(1, command.RO|command.Access), command.Key(2, command.OW|command.Update)),
			Complexity: "O(N) worst case for collections, where N is the number of nested items. O(1) for string values.", Summary: "Copies the value of a key to a new key.", Run: copyKey},
		{Name: "move", Arity: 3, DBs: command.DBAt(2), Flags: wf | command.Roams, Keys: first(command.RW | command.Access | command.Update), Since: "1.0.0",
			Complexity: "O(1)", Summary: "Moves a key to another database.", Run: move},
		{Name: "keys", Arity: 2, Flags: command.ReadOnly | command.OffLoop, ACL: command.CatDangerous, Scope: command.ScopeRoute, Route: routeKeys, Since: "1.0.0",
			Tips:       []string{"request_policy:all_shards", "nondeterministic_output_order"},
			Complexity: "O(N) with N being the number of keys in the database, under the assumption that the key names in the database and the given pattern have limited length.",
			Summary:    "Returns all key names that match a pattern.", Run: keys},
		{Name: "scan", Arity: -2, Flags: command.ReadOnly | command.TouchesArbitraryKeys, Scope: command.ScopeRoute, Route: routeScan, Since: "2.8.0",
			Tips:       []string{"nondeterministic_output", "request_policy:special", "response_policy:special"},
			Complexity: "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection.",
			Summary:    "Iterates over the key names in the database.", Run: scan},
		{Name: "randomkey", Arity: 1, Flags: command.ReadOnly | command.TouchesArbitraryKeys, Scope: command.ScopeAll, Since: "1.0.0",
			Tips:       []string{"request_policy:all_shards", "response_policy:special", "nondeterministic_output"},
			Complexity: "O(1)", Summary: "Returns a random key name from the database.", Run: randomkey},
		{Name: "wait", Arity: 3, Flags: command.Blocking, ACL: command.CatConnection, Since: "3.0.0",
			Tips:       []string{"request_policy:all_shards", "response_policy:agg_min"},
			Complexity: "O(1)", Summary: "Blocks until the asynchronous replication of all preceding write commands sent by the connection is completed.", Run: wait},
		{Name: "waitaof", Arity: 4, Flags: command.Blocking, ACL: command.CatConnection, Since: "7.2.0",
			Tips:       []string{"request_policy:all_shards", "response_policy:agg_min"},
			Complexity: "O(1)", Summary: "Blocks until all of the preceding write commands sent by the connection are written to the append-only file of the primary and/or replicas.", Run: g.waitaof},
		g.objectRow(),
	}
	for i := range rows {
		if rows[i].ACL&command.CatConnection == 0 && len(rows[i].Sub) == 0 {
			rows[i].ACL |= command.CatKeyspace
		}
	}
	rows = append(rows, sortRows()...)
	for i := range rows {
		rows[i].Group = "generic"
	}
	return rows
}

// found looks up a key for reading without touching it.
func found(c *command.Call, key []byte) (*keyspace.DB, keyspace.Entry) {
	db := c.DB(key)
	return db, db.Lookup(key, keyspace.NoTouch)
}

func del(c *command.Call) error {
	c.Prefetch(c.Args[1:], 1)
	n := int64(0)
	for _, key := range c.Args[1:] {
		db := c.DB(key)
		if db.Delete(key) {
			n++
			db.Notify(keyspace.ClassGeneric, "del", key)
		}
	}
	c.Dirty += n
	c.W.Int(n)
	return nil
}

func exists(c *command.Call) error { return countKeys(c, keyspace.NoTouch) }

func touch(c *command.Call) error { return countKeys(c, 0) }

func countKeys(c *command.Call, look keyspace.Look) error {
	n := int64(0)
	for _, key := range c.Args[1:] {
		if c.DB(key).Lookup(key, look).Exists() {
			n++
		}
	}
	c.W.Int(n)
	return nil
}

func typeOf(c *command.Call) error {
	_, e := found(c, c.Args[1])
	if !e.Exists() {
		c.W.Status("none")
		return nil
	}
	c.W.Status(e.Type().String())
	return nil
}
