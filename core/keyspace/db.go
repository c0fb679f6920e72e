package keyspace

import (
	"math/bits"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/datastruct/table"
	"github.com/sleipnirdb/sleipnir/datastruct/tree"
)

// DB is one database of one partition. The lease of the partition protects it.
type DB struct {
	space    *Space
	arena    *arena.Arena // the space's, kept here to save a step on each look-up
	seed     uint64       // likewise
	table    table.Table  // all keys
	expiries tree.Tree    // the keys with an expiry, in order of it
	dueSum   sum          // of the expiries in the index, for the average
	watched  map[string]*watch
	index    int
}

// makeDB makes database i when it is first asked for.
func (s *Space) makeDB(i int) *DB {
	d := &DB{space: s, arena: s.arena, seed: s.seed, index: i}
	s.dbs[i] = d
	return d
}

// Index returns the number of the database.
func (d *DB) Index() int { return d.index }

// Space returns the space that the database belongs to.
func (d *DB) Space() *Space { return d.space }

// Len returns the number of keys, those included that have expired but are still there.
func (d *DB) Len() int { return d.table.Len() }

// Expires returns the number of keys with an expiry.
func (d *DB) Expires() int { return d.expiries.Len() }

// AvgTTL returns the mean time to live of the keys with an expiry, in ms, 0 if there are none. It is exact.
func (d *DB) AvgTTL() int64 {
	n := uint64(d.expiries.Len())
	if n == 0 {
		return 0
	}
	return max(d.dueSum.mean(n)-d.space.now, 0)
}

// MemoryUsage returns the bytes that a key takes: its blocks, and its share of hash table and expiry index.
func (d *DB) MemoryUsage(e Entry) int64 {
	n := int64(e.Size())
	if keys := d.table.Len(); keys > 0 {
		n += int64(d.table.Bytes()) / int64(keys)
	}
	if e.ExpireAt() != 0 {
		n += indexItemBytes
	}
	return n
}

// indexItemBytes is what an item of the expiry index takes, half-full leaves and inner nodes included.
const indexItemBytes = 18

// sum is an unsigned 128-bit sum: a few million expiries in ms overflow 64 bits.
type sum struct{ hi, lo uint64 }

func (s *sum) add(v int64) {
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, uint64(v), 0)
	s.hi += carry
}

func (s *sum) sub(v int64) {
	var borrow uint64
	s.lo, borrow = bits.Sub64(s.lo, uint64(v), 0)
	s.hi -= borrow
}

func (s *sum) mean(n uint64) int64 {
	q, _ := bits.Div64(s.hi, s.lo, n) // hi < n, as each of the n summands is below 2^63
	return int64(q)
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
