package keyspace

import (
	"math"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/table"
	"github.com/sleipnirdb/sleipnir/datastruct/tree"
	"github.com/sleipnirdb/sleipnir/internal/clock"
)

// Detached is an arena with all that was in it, after a flush.
type Detached struct {
	arena *arena.Arena
	lent  []*Loan // entries that a snapshot still reads
}

// Dispose gives the next few chunks of memory back and says whether there are more. No lease is needed: nobody else knows
// the arena any more. It is for a goroutine of the caller's, off the loops.
func (o *Detached) Dispose(maxChunks int) (more bool) {
	for n := len(o.lent); n > 0; n-- {
		if !o.lent[n-1].over.Load() {
			return true
		}
		o.lent = o.lent[:n-1]
	}
	return o.arena.Dispose(maxChunks)
}

// FlushAll removes all keys of all databases at once and returns how many there were. The old arena, nil if it never held
// anything, is the caller's to dispose of.
func (s *Space) FlushAll() (removed int, old *Detached) {
	for _, d := range s.dbs {
		if d == nil || d.Len() == 0 {
			continue
		}
		removed += d.Len()
		d.announceFlush()
	}
	lent := s.endWalk()
	if s.arena.Committed() == 0 {
		return removed, nil
	}
	s.arena.Detach()
	old = &Detached{s.arena, lent}
	s.arena = arena.New(s.mem)
	s.shown.Store(s.arena)
	for _, d := range s.dbs {
		if d != nil {
			d.arena, d.table, d.expiries, d.fields = s.arena, table.Table{}, newExpiries(), tree.New(arena.PurposeExpiry)
		}
	}
	s.garbage, s.remains, s.pool.n = nil, nil, 0 // all were of the old arena
	s.owed.Store(0)
	s.due.Store(math.MaxInt64)
	return removed, old
}

// announceFlush tells of the removal of all keys, before it happens.
func (d *DB) announceFlush() {
	d.flushed(nil)
	if s := d.space; s.follow&FollowModified != 0 && s.events != nil {
		s.events.Modified(d.number, nil, false)
	}
}

// FlushDB removes all keys of database i and returns how many there were. If no other database has keys, the arena is replaced and
// old is to be disposed of as with FlushAll; else old is nil and FreeSlice frees the keys.
func (s *Space) FlushDB(i int) (removed int, old *Detached) {
	d := s.dbs[i]
	if d == nil {
		return 0, nil
	}
	alone := s.walk == nil // a snapshot goes on over the old tables
	for _, o := range s.dbs {
		alone = alone && (o == nil || o == d || o.Len() == 0)
	}
	if alone {
		return s.FlushAll()
	}
	if d.Len() == 0 {
		return 0, nil
	}
	d.announceFlush()
	removed = d.Len()
	g := &detachedDB{d.table, d.expiries, d.fields, s.walk != nil}
	if d.passage != nil {
		d.passage.table = &g.table
	}
	s.garbage = append(s.garbage, g)
	d.passage = nil
	d.table, d.expiries, d.fields = table.Table{}, newExpiries(), tree.New(arena.PurposeExpiry)
	s.pool.n = 0
	return removed, nil
}

// SwapDB exchanges the keys of two databases. What watches keys, and the numbers of the databases, stay where they are.
func (s *Space) SwapDB(i, j int) {
	if i == j {
		return
	}
	a, b := s.DB(i), s.DB(j)
	a.flushed(b)
	b.flushed(a)
	a.table, b.table = b.table, a.table
	a.expiries, b.expiries = b.expiries, a.expiries
	a.fields, b.fields = b.fields, a.fields
	a.passage, b.passage = b.passage, a.passage
	for _, d := range [...]*DB{a, b} {
		if d.passage != nil {
			d.passage.table = &d.table
		}
	}
	s.pool.n = 0
	if s.follow&FollowModified != 0 && s.events != nil {
		s.events.Modified(i, nil, false)
		s.events.Modified(j, nil, false)
	}
}

// detachedDB is what is left of a flushed database.
type detachedDB struct {
	table    table.Table
	expiries expiries
	fields   tree.Tree
	isWalked bool // a snapshot has to come through first
}

// freeBatch is how many buckets or nodes are freed between looks at the clock.
const freeBatch = 16

const (
	freeElements = 256 // elements of a collection that are freed between looks at the clock
	freeAtOnce   = 64  // elements of the largest collection that is freed with its key
	owedSamples  = 5   // elements from which the size of a larger one is estimated
)

// FreeSlice frees what was unlinked or flushed, until nothing is left or about budgetNanos have passed (0 means the default), and
// says whether more is left.
func (s *Space) FreeSlice(budgetNanos int64) (more bool) {
	if len(s.garbage)+len(s.remains) == 0 {
		return false
	}
	start := clock.Ticks()
	end := budgetOr(budgetNanos)
	for len(s.garbage)+len(s.remains) > 0 && s.freeSome() {
		if clock.Since(start) >= end {
			break
		}
	}
	return len(s.garbage)+len(s.remains) > 0
}

// freeSome frees a batch of elements or keys. It says false if all that is left has to wait for a snapshot.
func (s *Space) freeSome() bool {
	if n := len(s.remains) - 1; n >= 0 {
		before := s.arena.Used()
		if s.remains[n].Free(s.arena, freeElements) {
			s.owed.Store(max(s.owed.Load()-(before-s.arena.Used()), 0))
			return true
		}
		if s.remains = s.remains[:n]; n == 0 {
			s.owed.Store(0)
		}
		return true
	}
	n := len(s.garbage) - 1
	for n >= 0 && s.garbage[n].isWalked {
		n--
	}
	if n < 0 {
		return false
	}
	g := s.garbage[n]
	if !g.table.Free(s.arena, freeBatch, s.freeEntry) && !g.expiries.free(s.arena, freeBatch) && !g.fields.Free(s.arena, freeBatch, nil) {
		s.garbage = append(s.garbage[:n], s.garbage[n+1:]...)
	}
	return true
}

// free frees an entry that nothing refers to any more, and leaves a large collection to FreeSlice.
func (s *Space) free(e Entry) {
	if r, ok := e.Remains(freeAtOnce); ok {
		s.owed.Add(int64(e.CollectionSize(owedSamples)))
		s.remains = append(s.remains, r)
		if s.litter != nil {
			s.litter()
		}
		e.Drop()
		return
	}
	e.Free()
}

// Owed returns about how many bytes FreeSlice will still free of large collections. Atomic: it may be called without the lease.
func (s *Space) Owed() int64 { return s.owed.Load() }

// Garbage returns how many keys and large collections wait for FreeSlice.
func (s *Space) Garbage() int {
	n := len(s.remains)
	for i := range s.garbage {
		n += s.garbage[i].table.Len()
	}
	return n
}
