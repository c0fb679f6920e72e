package object

import (
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
	"github.com/sleipnirdb/sleipnir/datastruct/table"
	"github.com/sleipnirdb/sleipnir/datastruct/tree"
)

// ZCursor goes over members of a sorted set in order. It is valid until the next change of the set.
//
//	for c := z.Walk(0, 10, false); c.Next(); {
//		use(c.Member(), c.Score())
//	}
type ZCursor struct {
	a         *arena.Arena
	left      int // members to come, those in ahead left out
	isReverse bool

	// A small set: the pair that Next goes to.
	pairs  pairs
	at     int
	digits [maxIntText]byte

	// A large set: the blocks of the next members, which have been asked for.
	order tree.Cursor
	ahead [cursorAhead]arena.Ref
	i, n  int

	member packed.Value
	block  arena.Ref
	score  float64
}

// cursorAhead is how many blocks a cursor asks for at a time, so that their cache misses overlap.
const cursorAhead = 16

// walk is ZSet.Walk.
func (s *sorted) walk(rank, count int, isReverse bool) ZCursor {
	n := s.len()
	if rank < 0 || rank >= n || count <= 0 {
		return ZCursor{}
	}
	if isReverse {
		count = min(count, rank+1)
	} else {
		count = min(count, n-rank)
	}
	c := ZCursor{a: s.a, left: count, isReverse: isReverse}
	if s.isLarge() {
		c.order = s.index().order.At(s.a, rank)
		return c
	}
	c.pairs = s.pairs()
	c.at = c.pairs.At(2 * rank)
	return c
}

// cursorAt returns a cursor over one member of a large set.
func (s *sorted) cursorAt(r arena.Ref) ZCursor {
	c := ZCursor{a: s.a, n: 1}
	c.ahead[0] = r
	return c
}

// Next goes to the next member and says whether there is one.
func (c *ZCursor) Next() bool {
	if c.i < c.n {
		c.block = c.ahead[c.i]
		c.i++
		return true
	}
	if c.left == 0 {
		return false
	}
	if c.pairs.Block == nil {
		c.fill()
		c.block, c.i = c.ahead[0], 1
		return true
	}
	c.left--
	at := c.at
	if c.isReverse {
		c.at = c.pairs.Prev(c.pairs.Prev(at))
	}
	c.member, at = c.pairs.Read(at)
	v, next := c.pairs.Read(at)
	c.score = scoreOf(v)
	if !c.isReverse {
		c.at = next
	}
	return true
}

// fill takes the next blocks from the tree.
func (c *ZCursor) fill() {
	c.n = min(c.left, cursorAhead)
	c.left -= c.n
	for i := range c.n {
		r := c.order.Item().Ref
		table.PrefetchElement(c.a, r)
		c.ahead[i] = r
		if c.isReverse {
			c.order.Prev(c.a)
		} else {
			c.order.Next(c.a)
		}
	}
}

// Member returns a view of the member, valid until the next call of Next.
func (c *ZCursor) Member() []byte {
	if c.block != 0 {
		return memberAt(c.a, c.block)
	}
	return textOf(c.member, &c.digits)
}

// Score returns the member's score.
func (c *ZCursor) Score() float64 {
	if c.block != 0 {
		return scoreAt(c.a, c.block)
	}
	return c.score
}
