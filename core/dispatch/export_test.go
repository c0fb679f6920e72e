package dispatch

import "github.com/sleipnirdb/sleipnir/core/partition"

// SetBounds changes the executors' patience, before they have anything to do.
func (d *Dispatcher) SetBounds(spin, spinSeveral, served, attempts int) {
	d.bounds = bounds{spin: spin, spinSeveral: spinSeveral, served: served, attempts: attempts}
}

// MaxServed is how many posted tasks one drain serves.
func (d *Dispatcher) MaxServed() int { return d.bounds.served }

// Hold takes the leases of the first n partitions, and gives them back: with the token, if a script were to take them one by one.
func (x *Executor) Hold(n int, withToken bool) bool {
	if withToken && !x.d.Set.Token.TryAcquire() {
		return false
	}
	var m partition.Mask
	m.Fill(n)
	isFree := x.takeMask(&m, none) == none
	if isFree {
		x.giveBackMask(&m, none)
	}
	if withToken {
		x.giveBack(&x.d.Set.Token)
	}
	return isFree
}
