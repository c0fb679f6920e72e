package rdb

import (
	"math"

	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

// Builder is the sink that makes an entry of a value, in the arena of a database, but not yet in its table: so a value that turns
// out to be damaged at its last byte has changed nothing.
//
// The lease of the partition must be held from Reset to the end of Take or Drop.
type Builder struct {
	// KeepExpired: fields whose time has come are taken too, for data that a log of later changes belongs to.
	KeepExpired bool

	db       *keyspace.DB
	key      []byte
	expireAt int64
	entry    keyspace.Entry

	form  Type
	count int  // elements, as far as that is known
	begun bool // there is an element

	list   object.List
	set    object.Set
	zset   object.ZSet
	hash   object.Hash
	stream object.Stream

	group    object.StreamGroup
	consumer object.StreamConsumer
	owned    int // pending entries of the group that have an owner
}

// Reset begins the value of a key in db that is to have the given expiry in unix ms, or 0 for none. key must stay as it is until the value
// is complete.
func (b *Builder) Reset(db *keyspace.DB, key []byte, expireAt int64) {
	b.db, b.key, b.expireAt, b.entry = db, key, expireAt, keyspace.Entry{} // the rest is set by Begin
}

// Take hands the entry over to the caller, who gives it to DB.Place or frees it.
func (b *Builder) Take() keyspace.Entry {
	e := b.entry
	b.entry = keyspace.Entry{}
	return e
}

// Built shows the entry that Take would hand over.
func (b *Builder) Built() keyspace.Entry { return b.entry }

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

// Begin announces a collection.
func (b *Builder) Begin(form Type, t object.Type, count uint64) error {
	b.entry = object.NewCollection(b.db.Space().Arena(), b.key, t, keyspace.EmptyEncoding(t), b.expireAt, 0)
	if !b.entry.Exists() {
		return keyspace.ErrNoMemory
	}
	b.form, b.begun = form, false
	b.count = int(min(count, math.MaxInt32)) // #nosec G115 -- bounded
	env := b.db.Space().Env()
	switch t {
	case object.TypeList:
		b.list = b.entry.AsList(env)
	case object.TypeSet:
		b.set = b.entry.AsSet(env)
	case object.TypeZSet:
		b.zset = b.entry.AsZSet(env)
	case object.TypeHash:
		b.hash = b.entry.AsHash(env, 0)
	case object.TypeStream:
		if b.stream = b.entry.AsStream(env); !b.stream.Init() {
			return keyspace.ErrNoMemory
		}
	}
	return nil
}

// End says that the collection is complete. It has come to nothing if all its fields had expired.
func (b *Builder) End() error {
	if b.entry.Root() == 0 {
		return ErrEmpty
	}
	if b.entry.Type() == object.TypeZSet {
		b.zset.Pack()
	}
	return nil
}

// Element takes an element of a list.
func (b *Builder) Element(text []byte) error {
	if len(text) > maxElement {
		return errLength
	}
	if !b.list.Grow(text) || !b.list.PushLast(text) {
		return keyspace.ErrNoMemory
	}
	return nil
}

// maxElement is the longest element of a list, as a packed block can't be larger.
const maxElement = packed.MaxUsed / 2

// added is the outcome of adding an element.
func added(isNew, ok bool) error {
	switch {
	case !ok:
		return keyspace.ErrNoMemory
	case !isNew:
		return errDuplicate
	}
	return nil
}

// Member takes a member of a set. The form that it was written in says more of its encoding than the members do.
func (b *Builder) Member(text []byte) error {
	if !b.begun {
		b.begun = true
		if b.form != TypeSetListpack {
			b.set.Expect(text, b.count)
		}
	}
	return added(b.set.Add(text))
}

// Scored takes a member of a sorted set.
func (b *Builder) Scored(member []byte, score float64) error {
	if !b.begun {
		b.begun = true
		if b.form == TypeZSet || b.form == TypeZSet2 {
			// It was a large one. Should it be small here, that shows in the end: until then, a score of -0 is not to lose its
			// sign, as it does in a small one.
			b.zset.Prepare(math.MaxInt, 0)
		}
	}
	_, result := b.zset.Add(member, score, object.AddNX)
	return added(result == object.AddNew, result != object.AddNoMemory)
}

// Field takes a field of a hash. One whose time has come is left out.
func (b *Builder) Field(field, value []byte, expireAt int64) error {
	if expireAt != 0 {
		if expireAt < b.db.Space().Now() && !b.KeepExpired {
			return nil
		}
		if !b.hash.Track() {
			return keyspace.ErrNoMemory
		}
	}
	done := b.hash.Set(field, value, expireAt)
	return added(done == object.Added, done != object.Failed)
}
