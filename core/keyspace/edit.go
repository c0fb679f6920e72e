package keyspace

import "github.com/sleipnirdb/sleipnir/datastruct/object"

// Append appends val to the string e, which becomes raw, and returns the new length.
func (d *DB) Append(e Entry, val []byte) (int, error) {
	old := e.Len()
	n, err := d.resize(e, old+len(val))
	if err != nil {
		return old, err
	}
	copy(n.Writable()[old:], val)
	d.changed(n)
	return old + len(val), nil
}

// SetRange writes val at offset into the string e, which becomes raw; a gap is filled with zeros. It returns the new length.
func (d *DB) SetRange(e Entry, offset int, val []byte) (int, error) {
	b, err := d.Edit(e, offset+len(val))
	if err != nil {
		return e.Len(), err
	}
	copy(b[offset:], val)
	return len(b), nil
}

// Edit turns the string e into raw bytes, lengthens it with zeros to at least size bytes, and returns its bytes for writing. They are
// a view like any other.
func (d *DB) Edit(e Entry, size int) ([]byte, error) {
	n, err := d.Resize(e, max(e.Len(), size))
	if err != nil {
		return nil, err
	}
	d.changed(n)
	return n.Writable(), nil
}

// Resize turns the string e into size raw bytes: what it had, and zeros behind that. It returns the entry as it is now: it may have moved.
//
// Nobody is told. The caller calls Changed if it makes the value another one.
func (d *DB) Resize(e Entry, size int) (Entry, error) {
	old := e.Len()
	n, err := d.resize(e, size)
	if err == nil && size > old {
		clear(n.Writable()[old:])
	}
	return n, err
}

// Draft makes a raw string of size bytes, which are undefined, that key is to have once Publish is called with it. Until then the key has its old
// value. It is for values that are computed from others, the key's own among them.
func (d *DB) Draft(key []byte, size int) (Entry, error) {
	n := object.NewUndefined(d.arena, key, size, d.space.fresh())
	if !n.Exists() {
		return n, ErrNoMemory
	}
	return n, nil
}

// Publish gives key the value of a Draft, which is freed if that fails. Whatever the key held before is gone, its expiry too.
func (d *DB) Publish(key []byte, n Entry) error {
	h := object.HashOf(d.seed, key)
	e := d.live(h, key)
	if !e.Exists() {
		return d.adopt(h, n)
	}
	d.dropFields(e)
	if at := e.ExpireAt(); at != 0 {
		d.unindex(at, e.Ref())
	}
	d.space.touch(e)
	n.SetAccess(e.Access())
	d.moved(h, e, n)
	d.space.free(e)
	d.changed(n)
	return nil
}

// EditNew adds key as a raw string of size zero bytes and returns them for writing. The caller has just found key to be missing.
func (d *DB) EditNew(key []byte, size int) ([]byte, error) {
	e := object.NewSized(d.arena, key, size, 0, d.space.fresh())
	if !e.Exists() {
		return nil, ErrNoMemory
	}
	if err := d.adopt(object.HashOf(d.seed, key), e); err != nil {
		return nil, err
	}
	return e.Writable(), nil
}

// resize makes the string size bytes long; new bytes are undefined. It tells nobody.
func (d *DB) resize(e Entry, size int) (Entry, error) {
	n := e.Resized(size)
	if !n.Exists() {
		return e, ErrNoMemory
	}
	if n.Ref() != e.Ref() {
		if at := e.ExpireAt(); !d.reindex(at, e.Ref(), at, n.Ref()) {
			n.Free()
			return e, ErrNoMemory
		}
		d.moved(e.Hash(d.seed), e, n)
		e.Free()
	}
	return n, nil
}
