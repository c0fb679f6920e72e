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
	a         *arena.Arena
	left      int // members to come
	isReverse bool
	isSparse  bool   // not all members will be looked at: their blocks aren't asked for
	end       uint64 // the order at which the walk ends

	// A small set.
	pairs    pairs
	at, next int // the pair that the cursor stands at, and the one behind it
	scoreAt  int
	score    float64 // if there is an end
	digits   [maxIntText]byte

	// A large set.
	order tree.Cursor // in the leaf that items are of
	items tree.Items
	i     int       // the one that Next goes to
	item  tree.Item // the one that the cursor stands at
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
		c.enter()
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
		c := ZCursor{a: s.a, isSparse: true, end: r.to(), pairs: s.pairs()}
		skipped := 0
		c.next, skipped = c.pairs.seekScore(r)
		c.left = n - skipped
		return c
	}
	c := ZCursor{a: s.a, left: n, isSparse: true, end: r.to(), order: s.index().order.SeekKey(s.a, r.from())}
	c.enter()
	return c
}

// cursorAt returns a cursor over one member of a large set.
func (s *sorted) cursorAt(r arena.Ref) ZCursor {
	score := scoreAt(s.a, r)
	c := ZCursor{a: s.a, left: 1, isSparse: true, end: noOrder, order: s.index().order.Seek(s.a, orderOf(score), r, byMember(s.a))}
	c.enter()
	return c
}

// Next goes to the next member and says whether there is one.
func (c *ZCursor) Next() bool {
	if c.left == 0 {
		return false
	}
	c.left--
	if c.pairs.Block != nil {
		return c.nextPair()
	}
	return c.nextItem()
}

func (c *ZCursor) nextPair() bool {
	p := c.pairs
	c.at = c.next
	c.scoreAt = c.at + p.Size(c.at)
	if c.isReverse {
		c.next = p.Prev(p.Prev(c.at))
		return true
	}
	c.next = c.scoreAt + p.Size(c.scoreAt)
	if c.end == noOrder {
		return true
	}
	if c.score, _ = p.nextScore(c.at); orderOf(c.score) >= c.end {
		c.left = 0
		return false
	}
	return true
}

func (c *ZCursor) nextItem() bool {
	if uint(c.i) >= uint(c.items.Len()) && !c.turn() {
		return false
	}
	c.item = tree.Item{Key: c.items.Key(c.i), Ref: c.items.Ref(c.i)}
	if c.item.Key >= c.end {
		c.left = 0
		return false
	}
	ahead := c.i + cursorAhead
	if c.isReverse {
		ahead = c.i - cursorAhead
		c.i--
	} else {
		c.i++
	}
	if !c.isSparse && uint(ahead) < uint(c.items.Len()) {
		table.PrefetchElement(c.a, c.items.Ref(ahead))
	}
	return true
}

// turn goes to the next leaf and says whether there is one.
func (c *ZCursor) turn() bool {
	switch {
	case !c.order.Valid():
	case c.isReverse:
		c.order.PrevLeaf(c.a)
	default:
		c.order.NextLeaf(c.a)
	}
	c.enter()
	if !c.order.Valid() {
		c.left = 0
	}
	return c.order.Valid()
}

// enter reads the leaf that the cursor has come to, and asks for the blocks of its first members.
func (c *ZCursor) enter() {
	if !c.order.Valid() {
		c.items, c.i = tree.Items{}, 0
		return
	}
	c.items, c.i = c.order.Leaf()
	if c.isSparse {
		return
	}
	from, to := c.i, min(c.i+cursorAhead, c.items.Len())
	if c.isReverse {
		from, to = max(c.i-cursorAhead+1, 0), c.i+1
	}
	for i := from; i < to; i++ {
		table.PrefetchElement(c.a, c.items.Ref(i))
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
		if c.end != noOrder {
			return c.score
		}
		return scoreOf(c.pairs.Get(c.scoreAt))
	case orderOfZero: // it may be -0
		return scoreAt(c.a, c.item.Ref)
	}
	return scoreOfOrder(c.item.Key)
}
