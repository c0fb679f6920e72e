// Package loading fills the keyspace from an RDB file or stream, on all cores.
//
//	            ┌ reader: one goroutine ────────────────┐        ┌ workers: one a core ──────────────┐
//	file ── read ── checksum ── ends of values ── batch of its ── queue 0 ── decode ── build ── insert
//	                            (rdb.Decoder.Split)   partition ── queue 1 ── decode ── build ── insert
//
// To find where a value ends takes a small part of the time that it takes to decode it, to build it and to wait for the memory that it
// goes to: that is why one reader feeds many workers (docs/adr/0008-loading.md has the figures).
//
// # Order
//
// A key is of one partition, a partition is of one worker, and a worker takes its batches in the order in which the reader filled them.
// So what is said of one key happens in the order of the file, and a key that is there twice is found out.
//
// # Leases
//
// A worker holds the lease of a partition for one batch, about a hundred microseconds, and for one piece of a large value: what may
// run meanwhile, INFO say, isn't kept waiting. An entry that is being built is in no table yet, so nobody meets it while the lease is let
// go between two pieces; but nothing that replaces a partition's arena (FLUSHALL) may run while data is loaded.
//
// # Memory
//
// The batches are all made in the beginning, and the reader waits for one to come back when it has used them up. A value larger than a
// piece passes through the worker's queue piece by piece, so that a collection of any size needs no more than its own memory and
// that of its largest element.
package loading

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/rdb"
)

// Leases are those of one worker. It holds at most one at a time.
type Leases interface {
	// Take waits for a partition's lease, and sets the clock of its space.
	Take(p int)
	Give(p int)
	// Close says that no more will be taken.
	Close()
}

// Owner is whose data is loaded.
type Owner interface {
	// Aux and Function are told what the file says beside the keys. On the goroutine that called Load; the slices are views.
	Aux(key, value []byte) error
	Function(code []byte) error
	// Leases returns those for another worker, or nil if whoever called Load holds every lease.
	Leases() Leases
	// LeftOut is told why a key has no value: rdb.ErrEmpty, or an *rdb.ModuleError. Any goroutine.
	LeftOut(key []byte, why error)
	// Crashed is told of a panic of a worker. It doesn't return.
	Crashed(reason any)
}

// Options say how data is loaded.
type Options struct {
	rdb.LoadOptions
	Set     *partition.Set
	Workers int
	// Replace: a key that is there already is replaced. Else it is an error.
	Replace bool
	// KeepExpired: keys and fields whose time has come are loaded too, as what follows the data may speak of them.
	KeepExpired bool
	// Delay is slept after each key, for tests. May be nil.
	Delay    func() time.Duration
	Progress *Progress
}

// Result is what became of a load.
type Result struct {
	Keys, Expired  int64
	Empty, Modules int64 // keys without a value
	Bytes          int64 // of the file, up to the end of the data
}

// ErrCancelled is the error of a load that was cancelled.
var ErrCancelled = errors.New("it was cancelled")

// Load reads the data of in into the partitions. What was loaded before an error stays.
func Load(in io.Reader, owner Owner, o Options) (Result, error) {
	l := newLoad(owner, o)
	for _, w := range l.workers {
		l.running.Add(1)
		go w.run()
	}
	var d rdb.Decoder
	l.decoder = &d
	err := d.Split(in, o.LoadOptions, l)
	if err == nil {
		err = l.sendAll()
	}
	for _, w := range l.workers {
		close(w.queue)
	}
	l.running.Wait()
	l.result.Bytes = d.Offset()
	for _, w := range l.workers {
		l.result.add(w.result)
	}
	if failed := l.failure(); failed != nil {
		return l.result, failed
	}
	return l.result, err
}

func (r *Result) add(other Result) {
	r.Keys += other.Keys
	r.Expired += other.Expired
	r.Empty += other.Empty
	r.Modules += other.Modules
}

// load is one load under way: what the reader and the workers share.
type load struct {
	Options
	owner   Owner
	workers []*worker
	running sync.WaitGroup
	free    chan *batch
	failed  atomic.Bool // a worker has come upon an error

	mu    sync.Mutex // guards err and errAt; a leaf: nothing is locked under it
	err   error
	errAt int64

	// The reader's.
	decoder  *rdb.Decoder
	database uint32
	open     []*batch // by partition, nil if there is none
	result   Result
	pieces   bool          // the next call is for another piece of the same value
	owed     time.Duration // of Delay
}

// queued is how many batches a worker has in its queue at most, on average.
const queued = 4

func newLoad(owner Owner, o Options) *load {
	parts := o.Set.Len()
	workers := min(max(o.Workers, 1), parts)
	count := parts + queued*workers
	l := &load{Options: o, owner: owner, free: make(chan *batch, count), open: make([]*batch, parts)}
	size := min(max(openBytes/parts, minBatch), maxBatch)
	for range count {
		l.free <- &batch{items: make([]byte, 0, size)}
	}
	for range workers {
		l.workers = append(l.workers, newWorker(l, count))
	}
	return l
}

// fail takes a note of an error at an offset in the file. The first in the file is the one to tell.
func (l *load) fail(err error, at int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil || at < l.errAt {
		l.err, l.errAt = err, at
	}
	l.failed.Store(true)
}

// failure returns the workers' error.
func (l *load) failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		return nil
	}
	return fmt.Errorf("at byte %d: %w", l.errAt, l.err)
}
