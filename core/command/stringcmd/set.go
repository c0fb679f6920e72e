package stringcmd

import (
	"math"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
)

// verb says whose options are read.
type verb uint8

const (
	forSet verb = iota
	forGet
	forMset
)

// options are what may follow the value in SET, GETEX and MSETEX.
type options struct {
	nx, xx, get, keepTTL, persist bool
	ifeq                          []byte // the value to compare with, or nil
	expire                        []byte // the time as given, or nil
	seconds, absolute             bool   // its unit and kind
}

// parse reads options. Valkey's rule: what contradicts an earlier one is a
// syntax error, and so is an option of another command.
func (o *options) parse(args [][]byte, v verb) error {
	for i := 0; i < len(args); i++ {
		arg, more := args[i], i+1 < len(args)
		free := !o.keepTTL && !o.persist
		switch {
		case v != forGet && command.Is(arg, "nx") && !o.xx && o.ifeq == nil:
			o.nx = true
		case v != forGet && command.Is(arg, "xx") && !o.nx && o.ifeq == nil:
			o.xx = true
		case v == forSet && command.Is(arg, "get"):
			o.get = true
		case v == forSet && command.Is(arg, "ifeq") && more && !o.nx && !o.xx && o.ifeq == nil:
			i++
			o.ifeq = args[i]
		case v != forGet && command.Is(arg, "keepttl") && !o.persist && o.expire == nil:
			o.keepTTL = true
		case v == forGet && command.Is(arg, "persist") && o.expire == nil && !o.keepTTL:
			o.persist = true
		case command.Is(arg, "ex") && free && more && o.fits(true, false):
			i++
			o.expire, o.seconds, o.absolute = args[i], true, false
		case command.Is(arg, "px") && free && more && o.fits(false, false):
			i++
			o.expire, o.seconds, o.absolute = args[i], false, false
		case command.Is(arg, "exat") && free && more && o.fits(true, true):
			i++
			o.expire, o.seconds, o.absolute = args[i], true, true
		case command.Is(arg, "pxat") && free && more && o.fits(false, true):
			i++
			o.expire, o.seconds, o.absolute = args[i], false, true
		default:
			return command.ErrSyntax
		}
	}
	return nil
}

// fits reports whether an expiry of this form may be given: the same form may
// be repeated, another one not.
func (o *options) fits(seconds, absolute bool) bool {
	return o.expire == nil || (o.seconds == seconds && o.absolute == absolute)
}

// expireAt returns the unix time in ms that the options ask for, NoTTL without
// one.
func (o *options) expireAt(c *command.Call) (int64, error) {
	if o.expire == nil {
		return keyspace.NoTTL, nil
	}
	return expireTime(c, o.expire, o.seconds, o.absolute)
}

func expireTime(c *command.Call, text []byte, seconds, absolute bool) (int64, error) {
	at, ok := command.ParseInt(text)
	if !ok {
		return 0, command.ErrNotInt
	}
	if at <= 0 || (seconds && at > math.MaxInt64/1000) {
		return 0, command.InvalidExpire(c.Cmd.Full)
	}
	if seconds {
		at *= 1000
	}
	if !absolute {
		if at > math.MaxInt64-c.Now {
			return 0, command.InvalidExpire(c.Cmd.Full)
		}
		at += c.Now
	}
	return at, nil
}

func (g *group) set(c *command.Call) error {
	key := c.Args[1]
	if len(c.Args) == 3 {
		db := c.DB(key)
		if err := db.SetString(key, c.Args[2], keyspace.NoTTL); err != nil {
			return noMemory(err)
		}
		changed(c, db, "set", key)
		c.W.OK()
		return nil
	}
	var o options
	if err := o.parse(c.Args[3:], forSet); err != nil {
		return err
	}
	at, err := o.expireAt(c)
	if err != nil {
		return err
	}
	return store(c, key, c.Args[2], &o, at)
}

// store is SET with everything that may condition it.
func store(c *command.Call, key, value []byte, o *options, at int64) error {
	db := c.DB(key)
	var e keyspace.Entry
	if o.get {
		old, err := text(db.Find(key))
		if err != nil {
			return err
		}
		e = old
		reply(c, e)
	} else {
		e = db.FindWrite(key)
	}
	pass := true
	switch {
	case o.nx:
		pass = !e.Exists()
	case o.xx:
		pass = e.Exists()
	case o.ifeq != nil:
		old, err := text(e)
		if err != nil {
			return err
		}
		pass = old.Exists() && equals(old, o.ifeq)
	}
	if !pass {
		if !o.get {
			c.W.Null()
		}
		return nil
	}
	if !o.get {
		c.W.OK()
	}
	if o.expire != nil && c.Past(db, at) {
		if e.Exists() {
			remove(c, db, e, key)
			c.PropagateDeletion(key, keyspace.Expired)
		}
		return nil
	}
	if o.keepTTL {
		at = keyspace.KeepTTL
	}
	if err := db.SetString(key, value, at); err != nil {
		return noMemory(err)
	}
	changed(c, db, "set", key)
	if o.expire != nil {
		db.Notify(keyspace.ClassGeneric, "expire", key)
	}
	o.becameSet(c, key, value, at)
	return nil
}

