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

func (x *expiries) len() int { return x.tree.Len() }

// add puts a key in; false if the arena is out of memory.
func (x *expiries) add(a *arena.Arena, at int64, r arena.Ref) bool {
	if !x.tree.Insert(a, uint64(at), r) {
		return false
	}
	x.sum.add(at)
	return true
}

// remove takes a key out; false if it isn't in.
func (x *expiries) remove(a *arena.Arena, at int64, r arena.Ref) bool {
	if !x.tree.Delete(a, uint64(at), r) {
		return false
	}
	x.sum.sub(at)
	return true
}

// first returns the earliest instant.
func (x *expiries) first(a *arena.Arena) (at int64, r arena.Ref, ok bool) {
	k, r, ok := x.tree.First(a)
	return int64(k), r, ok
}

// takeDue takes the first keys whose time has come at now out of the index, as many as into holds, and returns how many.
func (x *expiries) takeDue(a *arena.Arena, now int64, into []arena.Ref) int {
	n := 0
	for n < len(into) {
		at, r, ok := x.first(a)
		if !ok || at >= now {
			break
		}
		x.remove(a, at, r)
		into[n] = r
		n++
	}
	return n
}

// nth returns the nth key in order.
func (x *expiries) nth(a *arena.Arena, n int) arena.Ref {
	_, r := x.tree.Nth(a, n)
	return r
}

// bytes returns the memory of the index.
func (x *expiries) bytes() int64 { return 18 * int64(x.len()) }

// free frees some of the index after it was detached, and says whether there is more.
func (x *expiries) free(a *arena.Arena, maxNodes int) (more bool) { return x.tree.Free(a, maxNodes) }

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
