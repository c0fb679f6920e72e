package stringcmd

import (
	"math"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

const errDecrOverflow command.Error = "ERR decrement would overflow"

func incr(c *command.Call) error { return add(c, 1) }

func decr(c *command.Call) error { return add(c, -1) }

func incrby(c *command.Call) error {
	by, ok := command.ParseInt(c.Args[2])
	if !ok {
		return command.ErrNotInt
	}
	return add(c, by)
}

func decrby(c *command.Call) error {
	by, ok := command.ParseInt(c.Args[2])
	if !ok {
		return command.ErrNotInt
	}
	if by == math.MinInt64 {
		return errDecrOverflow
	}
	return add(c, -by)
}

func add(c *command.Call, by int64) error {
	key := c.Args[1]
	db := c.DB(key)
	e, err := text(db.FindWrite(key))
	if err != nil {
		return err
	}
	var n int64
	if e.Exists() {
		var ok bool
		if n, ok = e.IsInt(); !ok {
			if n, ok = command.ParseInt(e.Bytes()); !ok {
				return command.ErrNotInt
			}
		}
	}
	if (by < 0 && n < math.MinInt64-by) || (by > 0 && n > math.MaxInt64-by) {
		return command.ErrOverflow
	}
	n += by
	if e.Exists() {
		_, err = db.Update(e, object.Int(n))
	} else {
		err = db.Add(key, object.Int(n), keyspace.NoTTL)
	}
	if err != nil {
		return noMemory(err)
	}
	changed(c, db, "incrby", key)
	c.W.Int(n)
	return nil
}

func incrbyfloat(c *command.Call) error {
	key := c.Args[1]
	db := c.DB(key)
	e, err := text(db.FindWrite(key))
	if err != nil {
		return err
	}
	value := command.Extended{}
	ok := true
	if e.Exists() {
		if value, ok = command.ParseExtended(e.AppendValue(nil)); !ok {
			return command.ErrNotFloat
		}
	}
	by, ok := command.ParseExtended(c.Args[2])
	if !ok {
		return command.ErrNotFloat
	}
	if value, ok = value.Add(by); !ok {
		return command.ErrNaN
	}
	sum := value.AppendTo(nil)
	if e.Exists() {
		_, err = db.Update(e, object.Text(sum))
	} else {
		err = db.Add(key, object.Text(sum), keyspace.NoTTL)
	}
	if err != nil {
		return noMemory(err)
	}
	changed(c, db, "incrbyfloat", key)
	c.Propagate([]byte("SET"), key, sum, []byte("KEEPTTL"))
	c.W.Bulk(sum)
	return nil
}

// tooLong reports whether a string of size bytes and more would pass the limit.
func (g *group) tooLong(size, more int64) bool {
	return size > math.MaxInt64-more || size+more > g.limits.MaxBulk()
}

func (g *group) append(c *command.Call) error {
	key, more := c.Args[1], c.Args[2]
	db := c.DB(key)
	e, err := text(db.FindWrite(key))
	if err != nil {
		return err
	}
	size := len(more)
	if !e.Exists() {
		err = db.Add(key, object.Encode(more), keyspace.NoTTL)
	} else {
		if g.tooLong(int64(e.Len()), int64(len(more))) {
			return command.ErrTooLong
		}
		size, err = db.Append(e, more)
	}
	if err != nil {
		return noMemory(err)
	}
	changed(c, db, "append", key)
	c.W.Int(int64(size))
	return nil
}

func (g *group) setrange(c *command.Call) error {
	offset, ok := command.ParseInt(c.Args[2])
	if !ok {
		return command.ErrNotInt
	}
	if offset < 0 {
		return command.ErrOffsetRange
	}
	key, part := c.Args[1], c.Args[3]
	db := c.DB(key)
	e, err := text(db.FindWrite(key))
	if err != nil {
		return err
	}
	size := 0
	if e.Exists() {
		size = e.Len()
	}
	if len(part) == 0 {
		c.W.Int(int64(size))
		return nil
	}
	if g.tooLong(offset, int64(len(part))) {
		return command.ErrTooLong
	}
	end := int(offset) + len(part)
	var bytes []byte
	if e.Exists() {
		bytes, err = db.Edit(e, end)
	} else {
		bytes, err = db.EditNew(key, end)
	}
	if err != nil {
		return noMemory(err)
	}
	copy(bytes[offset:], part)
	changed(c, db, "setrange", key)
	c.W.Int(int64(len(bytes)))
	return nil
}
