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
	isSparse  bool // not all members will be looked at: blocks aren't asked for

	end uint64 // of a large set: the order at which the walk ends

	// A small set: the pair that Next goes to.
	pairs  pairs
	at     int
	digits [maxIntText]byte

	// A large set: the blocks of the next members, which have been asked for.
	order tree.Cursor
	ahead [cursorAhead]tree.Item
	i, n  int

	member packed.Value
	score  float64
	item   tree.Item
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
	c := ZCursor{a: s.a, left: count, isReverse: isReverse, end: noOrder}
	if s.isLarge() {
		c.order = s.index().order.At(s.a, rank)
		return c
	}
	c.pairs = s.pairs()
	c.at = c.pairs.At(2 * rank)
	return c
}

// walkScores is ZSet.WalkScores.
func (s *sorted) walkScores(r *ScoreRange) ZCursor {
	n := s.len()
	if n == 0 {
		return ZCursor{}
	}
	c := ZCursor{a: s.a, left: n, isSparse: true, end: r.to()}
	if s.isLarge() {
		c.order = s.index().order.SeekKey(s.a, r.from())
		if !c.order.Valid() {
			c.left = 0
		}
		return c
	}
	c.pairs = s.pairs()
	rank, count := c.pairs.scoreSpan(r)
	return s.walk(rank, count, false)
}

// cursorAt returns a cursor over one member of a large set.
func (s *sorted) cursorAt(r arena.Ref) ZCursor {
	c := ZCursor{a: s.a, n: 1}
	c.ahead[0] = tree.Item{Key: orderOf(scoreAt(s.a, r)), Ref: r}
	return c
}

// Next goes to the next member and says whether there is one.
func (c *ZCursor) Next() bool {
	if c.i < c.n {
		c.item = c.ahead[c.i]
		c.i++
		return true
	}
	if c.left == 0 {
		return false
	}
	if c.pairs.Block == nil {
		c.fill()
		c.item, c.i = c.ahead[0], 1
		return c.n > 0
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

// fill takes the next items from the tree.
func (c *ZCursor) fill() {
	c.n = 0
	for ; c.left > 0 && c.n < cursorAhead; c.n++ {
		it := c.order.Item()
		if it.Key >= c.end {
			c.left = 0
			return
		}
		c.left--
		if !c.isSparse {
			table.PrefetchElement(c.a, it.Ref)
		}
		c.ahead[c.n] = it
		if c.isReverse {
			c.order.Prev(c.a)
		} else if c.order.Next(c.a); !c.order.Valid() {
			c.left = 0
		}
	}
}

// Member returns a view of the member, valid until the next call of Next.
func (c *ZCursor) Member() []byte {
	if c.item.Ref != 0 {
		return memberAt(c.a, c.item.Ref)
	}
	return textOf(c.member, &c.digits)
}

// Score returns the member's score.
func (c *ZCursor) Score() float64 {
	if c.item.Ref == 0 {
		return c.score
	}
	if c.item.Key == orderOfZero { // it may be -0
		return scoreAt(c.a, c.item.Ref)
	}
	return scoreOfOrder(c.item.Key)
}
