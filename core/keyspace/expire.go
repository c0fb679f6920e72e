package keyspace

import (
	"math"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/internal/clock"
	"github.com/sleipnirdb/sleipnir/internal/invariant"
)

const (
	// sliceNanos is how long a slice of background work holds the lease if the caller has no opinion: long enough
	// that taking the lease costs nothing in comparison, short enough that a command that waits for it doesn't show in p99.
	sliceNanos = 500_000

	// expireBatch is how many keys are removed between looks at the clock, and how many cache misses may be under way at once.
	expireBatch = 64
)

// ExpireSlice removes keys whose time has come, in each database the longest due first, until none is left or about budgetNanos have
// passed (0 means the default of half a millisecond). It returns how many it removed, and whether more are due.
func (s *Space) ExpireSlice(budgetNanos int64) (expired int, more bool) {
	if s.mode != ExpireDelete || s.due.Load() > s.now {
		return 0, false
	}
	start := clock.Ticks()
	expired = s.expireUntil(start, budgetOr(budgetNanos))
	expired += s.expireFields(start, budgetOr(budgetNanos))
	s.publishDue()
	more = s.due.Load() <= s.now
	s.stats.ExpireNanos += uint64(clock.Since(start))
	if more {
		s.stats.ExpireCapped++
	}
	return expired, more
}

// expireUntil removes due keys until none is left or the budget is used up.
func (s *Space) expireUntil(start uint64, budgetNanos int64) (expired int) {
	for _, d := range s.dbs {
		if d == nil {
			continue
		}
		for n := expireBatch; n == expireBatch; {
			n = d.expireBatch()
			expired += n
			if n > 0 && clock.Since(start) >= budgetNanos {
				return expired
			}
		}
	}
	return expired
}

func budgetOr(nanos int64) int64 {
	if nanos > 0 {
		return nanos
	}
	return sliceNanos
}

// publishDue sets what NextDue returns to the truth.
func (s *Space) publishDue() {
	due := int64(math.MaxInt64)
	for _, d := range s.dbs {
		if d == nil {
			continue
		}
		if at, _, ok := d.expiries.first(d.arena); ok && at < due-1 {
			due = at + 1
		}
		if it, ok := d.fields.First(d.arena); ok && int64(it.Key) < due-1 {
			due = int64(it.Key) + 1
		}
	}
	if s.walk != nil { // what a snapshot has to have first is tried again in a while
		due = max(due, s.now+1)
	}
	s.due.Store(due)
}

// expireBatch removes up to expireBatch keys whose time has come and returns how many.
//
// A key costs three cache misses: its entry (for the hash), its bucket, and what the allocator keeps of its page. Removing one key after the other
// would wait for each in turn; here each step is done for the whole batch, so the processor has many misses
// under way at a time.
func (d *DB) expireBatch() int {
	if d.space.walk != nil {
		return d.expireWalked()
	}
	var refs [expireBatch]arena.Ref
	var hashes [expireBatch]uint64
	n := d.expiries.takeDue(d.arena, d.space.now, refs[:])
	for i, r := range refs[:n] {
		hashes[i] = object.At(d.arena, r).Hash(d.seed)
	}
	for _, h := range hashes[:n] {
		d.table.Prefetch(d.arena, h)
	}
	quiet := !d.heard() && d.space.effects == nil && !d.Notifies(ClassExpired)
	for i, r := range refs[:n] {
		e := object.At(d.arena, r)
		if quiet {
			d.drop(hashes[i], e)
		} else {
			d.dropAloud(hashes[i], e)
		}
	}
	d.space.stats.Expired += uint64(n)
	return n
}

// expireWalked is expireBatch while the space is walked. It ends at a key that the snapshot has to have first.
func (d *DB) expireWalked() int {
	for n := range expireBatch {
		at, r, ok := d.expiries.first(d.arena)
		if !ok || at >= d.space.now {
			return n
		}
		if e := object.At(d.arena, r); !d.expire(e.Hash(d.seed), e) {
			return n
		}
	}
	return expireBatch
}

// expire removes a key whose time has come, unless a snapshot has to have it first.
func (d *DB) expire(h uint64, e Entry) bool {
	if !d.spare(h, e) {
		return false
	}
	d.unindex(e.ExpireAt(), e.Ref())
	d.dropAloud(h, e)
	d.space.stats.Expired++
	return true
}

// drop removes an entry that isn't in the expiry index from the table and frees it.
func (d *DB) drop(h uint64, e Entry) {
	d.dropFields(e)
	d.checkSpared(h, e)
	found := d.table.Delete(d.arena, h, e.Ref(), d.space.hashOf)
	invariant.Check(found, "keyspace: an entry isn't in its table")
	e.Free()
}

// dropAloud is drop that tells whoever wants to know of an expiry.
func (d *DB) dropAloud(h uint64, e Entry) {
	s := d.space
	key := s.keepKey(e)
	d.gone(key, Expired)
	d.drop(h, e)
	d.Notify(ClassExpired, "expired", key)
	d.touched(key, true)
}

// keepKey returns a copy of the entry's key, valid until the next call.
func (s *Space) keepKey(e Entry) []byte {
	s.keyCopy = append(s.keyCopy[:0], e.Key()...)
	return s.keyCopy
}
