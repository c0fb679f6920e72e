package dispatch

// SetBounds changes the executors' patience, before they have anything to do.
func (d *Dispatcher) SetBounds(spin, spinSeveral, served, attempts int) {
	d.bounds = bounds{spin: spin, spinSeveral: spinSeveral, served: served, attempts: attempts}
}

// MaxServed is how many posted tasks one drain serves.
func (d *Dispatcher) MaxServed() int { return d.bounds.served }
