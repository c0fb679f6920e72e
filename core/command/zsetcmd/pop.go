package zsetcmd

import (
	"strconv"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

const (
	errNumKeys command.Error = "ERR numkeys should be greater than 0"
	errCount   command.Error = "ERR count should be greater than 0"
)

func popRows() []command.Command {
	const pop = command.RW | command.Access | command.Delete
	const (
		cost      = "O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of elements popped."
		severals  = "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the sorted set, and M being the number of elements popped."
		blockCost = "O(log(N)) with N being the number of elements in the sorted set."
	)
	blocking := command.Write | command.Blocking
	return []command.Command{
		{Name: "zpopmin", Arity: -2, Flags: command.Write | command.Fast, Keys: first(pop), Since: "5.0.0", Complexity: cost,
			Summary: "Returns the lowest-scoring members from a sorted set after removing them. Deletes the sorted set if the last member was popped.", Run: zpopmin},
		{Name: "zpopmax", Arity: -2, Flags: command.Write | command.Fast, Keys: first(pop), Since: "5.0.0", Complexity: cost,
			Summary: "Returns the highest-scoring members from a sorted set after removing them. Deletes the sorted set if the last member was popped.", Run: zpopmax},
		{Name: "zmpop", Arity: -4, Flags: command.Write, Keys: spec(command.KeyNum(1, pop)), Since: "7.0.0", Complexity: severals,
			Summary: "Returns the highest- or lowest-scoring members from one or more sorted sets after removing them. Deletes the sorted set if the last member was popped.", Run: zmpop},
		{Name: "bzpopmin", Arity: -3, Flags: blocking | command.Fast, Keys: spec(command.Range(1, -2, 1, pop)), Since: "5.0.0", Complexity: blockCost,
			Summary: "Removes and returns the member with the lowest score from one or more sorted sets. Blocks until a member is available otherwise.  Deletes the sorted set if the last element was popped.", Run: bzpopmin},
		{Name: "bzpopmax", Arity: -3, Flags: blocking | command.Fast, Keys: spec(command.Range(1, -2, 1, pop)), Since: "5.0.0", Complexity: blockCost,
			Summary: "Removes and returns the member with the highest score from one or more sorted sets. Blocks until a member available otherwise.  Deletes the sorted set if the last element was popped.", Run: bzpopmax},
		{Name: "bzmpop", Arity: -5, Flags: blocking, Keys: spec(command.KeyNum(2, pop)), Since: "7.0.0", Complexity: severals,
			Summary: "Removes and returns a member by score from one or more sorted sets. Blocks until a member is available otherwise. Deletes the sorted set if the last element was popped.", Run: bzmpop},
	}
}

// popForm is how the popped members are written.
type popForm uint8

const (
	flat   popForm = iota // member, score, member, score …
	nested                // pairs
	keyed                 // key, member, score
	pairs                 // key and nested
)

func zpopmin(c *command.Call) error { return zpop(c, false) }

func zpopmax(c *command.Call) error { return zpop(c, true) }

func zpop(c *command.Call, isMax bool) error {
	if len(c.Args) > 3 {
		return command.ErrSyntax
	}
	n, form := int64(1), flat
	if len(c.Args) == 3 {
		var ok bool
		if n, ok = command.ParseInt(c.Args[2]); !ok || n < 0 {
			return command.ErrNotPositive
		}
		if c.W.Resp3 {
			form = nested
		}
	}
	key := c.Args[1]
	db, z, e, err := foundWrite(c, key)
	if err != nil {
		return err
	}
	if !e.Exists() || n == 0 {
		c.W.Array(0)
		return nil
	}
	pop(c, db, z, key, isMax, n, form)
	return nil
}

// pop removes up to n members, which it writes, and returns how many.
func pop(c *command.Call, db *keyspace.DB, z object.ZSet, key []byte, isMax bool, n int64, form popForm) int {
	size := z.Len()
	k := int(min(n, int64(size)))
	switch form {
	case flat:
		c.W.Array(2 * k)
	case nested:
		c.W.Array(k)
	case keyed:
		c.W.Array(1 + 2*k)
		c.W.Bulk(key)
	case pairs:
		c.W.Array(2)
		c.W.Bulk(key)
		c.W.Array(k)
	}
	rank, event := 0, "zpopmin"
	if isMax {
		rank, event = size-1, "zpopmax"
	}
	for cur := z.Walk(rank, k, isMax); cur.Next(); {
		if form == nested || form == pairs {
			c.W.Array(2)
		}
		c.W.Bulk(cur.Member())
		c.W.Double(cur.Score())
	}
	if isMax {
		rank = size - k
	}
	z.RemoveRange(rank, k)
	removed(c, db, z, key, event, k)
	return k
}

// popMany is what ZMPOP and BZMPOP were asked for.
type popMany struct {
	keys  [][]byte
	isMax bool
	count int64
}

// parse reads the arguments from the number of keys on.
func (p *popMany) parse(args [][]byte) error {
	n, ok := command.ParseInt(args[0])
	if !ok || n < 1 {
		return errNumKeys
	}
	if n > int64(len(args)-2) {
		return command.ErrSyntax
	}
	p.keys, args = args[1:1+n], args[1+n:]
	switch {
	case command.Is(args[0], "min"):
	case command.Is(args[0], "max"):
		p.isMax = true
	default:
		return command.ErrSyntax
	}
	p.count = -1
	for i := 1; i < len(args); i += 2 {
		if p.count != -1 || i+1 == len(args) || !command.Is(args[i], "count") {
			return command.ErrSyntax
		}
		if p.count, ok = command.ParseInt(args[i+1]); !ok || p.count < 1 {
			return errCount
		}
	}
	p.count = max(p.count, 1)
	return nil
}

func zmpop(c *command.Call) error {
	var p popMany
	if err := p.parse(c.Args[1:]); err != nil {
		return err
	}
	if ok, err := popFirst(c, p.keys, p.isMax, p.count, pairs); ok || err != nil {
		return err
	}
	c.W.NullArray()
	return nil
}

// popFirst pops from the first of the keys that there is, and says whether there was one.
func popFirst(c *command.Call, keys [][]byte, isMax bool, n int64, form popForm) (bool, error) {
	for _, key := range keys {
		db, z, e, err := foundWrite(c, key)
		if err != nil {
			return false, err
		}
		if !e.Exists() {
			continue
		}
		k := pop(c, db, z, key, isMax, n, form)
		propagatePop(c, key, isMax, int64(k), form)
		return true, nil
	}
	return false, nil
}

// propagatePop gives the journal the form of a pop that neither waits nor chooses a key.
func propagatePop(c *command.Call, key []byte, isMax bool, n int64, form popForm) {
	name := []byte("ZPOPMIN")
	if isMax {
		name = []byte("ZPOPMAX")
	}
	if form == keyed {
		c.Propagate(name, key)
		return
	}
	var digits [20]byte
	c.Propagate(name, key, strconv.AppendInt(digits[:0], n, 10))
}

func bzpopmin(c *command.Call) error { return bzpop(c, false) }

func bzpopmax(c *command.Call) error { return bzpop(c, true) }

func bzpop(c *command.Call, isMax bool) error {
	last := len(c.Args) - 1
	return popOrWait(c, c.Args[last], c.Args[1:last], isMax, 1, keyed)
}

func bzmpop(c *command.Call) error {
	var p popMany
	if err := p.parse(c.Args[2:]); err != nil {
		return err
	}
	return popOrWait(c, c.Args[1], p.keys, p.isMax, p.count, pairs)
}

func popOrWait(c *command.Call, timeout []byte, keys [][]byte, isMax bool, n int64, form popForm) error {
	until, err := command.ParseTimeout(c, timeout, false)
	if err != nil {
		return err
	}
	ok, err := popFirst(c, keys, isMax, n, form)
	switch {
	case ok:
		return nil
	case err != nil && !c.Again:
		return err
	case c.InExec:
		c.W.NullArray()
		return nil
	}
	return c.Wait(keys, until, command.NullArrayReply)
}
