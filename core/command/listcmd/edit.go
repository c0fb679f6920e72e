package listcmd

import (
	"math"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

func editRows() []command.Command {
	const growing = command.Write | command.DenyOOM
	return []command.Command{
		{Name: "lset", Arity: 4, Flags: growing, Keys: one(command.RW | command.Update), Since: "1.0.0",
			Complexity: "O(log(N)) where N is the number of elements in the list.",
			Summary:    "Sets the value of an element in a list by its index.", Run: lset},
		{Name: "linsert", Arity: 5, Flags: growing, Keys: one(pushed), Since: "2.2.0",
			Complexity: "O(N) where N is the number of elements to traverse before seeing the value pivot. This means that inserting somewhere on the left end on the list (head) can be considered O(1) and inserting somewhere on the right end (tail) is O(N).",
			Summary:    "Inserts an element before or after another element in a list.", Run: linsert},
		{Name: "lrem", Arity: 4, Flags: command.Write, Keys: one(command.RW | command.Delete), Since: "1.0.0",
			Complexity: "O(N+M) where N is the length of the list and M is the number of elements removed.",
			Summary:    "Removes elements from a list. Deletes the list if the last element was removed.", Run: lrem},
		{Name: "ltrim", Arity: 4, Flags: command.Write, Keys: one(command.RW | command.Delete), Since: "1.0.0",
			Complexity: "O(log(N)) where N is the number of elements in the list; what is removed is freed in the background.",
			Summary:    "Removes elements from both ends a list. Deletes the list if all elements were trimmed.", Run: ltrim},
	}
}

func lset(c *command.Call) error {
	key := c.Args[1]
	db, l, e, err := foundWrite(c, key)
	switch {
	case err != nil:
		return err
	case !e.Exists():
		return command.ErrNoSuchKey
	}
	index, ok := command.ParseInt(c.Args[2])
	if !ok {
		return command.ErrNotInt
	}
	i, ok := absolute(index, l.Len())
	if !ok {
		return errNoIndex
	}
	if !l.Set(i, c.Args[3]) {
		return command.ErrOOM
	}
	c.W.OK()
	c.Dirty++
	db.Changed(e)
	db.Notify(keyspace.ClassList, "lset", key)
	return nil
}

func linsert(c *command.Call) error {
	shift := 0
	switch {
	case command.Is(c.Args[2], "after"):
		shift = 1
	case !command.Is(c.Args[2], "before"):
		return command.ErrSyntax
	}
	key := c.Args[1]
	db, l, e, err := foundWrite(c, key)
	switch {
	case err != nil:
		return err
	case !e.Exists():
		c.W.Int(0)
		return nil
	}
	walk := l.From(0)
	i, ok := walk.FindNext(packed.Encode(c.Args[3]))
	if !ok {
		c.W.Int(-1)
		return nil
	}
	if !l.Insert(i+shift, c.Args[4]) {
		return command.ErrOOM
	}
	c.W.Int(int64(l.Len()))
	c.Dirty++
	db.Changed(e)
	db.Notify(keyspace.ClassList, "linsert", key)
	return nil
}

func lrem(c *command.Call) error {
	count, err := parseSigned(c.Args[2])
	if err != nil {
		return err
	}
	key := c.Args[1]
	db, l, e, err := foundWrite(c, key)
	switch {
	case err != nil:
		return err
	case !e.Exists():
		c.W.Int(0)
		return nil
	}
	isLast := count < 0
	if isLast {
		count = -count
	}
	if count == 0 {
		count = math.MaxInt
	}
	n := l.Remove(c.Args[3], int(count), isLast)
	if n > 0 {
		removed(c, db, l, key, "lrem", n)
	}
	c.W.Int(int64(n))
	return nil
}

func ltrim(c *command.Call) error {
	from, to, err := parseRange(c.Args[2], c.Args[3])
	if err != nil {
		return err
	}
	key := c.Args[1]
	db, l, e, err := foundWrite(c, key)
	switch {
	case err != nil:
		return err
	case !e.Exists():
		c.W.OK()
		return nil
	}
	first, n := clip(from, to, l.Len())
	trim(c, db, l, key, "ltrim", first, n)
	c.W.OK()
	return nil
}
