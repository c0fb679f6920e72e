package keyspace

import (
	"sync/atomic"

	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// Blocked clients.
//
// A client that waits for keys (BLPOP, XREAD BLOCK …) has one Waiter, which stands in the queue of each of its keys, first come first
// served. A change of a key with a queue makes the key ready; whoever made the change asks for ready keys (NextReady) before
// it lets go of the lease, and serves the waiters.
//
// The queues belong to the partitions of the keys, but a waiter with keys in several partitions is served only once: who wants to serve it,
// and whoever wants to end its wait, must win it first, by Claim or Cancel. One that is over (served, timed out, gone) may
// stand in queues for a while; it is skipped, and taken out by whoever passes with the lease.

// Waiter is one client's wait. Claim, Unclaim, Cancel and Over are atomic; the rest belongs to whoever made it.
type Waiter struct {
	// Owner is what the one who serves needs.
	Owner any
	// Type is the type of key that can serve.
	Type object.Type
	// OnLoss: the waiter wants to hear of it if the key is gone or of another type (XREADGROUP).
	OnLoss bool
	// Keys are where it waits; their bytes are the waiter's own.
	Keys  []WaitKey
	state atomic.Uint32
}

// WaitKey names a key that is waited for.
type WaitKey struct {
	DB    int
	Key   []byte
	place *place // protected by the key's lease
}

// States of a waiter.
const (
	waiterWaits   = iota
	waiterClaimed // somebody tries to serve it
	waiterPoked   // … and its loop wants to know when that failed
	waiterOver
)

// Claim wins the right to serve the waiter. It returns false if the wait is over or somebody else has won it.
func (w *Waiter) Claim() bool { return w.state.CompareAndSwap(waiterWaits, waiterClaimed) }

// Unclaim gives the right back, as the key didn't serve. It says whether Cancel was called meanwhile.
func (w *Waiter) Unclaim() (poked bool) {
	if w.state.CompareAndSwap(waiterClaimed, waiterWaits) {
		return false
	}
	w.state.Store(waiterWaits)
	return true
}

// Served ends a wait that was claimed.
func (w *Waiter) Served() { w.state.Store(waiterOver) }

// Cancel ends the wait, or returns false: then the waiter is being served, or Unclaim will say that Cancel was called.
func (w *Waiter) Cancel() bool {
	for {
		if w.state.CompareAndSwap(waiterWaits, waiterOver) {
			return true
		}
		if w.state.CompareAndSwap(waiterClaimed, waiterPoked) {
			return false
		}
		if s := w.state.Load(); s == waiterPoked || s == waiterOver {
			return false
		}
	}
}

// Claimed says whether somebody serves the waiter, or has served it.
func (w *Waiter) Claimed() bool { return w.state.Load() != waiterWaits }

// Over says whether the wait has ended.
func (w *Waiter) Over() bool { return w.state.Load() == waiterOver }

// wants says whether the entry of a key could serve the waiter.
func (w *Waiter) wants(e Entry) bool {
	if !e.Exists() {
		return w.OnLoss
	}
	return e.Type() == w.Type || w.OnLoss
}

// queue holds the waiters of one key, in the order in which they came.
type queue struct {
	first, last *place
	ready       bool // it stands in Space.ready
	losers      int  // places of waiters with OnLoss
}

// place is a waiter's place in a queue.
type place struct {
	waiter     *Waiter
	prev, next *place
	gone       bool // it was taken out
}

// ReadyKey is a key that may be able to serve its waiters.
type ReadyKey struct {
	db  *DB
	key string
}

// DB returns the key's database.
func (r ReadyKey) DB() *DB { return r.db }

// Key returns the key.
func (r ReadyKey) Key() string { return r.key }

// Await puts w at the end of the queue of a key. The bytes of key are kept.
func (d *DB) Await(key []byte, w *Waiter) {
	s := d.space
	if s.places >= 2*s.placesLeft+sweepPlaces {
		s.sweepWaiters()
	}
	q := d.waiting[string(key)]
	if q == nil {
		if d.waiting == nil {
			d.waiting = make(map[string]*queue)
		}
		q = &queue{}
		d.waiting[string(key)] = q
	}
	if q.last != nil && q.last.waiter == w {
		return // the key is named twice
	}
	p := &place{waiter: w, prev: q.last}
	w.Keys = append(w.Keys, WaitKey{d.number, key, p})
	if q.last == nil {
		q.first = p
	} else {
		q.last.next = p
	}
	q.last = p
	if w.OnLoss {
		q.losers++
	}
	s.places++
}

// sweepPlaces is how many places of waiters there may be before those that are over are looked for.
const sweepPlaces = 64

// sweepWaiters takes out all places of waiters that are over. It is done whenever there are twice as many places as it left the last
// time, so that it costs a waiter a constant, and the rest stay few.
func (s *Space) sweepWaiters() {
	s.places = 0
	for _, d := range s.dbs {
		if d == nil {
			continue
		}
		for key, q := range d.waiting {
			for p := q.first; p != nil; p = p.next {
				if p.waiter.Over() {
					q.remove(p)
				} else {
					s.places++
				}
			}
			if q.first == nil && !q.ready {
				delete(d.waiting, key)
			}
		}
	}
	s.placesLeft = s.places
}

// remove takes a place out; its own links stay, for whoever walks over it.
func (q *queue) remove(p *place) {
	p.gone = true
	if p.prev == nil {
		q.first = p.next
	} else {
		p.prev.next = p.next
	}
	if p.next == nil {
		q.last = p.prev
	} else {
		p.next.prev = p.prev
	}
	if p.waiter.OnLoss {
		q.losers--
	}
}

// Leave takes a waiter that is over out of the queue of one of its keys.
func (d *DB) Leave(k WaitKey) {
	if k.place.gone {
		return
	}
	q := d.waiting[string(k.Key)]
	d.leave(q, k.place)
	if q.first == nil && !q.ready {
		delete(d.waiting, string(k.Key))
	}
}

func (d *DB) leave(q *queue, p *place) {
	q.remove(p)
	d.space.places--
}

// Signal makes a key ready if somebody waits for it.
func (d *DB) Signal(key []byte) {
	q := d.waiting[string(key)]
	if q == nil || q.ready {
		return
	}
	q.ready = true
	d.space.ready = append(d.space.ready, ReadyKey{d, string(key)})
}

// signalAll makes every key of the database ready that somebody waits for.
func (d *DB) signalAll() {
	for key, q := range d.waiting {
		if !q.ready {
			q.ready = true
			d.space.ready = append(d.space.ready, ReadyKey{d, key})
		}
	}
}

// Ready says whether NextReady has a key.
func (s *Space) Ready() bool { return len(s.ready) != 0 }

// NextReady returns the next key that became ready. Changes of the key from now on make it ready anew.
func (s *Space) NextReady() (r ReadyKey, ok bool) {
	if len(s.ready) == 0 {
		return ReadyKey{}, false
	}
	r = s.ready[0]
	if n := copy(s.ready, s.ready[1:]); n == 0 && cap(s.ready) > sweepPlaces {
		s.ready = nil
	} else {
		s.ready[n] = ReadyKey{}
		s.ready = s.ready[:n]
	}
	if q := r.db.waiting[r.key]; q != nil {
		q.ready = false
		if q.first == nil {
			delete(r.db.waiting, r.key)
		}
	}
	return r, true
}

// Serve lets the waiters of a ready key be served, in their order, as long as the key can serve one. serve is called
// with each that was claimed, and says what became of it.
func (s *Space) Serve(r ReadyKey, serve func(w *Waiter) Service) {
	d := r.db
	q := d.waiting[r.key]
	if q == nil {
		return
	}
	key := []byte(r.key)
	for p := q.first; p != nil; p = p.next {
		e := d.Peek(key)
		if !e.Exists() && q.losers == 0 {
			break
		}
		w := p.waiter
		if !w.wants(e) {
			continue
		}
		if !w.Claim() {
			if w.Over() {
				d.leave(q, p)
				continue
			}
			if !w.OnLoss && len(w.Keys) == 1 {
				break // it is about to be served from this key: its turn is kept
			}
			continue
		}
		switch serve(w) {
		case ServiceDone:
			d.leave(q, p)
		case ServiceLater:
			return
		case ServiceNone:
		}
	}
	if q.first == nil && !q.ready {
		delete(d.waiting, r.key)
	}
}

// Service is what became of an attempt to serve a waiter.
type Service uint8

// The outcomes.
const (
	ServiceNone  Service = iota // the key couldn't serve it: it was unclaimed
	ServiceDone                 // served: the wait is over
	ServiceLater                // somebody else will go on with the key
)

// BlockingKeys returns how many keys somebody waits for, and how many of them for their loss too.
func (s *Space) BlockingKeys() (keys, onLoss int) {
	s.sweepWaiters()
	for _, d := range s.dbs {
		if d == nil {
			continue
		}
		keys += len(d.waiting)
		for _, q := range d.waiting {
			if q.losers > 0 {
				onLoss++
			}
		}
	}
	return keys, onLoss
}
