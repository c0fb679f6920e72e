// Package setcmd holds the commands of the set group.
package setcmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// Commands returns the rows of the set group.
func Commands() []command.Command {
	const (
		w  = command.Write | command.DenyOOM
		wf = command.Write | command.Fast
		r  = command.ReadOnly
		rf = command.ReadOnly | command.Fast
	)
	one := func(f command.KeyFlags) []command.KeySpec { return []command.KeySpec{command.Key(1, f)} }
	sources := command.Range(1, -1, 1, command.RO|command.Access)
	all := []command.KeySpec{sources}
	store := []command.KeySpec{command.Key(1, command.OW|command.Update), command.Range(2, -1, 1, command.RO|command.Access)}
	random := []string{"nondeterministic_output"}
	unordered := []string{"nondeterministic_output_order"}
	rows := []command.Command{
		{Name: "sadd", Arity: -3, Member: 2, Flags: w | command.Fast, Keys: one(command.RW | command.Insert), Since: "1.0.0",
			Complexity: "O(1) for each member added.", Summary: "Adds members to a set, which is created if it doesn't exist.", Run: sadd},
		{Name: "srem", Arity: -3, Member: 2, Flags: wf, Keys: one(command.RW | command.Delete), Since: "1.0.0",
			Complexity: "O(1) for each member removed.", Summary: "Removes members from a set, and the set with its last member.", Run: srem},
		{Name: "smove", Arity: 4, Flags: wf, Since: "1.0.0",
			Keys:       []command.KeySpec{command.Key(1, command.RW|command.Access|command.Delete), command.Key(2, command.RW|command.Insert)},
			Complexity: "O(1)", Summary: "Moves a member from one set to another.", Run: smove},
		{Name: "sismember", Arity: 3, Member: 2, Flags: rf, Keys: one(command.RO), Since: "1.0.0",
			Complexity: "O(1)", Summary: "Tells whether a set has a member.", Run: sismember},
		{Name: "smismember", Arity: -3, Member: 2, Flags: rf, Keys: one(command.RO | command.Access), Since: "6.2.0",
			Complexity: "O(1) for each member asked for.", Summary: "Tells which of several members a set has.", Run: smismember},
		{Name: "scard", Arity: 2, Flags: rf, Keys: one(command.RO), Since: "1.0.0",
			Complexity: "O(1)", Summary: "Returns the number of members of a set.", Run: scard},
		{Name: "smembers", Arity: 2, Flags: r, Keys: one(command.RO | command.Access), Since: "1.0.0", Tips: unordered,
			Complexity: "O(N) where N is the number of members.", Summary: "Returns all members of a set.", Run: smembers},
		{Name: "sscan", Arity: -3, Flags: r, Keys: one(command.RO | command.Access), Since: "2.8.0", Tips: random,
			Complexity: "O(1) for each call, O(N) for a whole iteration over N members.", Summary: "Iterates over the members of a set.", Run: sscan},
		{Name: "spop", Arity: -2, Flags: wf, Keys: one(command.RW | command.Access | command.Delete), Since: "1.0.0", Tips: random,
			Complexity: "O(1) for each member removed.", Summary: "Removes random members from a set, and returns them.", Run: spop},
		{Name: "srandmember", Arity: -2, Flags: r, Keys: one(command.RO | command.Access), Since: "1.0.0", Tips: random,
			Complexity: "O(1) for each member returned.", Summary: "Returns random members of a set.", Run: srandmember},
		{Name: "sinter", Arity: -2, Flags: r, Keys: all, Since: "1.0.0", Tips: unordered,
			Complexity: "O(N*M) where N is the size of the smallest set and M the number of sets.", Summary: "Returns the intersection of sets.", Run: sinter},
		{Name: "sintercard", Arity: -3, Flags: r, Keys: []command.KeySpec{command.KeyNum(1, command.RO|command.Access)}, Since: "7.0.0",
			Complexity: "O(N*M) where N is the size of the smallest set and M the number of sets.", Summary: "Counts the members of an intersection of sets, up to a limit.", Run: sintercard},
		{Name: "sinterstore", Arity: -3, Flags: w, Keys: store, Since: "1.0.0",
			Complexity: "O(N*M) where N is the size of the smallest set and M the number of sets.", Summary: "Stores the intersection of sets.", Run: sinterstore},
		{Name: "sunion", Arity: -2, Flags: r, Keys: all, Since: "1.0.0", Tips: unordered,
			Complexity: "O(N) where N is the number of members of all sets.", Summary: "Returns the union of sets.", Run: sunion},
		{Name: "sunionstore", Arity: -3, Flags: w, Keys: store, Since: "1.0.0",
			Complexity: "O(N) where N is the number of members of all sets.", Summary: "Stores the union of sets.", Run: sunionstore},
		{Name: "sdiff", Arity: -2, Flags: r, Keys: all, Since: "1.0.0", Tips: unordered,
			Complexity: "O(N) where N is the number of members of all sets.", Summary: "Returns what the first set has and the others don't.", Run: sdiff},
		{Name: "sdiffstore", Arity: -3, Flags: w, Keys: store, Since: "1.0.0",
			Complexity: "O(N) where N is the number of members of all sets.", Summary: "Stores what the first set has and the others don't.", Run: sdiffstore},
	}
	for i := range rows {
		rows[i].Group, rows[i].ACL = "set", command.CatSet
	}
	return rows
}

// reading looks the set at key up for a read command. The members are none if the key is missing.
func reading(c *command.Call, key []byte) (object.Members, error) {
	db, e, err := c.Find(key, object.TypeSet)
	if !e.Exists() {
		return object.Members{}, err
	}
	return db.SetOf(e).Members(), nil
}

// writing looks the set at key up for a command that changes it. The entry doesn't exist if the key is missing.
func writing(c *command.Call, key []byte) (*keyspace.DB, keyspace.Entry, error) {
	return c.FindWrite(key, object.TypeSet)
}

// remove deletes a set that lost its last member.
func remove(db *keyspace.DB, e keyspace.Entry, key []byte) {
	db.Remove(e)
	db.Notify(keyspace.ClassGeneric, "del", key)
}
