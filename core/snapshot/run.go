package snapshot

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/internal/clock"
)

// run is one walk over all partitions, for those who share it.
type run struct {
	k        *Taker
	tickets  []*Ticket // that still want it; the sink's
	format   Format
	selected int       // the database of what was written last; the sink's
	encoders sync.Pool // of Encoder

	cut      Cut          // set at the cut, constant after it
	cutNanos atomic.Int64 // how long the cut took; 0 until it has been made

	seats   atomic.Int32 // walkers that may still begin
	keepers []keeper
	left    atomic.Int32 // partitions that aren't walked through yet
	dead    atomic.Bool  // nobody wants it any more
	flushed atomic.Bool
	failed  atomic.Pointer[error] // of an encoder
	keys    atomic.Int64          // kept so far
	lent    atomic.Int32          // large entries in the sink's hands
	account account

	pieces chan piece // closed when all partitions are through
	loans  chan loan
	poked  chan struct{}
}

// Sizes of the queues.
const (
	// pieceBytes is the size of a piece but for entries that need a larger one.
	pieceBytes, pieceLeast = 32 << 10, 4 << 10
	// openShare is what part of the budget pieces that aren't full may take.
	openShare = 4
	// loopsPerSeat is of how many loops one walks at a time: whatever else the machine has to do meanwhile, the
	// writing and the clients' own processes among it, needs processors that aren't busy.
	loopsPerSeat = 2
	// maxLoans bounds the large entries that wait for the sink.
	maxLoans = 1024
)

func newRun(k *Taker, group []*Ticket) *run {
	n := k.set.Len()
	r := &run{k: k, tickets: group, format: group[0].target.Format, selected: noDatabase, keepers: make([]keeper, n)}
	r.account.init(k.budget(), n)
	r.pieces = make(chan piece, r.account.limit/r.account.piece+int64(2*n))
	r.loans = make(chan loan, maxLoans)
	r.poked = make(chan struct{}, 1)
	r.encoders.New = func() any { return r.format.Encoder(&r.cut) }
	r.left.Store(int32(n))                                    // #nosec G115 -- at most 1024
	r.seats.Store(int32(max(k.host.Loops()/loopsPerSeat, 1))) // #nosec G115 -- few
	for p := range r.keepers {
		r.keepers[p] = keeper{run: r, space: k.set.Space(p), db: noDatabase}
	}
	return r
}

// take makes the cut and writes what the walk brings, until the walk is through. On the sink's goroutine.
func (r *run) take() {
	host := r.k.host
	host.Cut(r.begin)
	host.Stir()
	r.sink()
}

// begin is the cut. Every lease is held.
func (r *run) begin() {
	start := clock.Ticks()
	r.count()
	for p := range r.keepers {
		r.keepers[p].space.BeginWalk(&r.keepers[p])
	}
	r.k.host.Walked(true)
	for _, t := range r.tickets {
		if t.target.AtCut != nil {
			t.target.AtCut(&r.cut)
		}
		t.run.Store(r)
	}
	r.k.current.Store(r)
	r.cutNanos.Store(clock.Since(start))
}

// count fills in the cut.
func (r *run) count() {
	r.cut.UnixMs = time.Now().UnixMilli()
	for n := range r.k.set.Space(0).Databases() {
		d := Database{Number: n}
		for p := range r.k.set.Len() {
			keys, expires, timed := r.k.set.Space(p).Count(n)
			d.Keys += keys
			d.Expires += expires
			r.cut.Timed = r.cut.Timed || timed > 0
		}
		if d.Keys > 0 {
			r.cut.Keys += int64(d.Keys)
			r.cut.Databases = append(r.cut.Databases, d)
		}
	}
}

// through notes that a partition has been walked through.
func (r *run) through() {
	if r.left.Add(-1) == 0 {
		r.k.current.Store(nil)
		r.k.host.Walked(false)
		close(r.pieces)
	}
}

// kill has the rest of the walk only clear its traces.
func (r *run) kill() {
	if !r.dead.Swap(true) {
		r.account.starved.Store(false)
		r.k.host.Stir()
		r.k.host.Release()
	}
}

// fail ends the snapshot for everybody, as an entry has no form.
func (r *run) fail(err error) {
	r.failed.CompareAndSwap(nil, &err)
	r.poke()
}

// poke wakes the sink to look what has happened.
func (r *run) poke() {
	select {
	case r.poked <- struct{}{}:
	default:
	}
}

// relieved tells those who wait that there is room, or that a loan is back.
func (r *run) relieved(isLoan bool) {
	if isLoan || r.account.isRoomy() {
		if r.account.starved.Swap(false) {
			r.k.host.Stir()
			isLoan = true
		}
		if isLoan {
			r.k.host.Release()
		}
	}
}

// keeper is one partition's part in a run. The lease of the partition protects it.
type keeper struct {
	run   *run
	space *keyspace.Space
	piece piece
	db    int // that the piece has selected
	claim atomic.Bool
	_     [40]byte // walkers look at each other's claims
}

const noDatabase = -1
