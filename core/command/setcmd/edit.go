package setcmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

func sadd(c *command.Call) error {
	key, members := c.Args[1], c.Args[2:]
	db, e, err := writing(c, key)
	if err != nil {
		return err
	}
	isNew := !e.Exists()
	if isNew {
		if e, err = create(db, key, members[0], len(members)); err != nil {
			return err
		}
	}
	set := db.SetOf(e)
	if !isNew && len(members) > 1 {
		set.Grow(len(members))
	}
	n := int64(0)
	for _, m := range members {
		added, ok := set.Add(m)
		if !ok {
			err = command.ErrOOM
			break
		}
		if added {
			n++
		}
	}
	if n > 0 {
		db.Changed(e)
		db.Notify(keyspace.ClassSet, "sadd", key)
		c.Dirty += n
	} else if isNew {
		db.Remove(e)
	}
	if err == nil {
		c.W.Int(n)
	}
	return err
}

// create adds an empty set at key, to which n members will be added.
func create(db *keyspace.DB, key, first []byte, n int) (keyspace.Entry, error) {
	e, err := command.Create(db, key, object.TypeSet)
	if err != nil {
		return e, err
	}
	db.SetOf(e).Expect(first, n)
	return e, nil
}

func srem(c *command.Call) error {
	key := c.Args[1]
	db, e, err := writing(c, key)
	if err != nil {
		return err
	}
	if !e.Exists() {
		c.W.Int(0)
		return nil
	}
	set := db.SetOf(e)
	n, left := int64(0), set.Len()
	for _, m := range c.Args[2:] {
		if !set.Remove(m) {
			continue
		}
		n++
		if left--; left == 0 {
			break
		}
	}
	if n > 0 {
		db.Changed(e)
		db.Notify(keyspace.ClassSet, "srem", key)
		if left == 0 {
			remove(db, e, key)
		}
	}
	c.Dirty += n
	c.W.Int(n)
	return nil
}

func smove(c *command.Call) error {
	from, to, member := c.Args[1], c.Args[2], c.Args[3]
	src, dst := c.DB(from), c.DB(to)
	e, f := src.FindWrite(from), dst.FindWrite(to)
	if !e.Exists() {
		c.W.Int(0)
		return nil
	}
	if e.Type() != object.TypeSet || f.Exists() && f.Type() != object.TypeSet {
		return command.ErrWrongType
	}
	set := src.SetOf(e)
	if !set.Has(member) {
		c.W.Int(0)
		return nil
	}
	if string(from) == string(to) {
		c.W.Int(1)
		return nil
	}
	// It is added before it is removed: the arena of the destination may be full.
	if !f.Exists() {
		var err error
		if f, err = create(dst, to, member, 1); err != nil {
			return err
		}
	}
	target := dst.SetOf(f)
	added, ok := target.Add(member)
	if !ok {
		if target.Len() == 0 {
			dst.Remove(f)
		}
		return command.ErrOOM
	}
	set.Remove(member)
	src.Changed(e)
	src.Notify(keyspace.ClassSet, "srem", from)
	if set.Len() == 0 {
		remove(src, e, from)
	}
	c.Dirty++
	if added {
		c.Dirty++
		dst.Changed(f)
		dst.Notify(keyspace.ClassSet, "sadd", to)
	}
	c.W.Int(1)
	return nil
}
