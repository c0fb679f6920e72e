// Package keyspace is the data of one partition: its databases with their keys, values and expiries, and what hangs on
// them: eviction candidates, watched keys, keyspace events, statistics.
//
// # Who may call
//
// A [Space] belongs to one partition, and everything in it to whoever holds the partition's lease; there is no
// lock and no goroutine in this room. What may be called without the lease says "atomic" in its comment.
//
// # What is where
//
//	Space ── arena of the partition (all bytes below live in it)
//	  └ DB (16, made when first used; an empty one costs nothing in the arena)
//	      ├ table    hash of key → entry block        (datastruct/table)
//	      ├ expiries unix ms → entry block, in order   (datastruct/tree)
//	      └ watched  key → watchers, on the Go heap, empty as a rule
//
// An entry is one block with header, key, expiry and small value (datastruct/object). A look-up is one hash of the key, one
// bucket and one entry: no interface, no function value, no allocation.
//
// The expiry index is exact: each key with an expiry is in it once, with the very instant that its entry holds.
// So active expiry samples nothing; it takes the front of the index ([Space.ExpireSlice]), and [Space.NextDue] says when it has to be called
// again.
//
// The hash of a key is independent of its slot, as one table serves all slots of the partition. A cluster node that wants a
// slot to be one range (slot scan, migration) can let DB hold one table per slot, or let the hash begin with the slot:
// nothing outside DB knows that there is one table.
//
// # What a mutation does by itself
//
// Every method that changes a key keeps counters and expiry index, marks the watchers of the key, and tells the
// [Events] hook what only this room knows: that a key expired, that a key is new, that a look-up missed. It doesn't know the
// name of the command, so the event of the command ("set", "del", "expire") is the handler's, by [DB.Notify].
//
// # Views
//
// An [Entry], and the bytes that it shows, are views of the arena: valid until the next call that may change the database, at
// most until the lease is let go. Keys and values handed in are copied and must not be such views, unless a
// method says that they may.
package keyspace

import (
	"math"
	"math/bits"
	"sync/atomic"

	"github.com/sleipnirdb/sleipnir/core/journal"
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// Entry is a view of a key with its value. The zero value stands for a missing key.
type Entry = object.Entry

// Value is a string value to be stored; object.Encode, Text, Raw and Int make one.
type Value = object.Value

// Expiries that have a meaning of their own.
const (
	NoTTL   int64 = 0  // the key gets no expiry, and loses the one that it has
	KeepTTL int64 = -1 // the key keeps the expiry that it has
)

// Config says how a Space is made.
type Config struct {
	Databases int            // number of databases, at least 1
	Range     *arena.Range   // where the partition's arena takes its memory
	Seed      uint64         // of the hash, random, the same for all partitions of a process
	Limits    *object.Limits // of collections' encodings, the same for all partitions; nil means the defaults
	Events    Events         // may be nil
	// Garbage is called, under the lease, for each large collection that FreeSlice will have to free. May be nil.
	Garbage func()
}

// Space is the data of one partition. The lease of the partition protects it.
type Space struct {
	// What every look-up needs: one cache line.
	dbs     []*DB    // nil until used
	now     int64    // unix ms, never runs backwards
	effects *Effects // see Gather
	clock   accessClock
	mask    Class // events that somebody wants
	follow  Follow
	mode    ExpiryMode
	noTouch bool // see SetNoTouch
	stats   Stats
	ready   []ReadyKey // keys whose waiters may be served

	written            journal.Position // see SetWritten
	seed               uint64
	arena              *arena.Arena
	mem                *arena.Range
	events             Events
	policy             Policy
	rnd                random
	minutes            uint32 // the clock of LFU, modulo 2^16
	env                object.Env
	litter             func()           // Config.Garbage, or nil
	garbage            []*detachedDB    // freed in slices
	remains            []object.Remains // likewise: large collections whose entries are gone
	keyCopy            []byte           // scratch for a key whose entry is about to go
	scan               scan             // the scan under way
	repeat             repeat           // see BeginRepeat
	walk               *walk            // of a snapshot, or nil
	pool               pool             // eviction candidates
	places, placesLeft int              // of waiters in all queues, and after the last sweep

	// Bound once: a method value made per call would be allocated.
	hashOf    func(arena.Ref) uint64
	freeEntry func(arena.Ref)
	scanVisit func(arena.Ref)

	shown atomic.Pointer[arena.Arena] // arena, for those without the lease
	owed  atomic.Int64                // see Owed

	_   [cacheLine]byte
	due atomic.Int64 // see NextDue; on a line of its own, as others than the lease's holder read it
	_   [cacheLine - 8]byte
}

const cacheLine = 64

// NewSpace returns an empty space.
func NewSpace(cfg Config) *Space {
	s := &Space{
		seed:   cfg.Seed,
		arena:  arena.New(cfg.Range),
		mem:    cfg.Range,
		dbs:    make([]*DB, max(cfg.Databases, 1)),
		events: cfg.Events,
		litter: cfg.Garbage,
		policy: DefaultPolicy,
		rnd:    random{state: object.HashOf(cfg.Seed, []byte("random"))},
	}
	s.hashOf = func(r arena.Ref) uint64 { return object.At(s.arena, r).Hash(s.seed) }
	s.env = object.Env{Seed: cfg.Seed, Limits: cfg.Limits}
	if cfg.Limits == nil {
		s.env.Limits = &object.Limits{}
		s.env.Limits.SetDefaults()
	}
	s.freeEntry = func(r arena.Ref) { s.free(object.At(s.arena, r)) }
	s.scanVisit = s.visit
	s.due.Store(math.MaxInt64)
	s.shown.Store(s.arena)
	return s
}

// DB returns database i, which must be below [Space.Databases].
func (s *Space) DB(i int) *DB {
	if d := s.dbs[i]; d != nil {
		return d
	}
	return s.makeDB(i)
}

// Databases returns the number of databases.
func (s *Space) Databases() int { return len(s.dbs) }

// SetNow sets the clock of the space, in unix milliseconds. A time before the present one is ignored: an expired key never
// comes back.
func (s *Space) SetNow(ms int64) {
	if ms > s.now {
		s.now = ms
		s.setClock(ms)
	}
}

// Now returns the clock of the space.
func (s *Space) Now() int64 { return s.now }

// SetWritten notes the journal's position behind the last change.
func (s *Space) SetWritten(at journal.Position) { s.written = at }

// Written returns the journal's position behind the last change that SetWritten was told of.
func (s *Space) Written() journal.Position { return s.written }

// Arena returns the arena of the space. FlushAll replaces it; whoever wants its figures asks anew each time.
func (s *Space) Arena() *arena.Arena { return s.arena }

// Empty says that no database has a key. Atomic: it may be called without the lease, and then tells of an instant that may be over.
func (s *Space) Empty() bool { return s.shown.Load().UsedBy(arena.PurposeEntry) == 0 }

// NextDue returns the unix time in ms from which on ExpireSlice finds something, math.MaxInt64 if no key has an
// expiry. It may be too early after keys were deleted, never too late. Atomic: it may be called without the lease.
func (s *Space) NextDue() int64 { return s.due.Load() }

// random is a splitmix64 generator: small, fast, and good enough to choose samples.
type random struct{ state uint64 }

func (r *random) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number in [0, n), n > 0, with no bias that matters for n far below 2^64.
func (r *random) below(n uint64) uint64 {
	hi, _ := bits.Mul64(r.next(), n)
	return hi
}
