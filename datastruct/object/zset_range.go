package object

import (
	"bytes"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

// ScoreRange is a range of scores. Neither bound is NaN.
type ScoreRange struct {
	Min, Max         float64
	MinOpen, MaxOpen bool // the bound itself is outside
}

// hasMin says whether a score isn't below the range.
func (r *ScoreRange) hasMin(f float64) bool { return f > r.Min || f == r.Min && !r.MinOpen }

// hasMax says whether a score isn't above the range.
func (r *ScoreRange) hasMax(f float64) bool { return f < r.Max || f == r.Max && !r.MaxOpen }

// from returns the order of the first score in the range.
func (r *ScoreRange) from() uint64 {
	if r.MinOpen {
		return orderOf(r.Min) + 1
	}
	return orderOf(r.Min)
}

// to returns the order of the first score behind the range.
func (r *ScoreRange) to() uint64 {
	if r.MaxOpen {
		return orderOf(r.Max)
	}
	return orderOf(r.Max) + 1
}

// LexBound is one end of a LexRange.
type LexBound struct {
	Kind  LexKind
	Value []byte // for LexClosed and LexOpen
}

// LexKind says what a LexBound is.
type LexKind uint8

// The kinds.
const (
	LexClosed  LexKind = iota // the value itself is inside
	LexOpen                   // the value itself is outside
	LexLowest                 // below any value
	LexHighest                // above any value
)

// LexRange is a range of members by their bytes.
type LexRange struct{ Min, Max LexBound }

// compare orders a member against a bound: negative, zero or positive as the member is below, at or above it.
func (b *LexBound) compare(member []byte) int {
	switch b.Kind {
	case LexLowest:
		return 1
	case LexHighest:
		return -1
	}
	return bytes.Compare(member, b.Value)
}

// hasMin says whether a member isn't below the range.
func (r *LexRange) hasMin(member []byte) bool {
	c := r.Min.compare(member)
	return c > 0 || c == 0 && r.Min.Kind == LexClosed
}

// hasMax says whether a member isn't above the range.
func (r *LexRange) hasMax(member []byte) bool {
	c := r.Max.compare(member)
	return c < 0 || c == 0 && r.Max.Kind == LexClosed
}

func (s *sorted) scoreSpan(r ScoreRange, most int) (rank, count int) {
	switch {
	case s.root == 0:
		return 0, 0
	case !s.isLarge():
		return s.pairs().scoreSpan(&r, most)
	}
	order, from, to := &s.index().order, r.from(), r.to()
	if from >= to {
		return 0, 0
	}
	rank = order.RankKey(s.a, from)
	return rank, order.RankKey(s.a, to) - rank
}

// seekScore returns the position of the first pair that isn't below a range, or End, and its rank.
func (p pairs) seekScore(r *ScoreRange) (at, rank int) {
	end := p.End()
	for at = p.First(); at < end; rank++ {
		f, next := p.nextScore(at)
		if r.hasMin(f) {
			return at, rank
		}
		at = next
	}
	return end, rank
}

// scoreSpan stops when it has counted most members.
func (p pairs) scoreSpan(r *ScoreRange, most int) (rank, count int) {
	at, rank := p.seekScore(r)
	for end := p.End(); at < end && count != most; count++ {
		f, next := p.nextScore(at)
		if !r.hasMax(f) {
			break
		}
		at = next
	}
	return rank, count
}

// nextScore returns the score of the pair at a position, and the position of the next one, or End.
func (p pairs) nextScore(at int) (float64, int) {
	n, next, ok := p.Number(at + p.Size(at))
	if ok {
		return float64(n), next
	}
	v, next := p.Read(next)
	return scoreOf(v), next
}

func (s *sorted) lexSpan(r LexRange) (rank, count int) {
	switch {
	case s.root == 0:
		return 0, 0
	case !s.isLarge():
		return s.pairs().lexSpan(&r)
	}
	// All scores are equal, or the answer may be anything.
	order, a := &s.index().order, s.a
	first, _ := order.First(a)
	rank = order.RankFunc(a, first.Key, func(x arena.Ref) int { return sign(r.hasMin(memberAt(a, x))) })
	last, _ := order.Last(a)
	end := order.RankFunc(a, last.Key, func(x arena.Ref) int { return sign(!r.hasMax(memberAt(a, x))) })
	return rank, max(end-rank, 0)
}

// sign returns 1 for what is behind a place, -1 for what is in front of it.
func sign(isBehind bool) int {
	if isBehind {
		return 1
	}
	return -1
}

func (p pairs) lexSpan(r *LexRange) (rank, count int) {
	var digits [maxIntText]byte
	at, end := p.First(), p.End()
	for ; at < end; rank++ {
		if r.hasMin(textOf(p.Get(at), &digits)) {
			break
		}
		at = p.Skip(at, 2)
	}
	for ; at < end; count++ {
		if !r.hasMax(textOf(p.Get(at), &digits)) {
			break
		}
		at = p.Skip(at, 2)
	}
	return rank, count
}
