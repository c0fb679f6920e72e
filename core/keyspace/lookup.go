package keyspace

import (
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// Look says how a look-up differs from that of a plain read command.
type Look uint8

// The flags of Lookup. A look-up for writing is Write: no hits, no misses, no "keymiss".
const (
	NoTouch  Look = 1 << iota // leave the access field (LRU, LFU) alone
	NoStats                   // count neither a hit nor a miss
	NoNotify                  // no "keymiss" event

	Write = NoStats | NoNotify
	Quiet = NoTouch | NoStats | NoNotify
)

// ExpiryMode says what becomes of a key whose time has come.
type ExpiryMode uint8

const (
	// ExpireDelete deletes it at the next touch, and in ExpireSlice. This is the mode of a primary.
	ExpireDelete ExpiryMode = iota
	// ExpireHide answers as if it weren't there, but leaves it until the primary's deletion comes. ExpireSlice does nothing.
	ExpireHide
	// ExpireIgnore treats it as any other key, as while loading and for what comes from the primary.
	ExpireIgnore
)

// SetExpiryMode sets what becomes of expired keys.
func (s *Space) SetExpiryMode(m ExpiryMode) { s.mode = m }

// Expires says whether the space deletes what has expired: whether an expiry in the past is a deletion.
func (s *Space) Expires() bool { return s.mode == ExpireDelete }

// Find looks a key up for a read command: it counts a hit or a miss, touches the access field, tells of a miss. A key whose time has come is
// removed and not found.
func (d *DB) Find(key []byte) Entry {
	h := object.HashOf(d.seed, key)
	r := d.find(h, key)
	if r == 0 {
		d.missed(key, 0)
		return Entry{}
	}
	e, s := object.At(d.arena, r), d.space
	head := e.Head()
	if head.HasExpirySlot() && d.due(e) {
		return d.foundDue(h, e, key, 0)
	}
	s.stats.Hits++
	if head.Access() != s.clock.still {
		s.touch(e)
	}
	return e
}

// FindWrite looks a key up for a command that writes to it: no hit, miss or event is counted.
func (d *DB) FindWrite(key []byte) Entry {
	return d.Lookup(key, Write)
}

// Peek looks a key up without a trace but the removal of a key whose time has come.
func (d *DB) Peek(key []byte) Entry {
	return d.Lookup(key, Quiet)
}

// Lookup is Find with differences.
func (d *DB) Lookup(key []byte, look Look) Entry {
	h := object.HashOf(d.seed, key)
	r := d.find(h, key)
	if r == 0 {
		d.missed(key, look)
		return Entry{}
	}
	e := object.At(d.arena, r)
	if e.HasExpirySlot() && d.due(e) {
		return d.foundDue(h, e, key, look)
	}
	d.hit(e, look)
	return e
}

// Has says whether the key is there, also if its time has come. It changes nothing.
func (d *DB) Has(key []byte) bool { return d.find(object.HashOf(d.seed, key), key) != 0 }

// Expired says whether the key is there but its time has come. It changes nothing.
func (d *DB) Expired(key []byte) bool {
	r := d.find(object.HashOf(d.seed, key), key)
	return r != 0 && d.due(object.At(d.arena, r))
}

// due says whether the entry's time has come: as in Valkey, a key still lives in the millisecond of its expiry.
func (d *DB) due(e Entry) bool {
	at := e.ExpireAt()
	return at != 0 && at < d.space.now
}

// foundDue handles the look-up of a key whose time has come.
func (d *DB) foundDue(h uint64, e Entry, key []byte, look Look) Entry {
	switch d.space.mode {
	case ExpireIgnore:
		d.hit(e, look)
		return e
	case ExpireDelete:
		d.expire(h, e)
	}
	d.missed(key, look)
	return Entry{}
}

func (d *DB) hit(e Entry, look Look) {
	if look&NoStats == 0 {
		d.space.stats.Hits++
	}
	if look&NoTouch == 0 && e.Access() != d.space.clock.still {
		d.space.touch(e)
	}
}

func (d *DB) missed(key []byte, look Look) {
	if look&NoStats == 0 {
		d.space.stats.Misses++
	}
	if look&NoNotify == 0 {
		d.Notify(ClassKeyMiss, "keymiss", key)
	}
}

// live returns the entry of key for a mutation: one whose time has come is removed first, as a look-up would.
func (d *DB) live(h uint64, key []byte) Entry {
	r := d.find(h, key)
	if r == 0 {
		return Entry{}
	}
	e := object.At(d.arena, r)
	if e.HasExpirySlot() && d.space.mode == ExpireDelete && d.due(e) && d.expire(h, e) {
		return Entry{}
	}
	return e
}

// Prefetch asks for the cache line of the table in which a look-up of key begins, and doesn't wait for it.
//
// Who has several keys to look up (MGET, DEL, a pipeline) calls Prefetch for all of them, PrefetchEntry for all, and then looks
// them up one after the other: so the cache misses of all keys overlap, where each would be waited for in turn.
func (d *DB) Prefetch(key []byte) {
	d.table.Prefetch(d.arena, object.HashOf(d.seed, key))
}

// PrefetchEntry asks for the entry of key, if the table says that there is one, and doesn't wait for it. It reads the line
// that Prefetch asked for.
func (d *DB) PrefetchEntry(key []byte) {
	d.table.PrefetchHit(d.arena, object.HashOf(d.seed, key))
}
