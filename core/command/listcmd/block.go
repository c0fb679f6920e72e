package listcmd

import (
	"strconv"

	"github.com/sleipnirdb/sleipnir/core/command"
)

func blockRows() []command.Command {
	const (
		pops  = command.Write | command.Blocking
		moves = command.Write | command.DenyOOM | command.Blocking
	)
	several := []command.KeySpec{command.Range(1, -2, 1, popped)}
	two := []command.KeySpec{command.Key(1, popped), command.Key(2, pushed)}
	return []command.Command{
		{Name: "blpop", Arity: -3, Flags: pops, Keys: several, Since: "2.0.0", Complexity: "O(N) where N is the number of provided keys.",
			Summary: "Removes and returns the first element in a list. Blocks until an element is available otherwise. Deletes the list if the last element was popped.", Run: blpop},
		{Name: "brpop", Arity: -3, Flags: pops, Keys: several, Since: "2.0.0", Complexity: "O(N) where N is the number of provided keys.",
			Summary: "Removes and returns the last element in a list. Blocks until an element is available otherwise. Deletes the list if the last element was popped.", Run: brpop},
		{Name: "blmpop", Arity: -5, Flags: pops, Keys: []command.KeySpec{command.KeyNum(2, popped)}, Since: "7.0.0",
			Complexity: "O(N+M) where N is the number of provided keys and M is the number of elements returned.",
			Summary:    "Pops the first element from one of multiple lists. Blocks until an element is available otherwise. Deletes the list if the last element was popped.", Run: blmpop},
		{Name: "blmove", Arity: 6, Flags: moves, Keys: two, Since: "6.2.0", Complexity: "O(1)",
			Summary: "Pops an element from a list, pushes it to another list and returns it. Blocks until an element is available otherwise. Deletes the list if the last element was moved.", Run: blmove},
		{Name: "brpoplpush", Arity: 4, Flags: moves, Keys: two, Since: "2.2.0", Complexity: "O(1)",
			Summary: "Pops an element from a list, pushes it to another list and returns it. Block until an element is available otherwise. Deletes the list if the last element was popped.", Run: brpoplpush},
	}
}

func blpop(c *command.Call) error { return blockingPop(c, left) }

func brpop(c *command.Call) error { return blockingPop(c, right) }

func blockingPop(c *command.Call, from side) error {
	last := len(c.Args) - 1
	until, err := command.ParseTimeout(c, c.Args[last], false)
	if err != nil {
		return err
	}
	keys := c.Args[1:last]
	for _, key := range keys {
		db, l, e, err := foundWrite(c, key)
		if err != nil && !c.Again {
			return err
		}
		if err == nil && e.Exists() {
			c.W.Array(2)
			c.W.Bulk(key)
			popOne(c, db, l, key, from)
			c.Propagate(from.popName(), key)
			return nil
		}
	}
	if c.InExec {
		c.W.NullArray()
		return nil
	}
	return c.Wait(keys, until, command.NullArrayReply)
}

func blmpop(c *command.Call) error {
	var s several
	if err := s.parse(c.Args[2:]); err != nil {
		return err
	}
	until, err := command.ParseTimeout(c, c.Args[1], false)
	if err != nil {
		return err
	}
	ok, err := s.pop(c, s.keys)
	switch {
	case ok:
		return nil
	case err != nil && !c.Again:
		return err
	case c.InExec:
		c.W.NullArray()
		return nil
	}
	return c.Wait(s.keys, until, command.NullArrayReply)
}

// propagatePop gives the journal the form of a pop that neither waits nor chooses a key.
func propagatePop(c *command.Call, from side, key []byte, n int) {
	var digits [20]byte
	c.Propagate(from.popName(), key, strconv.AppendInt(digits[:0], int64(n), 10))
}

func blmove(c *command.Call) error {
	from, err := parseSide(c.Args[3])
	if err != nil {
		return err
	}
	to, err := parseSide(c.Args[4])
	if err != nil {
		return err
	}
	moved, err := moveOrWait(c, from, to, c.Args[5])
	if moved {
		c.PropagateList(c.Args[1:5], []byte("LMOVE"))
	}
	return err
}

func brpoplpush(c *command.Call) error {
	moved, err := moveOrWait(c, right, left, c.Args[3])
	if moved {
		c.PropagateList(c.Args[1:3], []byte("RPOPLPUSH"))
	}
	return err
}

// moveOrWait says whether it has moved an element.
func moveOrWait(c *command.Call, from, to side, timeout []byte) (bool, error) {
	until, err := command.ParseTimeout(c, timeout, false)
	if err != nil {
		return false, err
	}
	exists, err := move(c, from, to)
	switch {
	case exists && err == nil:
		return true, nil
	case exists, err != nil && !c.Again:
		return false, err
	case c.InExec:
		c.W.Null()
		return false, nil
	}
	return false, c.Wait(c.Args[1:2], until, command.NullArrayReply) // an array, though the reply never is one: so do all that wait for lists
}