func setnx(c *command.Call) error {
	key := c.Args[1]
	db := c.DB(key)
	if db.FindWrite(key).Exists() {
		c.W.Int(0)
		return nil
	}
	if err := db.SetString(key, c.Args[2], keyspace.NoTTL); err != nil {
		return noMemory(err)
	}
	changed(c, db, "set", key)
	c.W.Int(1)
	return nil
}

func setex(c *command.Call) error { return setWithTTL(c, true) }

func psetex(c *command.Call) error { return setWithTTL(c, false) }

func setWithTTL(c *command.Call, seconds bool) error {
	at, err := expireTime(c, c.Args[2], seconds, false)
	if err != nil {
		return err
	}
	return store(c, c.Args[1], c.Args[3], &options{expire: c.Args[2]}, at)
}

func getset(c *command.Call) error {
	key := c.Args[1]
	db := c.DB(key)
	e, err := text(db.Find(key))
	if err != nil {
		return err
	}
	reply(c, e)
	if err := db.SetString(key, c.Args[2], keyspace.NoTTL); err != nil {
		return noMemory(err)
	}
	changed(c, db, "set", key)
	c.Propagate([]byte("SET"), key, c.Args[2])
	return nil
}

func mset(c *command.Call) error {
	if len(c.Args)%2 == 0 {
		return command.WrongArity(c.Cmd.Full)
	}
	if err := storeAll(c, c.Args[1:], keyspace.NoTTL, &options{}); err != nil {
		return err
	}
	c.W.OK()
	return nil
}

func msetnx(c *command.Call) error {
	if len(c.Args)%2 == 0 {
		return command.WrongArity(c.Cmd.Full)
	}
	if count(c, c.Args[1:]) > 0 {
		c.W.Int(0)
		return nil
	}
	if err := storeAll(c, c.Args[1:], keyspace.NoTTL, &options{}); err != nil {
		return err
	}
	c.W.Int(1)
	return nil
}

// storeAll sets keys and values that alternate in pairs. Out of memory, those before stay.
func storeAll(c *command.Call, pairs [][]byte, at int64, o *options) error {
	c.Prefetch(pairs, 2)
	for i := 0; i < len(pairs); i += 2 {
		key := pairs[i]
		db := c.DB(key)
		if err := db.SetString(key, pairs[i+1], at); err != nil {
			o.becameSetAll(c, pairs[:i], at)
			return noMemory(err)
		}
		changed(c, db, "set", key)
		if o.expire != nil {
			db.Notify(keyspace.ClassGeneric, "expire", key)
		}
	}
	if o.expire != nil && !o.inMs() {
		o.becameSetAll(c, pairs, at)
	}
	return nil
}

// count returns how many of the keys exist.
func count(c *command.Call, pairs [][]byte) int {
	n := 0
	for i := 0; i < len(pairs); i += 2 {
		if c.DB(pairs[i]).FindWrite(pairs[i]).Exists() {
			n++
		}
	}
	return n
}

const (
	errNumKeys  command.Error = "ERR invalid numkeys value"
	errPairs    command.Error = "ERR wrong number of key-value pairs"
	maxMsetKeys               = math.MaxInt32 / 2
)

func msetex(c *command.Call) error {
	n, ok := command.ParseInt(c.Args[1])
	if !ok || n <= 0 || n > maxMsetKeys {
		return errNumKeys
	}
	if int(n)*2+2 > len(c.Args) {
		return errPairs
	}
	pairs := c.Args[2 : 2+2*n]
	var o options
	if err := o.parse(c.Args[2+2*n:], forMset); err != nil {
		return err
	}
	at, err := o.expireAt(c)
	if err != nil {
		return err
	}
	if (o.nx && count(c, pairs) > 0) || (o.xx && count(c, pairs) < int(n)) {
		c.W.Int(0)
		return nil
	}
	c.W.Int(1)
	if o.expire != nil && c.Past(c.DB(pairs[0]), at) {
		for i := 0; i < len(pairs); i += 2 {
			if db := c.DB(pairs[i]); db.Delete(pairs[i]) {
				c.Dirty++
				c.PropagateDeletion(pairs[i], keyspace.Expired)
				db.Notify(keyspace.ClassGeneric, "del", pairs[i])
			}
		}
		return nil
	}
	if o.keepTTL {
		at = keyspace.KeepTTL
	}
	return storeAll(c, pairs, at, &o)
}

// setAccess says what SET does to its key: with GET anywhere it reads it too.
func setAccess(args [][]byte) command.KeyFlags {
	for _, arg := range args[3:] {
		if command.Is(arg, "get") {
			return command.RW | command.Access | command.Update
		}
	}
	return command.OW | command.Update
}
