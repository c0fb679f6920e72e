package snapshot

import (
	"io"

	"github.com/sleipnirdb/sleipnir/core/keyspace"
)

// Hold writes a snapshot while nothing changes: the caller has every lease, from here to the return.
func (k *Taker) Hold(out io.Writer, format Format, frame Frame) error {
	r := newRun(k, []*Ticket{{target: Target{Out: out, Format: format, Frame: frame}}})
	r.count()
	t := r.tickets[0]
	if err := t.write(frame.Head(nil, &r.cut)); err != nil {
		return err
	}
	x := format.Encoder(&r.cut)
	for _, d := range r.cut.Databases {
		for p := range r.keepers {
			if err := r.hold(t, x, &r.keepers[p], d.Number); err != nil {
				return err
			}
		}
	}
	return t.write(frame.Tail(nil, t.sum))
}

// hold writes one database of a partition.
func (r *run) hold(t *Ticket, x Encoder, k *keeper, db int) (err error) {
	b := x.Select(k.piece.b[:0], db)
	k.space.DB(db).Each(func(e keyspace.Entry) bool {
		if keyspace.IsLarge(e) {
			if err = t.write(b); err == nil {
				err = x.Write(ticketWriter{t}, e, k.usage(e))
			}
			b = b[:0]
			return err == nil
		}
		if b, err = x.Append(b, e, k.usage(e)); err == nil && len(b) >= pieceBytes {
			err = t.write(b)
			b = b[:0]
		}
		return err == nil
	})
	if err == nil {
		err = t.write(b)
	}
	k.piece.b = b
	return err
}

// ticketWriter writes for one target.
type ticketWriter struct{ t *Ticket }

func (w ticketWriter) Write(b []byte) (int, error) { return len(b), w.t.write(b) }
