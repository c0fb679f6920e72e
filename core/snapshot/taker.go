package snapshot

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/sleipnirdb/sleipnir/core/partition"
)

// Taker takes snapshots, one walk at a time.
type Taker struct {
	set    *partition.Set
	host   Host
	budget func() int64

	current atomic.Pointer[run] // whose walk is under way

	mu      sync.Mutex // guards what follows; a leaf
	busy    bool       // a run is under way
	waiting []*Ticket  // for the next ones
}

// New returns a taker. budget tells how many bytes may be serialised and not yet written.
func New(set *partition.Set, host Host, budget func() int64) *Taker {
	return &Taker{set: set, host: host, budget: budget}
}

// Ticket is one target's part in a snapshot.
type Ticket struct {
	target    Target
	run       atomic.Pointer[run]
	cancelled atomic.Bool
	bytes     atomic.Int64
	sum       uint64 // of what was written; sink
}

// Start asks for a snapshot and returns at once. If one is under way already, the next cut is made when that is done. The caller is an ordinary goroutine
// or a loop.
func (k *Taker) Start(target Target) *Ticket {
	t := &Ticket{target: target}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.waiting = append(k.waiting, t)
	if !k.busy {
		k.busy = true
		go k.work()
	}
	return t
}

// work takes one snapshot after the other, until nobody waits for one.
func (k *Taker) work() {
	defer k.host.Rescue()
	for group := k.next(); group != nil; group = k.next() {
		newRun(k, group).take()
	}
}

// next returns those who can share the next cut.
func (k *Taker) next() (group []*Ticket) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.waiting) == 0 {
		k.busy = false
		return nil
	}
	var left []*Ticket
	for _, t := range k.waiting {
		if t.target.Format == k.waiting[0].target.Format {
			group = append(group, t)
		} else {
			left = append(left, t)
		}
	}
	k.waiting = left
	return group
}

// Cancel ends the snapshot for this target: Done gets ErrCancelled, unless it is over already.
func (t *Ticket) Cancel() {
	t.cancelled.Store(true)
	if r := t.run.Load(); r != nil {
		r.poke()
	}
}

// Progress says how far it has come.
func (t *Ticket) Progress() (p Progress) {
	p.Bytes = t.bytes.Load()
	if r := t.run.Load(); r != nil {
		p.Keys, p.Total = r.keys.Load(), r.cut.Keys
		p.Cut = time.Duration(r.cutNanos.Load())
		p.Used, p.Peak = r.account.used.Load(), r.account.peak.Load()
	}
	return p
}

// end tells the target how it went.
func (t *Ticket) end(err error) {
	go func() {
		defer t.run.Load().k.host.Rescue()
		t.target.Done(err)
	}()
}
