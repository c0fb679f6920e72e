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
// a view like any other. It is what SETBIT and BITFIELD write to.
func (d *DB) Edit(e Entry, size int) ([]byte, error) {
	old := e.Len()
	n, err := d.resize(e, max(old, size))
	if err != nil {
		return nil, err
	}
	b := n.Writable()
	clear(b[old:])
	return b, nil
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

// resize makes the string size bytes long; new bytes are undefined.
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
	d.changed(n)
	return n, nil
}
