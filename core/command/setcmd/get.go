package setcmd

import (
	"strconv"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
	"github.com/sleipnirdb/sleipnir/internal/glob"
)

func sismember(c *command.Call) error {
	set, err := reading(c, c.Args[1])
	if err != nil {
		return err
	}
	isMember(c, set.Has(packed.Value{Bytes: c.Args[2]}))
	return nil
}

func isMember(c *command.Call, yes bool) {
	if yes {
		c.W.Int(1)
		return
	}
	c.W.Int(0)
}

func smismember(c *command.Call) error {
	set, err := reading(c, c.Args[1])
	if err != nil {
		return err
	}
	c.W.Array(len(c.Args) - 2)
	for _, m := range c.Args[2:] {
		isMember(c, set.Has(packed.Value{Bytes: m}))
	}
	return nil
}

func scard(c *command.Call) error {
	set, err := reading(c, c.Args[1])
	if err != nil {
		return err
	}
	c.W.Int(int64(set.Len()))
	return nil
}

func smembers(c *command.Call) error {
	set, err := reading(c, c.Args[1])
	if err != nil {
		return err
	}
	if c.IsLong(set.Len()) {
		return command.TooLong
	}
	c.W.Set(set.Len())
	set.Each(func(v packed.Value) bool {
		command.Bulk(c.W, v)
		return true
	})
	return nil
}

// scanRoom is how many members a call of SSCAN finds as a rule, at most.
const scanRoom = 32

func sscan(c *command.Call) error {
	cursor, err := command.ParseCursor(c.Args[2])
	if err != nil {
		return err
	}
	set, err := reading(c, c.Args[1])
	if err != nil {
		return err
	}
	var found []packed.Value
	if set.Len() > 0 {
		o, err := command.ParseScanOptions(c.Args[3:], "")
		if err != nil {
			return err
		}
		if c.IsLong(min(o.Count, set.Len())) {
			return command.TooLong
		}
		found = make([]packed.Value, 0, scanRoom)
		var digits [24]byte
		cursor = set.Scan(cursor, o.Count, func(v packed.Value) {
			text := v.Bytes
			if v.IsInt {
				text = v.AppendTo(digits[:0])
			}
			if o.Pattern == nil || glob.Match(o.Pattern, text, false) {
				found = append(found, v)
			}
		})
	} else {
		cursor = 0
	}
	c.W.Array(2)
	c.W.BulkString(strconv.FormatUint(cursor, 10))
	c.W.Array(len(found))
	for _, v := range found {
		command.Bulk(c.W, v)
	}
	return nil
}
