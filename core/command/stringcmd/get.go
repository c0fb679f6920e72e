package stringcmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

func get(c *command.Call) error {
	key := c.Args[1]
	e, err := text(c.DB(key).Find(key))
	if err != nil {
		return err
	}
	reply(c, e)
	return nil
}

func strlen(c *command.Call) error {
	key := c.Args[1]
	e, err := text(c.DB(key).Find(key))
	if err != nil {
		return err
	}
	n := 0
	if e.Exists() {
		n = e.Len()
	}
	c.W.Int(int64(n))
	return nil
}

func getrange(c *command.Call) error {
	start, ok := command.ParseInt(c.Args[2])
	if !ok {
		return command.ErrNotInt
	}
	end, ok := command.ParseInt(c.Args[3])
	if !ok {
		return command.ErrNotInt
	}
	key := c.Args[1]
	e, err := text(c.DB(key).Find(key))
	if err != nil {
		return err
	}
	if !e.Exists() || (start < 0 && end < 0 && start > end) {
		c.W.BulkString("")
		return nil
	}
	var digits [24]byte
	value := digits[:0]
	if _, isInt := e.IsInt(); isInt {
		value = e.AppendValue(value)
	} else {
		value = e.Bytes()
	}
	size := int64(len(value))
	if start < 0 {
		start = max(start+size, 0)
	}
	if end < 0 {
		end = max(end+size, 0)
	}
	end = min(end, size-1)
	if start > end || size == 0 {
		c.W.BulkString("")
		return nil
	}
	c.W.Bulk(value[start : end+1])
	return nil
}

func mget(c *command.Call) error {
	c.Prefetch(c.Args[1:], 1)
	c.W.Array(len(c.Args) - 1)
	for _, key := range c.Args[1:] {
		e := c.DB(key).Find(key)
		if e.Exists() && e.Type() != object.TypeString {
			e = keyspace.Entry{}
		}
		reply(c, e)
	}
	return nil
}

func getdel(c *command.Call) error {
	key := c.Args[1]
	db := c.DB(key)
	e, err := text(db.Find(key))
	if err != nil {
		return err
	}
	reply(c, e)
	if e.Exists() {
		remove(c, db, e, key)
		c.Propagate([]byte("DEL"), key)
	}
	return nil
}

// remove deletes an entry, as DEL does.
func remove(c *command.Call, db *keyspace.DB, e keyspace.Entry, key []byte) {
	db.Remove(e)
	c.Dirty++
	db.Notify(keyspace.ClassGeneric, "del", key)
}

func delifeq(c *command.Call) error {
	key := c.Args[1]
	db := c.DB(key)
	e, err := text(db.FindWrite(key))
	if err != nil {
		return err
	}
	if !e.Exists() || !equals(e, c.Args[2]) {
		c.W.Int(0)
		return nil
	}
	remove(c, db, e, key)
	c.Propagate([]byte("DEL"), key)
	c.W.Int(1)
	return nil
}

// equals compares a string value with bytes.
func equals(e keyspace.Entry, b []byte) bool {
	if n, ok := e.IsInt(); ok {
		m, isInt := command.ParseInt(b)
		return isInt && m == n
	}
	return string(e.Bytes()) == string(b)
}

func getex(c *command.Call) error {
	var o options
	if err := o.parse(c.Args[2:], forGet); err != nil {
		return err
	}
	key := c.Args[1]
	db := c.DB(key)
	e, err := text(db.Find(key))
	if err != nil {
		return err
	}
	if !e.Exists() {
		c.W.Null()
		return nil
	}
	at, err := o.expireAt(c)
	if err != nil {
		return err
	}
	reply(c, e)
	switch {
	case o.absolute && c.Past(db, at):
		remove(c, db, e, key)
		c.PropagateDeletion(key, keyspace.Expired)
	case o.expire != nil:
		if _, err := db.SetExpiry(e, at); err != nil {
			return noMemory(err)
		}
		c.Dirty++
		var t instant
		c.Propagate([]byte("PEXPIREAT"), key, t.text(at))
		db.Notify(keyspace.ClassGeneric, "expire", key)
	case o.persist && e.ExpireAt() != 0:
		if _, err := db.SetExpiry(e, keyspace.NoTTL); err != nil {
			return noMemory(err)
		}
		c.Dirty++
		c.Propagate([]byte("PERSIST"), key)
		db.Notify(keyspace.ClassGeneric, "persist", key)
	}
	return nil
}
