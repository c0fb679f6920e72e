package keyspace

import (
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/datastruct/table"
	"github.com/sleipnirdb/sleipnir/datastruct/tree"
)

// DB is one database of one partition. The lease of the partition protects it.
type DB struct {
	// What a look-up needs: one cache line, as the size makes the allocation aligned.
	table table.Table  // all keys
	arena *arena.Arena // the space's, kept here to save a step on each look-up
	seed  uint64       // likewise

	space    *Space
	expiries expiries           // the keys with an expiry, in order of it
	fields   tree.Tree          // the hashes with fields that have an expiry, see fields.go
	watched  map[string][]watch // on the Go heap; empty as a rule
	waiting  map[string]*queue  // likewise: who waits for a key
	number   int
	passage  *passage // of the walk under way, nil once it has come through
	_        [sizeDB - 184]byte
}

// sizeDB is a size class of the Go heap that is aligned to cache lines.
const sizeDB = 192

// makeDB makes database i when it is first asked for.
func (s *Space) makeDB(i int) *DB {
	d := &DB{space: s, arena: s.arena, seed: s.seed, number: i, expiries: newExpiries(), fields: tree.New(arena.PurposeExpiry)}
	s.dbs[i] = d
	return d
}

// Index returns the number of the database.
func (d *DB) Index() int { return d.number }

// Space returns the space that the database belongs to.
func (d *DB) Space() *Space { return d.space }

// Len returns the number of keys, those included that have expired but are still there.
func (d *DB) Len() int { return d.table.Len() }

// Expires returns the number of keys with an expiry.
func (d *DB) Expires() int { return d.expiries.len() }

// AvgTTL returns the mean time to live of the keys with an expiry, in ms, 0 if there are none. It is exact.
func (d *DB) AvgTTL() int64 {
	if d.expiries.len() == 0 {
		return 0
	}
	return max(d.expiries.mean()-d.space.now, 0)
}

// MemoryUsage returns the bytes that a key takes: its blocks, and its share of hash table and expiry index. The size of a collection
// is estimated from so many elements; exact for 0.
func (d *DB) MemoryUsage(e Entry, samples int) int64 {
	entry, value := e.Sizes(samples)
	n := int64(entry + value)
	if keys := d.table.Len(); keys > 0 {
		n += int64(d.table.Bytes()) / int64(keys)
	}
	if e.ExpireAt() != 0 {
		n += d.space.indexShare()
	}
	return n
}

// indexShare returns the bytes that one key with an expiry takes in the expiry indexes, on average.
func (s *Space) indexShare() int64 {
	keys := 0
	for _, d := range s.dbs {
		if d != nil {
			keys += d.expiries.len() + d.fields.Len()
		}
	}
	for i := range s.garbage {
		keys += s.garbage[i].expiries.len() + s.garbage[i].fields.Len()
	}
	return s.arena.UsedBy(arena.PurposeExpiry) / int64(max(keys, 1))
}

// find returns the entry of key, expired or not, 0 if there is none.
func (d *DB) find(h uint64, key []byte) arena.Ref {
	p := d.table.Find(d.arena, h)
	for {
		r, ok := p.Next()
		if !ok {
			return 0
		}
		if object.At(d.arena, r).HasKey(key) {
			return r
		}
	}
}
