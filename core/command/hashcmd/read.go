package hashcmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

func hget(c *command.Call) error {
	h, ok, err := find(c)
	if err != nil {
		return err
	}
	var v packed.Value
	if ok {
		v, ok = h.Get(c.Args[2])
	}
	if !ok {
		c.W.Null()
		return nil
	}
	command.Bulk(c.W, v)
	return nil
}

func hmget(c *command.Call) error {
	h, ok, err := find(c)
	if err != nil {
		return err
	}
	c.W.Array(len(c.Args) - 2)
	for _, field := range c.Args[2:] {
		if !ok {
			c.W.Null()
		} else if v, ok := h.Get(field); ok {
			command.Bulk(c.W, v)
		} else {
			c.W.Null()
		}
	}
	return nil
}

func hgetall(c *command.Call) error { return all(c, true, true) }

func hkeys(c *command.Call) error { return all(c, true, false) }

func hvals(c *command.Call) error { return all(c, false, true) }

// all writes the fields of a hash, or their values, or both.
func all(c *command.Call, fields, values bool) error {
	h, ok, err := find(c)
	if err != nil {
		return err
	}
	n := 0
	if ok {
		if c.IsLong(h.Len()) {
			return command.TooLong
		}
		n = h.Live()
	}
	if fields && values {
		c.W.Map(n)
	} else {
		c.W.Array(n)
	}
	if n == 0 {
		return nil
	}
	h.Each(func(field, value packed.Value) {
		if fields {
			command.Bulk(c.W, field)
		}
		if values {
			command.Bulk(c.W, value)
		}
	})
	return nil
}

// hlen counts fields whose time has come until they are removed, as Valkey does.
func hlen(c *command.Call) error {
	h, ok, err := find(c)
	if err != nil {
		return err
	}
	n := 0
	if ok {
		n = h.Len()
	}
	c.W.Int(int64(n))
	return nil
}

func hexists(c *command.Call) error {
	h, ok, err := find(c)
	if err != nil {
		return err
	}
	if ok {
		_, ok = h.Get(c.Args[2])
	}
	if !ok {
		c.W.Int(0)
		return nil
	}
	c.W.Int(1)
	return nil
}

func hstrlen(c *command.Call) error {
	h, ok, err := find(c)
	if err != nil {
		return err
	}
	n := 0
	if ok {
		if v, ok := h.Get(c.Args[2]); ok {
			n = v.Len()
		}
	}
	c.W.Int(int64(n))
	return nil
}
