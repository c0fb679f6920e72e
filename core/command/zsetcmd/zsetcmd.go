// Package zsetcmd holds the commands of the sorted-set group.
package zsetcmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// Commands returns the rows of the sorted-set group.
func Commands() []command.Command {
	rows := append(changeRows(), rangeRows()...)
	rows = append(append(rows, combineRows()...), popRows()...)
	for i := range rows {
		rows[i].Group = "sorted-set"
		rows[i].ACL |= command.CatSortedSet
	}
	return rows
}

func spec(specs ...command.KeySpec) []command.KeySpec { return specs }

func first(f command.KeyFlags) []command.KeySpec { return spec(command.Key(1, f)) }

// The flags that many rows have.
const (
	reading  = command.ReadOnly
	fastRead = command.ReadOnly | command.Fast
	growing  = command.Write | command.DenyOOM
)

func changeRows() []command.Command {
	const (
		remove = command.RW | command.Delete
		read   = command.RO | command.Access
	)
	return []command.Command{
		{Name: "zadd", Arity: -4, Member: 3, Flags: growing | command.Fast, Keys: first(command.RW | command.Update), Since: "1.2.0",
			Complexity: "O(log(N)) for each item added, where N is the number of elements in the sorted set.",
			Summary:    "Adds one or more members to a sorted set, or updates their scores. Creates the key if it doesn't exist.", Run: zadd},
		{Name: "zincrby", Arity: 4, Member: 3, Flags: growing | command.Fast, Keys: first(command.RW | command.Access | command.Update), Since: "1.2.0",
			Complexity: "O(log(N)) where N is the number of elements in the sorted set.",
			Summary:    "Increments the score of a member in a sorted set.", Run: zincrby},
		{Name: "zrem", Arity: -3, Member: 2, Flags: command.Write | command.Fast, Keys: first(remove), Since: "1.2.0",
			Complexity: "O(M*log(N)) with N being the number of elements in the sorted set and M the number of elements to be removed.",
			Summary:    "Removes one or more members from a sorted set. Deletes the sorted set if all members were removed.", Run: zrem},
		{Name: "zremrangebyrank", Arity: 4, Flags: command.Write, Keys: first(remove), Since: "2.0.0", Complexity: rangeRemoval,
			Summary: "Removes members in a sorted set within a range of indexes. Deletes the sorted set if all members were removed.", Run: zremrangebyrank},
		{Name: "zremrangebyscore", Arity: 4, Flags: command.Write, Keys: first(remove), Since: "1.2.0", Complexity: rangeRemoval,
			Summary: "Removes members in a sorted set within a range of scores. Deletes the sorted set if all members were removed.", Run: zremrangebyscore},
		{Name: "zremrangebylex", Arity: 4, Flags: command.Write, Keys: first(remove), Since: "2.8.9", Complexity: rangeRemoval,
			Summary: "Removes members in a sorted set within a lexicographical range. Deletes the sorted set if all members were removed.", Run: zremrangebylex},
		{Name: "zcard", Arity: 2, Flags: fastRead, Keys: first(command.RO), Since: "1.2.0",
			Complexity: "O(1)", Summary: "Returns the number of members in a sorted set.", Run: zcard},
		{Name: "zscore", Arity: 3, Member: 2, Flags: fastRead, Keys: first(read), Since: "1.2.0",
			Complexity: "O(1)", Summary: "Returns the score of a member in a sorted set.", Run: zscore},
		{Name: "zmscore", Arity: -3, Flags: fastRead, Keys: first(read), Since: "6.2.0",
			Complexity: "O(N) where N is the number of members being requested.",
			Summary:    "Returns the score of one or more members in a sorted set.", Run: zmscore},
		{Name: "zrank", Arity: -3, Member: 2, Flags: fastRead, Keys: first(read), Since: "2.0.0",
			Complexity: "O(log(N))", Summary: "Returns the index of a member in a sorted set ordered by ascending scores.", Run: zrank},
		{Name: "zrevrank", Arity: -3, Member: 2, Flags: fastRead, Keys: first(read), Since: "2.0.0",
			Complexity: "O(log(N))", Summary: "Returns the index of a member in a sorted set ordered by descending scores.", Run: zrevrank},
		{Name: "zcount", Arity: 4, Flags: fastRead, Keys: first(read), Since: "2.0.0",
			Complexity: "O(log(N)) with N being the number of elements in the sorted set.",
			Summary:    "Returns the count of members in a sorted set that have scores within a range.", Run: zcount},
		{Name: "zlexcount", Arity: 4, Flags: fastRead, Keys: first(read), Since: "2.8.9",
			Complexity: "O(log(N)) with N being the number of elements in the sorted set.",
			Summary:    "Returns the number of members in a sorted set within a lexicographical range.", Run: zlexcount},
		{Name: "zrandmember", Arity: -2, Flags: reading, Keys: first(read), Since: "6.2.0", Tips: []string{"nondeterministic_output"},
			Complexity: "O(N) where N is the number of members returned",
			Summary:    "Returns one or more random members from a sorted set.", Run: zrandmember},
		{Name: "zscan", Arity: -3, Flags: reading, Keys: first(read), Since: "2.8.0", Tips: []string{"nondeterministic_output"},
			Complexity: "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection.",
			Summary:    "Iterates over members and scores of a sorted set.", Run: zscan},
	}
}

const rangeRemoval = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation."

// found looks a sorted set up for reading. e doesn't exist if the key is missing.
func found(c *command.Call, key []byte) (z object.ZSet, e keyspace.Entry, err error) {
	db, e, err := c.Find(key, object.TypeZSet)
	return db.ZSet(e), e, err
}

// foundWrite looks a sorted set up for a change. e doesn't exist if the key is missing.
func foundWrite(c *command.Call, key []byte) (db *keyspace.DB, z object.ZSet, e keyspace.Entry, err error) {
	db, e, err = c.FindWrite(key, object.TypeZSet)
	return db, db.ZSet(e), e, err
}

// removed tells of n members that were removed from a set, and removes the key if none is left.
func removed(c *command.Call, db *keyspace.DB, z object.ZSet, key []byte, event string, n int) {
	if n == 0 {
		return
	}
	c.Dirty += int64(n)
	isEmpty := z.Len() == 0
	if isEmpty {
		db.Remove(z.Entry)
	} else {
		db.Changed(z.Entry)
	}
	db.Notify(keyspace.ClassZSet, event, key)
	if isEmpty {
		db.Notify(keyspace.ClassGeneric, "del", key)
	}
}
