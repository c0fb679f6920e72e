package keyspace

import (
	"errors"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/internal/invariant"
)

// ErrNoMemory is returned by a mutation that found the address range of the arenas used up. Nothing was changed.
var ErrNoMemory = errors.New("keyspace: out of arena memory")

// SetString makes val the value of key, as SET does: int, embstr or raw encoded by its form. expireAt is an instant in unix
// ms above 0, NoTTL or KeepTTL. Whatever the key held before is gone.
func (d *DB) SetString(key, val []byte, expireAt int64) error {
	return d.Set(key, object.Encode(val), expireAt)
}

// SetInt makes n the value of key.
func (d *DB) SetInt(key []byte, n, expireAt int64) error {
	return d.Set(key, object.Int(n), expireAt)
}

// Set makes v the value of key, with the encoding that v says.
func (d *DB) Set(key []byte, v Value, expireAt int64) error {
	h := object.HashOf(d.seed, key)
	if e := d.live(h, key); e.Exists() {
		return d.overwrite(h, e, v, expireAt)
	}
	return d.insert(h, key, v, expireAt)
}

// Add is Set for a key that the caller has just found to be missing.
func (d *DB) Add(key []byte, v Value, expireAt int64) error {
	return d.insert(object.HashOf(d.seed, key), key, v, expireAt)
}

// Update makes v the value of the entry and keeps its expiry and access field. It returns the entry as it is now: it may
// have moved.
func (d *DB) Update(e Entry, v Value) (Entry, error) {
	if v.Enc == object.EncInt && e.SetInt(v.Int) {
		d.changed(e)
		return e, nil
	}
	return d.replaceValue(e.Hash(d.seed), e, v, e.ExpireAt())
}

// Delete removes key and says whether it was there. A key whose time had come wasn't. What takes long to free is left to FreeSlice.
func (d *DB) Delete(key []byte) bool {
	h := object.HashOf(d.seed, key)
	e := d.live(h, key)
	if !e.Exists() {
		return false
	}
	d.unlink(h, e)
	d.Touched(key)
	return true
}

// Remove removes the entry that the caller has just found.
func (d *DB) Remove(e Entry) {
	h := e.Hash(d.seed)
	if !d.heard() {
		d.unlink(h, e)
		return
	}
	key := d.space.keepKey(e)
	d.unlink(h, e)
	d.Touched(key)
}

// SetExpiry gives the entry an expiry in unix ms, above 0, or takes it away for NoTTL. It returns the entry as it is now: it may
// have moved. An instant in the past is taken as it is: the handler that wants to delete instead calls Remove.
func (d *DB) SetExpiry(e Entry, expireAt int64) (Entry, error) {
	old := e.ExpireAt()
	if old == expireAt {
		d.changed(e)
		return e, nil
	}
	n := e.WithExpiry(expireAt)
	if !n.Exists() {
		return e, ErrNoMemory
	}
	isMoved := n.Ref() != e.Ref()
	if isMoved && !d.adoptFields(n) {
		n.Drop()
		return e, ErrNoMemory
	}
	if !d.reindex(old, e.Ref(), expireAt, n.Ref()) {
		if !isMoved {
			e.WithExpiry(old) // the slot is there, so this needs no memory
		} else {
			d.dropFields(n)
			n.Drop()
		}
		return e, ErrNoMemory
	}
	if isMoved {
		d.moved(e.Hash(d.seed), e, n)
		d.dropFields(e)
		e.Drop()
	}
	d.changed(n)
	return n, nil
}

// insert adds a key that isn't there.
func (d *DB) insert(h uint64, key []byte, v Value, expireAt int64) error {
	expireAt = max(expireAt, 0) // there is nothing to keep
	e := object.NewString(d.arena, key, v, expireAt, d.space.fresh())
	if !e.Exists() {
		return ErrNoMemory
	}
	return d.adopt(h, e)
}

// adopt puts a new entry, whose key isn't there, into table and index, or frees it.
func (d *DB) adopt(h uint64, e Entry) error {
	at := e.ExpireAt()
	if at != 0 && !d.index(at, e.Ref()) {
		e.Free()
		return ErrNoMemory
	}
	if !d.table.Insert(d.arena, h, e.Ref(), d.space.hashOf) {
		if at != 0 {
			d.unindex(at, e.Ref())
		}
		e.Free()
		return ErrNoMemory
	}
	d.enter(h, e)
	if d.heard() || d.Notifies(ClassNew) {
		key := e.Key()
		d.Notify(ClassNew, "new", key)
		d.Touched(key)
	}
	return nil
}

