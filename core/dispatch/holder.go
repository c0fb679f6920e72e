package dispatch

import "github.com/sleipnirdb/sleipnir/core/partition"

// Holder takes leases for an ordinary goroutine that works on one partition after the other. It belongs to that goroutine.
type Holder struct{ y *offLoopExecutor }

// Holder returns a new one, which holds nothing.
func (d *Dispatcher) Holder() *Holder { return &Holder{d.offLoop.get(d)} }

// Take waits for the lease of partition p. Nothing else is held.
func (h *Holder) Take(p int) {
	y := h.y
	y.now = nowMs()
	y.wait.mask = partition.Mask{}
	y.wait.mask.Add(p)
	y.acquireMask()
}

// Give returns the lease, after serving whom it waits for.
func (h *Holder) Give(int) { h.y.releaseAll() }

// Close ends the holder, which holds nothing.
func (h *Holder) Close() { h.y.d.offLoop.put(h.y) }
