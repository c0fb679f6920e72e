package keyspace

import "github.com/sleipnirdb/sleipnir/datastruct/object"

// Rename makes the value of src, with its expiry, the value of key dst of database to, and removes src. Whatever dst held is gone.
// It serves RENAME and MOVE.
//
// The database to may belong to another partition, whose lease the caller must hold too. If src is dst's own entry, nothing
// happens. dst may not be a view of the arena.
func (d *DB) Rename(src Entry, to *DB, dst []byte) error {
	if d == to && src.HasKey(dst) {
		return nil
	}
	shared := d.arena == to.arena // then the new entry takes the value's own block over
	n := src.Rekeyed(to.arena, dst, src.ExpireAt(), &d.space.env)
	if !n.Exists() {
		return ErrNoMemory
	}
	if !to.place(n, dst) {
		if shared {
			n.Drop()
		} else {
			n.Free()
		}
		return ErrNoMemory
	}
	key := d.space.keepKey(src)
	h := object.HashOf(d.seed, key)
	d.detach(h, src)
	if shared {
		src.Drop()
	} else {
		d.space.free(src)
	}
	d.Touched(key)
	to.Touched(dst)
	return nil
}

// Copy is Rename that leaves src where it is.
func (d *DB) Copy(src Entry, to *DB, dst []byte) error {
	if d == to && src.HasKey(dst) {
		return nil
	}
	n := src.Copied(to.arena, dst, src.ExpireAt(), &d.space.env)
	if !n.Exists() {
		return ErrNoMemory
	}
	if !to.place(n, dst) {
		n.Free()
		return ErrNoMemory
	}
	to.Touched(dst)
	return nil
}

// Place makes n, an entry that the caller has built in the space's arena and that is in no table yet, the entry of its key,
// instead of whatever is there. Out of memory, n is freed. key is n's, but no view of the arena.
func (d *DB) Place(n Entry, key []byte) error {
	if !d.place(n, key) {
		n.Free()
		return ErrNoMemory
	}
	d.Touched(key)
	return nil
}

// Load is Place for a key that isn't there, of data that is loaded at the start: no event tells of it. It returns false, and leaves n
// to the caller, if there is such a key, expired or not.
func (d *DB) Load(n Entry, key []byte) (isNew bool, err error) {
	h := object.HashOf(d.seed, key)
	if d.find(h, key) != 0 {
		return false, nil
	}
	if !d.put(h, Entry{}, n) {
		n.Free()
		return true, ErrNoMemory
	}
	return true, nil
}

// place makes n the entry of key, which it was built with, instead of whatever is there. It returns false, with nothing changed, if the
// arena is out of memory.
func (d *DB) place(n Entry, key []byte) bool {
	h := object.HashOf(d.seed, key)
	if !d.put(h, d.live(h, key), n) {
		return false
	}
	d.Notify(ClassNew, "new", key)
	return true
}

// put makes n the entry of its key, instead of old if that exists.
func (d *DB) put(h uint64, old, n Entry) bool {
	n.SetAccess(d.space.fresh())
	at := n.ExpireAt()
	if at != 0 && !d.index(at, n.Ref()) {
		return false
	}
	if !d.adoptFields(n) {
		if at != 0 {
			d.unindex(at, n.Ref())
		}
		return false
	}
	if old.Exists() {
		d.dropFields(old)
		if was := old.ExpireAt(); was != 0 {
			d.unindex(was, old.Ref())
		}
		d.moved(h, old, n)
		d.space.free(old)
	} else if !d.table.Insert(d.arena, h, n.Ref(), d.space.hashOf) {
		if at != 0 {
			d.unindex(at, n.Ref())
		}
		d.dropFields(n)
		return false
	} else {
		d.enter(h, n)
	}
	return true
}
