package keyspace

import "github.com/sleipnirdb/sleipnir/datastruct/object"

// Env returns what collections of this space need to know of the process.
func (s *Space) Env() *object.Env { return &s.env }

// EmptyEncoding is the encoding of a collection that was just created.
func EmptyEncoding(t object.Type) object.Encoding {
	if t == object.TypeStream {
		return object.EncStream
	}
	return object.EncListpack
}

// Create adds key as an empty collection of type t. The caller has just found key to be missing, and puts an element in or
// calls Remove before the command ends.
func (d *DB) Create(key []byte, t object.Type) (Entry, error) {
	e := object.NewCollection(d.arena, key, t, EmptyEncoding(t), NoTTL, d.space.fresh())
	if !e.Exists() {
		return e, ErrNoMemory
	}
	if err := d.adopt(object.HashOf(d.seed, key), e); err != nil {
		return Entry{}, err
	}
	return e, nil
}

// Changed tells whoever watches or waits for the entry's key that its collection was changed. A handler calls it once, after the
// change.
func (d *DB) Changed(e Entry) { d.changed(e) }

// List returns the view of an entry that is a list. Like the other views it is valid as long as the entry.
func (d *DB) List(e Entry) object.List { return e.AsList(&d.space.env) }

// SetOf returns the view of an entry that is a set.
func (d *DB) SetOf(e Entry) object.Set { return e.AsSet(&d.space.env) }

// ZSet returns the view of an entry that is a sorted set.
func (d *DB) ZSet(e Entry) object.ZSet { return e.AsZSet(&d.space.env) }

// Hash returns the view of an entry that is a hash. It hides fields whose time has come.
func (d *DB) Hash(e Entry) object.Hash { return e.AsHash(&d.space.env, d.space.fieldClock()) }

// Stream returns the view of an entry that is a stream.
func (d *DB) Stream(e Entry) object.Stream { return e.AsStream(&d.space.env) }

// Renew makes an empty collection of type t of the entry, whatever it held, without an expiry. The caller puts an element in.
func (d *DB) Renew(e Entry, t object.Type) (Entry, error) {
	n := object.NewCollection(d.arena, e.Key(), t, EmptyEncoding(t), NoTTL, d.space.fresh())
	if !n.Exists() {
		return e, ErrNoMemory
	}
	d.dropFields(e)
	if at := e.ExpireAt(); at != 0 {
		d.unindex(at, e.Ref())
	}
	d.moved(e.Hash(d.seed), e, n)
	d.space.free(e)
	return n, nil
}

// PutZSet makes a sorted set that isn't empty the value of key, in the place of whatever that held. The loose one is empty after
// it, but for an error, which changes nothing.
func (d *DB) PutZSet(key []byte, l *object.LooseZSet) error {
	e := d.FindWrite(key)
	var err error
	if e.Exists() {
		e, err = d.Renew(e, object.TypeZSet)
	} else {
		e, err = d.Create(key, object.TypeZSet)
	}
	if err != nil {
		return err
	}
	d.ZSet(e).Take(l)
	d.changed(e)
	return nil
}

// Discard frees what was taken out of a collection: at once if it's little, else FreeSlice does.
func (d *DB) Discard(r object.Remains) {
	s := d.space
	if !r.Free(s.arena, freeAtOnce) {
		return
	}
	s.remains = append(s.remains, r)
	if s.litter != nil {
		s.litter()
	}
}