// overwrite replaces the value of a key that is there, as Set does.
func (d *DB) overwrite(h uint64, e Entry, v Value, expireAt int64) error {
	if expireAt == KeepTTL {
		expireAt = e.ExpireAt()
	}
	if e.Access() != d.space.clock.still {
		d.space.touch(e)
	}
	if expireAt == NoTTL && e.OverwritePlain(v) {
		d.changed(e)
		return nil
	}
	_, err := d.replaceValue(h, e, v, expireAt)
	return err
}

// replaceValue gives the entry a value and an expiry.
func (d *DB) replaceValue(h uint64, e Entry, v Value, expireAt int64) (Entry, error) {
	old := e.ExpireAt()
	if e.Type() == object.TypeString && e.FitsValue(v, expireAt) {
		if old != expireAt && expireAt != 0 && !d.index(expireAt, e.Ref()) {
			return e, ErrNoMemory
		}
		if !e.Overwrite(v, expireAt) {
			if old != expireAt && expireAt != 0 {
				d.unindex(expireAt, e.Ref())
			}
			return e, ErrNoMemory
		}
		if old != expireAt && old != 0 {
			d.unindex(old, e.Ref())
		}
		d.changed(e)
		return e, nil
	}
	n := object.NewString(d.arena, e.Key(), v, expireAt, e.Access())
	if !n.Exists() {
		return e, ErrNoMemory
	}
	if !d.reindex(old, e.Ref(), expireAt, n.Ref()) {
		n.Free()
		return e, ErrNoMemory
	}
	d.moved(h, e, n)
	d.dropFields(e)
	d.space.free(e)
	d.changed(n)
	return n, nil
}

// moved puts n in the place of e in the table.
func (d *DB) moved(h uint64, e, n Entry) {
	d.checkSpared(h, e)
	if !d.table.Replace(d.arena, h, e.Ref(), n.Ref()) {
		panic("keyspace: an entry that moved isn't in its table")
	}
	d.enter(h, n)
}

// unlink takes an entry out of table and index and frees it. The key is no longer readable after it.
func (d *DB) unlink(h uint64, e Entry) {
	d.detach(h, e)
	d.space.free(e)
}

// detach takes an entry out of table and indexes.
func (d *DB) detach(h uint64, e Entry) {
	d.checkSpared(h, e)
	d.dropFields(e)
	if at := e.ExpireAt(); at != 0 {
		d.unindex(at, e.Ref())
	}
	if !d.table.Delete(d.arena, h, e.Ref(), d.space.hashOf) {
		panic("keyspace: an entry isn't in its table")
	}
}

// heard says whether anybody would notice Touched.
func (d *DB) heard() bool {
	return len(d.watched)+len(d.waiting) != 0 || d.space.follow&FollowModified != 0
}

// changed is Touched for the key of an entry, which is only read if anybody listens.
func (d *DB) changed(e Entry) {
	if invariant.Enabled {
		d.checkSpared(e.Hash(d.seed), e)
	}
	if d.heard() {
		d.Touched(e.Key())
	}
}

// index puts an expiry into the index; false if the arena is out of memory.
func (d *DB) index(at int64, r arena.Ref) bool {
	if !d.expiries.add(d.arena, at, r) {
		return false
	}
	d.dueBy(at)
	return true
}

// dueBy sees to it that NextDue is no later than just after an instant.
func (d *DB) dueBy(at int64) {
	if at < d.space.due.Load()-1 {
		d.space.due.Store(at + 1)
	}
}

// reindex tells the index that an entry's expiry is no longer was but at, its block no longer old but fresh. Either may be 0 for none. It returns
// false, with nothing changed, if the arena is out of memory.
func (d *DB) reindex(was int64, old arena.Ref, at int64, fresh arena.Ref) bool {
	if was == at {
		return at == 0 || old == fresh || d.expiries.move(d.arena, at, old, fresh)
	}
	if at != 0 && !d.index(at, fresh) {
		return false
	}
	if was != 0 {
		d.unindex(was, old)
	}
	return true
}

// unindex takes an expiry out of the index. NextDue stays: too early does no harm.
func (d *DB) unindex(at int64, r arena.Ref) {
	if !d.expiries.remove(d.arena, at, r) {
		panic("keyspace: an expiry isn't in its index")
	}
}
