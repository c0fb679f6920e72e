package keycmd

import (
	"math"
	"strconv"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
)

func expire(c *command.Call) error    { return setExpiry(c, c.Now, 1000) }
func pexpire(c *command.Call) error   { return setExpiry(c, c.Now, 1) }
func expireat(c *command.Call) error  { return setExpiry(c, 0, 1000) }
func pexpireat(c *command.Call) error { return setExpiry(c, 0, 1) }

// setExpiry is EXPIRE and its kin: the argument counts units of ms from base.
func setExpiry(c *command.Call, base, unit int64) error {
	var cond command.Condition
	if err := cond.Parse(c.Args[3:]); err != nil {
		return err
	}
	at, ok := command.ParseInt(c.Args[2])
	if !ok {
		return command.ErrNotInt
	}
	if at > math.MaxInt64/unit || at < math.MinInt64/unit || at*unit > math.MaxInt64-base {
		return command.InvalidExpire(c.Cmd.Full)
	}
	at = at*unit + base
	key := c.Args[1]
	db := c.DB(key)
	e := db.FindWrite(key)
	if !e.Exists() || !cond.Allows(e.ExpireAt(), at) {
		c.W.Int(0)
		return nil
	}
	if c.Past(db, at) {
		db.Remove(e)
		c.PropagateDeletion(key, keyspace.Expired)
		db.Notify(keyspace.ClassGeneric, "del", key)
	} else {
		if _, err := db.SetExpiry(e, at); err != nil {
			return command.ErrOOM
		}
		var digits [20]byte
		c.PropagateList(c.Args[3:], []byte("PEXPIREAT"), key, strconv.AppendInt(digits[:0], at, 10))
		db.Notify(keyspace.ClassGeneric, "expire", key)
	}
	c.Dirty++
	c.W.Int(1)
	return nil
}

func persist(c *command.Call) error {
	key := c.Args[1]
	db := c.DB(key)
	e := db.FindWrite(key)
	if !e.Exists() || e.ExpireAt() == 0 {
		c.W.Int(0)
		return nil
	}
	if _, err := db.SetExpiry(e, keyspace.NoTTL); err != nil {
		return command.ErrOOM
	}
	c.Dirty++
	db.Notify(keyspace.ClassGeneric, "persist", key)
	c.W.Int(1)
	return nil
}

// Replies of TTL and its kin.
const (
	noKey    = -2
	noExpiry = -1
)

// lifetime writes a key's expiry as f counts it, or why there is none.
func lifetime(c *command.Call, f func(at int64) int64) error {
	_, e := found(c, c.Args[1])
	switch {
	case !e.Exists():
		c.W.Int(noKey)
	case e.ExpireAt() == 0:
		c.W.Int(noExpiry)
	default:
		c.W.Int(f(e.ExpireAt()))
	}
	return nil
}

func ttl(c *command.Call) error {
	return lifetime(c, func(at int64) int64 { return roundSeconds(max(at-c.Now, 0)) })
}

func pttl(c *command.Call) error {
	return lifetime(c, func(at int64) int64 { return max(at-c.Now, 0) })
}

func expiretime(c *command.Call) error {
	return lifetime(c, roundSeconds)
}

func pexpiretime(c *command.Call) error {
	return lifetime(c, func(at int64) int64 { return at })
}

// roundSeconds rounds milliseconds, of which there may be as many as an int64 holds.
func roundSeconds(ms int64) int64 { return int64((uint64(ms) + 500) / 1000) }
