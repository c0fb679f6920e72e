package snapshot

import (
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/partition"
)

// Walker is one loop's part in the walk. It goes over one partition to the end before it takes the next, so that its caches serve it.
type Walker struct {
	k     *Taker
	run   *run
	at    int // partition, or none
	from  int // where to look for the next one
	stuck int // partitions in a row that couldn't go on

	nanos int64
	state keyspace.WalkState
	walk  func(*partition.Set) // bound once
}

const none = -1

// NewWalker returns a walker that begins with partition from.
func (k *Taker) NewWalker(from int) *Walker {
	w := &Walker{k: k, at: none, from: from % k.set.Len()}
	w.walk = func(set *partition.Set) { w.state = set.Space(w.at).WalkSlice(w.nanos) }
	return w
}

// Slice does about nanos of the walk, and says whether there is more to do at present. try runs a function while the lease of a partition is
// held, or says that it is busy.
func (w *Walker) Slice(nanos int64, try func(p int, f func(*partition.Set)) bool) (more bool) {
	r := w.k.current.Load()
	if r == nil {
		w.run, w.at = nil, none
		return false
	}
	if w.run != r {
		w.run, w.at, w.stuck = r, none, 0
	}
	if w.at == none && !w.choose() {
		return false
	}
	w.nanos = nanos
	if !try(w.at, w.walk) {
		return true
	}
	switch w.state {
	case keyspace.WalkOn:
		w.stuck = 0
		return true
	case keyspace.WalkOver: // its claim stays: nobody has to look again
		w.stuck = 0
		w.leave()
		w.k.host.Stir() // another loop may have less to do
		return true
	case keyspace.WalkStuck:
	}
	r.keepers[w.at].claim.Store(false)
	w.leave()
	if w.stuck++; w.stuck < int(r.left.Load()) {
		return true
	}
	w.stuck = 0
	r.account.starved.Store(true)
	return r.account.isRoomy() && r.lent.Load() == 0 // else somebody will be told
}

// Skip goes to another partition for now: that at which the last Slice met a lease that somebody has for long.
func (w *Walker) Skip() {
	if w.at != none {
		w.run.keepers[w.at].claim.Store(false)
		w.leave()
	}
}

// leave gets up after one partition.
func (w *Walker) leave() {
	w.from, w.at = (w.at+1)%len(w.run.keepers), none
	w.run.seats.Add(1)
}

// choose takes a seat, and a partition that nobody walks.
func (w *Walker) choose() bool {
	r := w.run
	for n := r.seats.Load(); n == 0 || !r.seats.CompareAndSwap(n, n-1); n = r.seats.Load() {
		if n == 0 {
			return false
		}
	}
	if w.claim() {
		return true
	}
	r.seats.Add(1)
	return false
}

func (w *Walker) claim() bool {
	n := len(w.run.keepers)
	for i := range n {
		p := (w.from + i) % n
		if k := &w.run.keepers[p]; !k.claim.Load() && !k.claim.Swap(true) {
			w.at = p
			return true
		}
	}
	return false
}
