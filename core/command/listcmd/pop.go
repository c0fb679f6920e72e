package listcmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

func popRows() []command.Command {
	const (
		flags = command.Write | command.Fast
		cost  = "O(N) where N is the number of elements returned"
	)
	return []command.Command{
		{Name: "lpop", Arity: -2, Flags: flags, Keys: one(popped), Since: "1.0.0", Complexity: cost,
			Summary: "Returns and removes the first elements of a list. Deletes the list if the last element was popped.", Run: lpop},
		{Name: "rpop", Arity: -2, Flags: flags, Keys: one(popped), Since: "1.0.0", Complexity: cost,
			Summary: "Returns and removes the last elements of a list. Deletes the list if the last element was popped.", Run: rpop},
		{Name: "lmpop", Arity: -4, Flags: command.Write, Keys: []command.KeySpec{command.KeyNum(1, popped)}, Since: "7.0.0",
			Complexity: "O(N+M) where N is the number of provided keys and M is the number of elements returned.",
			Summary:    "Returns multiple elements from a list after removing them. Deletes the list if the last element was popped.", Run: lmpop},
	}
}

func lpop(c *command.Call) error { return pop(c, left) }

func rpop(c *command.Call) error { return pop(c, right) }

func pop(c *command.Call, from side) error {
	hasCount := len(c.Args) == 3
	var count int64
	if hasCount {
		var ok bool
		if count, ok = command.ParseInt(c.Args[2]); !ok || count < 0 {
			return command.ErrNotPositive
		}
	} else if len(c.Args) > 3 {
		return command.WrongArity(from.pop())
	}
	key := c.Args[1]
	db, l, e, err := foundWrite(c, key)
	switch {
	case err != nil:
		return err
	case !e.Exists() && hasCount:
		c.W.NullArray()
	case !e.Exists():
		c.W.Null()
	case hasCount && count == 0:
		c.W.Array(0)
	case hasCount:
		popMany(c, db, l, key, from, count)
	default:
		popOne(c, db, l, key, from)
	}
	return nil
}

// popOne replies with the element at an end and removes it.
func popOne(c *command.Call, db *keyspace.DB, l object.List, key []byte, from side) {
	command.Bulk(c.W, at(l, from))
	drop(l, from)
	removed(c, db, l, key, from.pop(), 1)
}

// at returns the element at an end.
func at(l object.List, from side) packed.Value {
	if from == right {
		return l.Last()
	}
	return l.First()
}

// popMany replies with up to count elements from an end, the outermost first, and removes them. It returns how many.
func popMany(c *command.Call, db *keyspace.DB, l object.List, key []byte, from side, count int64) int {
	size := l.Len()
	n := int(min(count, int64(size)))
	c.W.Array(n)
	if from == left {
		forward(c.W, l, 0, n)
		trim(c, db, l, key, from.pop(), n, size-n)
	} else {
		backward(c.W, l, n)
		trim(c, db, l, key, from.pop(), 0, size-n)
	}
	return n
}

// forward writes n elements from an index on.
func forward(w *resp.Writer, l object.List, first, n int) {
	walk := l.From(first)
	var batch [16][]byte
	for n > 0 {
		if k := walk.Texts(batch[:min(n, len(batch))]); k > 0 {
			w.Bulks(batch[:k])
			n -= k
			continue
		}
		v, _ := walk.Next()
		command.Bulk(w, v)
		n--
	}
}

// backward writes the last n elements, the last one first.
func backward(w *resp.Writer, l object.List, n int) {
	walk := l.Back(-1)
	for range n {
		v, _ := walk.Prev()
		command.Bulk(w, v)
	}
}

// several is what LMPOP and BLMPOP were asked for.
type several struct {
	keys  [][]byte
	from  side
	count int64
}

// parse reads the arguments from the number of keys on.
func (s *several) parse(args [][]byte) (err error) {
	n, ok := command.ParseInt(args[0])
	if !ok || n < 1 {
		return errNumKeys
	}
	if n > int64(len(args)-2) {
		return command.ErrSyntax
	}
	s.keys, args = args[1:1+n], args[1+n:]
	if s.from, err = parseSide(args[0]); err != nil {
		return err
	}
	s.count = -1
	for i := 1; i < len(args); i += 2 {
		if s.count != -1 || i+1 == len(args) || !command.Is(args[i], "count") {
			return command.ErrSyntax
		}
		if s.count, ok = command.ParseInt(args[i+1]); !ok || s.count < 1 {
			return errCount
		}
	}
	s.count = max(s.count, 1)
	return nil
}

func lmpop(c *command.Call) error {
	var s several
	if err := s.parse(c.Args[1:]); err != nil {
		return err
	}
	ok, err := s.pop(c, s.keys)
	if !ok && err == nil {
		c.W.NullArray()
	}
	return err
}

// pop pops from the first of the keys that there is, and says whether there was one.
func (s *several) pop(c *command.Call, keys [][]byte) (bool, error) {
	for _, key := range keys {
		db, l, e, err := foundWrite(c, key)
		if err != nil {
			return false, err
		}
		if e.Exists() {
			c.W.Array(2)
			c.W.Bulk(key)
			n := popMany(c, db, l, key, s.from, s.count)
			propagatePop(c, s.from, key, n)
			return true, nil
		}
	}
	return false, nil
}
