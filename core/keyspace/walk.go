package keyspace

import (
	"sync/atomic"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/datastruct/table"
	"github.com/sleipnirdb/sleipnir/internal/clock"
	"github.com/sleipnirdb/sleipnir/internal/invariant"
)

// The walk of a cut.
//
// A snapshot is what the space holds at one instant, the cut, and it is taken while the space goes on changing. [Space.BeginWalk] is the
// cut. From then on every entry that was there is given to the [Keeper] once, in the state of the cut: by [Space.WalkSlice], which goes over
// the tables in slices; or before that, by whoever is about to change or remove it ([Space.Preserve]).
//
// # What has been visited
//
// A table is walked in the order of hashes, whatever it does meanwhile (see the table's Scan). So an entry needs nothing but its hash
// to be known as visited or not, with two exceptions above the cursor: what was kept ahead of the walk, and what is new since the cut. These
// have the mark (object.Entry.Mark), which the walk takes away as it passes.
//
//	hash 0                cursor                        2^64
//	├─────── visited ───────┼──── not visited, but marked ────┤
//	  no entry is marked
//
// The place in a table is a [passage], and goes with the table: to another database with SWAPDB, to the garbage with FLUSHDB, where the
// table is kept until the walk is through. It remembers which number the database had at the cut.
//
// # Large entries
//
// An entry that takes long to be serialised is lent instead. The Keeper reads it on a goroutine of its own, without the lease, and says
// when it is done. Meanwhile it may be read but not changed: who wants to change it waits, and only he. What is lent is a twin of the
// entry, a block of its own that shares the value: of the entry itself, reads change the access field and the walk the mark.
//
// # Ways not taken
//
// A flag that changes its meaning with each snapshot needs no clearing, but all new entries must know the present meaning, and
// those from an arena's copy too; and the walk touches the entry anyway. Cutting large entries into slices on the loops needs an encoder that can stop
// anywhere in any encoding, and pieces of one file that wait for each other.

// Keeper takes the entries of a cut, under the lease.
type Keeper interface {
	// Keep takes an entry of the database that had number db at the cut. It may say no: there is no room for it at present.
	Keep(db int, e Entry) bool
	// Lend takes a large entry, to be read until its Loan is Returned. It may say no.
	Lend(db int, l *Loan) bool
	// Dead says that nothing is wanted any more.
	Dead() bool
	// Over tells that the walk is over: every entry was kept or, if isFlushed, all that were left are gone.
	Over(isFlushed bool)
}

// Loan is a large entry in the hands of the Keeper.
type Loan struct {
	Entry Entry // may be read on any one goroutine until the return
	of    arena.Ref
	over  atomic.Bool
}

// Return gives the entry back. Any goroutine, once.
func (l *Loan) Return() { l.over.Store(true) }

// passage is how far the walk of a table has come.
type passage struct {
	number int          // of the database at the cut
	table  *table.Table // where it is now
	cursor uint64
}

// walk is a space's part in a snapshot. The lease protects it.
type walk struct {
	keeper   Keeper
	passages []*passage // to be walked, the last one first
	loans    []*Loan
	found    []arena.Ref // what the step found
	collect  func(arena.Ref)
	isDead   bool // the entries are only passed
}

// maxLoans bounds the large entries of a space that are lent at a time.
const maxLoans = 64

// Entries that are at most so large are serialised at once, in some tens of microseconds.
const (
	smallElements = 512
	smallBytes    = 16 << 10
	smallSamples  = 4
)

// IsLarge says whether an entry is lent to be serialised.
func IsLarge(e Entry) bool {
	if e.Type() == object.TypeString {
		_, isInt := e.IsInt()
		return !isInt && e.Len() > smallBytes
	}
	return e.Count() > smallElements || e.CollectionSize(smallSamples) > smallBytes
}

// BeginWalk makes the cut for this space. No walk is under way.
func (s *Space) BeginWalk(k Keeper) {
	invariant.Check(s.walk == nil, "a walk begins while another one is under way")
	w := &walk{keeper: k}
	w.collect = func(r arena.Ref) { w.found = append(w.found, r) }
	for i := len(s.dbs) - 1; i >= 0; i-- {
		if d := s.dbs[i]; d != nil && d.Len() > 0 {
			d.passage = &passage{number: i, table: &d.table}
			w.passages = append(w.passages, d.passage)
		}
	}
	s.walk = w
}

// Walked says whether a walk is under way.
func (s *Space) Walked() bool { return s.walk != nil }

// WalkState says how a slice of the walk ended.
type WalkState uint8

const (
	WalkOn    WalkState = iota // there is more to do
	WalkStuck                  // the Keeper has to make room, or to return a loan
	WalkOver                   // every entry of the cut has been kept
)

// WalkSlice goes on with the walk for about budgetNanos.
func (s *Space) WalkSlice(budgetNanos int64) WalkState {
	w := s.walk
	if w == nil {
		return WalkOver
	}
	start := clock.Ticks()
	w.isDead = w.isDead || w.keeper.Dead()
	s.settleLoans()
	for n := len(w.passages); n > 0; n = len(w.passages) {
		p := w.passages[n-1]
		if !s.step(p) {
			return WalkStuck
		}
		if p.cursor == 0 {
			s.endPassage(p)
		}
		if clock.Since(start) >= budgetNanos {
			return WalkOn
		}
	}
	if len(w.loans) > 0 {
		return WalkStuck
	}
	for _, g := range s.garbage {
		g.isWalked = false
	}
	s.walk = nil
	w.keeper.Over(false)
	return WalkOver
}

