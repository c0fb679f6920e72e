package keyspace

import (
	"errors"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// ErrNoMemory is returned by a mutation that found the address range of the arenas used up. Nothing was changed.
var ErrNoMemory = errors.New("keyspace: out of arena memory")

// SetString makes val the value of key, as SET does: int, embstr or raw encoded by its form. expireAt is an instant in unix
// ms, NoTTL or KeepTTL. Whatever the key held before is gone.
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
	if r, ok := d.entry(h, key); ok {
		return d.overwrite(h, object.At(d.arena, r), v, expireAt)
	}
	return d.insert(h, key, v, max(expireAt, 0))
}

// Add is Set for a key that the caller has just found to be missing.
func (d *DB) Add(key []byte, v Value, expireAt int64) error {
	return d.insert(object.HashOf(d.seed, key), key, v, max(expireAt, 0))
}

// Update makes v the value of the string e and keeps its expiry and access field. It returns the entry as it is now: it may
// have moved.
func (d *DB) Update(e Entry, v Value) (Entry, error) {
	panic("not yet")
}

// Append appends val to the string e, which becomes raw, and returns the new length.
func (d *DB) Append(e Entry, val []byte) (int, error) {
	panic("not yet")
}

// Edit turns the string e into raw bytes, lengthens it with zeros to at least size bytes, and returns its bytes for writing. They are
// a view like any other. It is what SETRANGE, SETBIT and BITFIELD write to.
func (d *DB) Edit(e Entry, size int) ([]byte, error) {
	panic("not yet")
}

// EditNew adds key as a raw string of size zero bytes and returns them for writing. The caller has just found key to be missing.
func (d *DB) EditNew(key []byte, size int) ([]byte, error) {
	panic("not yet")
}

// Delete removes key and says whether it was there. A key whose time had come wasn't.
func (d *DB) Delete(key []byte) bool {
	h := object.HashOf(d.seed, key)
	r, ok := d.entry(h, key)
	if ok {
		d.remove(h, object.At(d.arena, r))
	}
	return ok
}

// Remove removes the entry that the caller has just found.
func (d *DB) Remove(e Entry) { d.remove(e.Hash(d.seed), e) }

// SetExpiry gives the entry an expiry in unix ms, or takes it away for NoTTL. It returns the entry as it is now: it may
// have moved. An instant in the past is taken as it is: the handler that wants to delete instead calls Remove.
func (d *DB) SetExpiry(e Entry, expireAt int64) (Entry, error) {
	panic("not yet")
}

// Rename makes the value of src, with its expiry and access field, the value of key dst of database to, and removes src.
// Whatever dst held is gone. The database to may belong to another partition, whose lease the caller must hold too.
// src may be dst's own entry, then nothing happens.
func (d *DB) Rename(src Entry, to *DB, dst []byte) error {
	panic("not yet")
}

// Copy is Rename that leaves src where it is.
func (d *DB) Copy(src Entry, to *DB, dst []byte) error {
	panic("not yet")
}

func (d *DB) insert(h uint64, key []byte, v Value, expireAt int64) error {
	panic("not yet")
}

func (d *DB) overwrite(h uint64, e Entry, v Value, expireAt int64) error {
	panic("not yet")
}

func (d *DB) remove(h uint64, e Entry) { panic("not yet") }

var _ arena.Ref
