// Package streamcmd holds the commands of the stream group.
package streamcmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// Commands returns the rows of the stream group.
func Commands() []command.Command {
	const (
		w  = command.Write
		wf = command.Write | command.Fast
		ro = command.ReadOnly
	)
	one := func(f command.KeyFlags) []command.KeySpec { return []command.KeySpec{command.Key(1, f)} }
	streams := func(from int) []command.KeySpec {
		return []command.KeySpec{command.AfterKeyword("STREAMS", from, -1, 1, 2, command.RO|command.Access)}
	}
	random := []string{"nondeterministic_output"}
	rows := []command.Command{
		{Name: "xadd", Arity: -5, Flags: wf | command.DenyOOM, Keys: one(command.RW | command.Update), Since: "5.0.0", Tips: random,
			Complexity: "O(1) when adding a new entry, O(N) when trimming where N being the number of entries evicted.",
			Summary:    "Appends a new message to a stream. Creates the key if it doesn't exist.", Run: xadd},
		{Name: "xtrim", Arity: -4, Flags: w, Keys: one(command.RW | command.Delete), Since: "5.0.0", Tips: random,
			Complexity: "O(N), with N being the number of evicted entries. Constant times are very small however, since entries are organized in macro nodes containing multiple entries that can be released with a single deallocation.",
			Summary:    "Deletes messages from the beginning of a stream.", Run: xtrim},
		{Name: "xdel", Arity: -3, Flags: wf, Keys: one(command.RW | command.Delete), Since: "5.0.0",
			Complexity: "O(1) for each single item to delete in the stream, regardless of the stream size.",
			Summary:    "Returns the number of messages after removing them from a stream.", Run: xdel},
		{Name: "xlen", Arity: 2, Flags: ro | command.Fast, Keys: one(command.RO), Since: "5.0.0", Complexity: "O(1)",
			Summary: "Returns the number of messages in a stream.", Run: xlen},
		{Name: "xrange", Arity: -4, Flags: ro, Keys: one(command.RO | command.Access), Since: "5.0.0",
			Complexity: "O(N) with N being the number of elements being returned. If N is constant (e.g. always asking for the first 10 elements with COUNT), you can consider it O(1).",
			Summary:    "Returns the messages from a stream within a range of IDs.", Run: xrange},
		{Name: "xrevrange", Arity: -4, Flags: ro, Keys: one(command.RO | command.Access), Since: "5.0.0",
			Complexity: "O(N) with N being the number of elements returned. If N is constant (e.g. always asking for the first 10 elements with COUNT), you can consider it O(1).",
			Summary:    "Returns the messages from a stream within a range of IDs in reverse order.", Run: xrevrange},
		{Name: "xread", Arity: -4, Flags: ro | command.Blocking, Keys: streams(1), FindKeys: findStreams, Since: "5.0.0",
			Summary: "Returns messages from multiple streams with IDs greater than the ones requested. Blocks until a message is available otherwise.", Run: xread},
		{Name: "xreadgroup", Arity: -7, Flags: w | command.Blocking | command.WaitOnLoss, Keys: streams(4), FindKeys: findStreams, Since: "5.0.0",
			Complexity: "For each stream mentioned: O(M) with M being the number of elements returned. If M is constant (e.g. always asking for the first 10 elements with COUNT), you can consider it O(1). On the other side when XREADGROUP blocks, XADD will pay the O(N) time in order to serve the N clients blocked on the stream getting new data.",
			Summary:    "Returns new or historical messages from a stream for a consumer in a group. Blocks until a message is available otherwise.", Run: xreadgroup},
		{Name: "xsetid", Arity: -3, Flags: wf | command.DenyOOM, Keys: one(command.RW | command.Update), Since: "5.0.0", Complexity: "O(1)",
			Summary: "An internal command for replicating stream values.", Run: xsetid},
		{Name: "xack", Arity: -4, Flags: wf, Keys: one(command.RW | command.Update), Since: "5.0.0", Complexity: "O(1) for each message ID processed.",
			Summary: "Returns the number of messages that were successfully acknowledged by the consumer group member of a stream.", Run: xack},
		{Name: "xpending", Arity: -3, Flags: ro, Keys: one(command.RO | command.Access), Since: "5.0.0", Tips: random,
			Complexity: "O(N) with N being the number of elements returned, so asking for a small fixed number of entries per call is O(1). O(M), where M is the total number of entries scanned when used with the IDLE filter. When the command returns just the summary and the list of consumers is small, it runs in O(1) time; otherwise, an additional O(N) time for iterating every consumer.",
			Summary:    "Returns the information and entries from a stream consumer group's pending entries list.", Run: xpending},
		{Name: "xclaim", Arity: -6, Flags: wf, Keys: one(command.RW | command.Update), Since: "5.0.0", Tips: random,
			Complexity: "O(log N) with N being the number of messages in the PEL of the consumer group.",
			Summary:    "Changes, or acquires, ownership of a message in a consumer group, as if the message was delivered a consumer group member.", Run: xclaim},
		{Name: "xautoclaim", Arity: -6, Flags: wf, Keys: one(command.RW | command.Delete), Since: "6.2.0", Tips: random,
			Complexity: "O(1) if COUNT is small.",
			Summary:    "Changes, or acquires, ownership of messages in a consumer group, as if the messages were delivered to as consumer group member.", Run: xautoclaim},
		xgroupRow(),
		xinfoRow(),
	}
	for i := range rows {
		rows[i].Group = "stream"
		if rows[i].Sub == nil {
			rows[i].ACL = command.CatStream
		}
		for j := range rows[i].Sub {
			rows[i].Sub[j].ACL = command.CatStream
		}
	}
	return rows
}

const (
	errNoKey   = command.ErrNoSuchKey
	errNoSpace = command.ErrOOM
)

// streamAt returns the view of an entry that is a stream or missing; ok says which.
func streamAt(db *keyspace.DB, e keyspace.Entry) (s object.Stream, ok bool, err error) {
	e, err = command.OfType(e, object.TypeStream)
	return db.Stream(e), e.Exists(), err
}

// read looks the stream of a key up for a command that reads.
func read(c *command.Call, key []byte) (object.Stream, bool, error) {
	db := c.DB(key)
	return streamAt(db, db.Find(key))
}

// changed declares changes of a stream's entries by an event of the stream class.
func changed(c *command.Call, db *keyspace.DB, s object.Stream, event string, key []byte, count int64) {
	c.Dirty += count
	db.Changed(s.Entry)
	db.Notify(keyspace.ClassStream, event, key)
}
