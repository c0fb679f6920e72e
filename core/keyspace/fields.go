package keyspace

import (
	"fmt"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/datastruct/tree"
	"github.com/sleipnirdb/sleipnir/internal/clock"
)

// Fields of hashes with an expiry of their own.
//
// A hash knows the order of its own expiries. DB.fields is the index of such hashes: each once, by the instant that the hash
// holds as Tracked, which is never later than the first of its expiries. So active expiry samples nothing here either, and what has
// no field with an expiry costs nothing but the look at a flag in the header when its entry goes or moves.
//
// A command that gives fields an expiry calls TrackFields before and SettleFields after; one that may have removed such fields, or
// their expiry, calls SettleFields.

// fieldClock returns the instant up to which fields of hashes live: none has expired in a space that ignores expiries.
func (s *Space) fieldClock() int64 {
	if s.mode == ExpireIgnore {
		return 0
	}
	return s.now
}

// TrackFields makes the hash one whose fields may have expiries from the instant at on.
func (d *DB) TrackFields(e Entry, at int64) error {
	h := d.Hash(e)
	if !h.Track() {
		return ErrNoMemory
	}
	was := h.Tracked()
	if was != 0 && was <= at {
		return nil
	}
	if !d.indexFields(at, e.Ref()) {
		return ErrNoMemory
	}
	if was != 0 {
		d.unindexFields(was, e.Ref())
	}
	h.SetTracked(at)
	return nil
}

// SettleFields brings the index up to date after fields with an expiry were changed.
func (d *DB) SettleFields(e Entry) {
	if !e.HasFieldExpiry() {
		return
	}
	h := d.Hash(e)
	was, first := h.Tracked(), h.FirstExpiry()
	if was == first && first != 0 {
		return
	}
	if first == 0 {
		if was != 0 {
			d.unindexFields(was, e.Ref())
		}
		h.Untrack()
		return
	}
	if d.indexFields(first, e.Ref()) { // if not, it stays too early, which does no harm
		d.unindexFields(was, e.Ref())
		h.SetTracked(first)
	}
}

// CountExpiredFields counts fields that were removed, or replaced, because their time had come.
func (d *DB) CountExpiredFields(n int) { d.space.stats.ExpiredFields += uint64(n) }

// TimedHashes returns the number of hashes with fields that have an expiry.
func (d *DB) TimedHashes() int { return d.fields.Len() }

// indexFields puts a hash into the index of those with expiries; false if the arena is out of memory.
func (d *DB) indexFields(at int64, r arena.Ref) bool {
	if !d.fields.Insert(d.arena, uint64(at), r, nil) {
		return false
	}
	d.dueBy(at)
	return true
}

func (d *DB) unindexFields(at int64, r arena.Ref) {
	if !d.fields.Delete(d.arena, uint64(at), r, nil) {
		panic("keyspace: a hash isn't in the index of its fields' expiries")
	}
}

// dropFields takes an entry that goes out of the index, if it is in.
func (d *DB) dropFields(e Entry) {
	if !e.HasFieldExpiry() {
		return
	}
	if at := d.Hash(e).Tracked(); at != 0 {
		d.unindexFields(at, e.Ref())
	}
}

// adoptFields puts a new entry, which may share its value with one that is about to go, into the index, if its fields expire; false if
// the arena is out of memory.
func (d *DB) adoptFields(e Entry) bool {
	if !e.HasFieldExpiry() {
		return true
	}
	h := d.Hash(e)
	at := h.Tracked()
	if at == 0 {
		at = h.FirstExpiry()
	}
	if !d.indexFields(at, e.Ref()) {
		return false
	}
	h.SetTracked(at)
	return true
}

// expireFields removes fields whose time has come until none is left or the budget is used up, and returns how many.
func (s *Space) expireFields(start uint64, budgetNanos int64) (expired int) {
	for _, d := range s.dbs {
		if d == nil {
			continue
		}
		for last := (tree.Item{}); ; {
			it, ok := d.fields.First(d.arena)
			if !ok || int64(it.Key) >= s.now || it == last { // the last one comes again if there was no memory to settle it
				break
			}
			n := d.expireFieldsOf(object.At(d.arena, it.Ref))
			if expired += n; n == 0 {
				last = it
			}
			if clock.Since(start) >= budgetNanos {
				return expired
			}
		}
	}
	return expired
}

// expireFieldsOf removes some fields of one hash, and the hash with the last of them.
func (d *DB) expireFieldsOf(e Entry) int {
	if !d.spare(e.Hash(d.seed), e) {
		return 0
	}
	h := d.Hash(e)
	if f := d.space.effects; f != nil {
		f.deleteFields(d.number, e.Key(), h.AppendExpired(f.fields[:0], expireBatch))
	}
	n := h.TakeExpired(expireBatch)
	d.CountExpiredFields(n)
	isEmpty := h.Len() == 0
	if !isEmpty {
		d.SettleFields(e)
		if n > 0 {
			d.changed(e)
		}
		if n > 0 && d.Notifies(ClassHash) {
			d.Notify(ClassHash, "hexpired", e.Key())
		}
		return n
	}
	key := d.space.keepKey(e)
	d.unlink(e.Hash(d.seed), e)
	d.Touched(key)
	d.Notify(ClassHash, "hexpired", key)
	d.Notify(ClassGeneric, "del", key)
	return n
}

// saneFields checks what the index says of one entry, and returns how many items it must have for it.
func (d *DB) saneFields(e Entry) (items int, err error) {
	if !e.HasFieldExpiry() {
		return 0, nil
	}
	h := d.Hash(e)
	at, first := h.Tracked(), h.FirstExpiry()
	if c := d.fields.Seek(d.arena, uint64(at), e.Ref(), nil); !c.Valid() || c.Item() != (tree.Item{Key: uint64(at), Ref: e.Ref()}) {
		return 1, fmt.Errorf("its fields expire, but the index doesn't have it at %d", at)
	}
	if at > first || at < d.space.due.Load()-1 {
		return 1, fmt.Errorf("a field expires at %d, the index says %d, NextDue %d", first, at, d.space.due.Load())
	}
	return 1, nil
}
