package dispatch

import (
	"github.com/sleipnirdb/sleipnir/core/journal"
)

// SetAlways says whether a reply waits until what it tells of is on disk (appendfsync always). Off, what still waits is sent. Any goroutine.
func (d *Dispatcher) SetAlways(on bool) {
	d.always.Store(on)
	if !on {
		d.Durable(journal.Position(d.durable.Load()))
	}
}

// Durable tells that everything up to p is on disk, so that the replies that waited for it are sent. Any goroutine.
func (d *Dispatcher) Durable(p journal.Position) {
	d.durable.Store(uint64(p))
}
