package loading

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/rdb"
)

// worker decodes the values of some partitions and inserts them. Its goroutine owns it.
type worker struct {
	*load
	queue  chan *batch
	leases Leases // nil: whoever called Load holds them all
	held   int    // the partition whose lease it has, or none

	decoder rdb.Decoder
	builder rdb.Builder
	ahead   [hinted]item
	result  Result
	batch   *batch // under way
	isCut   bool   // the reader gave up in the middle of a value
}

const (
	none = -1
	// hinted is how many keys are looked up ahead: so many loads from memory are under way at once.
	hinted = 16
)

const (
	errTwice  rdb.Corrupt = "a key is there twice"
	errUnread rdb.Corrupt = "a value has bytes that nobody reads"
)

func newWorker(l *load, batches int) *worker {
	w := &worker{load: l, queue: make(chan *batch, batches), leases: l.owner.Leases(), held: none}
	w.builder.KeepExpired = l.KeepExpired
	return w
}

// run is the goroutine.
func (w *worker) run() {
	defer func() {
		if reason := recover(); reason != nil {
			w.owner.Crashed(reason)
		}
		w.running.Done()
	}()
	for b := range w.queue {
		w.batch = b
		if !w.failed.Load() {
			w.take(b.partition)
			w.items(b.items)
		}
		w.skipPieces()
		w.done()
	}
	if w.leases != nil {
		w.leases.Close()
	}
}

// take waits for a partition's lease.
func (w *worker) take(p int) {
	if w.leases != nil {
		w.leases.Take(p)
	}
	w.held = p
}

// done gives back the lease and the batch.
func (w *worker) done() {
	if w.held != none && w.leases != nil {
		w.leases.Give(w.held)
	}
	w.held = none
	if w.batch != nil {
		w.free <- w.batch
	}
	w.batch = nil
}

// items inserts the items of a batch.
func (w *worker) items(b []byte) {
	space := w.Set.Space(w.batch.partition)
	for len(b) > 0 && !w.failed.Load() {
		n := 0
		for ; n < hinted && len(b) > 0; n++ {
			i := &w.ahead[n]
			b = i.next(b)
			space.HintBucket(i.database, i.Key)
		}
		for j := range n {
			i := &w.ahead[j]
			if err := w.item(space, i); err != nil {
				w.builder.Drop()
				if w.isCut {
					return
				}
				w.fail(fmt.Errorf("key '%s': %w", i.Key, err), i.offset+w.decoder.Offset())
				return
			}
		}
		w.Progress.loaded(n)
	}
}

// item inserts one key with its value.
func (w *worker) item(space *keyspace.Space, i *item) error {
	db := space.DB(i.database)
	w.builder.Reset(db, i.Key, i.ExpireAt)
	err := w.value(i)
	if err != nil && rdb.IsLeftOut(err) {
		w.builder.Drop()
		w.owner.LeftOut(i.Key, err)
		if errors.Is(err, rdb.ErrEmpty) {
			w.result.Empty++
		} else {
			w.result.Modules++
		}
		return nil
	}
	if err != nil {
		return err
	}
	return w.place(space, db, i)
}

// value builds the value.
func (w *worker) value(i *item) error {
	if !i.goesOn {
		w.decoder.Reset(i.value)
	} else {
		// The item is the last one of its batch, which goes back as soon as the next piece is asked for.
		i.Key = append([]byte(nil), i.Key...)
		w.builder.Reset(w.Set.Space(w.batch.partition).DB(i.database), i.Key, i.ExpireAt)
		w.decoder.ResetStream(&pieces{w: w, rest: i.value})
	}
	err := w.decoder.Value(i.Type, &w.builder)
	if err == nil && !w.decoder.AtEnd() {
		err = errUnread
	}
	return err
}

// preserveEvery is between two tries to replace a key that a snapshot has to have first.
const preserveEvery = time.Millisecond

// place puts the entry that was built into its table.
func (w *worker) place(space *keyspace.Space, db *keyspace.DB, i *item) error {
	e := w.builder.Take()
	if i.ExpireAt != 0 && i.ExpireAt < space.Now() && !w.KeepExpired {
		w.result.Expired++
		e.Free()
		return nil
	}
	isNew, err := db.Load(e, i.Key)
	if err != nil {
		return err
	}
	if !isNew {
		if !w.Replace {
			e.Free()
			return errTwice
		}
		for !space.Preserve(db.Index(), i.Key) { // a snapshot is taken; its sink needs no lease
			time.Sleep(preserveEvery)
		}
		if err := db.Place(e, i.Key); err != nil {
			return err
		}
	}
	w.result.Keys++
	if i.Frequency >= 0 {
		space.SetFrequency(e, uint8(i.Frequency)) // #nosec G115 -- of one byte
	} else if i.IdleSeconds >= 0 {
		space.SetIdleSeconds(e, i.IdleSeconds)
	}
	return nil
}

// pieces is a value that comes in pieces, as a stream.
type pieces struct {
	w    *worker
	rest []byte
}

// Read returns more of the value, and waits for it without the lease.
func (p *pieces) Read(b []byte) (int, error) {
	for len(p.rest) == 0 {
		if !p.w.nextPiece() {
			return 0, io.EOF
		}
		p.rest = p.w.batch.items
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// nextPiece goes on to the next batch, if it is one of the same value.
func (w *worker) nextPiece() bool {
	if w.batch == nil || !w.batch.goesOn {
		return false
	}
	p := w.batch.partition
	w.done()
	b, ok := <-w.queue
	w.take(p)
	if !ok {
		w.isCut = true
		return false
	}
	w.batch = b
	return true
}

// skipPieces drops what nobody has read of a value in pieces.
func (w *worker) skipPieces() {
	for w.batch != nil && w.batch.goesOn && w.nextPiece() {
		continue
	}
}
