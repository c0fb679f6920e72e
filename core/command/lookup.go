package command

import (
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

// Find looks the key of a collection up for a command that reads it. The entry doesn't exist if the key is missing; a key of
// another type than t is an error.
func (c *Call) Find(key []byte, t object.Type) (*keyspace.DB, keyspace.Entry, error) {
	db := c.DB(key)
	e, err := OfType(db.Find(key), t)
	return db, e, err
}

// FindWrite is Find for a command that changes the collection.
func (c *Call) FindWrite(key []byte, t object.Type) (*keyspace.DB, keyspace.Entry, error) {
	db := c.DB(key)
	e, err := OfType(db.FindWrite(key), t)
	return db, e, err
}

// OfType returns an entry that is missing or of type t, or an error.
func OfType(e keyspace.Entry, t object.Type) (keyspace.Entry, error) {
	if e.Exists() && e.Type() != t {
		return keyspace.Entry{}, ErrWrongType
	}
	return e, nil
}

// Create adds a key that was just found to be missing, as an empty collection of type t. The caller puts an element in, or removes it.
func Create(db *keyspace.DB, key []byte, t object.Type) (keyspace.Entry, error) {
	e, err := db.Create(key, t)
	return e, NoMemory(err)
}

// Bulk writes an element of a collection.
func Bulk(w *resp.Writer, v packed.Value) {
	if v.IsInt {
		w.BulkInt(v.Int)
		return
	}
	w.Bulk(v.Bytes)
}
