package keycmd

import (
	"math"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
)

const (
	errExpireNX command.Error = "ERR NX and XX, GT or LT options at the same time are not compatible"
	errExpireGT command.Error = "ERR GT and LT options at the same time are not compatible"
)

func expire(c *command.Call) error    { return setExpiry(c, c.Now, 1000) }
func pexpire(c *command.Call) error   { return setExpiry(c, c.Now, 1) }
func expireat(c *command.Call) error  { return setExpiry(c, 0, 1000) }
func pexpireat(c *command.Call) error { return setExpiry(c, 0, 1) }

// condition is what EXPIRE's options ask of the present expiry.
type condition struct{ nx, xx, gt, lt bool }

func (o *condition) parse(args [][]byte) error {
	for _, arg := range args {
		switch {
		case command.Is(arg, "nx"):
			o.nx = true
		case command.Is(arg, "xx"):
			o.xx = true
		case command.Is(arg, "gt"):
			o.gt = true
		case command.Is(arg, "lt"):
			o.lt = true
		default:
			return command.Error("ERR Unsupported option " + command.Echo(arg))
		}
	}
	if o.nx && (o.xx || o.gt || o.lt) {
		return errExpireNX
	}
	if o.gt && o.lt {
		return errExpireGT
	}
	return nil
}

// allows tells whether an expiry may go from old (0: none) to at. No expiry
// counts as an infinite one.
func (o *condition) allows(old, at int64) bool {
	switch {
	case o.nx && old != 0, o.xx && old == 0:
		return false
	case o.gt && (old == 0 || at <= old):
		return false
	case o.lt && old != 0 && at >= old:
		return false
	}
	return true
}

// setExpiry is EXPIRE and its kin: the argument counts units of ms from base.
func setExpiry(c *command.Call, base, unit int64) error {
	var cond condition
	if err := cond.parse(c.Args[3:]); err != nil {
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
	if !e.Exists() || !cond.allows(e.ExpireAt(), at) {
		c.W.Int(0)
		return nil
	}
	c.Dirty++
	if at <= c.Now {
		db.Remove(e)
		db.Notify(keyspace.ClassGeneric, "del", key)
	} else {
		if _, err := db.SetExpiry(e, at); err != nil {
			return command.ErrOOM
		}
		db.Notify(keyspace.ClassGeneric, "expire", key)
	}
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
