package keyspace

import (
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// scanSteps bounds the steps of one Scan per key asked for, so that a sparse table doesn't make it long.
const scanSteps = 10

// scan is the state of the Scan under way.
type scan struct {
	db    *DB
	wants func(Entry) bool
	visit func(Entry)
	seen  int
	due   []arena.Ref // keys whose time has come, removed after the step; reused
}

// Scan visits some keys from cursor on and returns the cursor to go on with, 0 at the end; 0 is also the start. A key that is there
// from the first call to the last is visited at least once, whatever happens in between. It visits count keys or a few more, if the
// end or an empty stretch doesn't come first. Keys that wants, if not nil, says no to are passed over, and those whose time has come
// are removed instead, but both count.
//
// Neither wants nor visit may change the database.
func (d *DB) Scan(cursor uint64, count int, wants func(Entry) bool, visit func(Entry)) (next uint64) {
	s := d.space
	s.scan.db, s.scan.wants, s.scan.visit, s.scan.seen = d, wants, visit, 0
	for steps := count * scanSteps; ; steps-- {
		cursor = d.table.Scan(d.arena, cursor, s.hashOf, s.scanVisit)
		d.expireScanned()
		if cursor == 0 || steps <= 0 || s.scan.seen >= count {
			break
		}
	}
	s.scan.db, s.scan.wants, s.scan.visit = nil, nil, nil
	return cursor
}

// visit is what the table's scan calls for each entry.
func (s *Space) visit(r arena.Ref) {
	s.scan.seen++
	e := object.At(s.arena, r)
	if s.scan.wants != nil && !s.scan.wants(e) {
		return
	}
	if e.HasExpirySlot() && s.scan.db.due(e) {
		switch s.mode {
		case ExpireDelete:
			s.scan.due = append(s.scan.due, r)
			return
		case ExpireHide:
			return
		}
	}
	s.scan.visit(e)
}

func (d *DB) expireScanned() {
	for _, r := range d.space.scan.due {
		e := object.At(d.arena, r)
		d.expire(e.Hash(d.seed), e)
	}
	d.space.scan.due = d.space.scan.due[:0]
}

// randomTries bounds the search for a key whose time hasn't come where such keys aren't removed.
const randomTries = 100

// Random returns a key chosen fairly, for RANDOMKEY; the zero Entry if there is none. A key whose time has come is removed, and another
// chosen.
func (d *DB) Random() Entry {
	for tries := 0; d.Len() > 0; tries++ {
		e := object.At(d.arena, d.table.Random(d.arena, d.space.rnd.next()))
		if !e.HasExpirySlot() || !d.due(e) || d.space.mode == ExpireIgnore {
			return e
		}
		if d.space.mode == ExpireDelete && d.expire(e.Hash(d.seed), e) {
			continue
		}
		if tries >= randomTries {
			return e // as Valkey does on a replica where every key may be one
		}
	}
	return Entry{}
}

// Each visits every key once, also those whose time has come, until the visitor says no. The visitor may change nothing.
func (d *DB) Each(visit func(Entry) (more bool)) {
	more := true
	each := func(r arena.Ref) { more = more && visit(object.At(d.arena, r)) }
	for cursor := uint64(0); more; {
		if cursor = d.table.Scan(d.arena, cursor, d.space.hashOf, each); cursor == 0 {
			return
		}
	}
}