// step visits one bucket of a table. It says false, with the cursor where it was, if an entry can't be kept at present.
func (s *Space) step(p *passage) bool {
	w := s.walk
	w.found = w.found[:0]
	next := p.table.Scan(s.arena, p.cursor, s.hashOf, w.collect)
	if next != 0 {
		p.table.PrefetchScan(s.arena, next)
	}
	for i, r := range w.found {
		e := object.At(s.arena, r)
		if e.IsMarked() || w.isDead || s.keep(p.number, e) {
			continue
		}
		for _, done := range w.found[:i] {
			object.At(s.arena, done).Mark() // they stay above the cursor for now
		}
		return false
	}
	for _, r := range w.found {
		if e := object.At(s.arena, r); e.IsMarked() {
			e.Unmark()
		}
	}
	p.cursor = next
	return true
}

// keep gives an entry of the cut to the keeper.
func (s *Space) keep(number int, e Entry) bool {
	w := s.walk
	if !IsLarge(e) {
		return w.keeper.Keep(number, e)
	}
	if len(w.loans) >= maxLoans {
		if s.settleLoans(); len(w.loans) >= maxLoans { // who waits for one with the lease, as scripts do, has no walk to settle them
			return false
		}
	}
	twin := e.Rekeyed(s.arena, e.Key(), e.ExpireAt(), &s.env)
	if !twin.Exists() {
		return false
	}
	l := &Loan{Entry: twin, of: e.Ref()}
	if !w.keeper.Lend(number, l) {
		twin.Drop()
		return false
	}
	w.loans = append(w.loans, l)
	return true
}

// settleLoans takes back the entries that have been returned.
func (s *Space) settleLoans() {
	w := s.walk
	kept := w.loans[:0]
	for _, l := range w.loans {
		if l.over.Load() {
			l.Entry.Drop()
		} else {
			kept = append(kept, l)
		}
	}
	clear(w.loans[len(kept):])
	w.loans = kept
}

// isLent says whether the keeper is reading an entry.
func (w *walk) isLent(r arena.Ref) bool {
	for _, l := range w.loans {
		if l.of == r && !l.over.Load() {
			return true
		}
	}
	return false
}

// endPassage tells whoever has the table that its walk is over.
func (s *Space) endPassage(p *passage) {
	w := s.walk
	for i, q := range w.passages {
		if q == p {
			w.passages = append(w.passages[:i], w.passages[i+1:]...)
			break
		}
	}
	for _, d := range s.dbs {
		if d != nil && d.passage == p {
			d.passage = nil
		}
	}
}

// endWalk drops the walk as all its entries go with their arena. It returns the loans that are not returned yet.
func (s *Space) endWalk() (lent []*Loan) {
	w := s.walk
	if w == nil {
		return nil
	}
	for _, l := range w.loans {
		if !l.over.Load() {
			lent = append(lent, l)
		}
	}
	for _, d := range s.dbs {
		if d != nil {
			d.passage = nil
		}
	}
	s.walk = nil
	w.keeper.Over(true)
	return lent
}

// Preserve sees to it that the snapshot has what the cut holds of key in database db, or in all of them if db is below 0, so that it may be
// changed. If it says no, the caller has to try again later, when the Keeper has made room or returned a loan; nothing may be changed
// until then.
func (s *Space) Preserve(db int, key []byte) bool {
	if s.walk == nil {
		return true
	}
	if db >= 0 {
		d := s.dbs[db]
		return d == nil || d.preserve(key)
	}
	for _, d := range s.dbs {
		if d != nil && !d.preserve(key) {
			return false
		}
	}
	return true
}

func (d *DB) preserve(key []byte) bool {
	if d.passage == nil && len(d.space.walk.loans) == 0 {
		return true
	}
	h := object.HashOf(d.seed, key)
	r := d.find(h, key)
	return r == 0 || d.spare(h, object.At(d.arena, r))
}

// spare is Preserve for an entry.
func (d *DB) spare(h uint64, e Entry) bool {
	w := d.space.walk
	if w == nil {
		return true
	}
	if w.isLent(e.Ref()) {
		return false
	}
	if d.isVisited(h, e) {
		return true
	}
	if !d.space.keep(d.passage.number, e) {
		return false
	}
	e.Mark()
	return !w.isLent(e.Ref())
}

// isVisited says whether the walk has no business with an entry any more.
func (d *DB) isVisited(h uint64, e Entry) bool {
	return d.passage == nil || h < d.passage.cursor || e.IsMarked() || d.space.walk.isDead
}

// enter notes that an entry has come into the table, or into another block.
func (d *DB) enter(h uint64, e Entry) {
	if p := d.passage; p != nil && h >= p.cursor && !d.space.walk.isDead {
		e.Mark()
	}
}

// checkSpared is for builds with assertions: whoever changes or removes an entry has seen to it that the snapshot has it.
func (d *DB) checkSpared(h uint64, e Entry) {
	if invariant.Enabled && d.space.walk != nil {
		invariant.Check(!d.space.walk.isLent(e.Ref()), "an entry is changed while a snapshot reads it")
		invariant.Check(d.isVisited(h, e), "an entry is changed that a snapshot doesn't have yet")
	}
}
