package snapshot

import (
	"sync"
	"sync/atomic"

	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/rdb"
	"github.com/sleipnirdb/sleipnir/internal/crc"
)

// Taker takes snapshots, one at a time.
type Taker struct {
	set  *partition.Set
	host Host
	mu   sync.Mutex
}

// New returns a taker.
func New(set *partition.Set, host Host, budget func() int64) *Taker { return &Taker{set: set, host: host} }

// Ticket is one target's part in a snapshot.
type Ticket struct {
	target    Target
	cancelled atomic.Bool
	keys      atomic.Int64
	total     atomic.Int64
	bytes     atomic.Int64
	sum       uint64
}

// Cancel ends the snapshot for this target: Done gets ErrCancelled, unless it is over already.
func (t *Ticket) Cancel() { t.cancelled.Store(true) }

// Progress says how far it has come.
func (t *Ticket) Progress() Progress {
	return Progress{Keys: t.keys.Load(), Total: t.total.Load(), Bytes: t.bytes.Load()}
}

// Start asks for a snapshot and returns at once.
func (k *Taker) Start(target Target) *Ticket {
	t := &Ticket{target: target}
	go func() {
		var err error
		k.host.Cut(func() { err = k.write(t) })
		target.Done(err)
	}()
	return t
}

func (t *Ticket) Write(b []byte) (int, error) {
	if t.cancelled.Load() {
		return 0, ErrCancelled
	}
	if t.target.Frame != nil && t.target.Frame.Sums() {
		t.sum = crc.CRC64(t.sum, b)
	}
	n, err := t.target.Out.Write(b)
	t.bytes.Add(int64(n))
	return n, err
}

func (k *Taker) write(t *Ticket) error {
	c := &Cut{}
	for n := range k.set.Space(0).Databases() {
		d := Database{Number: n}
		for p := range k.set.Len() {
			u := k.set.Space(p).Usage(n)
			d.Keys += int(u.Keys)
			d.Expires += int(u.Expires)
			c.Timed = c.Timed || u.Timed > 0
		}
		if d.Keys > 0 {
			c.Keys += int64(d.Keys)
			c.Databases = append(c.Databases, d)
		}
	}
	t.total.Store(c.Keys)
	if t.target.AtCut != nil {
		t.target.AtCut(c)
	}
	if f := t.target.Frame; f != nil {
		if _, err := t.Write(f.Head(nil, c)); err != nil {
			return err
		}
	}
	x := t.target.Format.Encoder(c)
	for _, d := range c.Databases {
		for p := range k.set.Len() {
			var err error
			buf := x.Select(nil, d.Number)
			k.set.Space(p).DB(d.Number).Each(func(e keyspace.Entry) bool {
				if buf, err = x.Append(buf, e, rdb.NoUsage); err == nil && len(buf) > 32<<10 {
					_, err = t.Write(buf)
					buf = buf[:0]
				}
				t.keys.Add(1)
				return err == nil
			})
			if err == nil {
				_, err = t.Write(buf)
			}
			if err != nil {
				return err
			}
		}
	}
	if f := t.target.Frame; f != nil {
		_, err := t.Write(f.Tail(nil, t.sum))
		return err
	}
	return nil
}
