// Package listcmd holds the commands of the list group.
package listcmd

import (
	"math"
	"slices"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// Commands returns the rows of the list group.
func Commands() []command.Command {
	rows := slices.Concat(pushRows(), popRows(), getRows(), editRows(), moveRows(), blockRows())
	for i := range rows {
		rows[i].Group = "list"
		rows[i].ACL |= command.CatList
	}
	return rows
}

func one(f command.KeyFlags) []command.KeySpec { return []command.KeySpec{command.Key(1, f)} }

// What commands do to keys that they pop from and push to.
const (
	popped = command.RW | command.Access | command.Delete
	pushed = command.RW | command.Insert
)

const (
	errNoIndex command.Error = "ERR index out of range"
	errNumKeys command.Error = "ERR numkeys should be greater than 0"
	errCount   command.Error = "ERR count should be greater than 0"
	errSigned  command.Error = "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"
)

// side is an end of a list.
type side uint8

const (
	left side = iota
	right
)

func parseSide(arg []byte) (side, error) {
	switch {
	case command.Is(arg, "left"):
		return left, nil
	case command.Is(arg, "right"):
		return right, nil
	}
	return left, command.ErrSyntax
}

// pop returns the name of the command that pops at this end, which is the event's too.
func (s side) pop() string {
	if s == right {
		return "rpop"
	}
	return "lpop"
}

// popName is the name as the journal has it.
func (s side) popName() []byte {
	if s == right {
		return []byte("RPOP")
	}
	return []byte("LPOP")
}

func (s side) push() string {
	if s == right {
		return "rpush"
	}
	return "lpush"
}

// found looks a list up for reading. e doesn't exist if the key is missing.
func found(c *command.Call, key []byte) (l object.List, e keyspace.Entry, err error) {
	db, e, err := c.Find(key, object.TypeList)
	return db.List(e), e, err
}

// foundWrite looks a list up for a change. e doesn't exist if the key is missing.
func foundWrite(c *command.Call, key []byte) (db *keyspace.DB, l object.List, e keyspace.Entry, err error) {
	db, e, err = c.FindWrite(key, object.TypeList)
	return db, db.List(e), e, err
}

// removed tells of n elements that were removed from a list, and removes the key if none is left.
func removed(c *command.Call, db *keyspace.DB, l object.List, key []byte, event string, n int) {
	c.Dirty += int64(n)
	isEmpty := l.Len() == 0
	if isEmpty {
		db.Remove(l.Entry)
	} else {
		db.Changed(l.Entry)
	}
	db.Notify(keyspace.ClassList, event, key)
	if isEmpty {
		db.Notify(keyspace.ClassGeneric, "del", key)
	}
}

// trim keeps n elements of a list from an index on, and removes the key if that is none.
func trim(c *command.Call, db *keyspace.DB, l object.List, key []byte, event string, first, n int) {
	if n == 0 {
		c.Dirty += int64(l.Len())
		db.Remove(l.Entry)
		db.Notify(keyspace.ClassList, event, key)
		db.Notify(keyspace.ClassGeneric, "del", key)
		return
	}
	lost := l.Len() - n
	for _, r := range l.Trim(first, n) {
		db.Discard(r)
	}
	removed(c, db, l, key, event, lost)
}

// parseSigned reads a number whose negative must be a number too.
func parseSigned(arg []byte) (int64, error) {
	n, ok := command.ParseInt(arg)
	switch {
	case !ok:
		return 0, command.ErrNotInt
	case n == math.MinInt64:
		return 0, errSigned
	}
	return n, nil
}

// parseRange reads the first and the last index of a range.
func parseRange(first, last []byte) (from, to int64, err error) {
	from, ok := command.ParseInt(first)
	if !ok {
		return 0, 0, command.ErrNotInt
	}
	if to, ok = command.ParseInt(last); !ok {
		return 0, 0, command.ErrNotInt
	}
	return from, to, nil
}

// clip turns indexes that may be negative or beyond the ends of n elements into a first index and a count, 0 for an empty range.
func clip(from, to int64, n int) (first, count int) {
	size := int64(n)
	if from < 0 {
		from = max(from+size, 0)
	}
	if to < 0 {
		to += size
	}
	if to = min(to, size-1); from > to {
		return 0, 0
	}
	return int(from), int(to - from + 1)
}
