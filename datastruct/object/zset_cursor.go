package object

import (
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/table"
	"github.com/sleipnirdb/sleipnir/datastruct/tree"
)

// ZCursor goes over members of a sorted set in order. It is valid until the next change of the set.
//
//	for c := z.Walk(0, 10, false); c.Next(); {
//		use(c.Member(), c.Score())
//	}
type ZCursor struct {
	a          *arena.Arena
	left       int // members to come
	isReverse  bool
	isSparse   bool // not all members will be looked at: their blocks aren't asked for
	isUnderWay bool

	// A small set.
	pairs    pairs
	at, next int // the pair that the cursor stands at, and the one behind it
	scoreAt  int
	digits   [maxIntText]byte

	// A large set.
	order tree.Cursor // the item that Next goes to
	item  tree.Item   // the item that the cursor stands at
	end   uint64      // the order at which the walk ends
}

// cursorAhead is how many blocks a cursor asks for ahead, so that their cache misses overlap.
const cursorAhead = 10

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
	c.next = c.pairs.At(2 * rank)
	return c
}

// walkScores is ZSet.WalkScores.
func (s *sorted) walkScores(r *ScoreRange) ZCursor {
	n := s.len()
	if n == 0 {
		return ZCursor{}
	}
	if !s.isLarge() {
		rank, count := s.pairs().scoreSpan(r, n)
		return s.walk(rank, count, false)
	}
	return ZCursor{a: s.a, left: n, isSparse: true, end: r.to(), order: s.index().order.SeekKey(s.a, r.from())}
}

// cursorAt returns a cursor over one member of a large set.
func (s *sorted) cursorAt(r arena.Ref) ZCursor {
	score := scoreAt(s.a, r)
	return ZCursor{a: s.a, left: 1, isSparse: true, end: noOrder, order: s.index().order.Seek(s.a, orderOf(score), r, byMember(s.a))}
}

// Next goes to the next member and says whether there is one.
func (c *ZCursor) Next() bool {
	if c.left == 0 {
		return false
	}
	c.left--
	if c.pairs.Block != nil {
		c.nextPair()
		return true
	}
	return c.nextItem()
}

func (c *ZCursor) nextPair() {
	p := c.pairs
	c.at = c.next
	c.scoreAt = c.at + p.Size(c.at)
	if c.isReverse {
		c.next = p.Prev(p.Prev(c.at))
		return
	}
	c.next = c.scoreAt + p.Size(c.scoreAt)
}

func (c *ZCursor) nextItem() bool {
	if !c.order.Valid() {
		c.left = 0
		return false
	}
	if c.item = c.order.Item(); c.item.Key >= c.end {
		c.left = 0
		return false
	}
	if !c.isSparse {
		c.prefetch()
	}
	switch {
	case c.left == 0:
	case c.isReverse:
		c.order.Prev(c.a)
	default:
		c.order.Next(c.a)
	}
	return true
}

// prefetch asks for the block of a member further on; at the begin of a leaf, for all up to there.
func (c *ZCursor) prefetch() {
	d := 1
	if c.isReverse {
		d = -1
	}
	from := min(cursorAhead, c.left)
	if !c.isUnderWay || c.order.IsEdge() {
		c.isUnderWay, from = true, 1
	}
	for k := from; k <= min(cursorAhead, c.left); k++ {
		it, ok := c.order.Ahead(k * d)
		if !ok {
			return
		}
		table.PrefetchElement(c.a, it.Ref)
	}
}

// Member returns a view of the member, valid until the next call of Next.
func (c *ZCursor) Member() []byte {
	if c.item.Ref != 0 {
		return memberAt(c.a, c.item.Ref)
	}
	return textOf(c.pairs.Get(c.at), &c.digits)
}

// Score returns the member's score.
func (c *ZCursor) Score() float64 {
	switch c.item.Key {
	case 0: // no order is 0
		return scoreOf(c.pairs.Get(c.scoreAt))
	case orderOfZero: // it may be -0
		return scoreAt(c.a, c.item.Ref)
	}
	return scoreOfOrder(c.item.Key)
}
