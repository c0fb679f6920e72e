package object

import (
	"math"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

// ZSet is a view of a sorted set: members in the order of their scores, and of their bytes where scores are equal.
//
// # Encodings
//
// EncListpack: one packed block of pairs, member and score, in order (zset_packed.go).
//
// EncSkiplist, as OBJECT ENCODING calls it: a block per member, a hash table of these by member and a counted tree of
// the same ones by score (zset_index.go).
//
// A set becomes large when an element is added that the limits for small ones forbid, and never small again by itself.
//
// A view is valid as long as its entry. Slices that it returns are views too, until the next change.
type ZSet struct {
	Entry
	env *Env
}

// AsZSet returns the view of an entry that holds a sorted set.
func (e Entry) AsZSet(env *Env) ZSet { return ZSet{e, env} }

// AddFlags say how ZSet.Add treats members that are there, or that aren't.
type AddFlags uint8

// The flags. AddNX excludes the others but AddIncr, AddGT excludes AddLT.
const (
	AddIncr AddFlags = 1 << iota // the score is added to that of the member, 0 for a new one
	AddNX                        // only new members
	AddXX                        // only members that are there
	AddGT                        // members that are there only get a larger score
	AddLT                        // members that are there only get a smaller score
)

// AddResult is what ZSet.Add did.
type AddResult uint8

// The results.
const (
	AddSkipped  AddResult = iota // the flags forbade it
	AddSame                      // the member had this score
	AddNew                       // the member is new
	AddUpdated                   // the member's score has changed
	AddNaN                       // the sum of score and increment is not a number; nothing was changed
	AddNoMemory                  // the arena is out of memory; nothing was changed
)

// Len returns the number of members.
func (z ZSet) Len() int {
	s := z.sorted()
	return s.len()
}

// Score returns the score of a member, and whether there is such a member.
func (z ZSet) Score(member []byte) (float64, bool) {
	s := z.sorted()
	return s.score(member)
}

// Add adds a member or changes its score, and returns the score that it has then, which means something for AddSame,
// AddNew and AddUpdated. The score isn't NaN.
//
// member may not be a view of this set.
func (z ZSet) Add(member []byte, score float64, how AddFlags) (float64, AddResult) {
	s := z.sorted()
	score, result := s.add(member, score, how)
	z.keep(&s)
	return score, result
}

// Prepare makes a small set large if count members, the longest of longest bytes, don't belong into a small one: for who
// is going to add them. Without memory for that the set stays as it is.
func (z ZSet) Prepare(count, longest int) {
	s := z.sorted()
	s.prepare(count, longest)
	z.keep(&s)
}

// Pack is LooseZSet.Pack.
func (z ZSet) Pack() {
	s := z.sorted()
	s.pack()
	z.keep(&s)
}

// Remove removes a member and says whether it was there.
func (z ZSet) Remove(member []byte) bool {
	s := z.sorted()
	ok := s.remove(member)
	z.keep(&s)
	return ok
}

// RemoveRange removes count members from rank on.
func (z ZSet) RemoveRange(rank, count int) {
	s := z.sorted()
	s.removeRange(rank, count)
	z.keep(&s)
}

// Rank returns how many members come before the given one, its score, and whether it is there.
func (z ZSet) Rank(member []byte) (rank int, score float64, ok bool) {
	s := z.sorted()
	return s.rank(member)
}

// Walk returns a cursor that goes over at most count members from rank on: upward, or downward if isReverse. The rank counts
// from the smallest member in both cases.
func (z ZSet) Walk(rank, count int, isReverse bool) ZCursor {
	s := z.sorted()
	return s.walk(rank, count, isReverse)
}

// WalkScores returns a cursor that goes upward over the members in a range of scores. It is for who asks for few of the members.
func (z ZSet) WalkScores(r ScoreRange) ZCursor {
	s := z.sorted()
	return s.walkScores(&r)
}

// ScoreSpan returns the place of the members in a range of scores: the rank of the first and their number.
//
// It may stop counting at most members.
func (z ZSet) ScoreSpan(r ScoreRange, most int) (rank, count int) {
	s := z.sorted()
	return s.scoreSpan(r, most)
}

// LexSpan returns the place of the members in a range of bytes, for a set whose scores are all equal; in others the
// result is somewhere in the set.
func (z ZSet) LexSpan(r LexRange) (rank, count int) {
	s := z.sorted()
	return s.lexSpan(r)
}

// Random returns a cursor over one member that rnd chooses: all are as likely if rnd is evenly distributed.
func (z ZSet) Random(rnd uint64) ZCursor {
	s := z.sorted()
	return s.random(rnd)
}

// Scan visits some members and returns the cursor to go on with, 0 at the end, as Table.Scan does; a small set is visited
// as a whole. visit gets a view of the member and may not change the set.
func (z ZSet) Scan(cursor uint64, visit func(member []byte, score float64)) (next uint64) {
	s := z.sorted()
	return s.scan(cursor, visit)
}

// Take makes the content of a sorted set without a key the content of z, which is empty. The loose one is empty after it.
func (z ZSet) Take(l *LooseZSet) {
	s := z.sorted()
	s.freeAll()
	z.SetRoot(l.s.enc, l.s.root)
	l.s.root = 0
}

// sorted returns the content of the entry.
func (z ZSet) sorted() sorted { return sorted{z.a, z.env, z.Root(), z.Encoding()} }

// keep stores in the entry where the content is now.
func (z ZSet) keep(s *sorted) {
	if s.root != z.Root() || s.enc != z.Encoding() {
		z.SetRoot(s.enc, s.root)
	}
}

// LooseZSet is a sorted set without a key: an intermediate result. It must be freed, or taken by ZSet.Take.
type LooseZSet struct{ s sorted }

// NewLooseZSet returns an empty set in an arena.
func NewLooseZSet(a *arena.Arena, env *Env) LooseZSet {
	return LooseZSet{sorted{a: a, env: env, enc: EncListpack}}
}

// Len returns the number of members.
func (l *LooseZSet) Len() int { return l.s.len() }

// Add is ZSet.Add.
func (l *LooseZSet) Add(member []byte, score float64, how AddFlags) (float64, AddResult) {
	return l.s.add(member, score, how)
}

// Score is ZSet.Score.
func (l *LooseZSet) Score(member []byte) (float64, bool) { return l.s.score(member) }

// Remove is ZSet.Remove.
func (l *LooseZSet) Remove(member []byte) bool { return l.s.remove(member) }

// Prepare is ZSet.Prepare.
func (l *LooseZSet) Prepare(count, longest int) { l.s.prepare(count, longest) }

// Walk is ZSet.Walk.
func (l *LooseZSet) Walk(rank, count int, isReverse bool) ZCursor {
	return l.s.walk(rank, count, isReverse)
}

// Expand gives the set the encoding of large ones, and says whether there was memory for it.
func (l *LooseZSet) Expand() bool { return l.s.isLarge() || l.s.expand() }

// Pack gives the set the encoding of small ones if the limits allow it. Without memory for that it stays as it is.
func (l *LooseZSet) Pack() { l.s.pack() }

// Free frees the set, which is empty after it.
func (l *LooseZSet) Free() { l.s.freeAll() }

// sorted is a sorted set apart from its entry: where it is, and how it's encoded. Root 0 is an empty small one. Methods with
// a pointer receiver may change enc and root.
type sorted struct {
	a    *arena.Arena
	env  *Env
	root arena.Ref
	enc  Encoding
}

func (s *sorted) isLarge() bool { return s.enc == EncSkiplist }

func (s *sorted) len() int {
	switch {
	case s.root == 0:
		return 0
	case s.isLarge():
		return s.index().order.Len()
	}
	return s.pairs().Len() / 2
}

func (s *sorted) score(member []byte) (float64, bool) {
	switch {
	case s.root == 0:
		return 0, false
	case s.isLarge():
		r := s.find(HashOf(s.env.Seed, member), member)
		if r == 0 {
			return 0, false
		}
		return scoreAt(s.a, r), true
	}
	p := s.pairs()
	at := p.find(packed.Encode(member))
	if at < 0 {
		return 0, false
	}
	return p.scoreAfter(at), true
}

func (s *sorted) rank(member []byte) (rank int, score float64, ok bool) {
	switch {
	case s.root == 0:
		return 0, 0, false
	case s.isLarge():
		return s.rankIndexed(member)
	}
	return s.rankPacked(member)
}

// decide applies the flags to a member that has the score old. It returns the score to set, or a result other than
// AddUpdated and nothing to do.
func decide(old, score float64, how AddFlags) (float64, AddResult) {
	if how&AddNX != 0 {
		return old, AddSkipped
	}
	if how&AddIncr != 0 {
		score += old
		if math.IsNaN(score) {
			return old, AddNaN
		}
	}
	switch {
	case how&AddLT != 0 && score >= old, how&AddGT != 0 && score <= old:
		return old, AddSkipped
	case score == old:
		return score, AddSame
	}
	return score, AddUpdated
}

func (s *sorted) add(member []byte, score float64, how AddFlags) (float64, AddResult) {
	if !s.isLarge() {
		score, result, isDone := s.addPacked(member, score, how)
		if isDone {
			return score, result
		}
		if !s.expand() {
			return score, AddNoMemory
		}
	}
	return s.addIndexed(member, score, how)
}

// prepare is ZSet.Prepare.
func (s *sorted) prepare(count, longest int) {
	if s.isLarge() {
		return
	}
	if l := s.env.Limits; int64(count) > l.ZSetEntries.Load() || int64(longest) > l.ZSetValue.Load() {
		s.expand()
	}
}

func (s *sorted) remove(member []byte) bool {
	switch {
	case s.root == 0:
		return false
	case s.isLarge():
		return s.removeIndexed(member)
	}
	p := s.pairs()
	at := p.find(packed.Encode(member))
	if at < 0 {
		return false
	}
	p.Delete(at, 2)
	s.shrinkPacked()
	return true
}

func (s *sorted) removeRange(rank, count int) {
	count = min(count, s.len()-rank)
	switch {
	case count <= 0:
	case s.isLarge():
		s.removeIndexedRange(rank, count)
	default:
		p := s.pairs()
		p.Delete(p.At(2*rank), 2*count)
		s.shrinkPacked()
	}
}

func (s *sorted) random(rnd uint64) ZCursor {
	n := s.len()
	if n == 0 {
		return ZCursor{}
	}
	if s.isLarge() {
		return s.cursorAt(s.index().members.Random(s.a, rnd))
	}
	return s.walk(int(rnd>>1%uint64(n)), 1, false) // #nosec G115 -- less than n
}

func (s *sorted) scan(cursor uint64, visit func(member []byte, score float64)) (next uint64) {
	if s.isLarge() {
		return s.scanIndex(cursor, visit)
	}
	for c := s.walk(0, s.len(), false); c.Next(); {
		visit(c.Member(), c.Score())
	}
	return 0
}
