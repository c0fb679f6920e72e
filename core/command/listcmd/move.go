package listcmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

func moveRows() []command.Command {
	const flags = command.Write | command.DenyOOM
	keys := []command.KeySpec{command.Key(1, popped), command.Key(2, pushed)}
	return []command.Command{
		{Name: "lmove", Arity: 5, Flags: flags, Keys: keys, Since: "6.2.0", Complexity: "O(1)",
			Summary: "Returns an element after popping it from one list and pushing it to another. Deletes the list if the last element was moved.", Run: lmove},
		{Name: "rpoplpush", Arity: 3, Flags: flags, Keys: keys, Since: "1.2.0", Complexity: "O(1)",
			Summary: "Returns the last element of a list after removing and pushing it to another list. Deletes the list if the last element was popped.", Run: rpoplpush},
	}
}

func lmove(c *command.Call) error {
	from, err := parseSide(c.Args[3])
	if err != nil {
		return err
	}
	to, err := parseSide(c.Args[4])
	if err != nil {
		return err
	}
	return moveOrNull(c, from, to)
}

func rpoplpush(c *command.Call) error { return moveOrNull(c, right, left) }

func moveOrNull(c *command.Call, from, to side) error {
	ok, err := move(c, from, to)
	if !ok && err == nil {
		c.W.Null()
	}
	return err
}

// move moves an element from an end of the list at the first key to an end of the one at the second, and replies with it. It says
// whether the source exists.
func move(c *command.Call, from, to side) (bool, error) {
	key, target := c.Args[1], c.Args[2]
	db, l, e, err := foundWrite(c, key)
	if err != nil || !e.Exists() {
		return false, err
	}
	db2, l2, _, err := foundWrite(c, target)
	if err != nil {
		return true, err
	}
	start := len(c.W.B)
	v := at(l, from)
	n := v.Len()
	command.Bulk(c.W, v)
	end := len(c.W.B) - len("\r\n")
	element := c.W.B[end-n : end] // it stays where it is while the lists change
	isSame := string(key) == string(target)
	if isSame {
		err = rotate(l, from, to, element)
	} else {
		l2, err = extend(db2, l2, target, to, [][]byte{element})
	}
	if err != nil {
		c.W.B = c.W.B[:start]
		return true, err
	}
	db2.Changed(l2.Entry)
	db2.Notify(keyspace.ClassList, to.push(), target)
	if !isSame {
		drop(l, from)
	}
	removed(c, db, l, key, from.pop(), 1)
	return true, nil
}

// rotate moves an element inside one list. It pushes first, as that may fail, and for the same reason lets the list be one element
// too long for its encoding for a moment.
func rotate(l object.List, from, to side, element []byte) error {
	if !put(l, to, element) {
		return command.ErrOOM
	}
	drop(l, from)
	return nil
}
