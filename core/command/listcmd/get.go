package listcmd

import (
	"math"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

func getRows() []command.Command {
	const read = command.RO | command.Access
	return []command.Command{
		{Name: "llen", Arity: 2, Flags: command.ReadOnly | command.Fast, Keys: one(command.RO), Since: "1.0.0", Complexity: "O(1)",
			Summary: "Returns the length of a list.", Run: llen},
		{Name: "lindex", Arity: 3, Flags: command.ReadOnly, Keys: one(read), Since: "1.0.0",
			Complexity: "O(log(N)) where N is the number of elements in the list.",
			Summary:    "Returns an element from a list by its index.", Run: lindex},
		{Name: "lrange", Arity: 4, Flags: command.ReadOnly, Keys: one(read), Since: "1.0.0",
			Complexity: "O(log(N)+M) where N is the number of elements in the list and M the number of elements in the requested range.",
			Summary:    "Returns a range of elements from a list.", Run: lrange},
		{Name: "lpos", Arity: -3, Flags: command.ReadOnly, Keys: one(read), Since: "6.0.6",
			Complexity: "O(N) where N is the number of elements in the list, for the average case. When searching for elements near the head or the tail of the list, or when the MAXLEN option is provided, the command may run in constant time.",
			Summary:    "Returns the index of matching elements in a list.", Run: lpos},
	}
}

func llen(c *command.Call) error {
	l, e, err := found(c, c.Args[1])
	if err != nil {
		return err
	}
	n := 0
	if e.Exists() {
		n = l.Len()
	}
	c.W.Int(int64(n))
	return nil
}

func lindex(c *command.Call) error {
	l, e, err := found(c, c.Args[1])
	switch {
	case err != nil:
		return err
	case !e.Exists():
		c.W.Null()
		return nil
	}
	index, ok := command.ParseInt(c.Args[2])
	if !ok {
		return command.ErrNotInt
	}
	if i, ok := absolute(index, l.Len()); ok {
		command.Bulk(c.W, l.Index(i))
	} else {
		c.W.Null()
	}
	return nil
}

// absolute turns an index that may be negative into one of n elements.
func absolute(index int64, n int) (int, bool) {
	if index < 0 {
		index += int64(n)
	}
	return int(index), index >= 0 && index < int64(n)
}

func lrange(c *command.Call) error {
	from, to, err := parseRange(c.Args[2], c.Args[3])
	if err != nil {
		return err
	}
	l, e, err := found(c, c.Args[1])
	switch {
	case err != nil:
		return err
	case !e.Exists():
		c.W.Array(0)
		return nil
	}
	first, n := clip(from, to, l.Len())
	if c.IsLong(n) {
		return command.TooLong
	}
	c.W.Array(n)
	if n > 0 {
		forward(c.W, l, first, n)
	}
	return nil
}

// search is what LPOS was asked for.
type search struct {
	rank    int64 // the first match that counts, from 1
	isBack  bool  // towards the front
	hasMany bool  // the reply is an array
	count   int64 // of matches
	max     int64 // of elements to look at
}

const (
	errRank   command.Error = "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list"
	errNegCnt command.Error = "ERR COUNT can't be negative"
	errNegLen command.Error = "ERR MAXLEN can't be negative"
)

func (s *search) parse(args [][]byte) (err error) {
	s.rank, s.count, s.max = 1, 1, math.MaxInt64
	for i := 0; i < len(args); i += 2 {
		if i+1 == len(args) {
			return command.ErrSyntax
		}
		value := args[i+1]
		switch {
		case command.Is(args[i], "rank"):
			if s.rank, err = parseSigned(value); err == nil && s.rank == 0 {
				err = errRank
			}
		case command.Is(args[i], "count"):
			s.hasMany = true
			s.count, err = parseLimit(value, errNegCnt)
		case command.Is(args[i], "maxlen"):
			s.max, err = parseLimit(value, errNegLen)
		default:
			err = command.ErrSyntax
		}
		if err != nil {
			return err
		}
	}
	if s.rank < 0 {
		s.rank, s.isBack = -s.rank, true
	}
	return nil
}

// parseLimit reads a limit, of which 0 is none.
func parseLimit(arg []byte, negative error) (int64, error) {
	n, ok := command.ParseInt(arg)
	if !ok || n < 0 {
		return 0, negative
	}
	if n == 0 {
		n = math.MaxInt64
	}
	return n, nil
}

func lpos(c *command.Call) error {
	var s search
	if err := s.parse(c.Args[3:]); err != nil {
		return err
	}
	l, e, err := found(c, c.Args[1])
	switch {
	case err != nil:
		return err
	case !e.Exists() && s.hasMany:
		c.W.Array(0)
		return nil
	case !e.Exists():
		c.W.Null()
		return nil
	}
	m := matches{search: s, v: packed.Encode(c.Args[2]), size: l.Len(), walk: l.From(0), back: l.Back(-1)}
	if !s.hasMany {
		if i, ok := m.next(); ok {
			c.W.Int(int64(i))
		} else {
			c.W.Null()
		}
		return nil
	}
	mark, n := c.W.Defer(), 0
	for i, ok := m.next(); ok; i, ok = m.next() {
		c.W.Int(int64(i))
		n++
	}
	c.W.DoneArray(mark, n)
	return nil
}

// matches finds what a search asks for.
type matches struct {
	search
	v     packed.Value
	size  int
	walk  object.ListWalk
	back  object.ListBack
	found int64
}

// next returns the index of the next match that was asked for.
func (m *matches) next() (int, bool) {
	for m.found+1-m.rank < m.count {
		i, ok := m.one()
		if !ok {
			return 0, false
		}
		if m.found++; m.found >= m.rank {
			return i, true
		}
	}
	return 0, false
}

// one returns the index of the next match within the elements to look at.
func (m *matches) one() (int, bool) {
	if m.isBack {
		i, ok := m.back.FindPrev(m.v)
		return i, ok && int64(m.size-i) <= m.max
	}
	i, ok := m.walk.FindNext(m.v)
	return i, ok && int64(i) < m.max
}
