package snapshot

import (
	"errors"
	"time"

	"github.com/sleipnirdb/sleipnir/internal/crc"
)

// errNobody: every target has ended.
var errNobody = errors.New("snapshot: nobody wants it")

// sink writes what the walk brings, until the walk is through.
func (r *run) sink() {
	r.each(func(t *Ticket) error {
		if t.target.Frame == nil {
			return nil
		}
		return t.write(t.target.Frame.Head(nil, &r.cut))
	})
	for isOpen := true; isOpen; {
		select {
		case l := <-r.loans: // somebody may wait for it
			r.writeLoan(l)
			continue
		default:
		}
		select {
		case l := <-r.loans:
			r.writeLoan(l)
		case <-r.poked:
			r.look()
		case p, ok := <-r.pieces:
			if isOpen = ok; ok {
				r.writePiece(p)
			}
		}
	}
	r.look()
	r.each(func(t *Ticket) error {
		if t.target.Frame != nil {
			if err := t.write(t.target.Frame.Tail(nil, t.sum)); err != nil {
				return err
			}
		}
		t.end(nil)
		return nil
	})
}

func (r *run) writePiece(p piece) {
	b := p.b
	if p.first == r.selected {
		b = b[p.entries:]
	}
	r.selected = p.last
	r.write(b)
	r.dawdle(p.keys)
	r.account.close(&p)
	r.relieved(false)
}

// delayStep is how often a delayed sink looks whether it is still delayed.
const delayStep = 10 * time.Millisecond

// dawdle takes the time that the host wants so many keys to take.
func (r *run) dawdle(keys int) {
	for start := time.Now(); !r.dead.Load(); {
		left := time.Duration(keys)*r.k.host.KeyDelay() - time.Since(start)
		if left <= 0 {
			return
		}
		select {
		case <-r.poked:
			r.look()
		case <-time.After(min(left, delayStep)):
		}
	}
}

func (r *run) writeLoan(l loan) {
	if !r.dead.Load() {
		x := r.encoders.Get().(Encoder)
		w := (*writer)(r)
		var err error
		if l.db != r.selected {
			r.selected = l.db
			_, err = w.Write(x.Select(nil, l.db))
		}
		if err == nil {
			if err = x.Write(w, l.Entry, l.usage); err != nil && !errors.Is(err, errNobody) {
				r.fail(err)
			}
		}
		r.encoders.Put(x)
		r.keys.Add(1)
	}
	l.Return()
	r.lent.Add(-1)
	r.relieved(true)
}

// look ends those whose end has come.
func (r *run) look() {
	var why error
	switch err := r.failed.Load(); {
	case r.flushed.Load():
		why = ErrFlushed
	case err != nil:
		why = *err
	}
	r.each(func(t *Ticket) error {
		if t.cancelled.Load() {
			return ErrCancelled
		}
		return why
	})
}

// write writes to everybody.
func (r *run) write(b []byte) {
	r.each(func(t *Ticket) error {
		if t.cancelled.Load() {
			return ErrCancelled
		}
		return t.write(b)
	})
}

// each does something for everybody who still wants the snapshot, and ends those for whom it fails.
func (r *run) each(f func(t *Ticket) error) {
	kept := r.tickets[:0]
	for _, t := range r.tickets {
		if err := f(t); err != nil {
			t.end(err)
			continue
		}
		kept = append(kept, t)
	}
	r.tickets = kept
	if len(kept) == 0 {
		r.kill()
	}
}

// writer is a run as the writer of a large entry.
type writer run

// Write writes to everybody. It fails when nobody is left.
func (w *writer) Write(b []byte) (int, error) {
	r := (*run)(w)
	if r.flushed.Load() {
		r.look()
	}
	r.write(b)
	if len(r.tickets) == 0 {
		return 0, errNobody
	}
	return len(b), nil
}

func (t *Ticket) write(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	if t.target.Frame != nil && t.target.Frame.Sums() {
		t.sum = crc.CRC64(t.sum, b)
	}
	n, err := t.target.Out.Write(b)
	t.bytes.Add(int64(n))
	return err
}
