// Package hashcmd holds the commands of the hash group.
package hashcmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// Commands returns the rows of the hash group.
func Commands() []command.Command {
	rows := append(plainRows(), expiryRows()...)
	for i := range rows {
		rows[i].Group, rows[i].ACL = "hash", command.CatHash
	}
	return rows
}

const (
	write     = command.Write | command.Fast
	writeMore = write | command.DenyOOM
	read      = command.ReadOnly
	readFast  = read | command.Fast
)

func key(f command.KeyFlags) []command.KeySpec { return []command.KeySpec{command.Key(1, f)} }

const (
	perField  = "O(N) where N is the number of fields."
	wholeHash = "O(N) where N is the size of the hash."
)

// plainRows are the commands that know nothing of fields' expiries.
func plainRows() []command.Command {
	look := key(command.RO)
	access := key(command.RO | command.Access)
	update := key(command.RW | command.Update)
	edit := key(command.RW | command.Access | command.Update)
	anyOrder := []string{"nondeterministic_output_order"}
	return []command.Command{
		{Name: "hset", Arity: -4, Member: 2, Flags: writeMore, Keys: update, Since: "2.0.0", Complexity: perField,
			Summary: "Sets the values of fields, and creates the hash if there is none.", Run: hset},
		{Name: "hmset", Arity: -4, Flags: writeMore, Keys: update, Since: "2.0.0", Complexity: perField,
			Summary: "Sets the values of fields.", Run: hmset},
		{Name: "hsetnx", Arity: 4, Member: 2, Flags: writeMore, Keys: key(command.RW | command.Insert), Since: "2.0.0", Complexity: "O(1)",
			Summary: "Sets the value of a field that isn't there.", Run: hsetnx},
		{Name: "hget", Arity: 3, Member: 2, Flags: readFast, Keys: access, Since: "2.0.0", Complexity: "O(1)",
			Summary: "Returns the value of a field.", Run: hget},
		{Name: "hmget", Arity: -3, Member: 2, Flags: readFast, Keys: access, Since: "2.0.0", Complexity: perField,
			Summary: "Returns the values of fields.", Run: hmget},
		{Name: "hgetall", Arity: 2, Flags: read, Keys: access, Since: "2.0.0", Complexity: wholeHash, Tips: anyOrder,
			Summary: "Returns all fields with their values.", Run: hgetall},
		{Name: "hkeys", Arity: 2, Flags: read, Keys: access, Since: "2.0.0", Complexity: wholeHash, Tips: anyOrder,
			Summary: "Returns all fields.", Run: hkeys},
		{Name: "hvals", Arity: 2, Flags: read, Keys: access, Since: "2.0.0", Complexity: wholeHash, Tips: anyOrder,
			Summary: "Returns all values.", Run: hvals},
		{Name: "hlen", Arity: 2, Flags: readFast, Keys: look, Since: "2.0.0", Complexity: "O(1)",
			Summary: "Returns the number of fields.", Run: hlen},
		{Name: "hexists", Arity: 3, Member: 2, Flags: readFast, Keys: look, Since: "2.0.0", Complexity: "O(1)",
			Summary: "Tells whether a field is there.", Run: hexists},
		{Name: "hstrlen", Arity: 3, Member: 2, Flags: readFast, Keys: look, Since: "3.2.0", Complexity: "O(1)",
			Summary: "Returns the length of a field's value.", Run: hstrlen},
		{Name: "hdel", Arity: -3, Member: 2, Flags: write, Keys: key(command.RW | command.Delete), Since: "2.0.0", Complexity: perField,
			Summary: "Removes fields, and the hash with the last of them.", Run: hdel},
		{Name: "hincrby", Arity: 4, Member: 2, Flags: writeMore, Keys: edit, Since: "2.0.0", Complexity: "O(1)",
			Summary: "Adds to the integer that a field holds, 0 if it isn't there.", Run: hincrby},
		{Name: "hincrbyfloat", Arity: 4, Member: 2, Flags: writeMore, Keys: edit, Since: "2.6.0", Complexity: "O(1)",
			Summary: "Adds to the number that a field holds, 0 if it isn't there.", Run: hincrbyfloat},
		{Name: "hrandfield", Arity: -2, Flags: read, Keys: access, Since: "6.2.0", Complexity: "O(N) where N is the number of fields returned.",
			Tips: []string{"nondeterministic_output"}, Summary: "Returns fields that are drawn by chance.", Run: hrandfield},
		{Name: "hscan", Arity: -3, Flags: read, Keys: access, Since: "2.8.0",
			Complexity: "O(1) for every call, O(N) for a complete iteration, where N is the size of the hash.",
			Tips:       []string{"nondeterministic_output"}, Summary: "Iterates over the fields of a hash.", Run: hscan},
	}
}

