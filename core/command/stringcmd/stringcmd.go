// Package stringcmd holds the commands of the string group.
package stringcmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// Limits are the settings that string commands obey.
type Limits interface {
	// MaxBulk is proto-max-bulk-len, the longest string there may be.
	MaxBulk() int64
}

type group struct{ limits Limits }

// Commands returns the rows of the string group.
func Commands(limits Limits) []command.Command {
	g := &group{limits}
	const (
		w  = command.Write | command.DenyOOM
		wf = w | command.Fast
		rf = command.ReadOnly | command.Fast
	)
	one := func(f command.KeyFlags) []command.KeySpec { return []command.KeySpec{command.Key(1, f)} }
	all := func(step int, f command.KeyFlags) []command.KeySpec {
		return []command.KeySpec{command.Range(1, -1, step, f)}
	}
	rows := []command.Command{
		{Name: "get", Arity: 2, Flags: rf, Keys: one(command.RO | command.Access), Since: "1.0.0", Complexity: "O(1)",
			Summary: "Returns the string value of a key.", Run: get},
		{Name: "set", KeyAccess: setAccess, Arity: -3, Flags: w, Keys: one(command.RW | command.Access | command.Update | command.VariableFlags), Since: "1.0.0", Complexity: "O(1)",
			Summary: "Sets the string value of a key, ignoring its type. The key is created if it doesn't exist.", Run: g.set},
		{Name: "setnx", Arity: 3, Flags: wf, Keys: one(command.OW | command.Insert), Since: "1.0.0", Complexity: "O(1)",
			Summary: "Sets the string value of a key only when the key doesn't exist.", Run: setnx},
		{Name: "setex", Arity: 4, Flags: w, Keys: one(command.OW | command.Update), Since: "2.0.0", Complexity: "O(1)",
			Summary: "Sets the string value and expiration time of a key. Creates the key if it doesn't exist.", Run: setex},
		{Name: "psetex", Arity: 4, Flags: w, Keys: one(command.OW | command.Update), Since: "2.6.0", Complexity: "O(1)",
			Summary: "Sets both string value and expiration time in milliseconds of a key. The key is created if it doesn't exist.", Run: psetex},
		{Name: "getset", Arity: 3, Flags: wf, Keys: one(command.RW | command.Access | command.Update), Since: "1.0.0", Complexity: "O(1)",
			Summary: "Returns the previous string value of a key after setting it to a new value.", Run: getset},
		{Name: "getdel", Arity: 2, Flags: command.Write | command.Fast, Keys: one(command.RW | command.Access | command.Delete), Since: "6.2.0", Complexity: "O(1)",
			Summary: "Returns the string value of a key after deleting the key.", Run: getdel},
		{Name: "getex", Arity: -2, Flags: command.Write | command.Fast, Keys: one(command.RW | command.Access | command.Update), Since: "6.2.0", Complexity: "O(1)",
			Summary: "Returns the string value of a key after setting its expiration time.", Run: getex},
		{Name: "delifeq", Arity: 3, Flags: command.Write | command.Fast, Keys: one(command.RM | command.Delete), Since: "9.0.0", Complexity: "O(1)",
			Summary: "Deletes a key if its string value equals the given one.", Run: delifeq},
		{Name: "append", Arity: 3, Flags: wf, Keys: one(command.RW | command.Insert), Since: "2.0.0", Complexity: "O(1)",
			Summary: "Appends a string to the value of a key. Creates the key if it doesn't exist.", Run: g.append},
		{Name: "strlen", Arity: 2, Flags: rf, Keys: one(command.RO), Since: "2.2.0", Complexity: "O(1)",
			Summary: "Returns the length of a string value.", Run: strlen},
		{Name: "setrange", Arity: 4, Flags: w, Keys: one(command.RW | command.Update), Since: "2.2.0", Complexity: "O(1), not counting the time taken to copy the new string in place.",
			Summary: "Overwrites a part of a string value with another by an offset. Creates the key if it doesn't exist.", Run: g.setrange},
		{Name: "getrange", Arity: 4, Flags: command.ReadOnly, Keys: one(command.RO | command.Access), Since: "2.4.0", Complexity: "O(N) where N is the length of the returned string.",
			Summary: "Returns a substring of the string stored at a key.", Run: getrange},
		{Name: "substr", Arity: 4, Flags: command.ReadOnly, Keys: one(command.RO | command.Access), Since: "1.0.0", Complexity: "O(N) where N is the length of the returned string.",
			Summary: "Returns a substring from a string value.", Run: getrange},
		{Name: "incr", Arity: 2, Flags: wf, Keys: one(command.RW | command.Access | command.Update), Since: "1.0.0", Complexity: "O(1)",
			Summary: "Increments the integer value of a key by one. Uses 0 as initial value if the key doesn't exist.", Run: incr},
		{Name: "decr", Arity: 2, Flags: wf, Keys: one(command.RW | command.Access | command.Update), Since: "1.0.0", Complexity: "O(1)",
			Summary: "Decrements the integer value of a key by one. Uses 0 as initial value if the key doesn't exist.", Run: decr},
		{Name: "incrby", Arity: 3, Flags: wf, Keys: one(command.RW | command.Access | command.Update), Since: "1.0.0", Complexity: "O(1)",
			Summary: "Increments the integer value of a key by a number. Uses 0 as initial value if the key doesn't exist.", Run: incrby},
		{Name: "decrby", Arity: 3, Flags: wf, Keys: one(command.RW | command.Access | command.Update), Since: "1.0.0", Complexity: "O(1)",
			Summary: "Decrements a number from the integer value of a key. Uses 0 as initial value if the key doesn't exist.", Run: decrby},
		{Name: "incrbyfloat", Arity: 3, Flags: wf, Keys: one(command.RW | command.Access | command.Update), Since: "2.6.0", Complexity: "O(1)",
			Summary: "Increments the floating point value of a key by a number. Uses 0 as initial value if the key doesn't exist.", Run: incrbyfloat},
		{Name: "mget", Arity: -2, Flags: rf, Keys: all(1, command.RO|command.Access), Since: "1.0.0", Complexity: "O(N) where N is the number of keys to retrieve.",
			Tips: []string{"request_policy:multi_shard"}, Summary: "Atomically returns the string values of one or more keys.", Run: mget},
		{Name: "mset", Arity: -3, Flags: w, Keys: all(2, command.OW|command.Update), Since: "1.0.1", Complexity: "O(N) where N is the number of keys to set.",
			Tips: []string{"request_policy:multi_shard", "response_policy:all_succeeded"}, Summary: "Atomically creates or modifies the string values of one or more keys.", Run: mset},
		{Name: "msetnx", Arity: -3, Flags: w, Keys: all(2, command.OW|command.Insert), Since: "1.0.1", Complexity: "O(N) where N is the number of keys to set.",
			Summary: "Atomically modifies the string values of one or more keys only when all keys don't exist.", Run: msetnx},
		{Name: "msetex", Arity: -4, Flags: w, Keys: []command.KeySpec{command.KeyNumStep(1, 2, command.OW|command.Update)}, Since: "9.1.0", Complexity: "O(N) where N is the number of keys to set.",
			Tips: []string{"request_policy:multi_shard", "response_policy:all_succeeded"}, Summary: "Atomically sets the string values of several keys, with conditions and an expiration time.", Run: msetex},
		{Name: "lcs", Arity: -3, Flags: command.ReadOnly, Keys: []command.KeySpec{command.Range(1, 1, 1, command.RO|command.Access)}, Since: "7.0.0", Complexity: "O(N*M) where N and M are the lengths of s1 and s2, respectively",
			Summary: "Finds the longest common substring.", Run: g.lcs},
	}
	for i := range rows {
		rows[i].Group, rows[i].ACL = "string", command.CatString
	}
	return rows
}

// text returns the string at key: a missing one is the zero Entry, another
// type is an error.
func text(e keyspace.Entry) (keyspace.Entry, error) {
	return command.OfType(e, object.TypeString)
}

// reply writes a string value, or null.
func reply(c *command.Call, e keyspace.Entry) {
	if !e.Exists() {
		c.W.Null()
		return
	}
	if n, ok := e.IsInt(); ok {
		c.W.BulkInt(n)
		return
	}
	c.W.Bulk(e.Bytes())
}

// changed declares one change of key by the given event of the string class.
func changed(c *command.Call, db *keyspace.DB, event string, key []byte) {
	c.Dirty++
	db.Notify(keyspace.ClassString, event, key)
}

// noMemory turns a container's failure into a reply.
func noMemory(err error) error {
	if err != nil {
		return command.ErrOOM
	}
	return nil
}
