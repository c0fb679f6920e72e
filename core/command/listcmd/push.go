package listcmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

func pushRows() []command.Command {
	const (
		flags = command.Write | command.DenyOOM | command.Fast
		cost  = "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments."
	)
	return []command.Command{
		{Name: "lpush", Arity: -3, Flags: flags, Keys: one(pushed), Since: "1.0.0", Complexity: cost,
			Summary: "Prepends one or more elements to a list. Creates the key if it doesn't exist.", Run: lpush},
		{Name: "rpush", Arity: -3, Flags: flags, Keys: one(pushed), Since: "1.0.0", Complexity: cost,
			Summary: "Appends one or more elements to a list. Creates the key if it doesn't exist.", Run: rpush},
		{Name: "lpushx", Arity: -3, Flags: flags, Keys: one(pushed), Since: "2.2.0", Complexity: cost,
			Summary: "Prepends one or more elements to a list only when the list exists.", Run: lpushx},
		{Name: "rpushx", Arity: -3, Flags: flags, Keys: one(pushed), Since: "2.2.0", Complexity: cost,
			Summary: "Appends one or more elements to a list only when the list exists.", Run: rpushx},
	}
}

func lpush(c *command.Call) error { return push(c, left, true) }

func rpush(c *command.Call) error { return push(c, right, true) }

func lpushx(c *command.Call) error { return push(c, left, false) }

func rpushx(c *command.Call) error { return push(c, right, false) }

func push(c *command.Call, to side, create bool) error {
	key, elements := c.Args[1], c.Args[2:]
	db, l, e, err := foundWrite(c, key)
	switch {
	case err != nil:
		return err
	case !e.Exists() && !create:
		c.W.Int(0)
		return nil
	}
	if l, err = extend(db, l, key, to, elements); err != nil {
		return err
	}
	c.Dirty += int64(len(elements))
	c.W.Int(int64(l.Len()))
	db.Changed(l.Entry)
	db.Notify(keyspace.ClassList, to.push(), key)
	return nil
}

// extend pushes elements to a list that is created if it doesn't exist, and returns it. If memory runs out, all is as it was.
func extend(db *keyspace.DB, l object.List, key []byte, to side, elements [][]byte) (object.List, error) {
	isNew := !l.Exists()
	if isNew {
		e, err := command.Create(db, key, object.TypeList)
		if err != nil {
			return l, err
		}
		l = db.List(e)
	}
	n := 0
	if l.Grow(elements...) {
		for n < len(elements) && put(l, to, elements[n]) {
			n++
		}
	}
	if n == len(elements) {
		return l, nil
	}
	for ; n > 0 && !isNew; n-- {
		drop(l, to)
	}
	if isNew {
		db.Remove(l.Entry)
	}
	return l, command.ErrOOM
}

// put adds an element at an end.
func put(l object.List, to side, element []byte) bool {
	if to == right {
		return l.PushLast(element)
	}
	return l.PushFirst(element)
}

// drop removes the element at an end.
func drop(l object.List, from side) {
	if from == right {
		l.DropLast()
		return
	}
	l.DropFirst()
}
