package keyspace

import (
	"math/bits"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/tree"
)

// expiries is the index of the keys with an expiry: each once, by the instant that its entry holds, then by its reference.
//
// Keys that fall due together thus come out in the order of their blocks' addresses, which is kind to the caches.
type expiries struct {
	tree tree.Tree
	sum  sum // of all instants, for the average
}

func newExpiries() expiries { return expiries{tree: tree.New(arena.PurposeExpiry)} }

func (x *expiries) len() int { return x.tree.Len() }

// add puts a key in; false if the arena is out of memory.
func (x *expiries) add(a *arena.Arena, at int64, r arena.Ref) bool {
	if !x.tree.Insert(a, uint64(at), r, nil) {
		return false
	}
	x.sum.add(at)
	return true
}

// remove takes a key out; false if it isn't in.
func (x *expiries) remove(a *arena.Arena, at int64, r arena.Ref) bool {
	if !x.tree.Delete(a, uint64(at), r, nil) {
		return false
	}
	x.sum.sub(at)
	return true
}

// move tells of an entry that moved from old to fresh; false if the arena is out of memory.
func (x *expiries) move(a *arena.Arena, at int64, old, fresh arena.Ref) bool {
	return x.tree.Replace(a, uint64(at), old, fresh, nil)
}

// first returns the earliest instant and its key.
func (x *expiries) first(a *arena.Arena) (at int64, r arena.Ref, ok bool) {
	it, ok := x.tree.First(a)
	return int64(it.Key), it.Ref, ok
}

// takeDue takes the first keys whose time has come at now out of the index, as many as into holds, and returns how many.
func (x *expiries) takeDue(a *arena.Arena, now int64, into []arena.Ref) int {
	n := 0
	for c := x.tree.Begin(a); n < len(into) && c.Valid(); c.Next(a) {
		it := c.Item()
		if int64(it.Key) >= now {
			break
		}
		into[n] = it.Ref
		x.sum.sub(int64(it.Key))
		n++
	}
	x.tree.DeleteRange(a, 0, n, nil)
	return n
}

// nth returns the nth key in order.
func (x *expiries) nth(a *arena.Arena, n int) arena.Ref {
	c := x.tree.At(a, n)
	return c.Item().Ref
}

// free frees some of the index after it was detached, and says whether there is more.
func (x *expiries) free(a *arena.Arena, limit int) (more bool) { return x.tree.Free(a, limit, nil) }

// mean returns the mean of all instants.
func (x *expiries) mean() int64 { return x.sum.mean(uint64(x.len())) }

// sum is an unsigned 128-bit sum: a few million expiries in ms overflow 64 bits.
type sum struct{ hi, lo uint64 }

func (s *sum) add(v int64) {
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, uint64(v), 0)
	s.hi += carry
}

func (s *sum) sub(v int64) {
	var borrow uint64
	s.lo, borrow = bits.Sub64(s.lo, uint64(v), 0)
	s.hi -= borrow
}

// mean returns the sum divided by n, the number of the summands, which keeps the quotient within 64 bits.
func (s *sum) mean(n uint64) int64 {
	q, _ := bits.Div64(s.hi, s.lo, n)
	return int64(q)
}
