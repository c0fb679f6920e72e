package rdb

import (
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// Builder is the sink that makes an entry of a value, in the arena of a database, but not yet in its table: so a value that turns
// out to be damaged at its last byte has changed nothing.
//
// The lease of the partition must be held from Reset to the end of Take or Drop.
type Builder struct {
	db       *keyspace.DB
	key      []byte
	expireAt int64
	entry    keyspace.Entry
}

// Reset begins the value of a key in db that is to have the given expiry in unix ms, or 0 for none. key must stay as it is until the value
// is complete.
func (b *Builder) Reset(db *keyspace.DB, key []byte, expireAt int64) {
	*b = Builder{db: db, key: key, expireAt: expireAt}
}

// Take hands the entry over to the caller, who gives it to DB.Place or frees it.
func (b *Builder) Take() keyspace.Entry {
	e := b.entry
	b.entry = keyspace.Entry{}
	return e
}

// Drop frees what was built of a value that has come to nothing.
func (b *Builder) Drop() {
	if b.entry.Exists() {
		b.entry.Free()
		b.entry = keyspace.Entry{}
	}
}

// String takes a whole string.
func (b *Builder) String(text []byte) error {
	b.entry = object.NewString(b.db.Space().Arena(), b.key, object.Encode(text), b.expireAt, 0)
	if !b.entry.Exists() {
		return keyspace.ErrNoMemory
	}
	return nil
}
