package bitcmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/bitops"
)

const (
	errNotOne command.Error = "ERR BITOP NOT must be called with a single source key."

	// fewSources is how many sources are kept on the stack.
	fewSources = 16
)

var ops = [...]struct {
	name string
	op   bitops.Op
}{{"and", bitops.And}, {"or", bitops.Or}, {"xor", bitops.Xor}, {"not", bitops.Not}}

func parseOp(arg []byte) (bitops.Op, bool) {
	for i := range ops {
		if command.Is(arg, ops[i].name) {
			return ops[i].op, true
		}
	}
	return 0, false
}

func bitop(c *command.Call) error {
	op, ok := parseOp(c.Args[1])
	if !ok {
		return command.ErrSyntax
	}
	keys := c.Args[3:]
	if op == bitops.Not && len(keys) != 1 {
		return errNotOne
	}
	c.Prefetch(keys, 1)
	var few [fewSources][]byte
	sources, longest := few[:0], 0
	for _, key := range keys {
		e, err := find(c, key)
		if err != nil {
			return err
		}
		var b []byte
		if e.Exists() {
			if b = e.Bytes(); b == nil {
				b = e.AppendValue(nil)
			}
		}
		sources, longest = append(sources, b), max(longest, len(b))
	}
	if err := storeOp(c, op, sources, longest); err != nil {
		return err
	}
	c.W.Int(int64(longest))
	return nil
}

// storeOp makes the destination key the result of size bytes, or removes it if that is empty.
func storeOp(c *command.Call, op bitops.Op, sources [][]byte, size int) error {
	key := c.Args[2]
	db := c.DB(key)
	if size == 0 {
		if db.Delete(key) {
			c.Dirty++
			db.Notify(keyspace.ClassGeneric, "del", key)
		}
		return nil
	}
	n, err := db.Draft(key, size)
	if err != nil {
		return command.NoMemory(err)
	}
	bitops.Combine(op, n.Writable(), sources)
	if err := db.Publish(key, n); err != nil {
		return command.NoMemory(err)
	}
	c.Dirty++
	db.Notify(keyspace.ClassString, "set", key)
	return nil
}