// expiryRows are the commands about fields' expiries.
func expiryRows() []command.Command {
	access := key(command.RO | command.Access)
	update := key(command.RW | command.Update)
	return []command.Command{
		{Name: "hexpire", Arity: -6, Flags: write, Keys: update, Since: "9.0.0", Complexity: perField,
			Summary: "Gives fields an expiry in so many seconds.", Run: hexpire},
		{Name: "hpexpire", Arity: -6, Flags: write, Keys: update, Since: "9.0.0", Complexity: perField,
			Summary: "Gives fields an expiry in so many milliseconds.", Run: hpexpire},
		{Name: "hexpireat", Arity: -6, Flags: write, Keys: update, Since: "9.0.0", Complexity: perField,
			Summary: "Gives fields an expiry at a Unix time in seconds.", Run: hexpireat},
		{Name: "hpexpireat", Arity: -6, Flags: write, Keys: update, Since: "9.0.0", Complexity: perField,
			Summary: "Gives fields an expiry at a Unix time in milliseconds.", Run: hpexpireat},
		{Name: "hpersist", Arity: -5, Flags: write, Keys: update, Since: "9.0.0", Complexity: perField,
			Summary: "Takes the expiry of fields away.", Run: hpersist},
		{Name: "httl", Arity: -5, Flags: readFast, Keys: access, Since: "9.0.0", Complexity: perField,
			Summary: "Returns the time that fields have to live, in seconds.", Run: httl},
		{Name: "hpttl", Arity: -5, Flags: readFast, Keys: access, Since: "9.0.0", Complexity: perField,
			Summary: "Returns the time that fields have to live, in milliseconds.", Run: hpttl},
		{Name: "hexpiretime", Arity: -5, Flags: readFast, Keys: access, Since: "9.0.0", Complexity: perField,
			Summary: "Returns the expiry of fields as a Unix time in seconds.", Run: hexpiretime},
		{Name: "hpexpiretime", Arity: -5, Flags: readFast, Keys: access, Since: "9.0.0", Complexity: perField,
			Summary: "Returns the expiry of fields as a Unix time in milliseconds.", Run: hpexpiretime},
		{Name: "hsetex", Arity: -6, Flags: writeMore, Keys: key(command.RW | command.Insert), Since: "9.0.0", Complexity: perField,
			Summary: "Sets the values of fields with conditions and an expiry.", Run: hsetex},
		{Name: "hgetex", Arity: -5, Flags: write, Keys: key(command.RW | command.Access), Since: "9.0.0", Complexity: perField,
			Summary: "Returns the values of fields, and changes their expiry.", Run: hgetex},
		{Name: "hgetdel", Arity: -5, Flags: write, Keys: key(command.RW | command.Access | command.Delete), Since: "9.1.0", Complexity: perField,
			Summary: "Returns the values of fields, and removes the fields.", Run: hgetdel},
	}
}

// find looks the hash of a read command up; false if it is missing.
func find(c *command.Call) (h object.Hash, ok bool, err error) {
	db, e, err := c.Find(c.Args[1], object.TypeHash)
	if !e.Exists() {
		return h, false, err
	}
	return db.Hash(e), true, nil
}

// target is the hash that a command writes to.
type target struct {
	object.Hash
	db  *keyspace.DB
	key []byte
}

// lookUp looks the hash of a write command up. It may be missing.
func lookUp(c *command.Call) (target, error) {
	key := c.Args[1]
	db, e, err := c.FindWrite(key, object.TypeHash)
	t := target{db: db, key: key}
	if e.Exists() {
		t.Hash = db.Hash(e)
	}
	return t, err
}

// make creates the hash if it is missing.
func (t *target) make() error {
	if t.Exists() {
		return nil
	}
	e, err := command.Create(t.db, t.key, object.TypeHash)
	if err != nil {
		return err
	}
	t.Hash = t.db.Hash(e)
	return nil
}

// fail removes the hash if the command created it and then found no memory for its first field.
func (t *target) fail() error {
	if t.Len() == 0 {
		t.db.Remove(t.Entry)
	}
	return command.ErrOOM
}

// changed tells of one change of the hash, after it.
func (t *target) changed(event string) {
	t.db.Changed(t.Entry)
	t.db.Notify(keyspace.ClassHash, event, t.key)
}

// shrunk tells of a change that may have removed the last field, after it.
func (t *target) shrunk(event string) {
	if t.Len() != 0 {
		t.changed(event)
		return
	}
	t.db.Remove(t.Entry)
	t.db.Notify(keyspace.ClassHash, event, t.key)
	t.db.Notify(keyspace.ClassGeneric, "del", t.key)
}
