package object

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

const (
	// maxPackedPairs and maxPackedBytes bound a small set whatever the limits say: it is walked and moved as a
	// whole, and a packed block knows no larger number of entries without counting.
	maxPackedPairs = 1<<15 - 2
	maxPackedBytes = 1 << 24

	leastPacked = 64 // bytes of the first block
	scoreBytes  = 8
)

// pairs is the packed block of a small set: member, score, member, score, in order. A member is an integer where its text
// is one. A score is an integer where it is one, which makes -0 a 0 as in the reference; else the eight bytes of the
// double, lowest first, which read faster than decimals and are shorter than most.
type pairs struct{ packed.Block }

// pairs views the block of a small set that isn't empty.
func (s *sorted) pairs() pairs { return pairs{s.a.Bytes(s.root, s.a.Cap(s.root))} }

// scoreValue makes a score an entry. buf holds the bytes of one that isn't an integer.
func scoreValue(f float64, buf *[scoreBytes]byte) packed.Value {
	const most = math.MaxInt64 / 2
	if f >= -most && f <= most && f == math.Trunc(f) {
		return packed.IntValue(int64(f))
	}
	binary.LittleEndian.PutUint64(buf[:], math.Float64bits(f))
	return packed.Value{Bytes: buf[:]}
}

// scoreOf reads what scoreValue made.
func scoreOf(v packed.Value) float64 {
	if v.IsInt {
		return float64(v.Int)
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(v.Bytes))
}

// scoreAfter returns the score of the member at a position.
func (p pairs) scoreAfter(at int) float64 { return scoreOf(p.Get(at + p.Size(at))) }

// find returns the position of a member, or -1.
func (p pairs) find(m packed.Value) int { return p.Find(p.First(), m, 1) }

// place returns where a pair that isn't there belongs. Rising scores are found at once.
func (p pairs) place(score float64, member []byte) int {
	end := p.End()
	if last := p.Prev(p.Prev(end)); p.isBefore(last, score, member) {
		return end
	}
	for at := p.First(); at < end; {
		f, next := p.nextScore(at)
		if f > score || f == score && !p.isBefore(at, score, member) {
			return at
		}
		at = next
	}
	return end
}

// isBefore says whether the pair at a position comes before another one.
func (p pairs) isBefore(at int, score float64, member []byte) bool {
	if have, _ := p.nextScore(at); have != score {
		return have < score
	}
	var buf [maxIntText]byte
	return bytes.Compare(textOf(p.Get(at), &buf), member) < 0
}

// insert puts a pair at a position. There is room for it.
func (p pairs) insert(at int, m, v packed.Value) {
	var buf [shortPair]byte
	if n := packed.EmptyBytes + m.Size() + v.Size(); n > len(buf) {
		p.Insert(at, v)
		p.Insert(at, m)
		return
	}
	// Together in one move.
	b := packed.Init(buf[:])
	b.Append(m)
	b.Append(v)
	p.InsertFrom(at, b, packed.HeaderBytes, b.End(), 2)
}

// shortPair is the room for a block with one pair of usual size.
const shortPair = 96

func (s *sorted) rankPacked(member []byte) (rank int, score float64, ok bool) {
	p := s.pairs()
	at := p.find(packed.Encode(member))
	if at < 0 {
		return 0, 0, false
	}
	for i := p.First(); i < at; rank++ {
		i = p.Skip(i, 2)
	}
	return rank, p.scoreAfter(at), true
}

// addPacked is add for a small set. isDone is false, and nothing was changed, if the set must become large first.
func (s *sorted) addPacked(member []byte, score float64, how AddFlags) (_ float64, result AddResult, isDone bool) {
	m := packed.Encode(member)
	if s.root != 0 {
		p := s.pairs()
		if at := p.find(m); at >= 0 {
			score, result = decide(p.scoreAfter(at), score, how)
			if result == AddUpdated && !s.updatePacked(p, at, score) {
				result = AddNoMemory
			}
			return score, result, true
		}
	}
	if how&AddXX != 0 {
		return score, AddSkipped, true
	}
	var buf [scoreBytes]byte
	v := scoreValue(score, &buf)
	if !s.fitsPacked(s.len()+1, len(member), m.Size()+v.Size()) {
		return score, AddNew, false
	}
	if !s.growPacked(m.Size() + v.Size()) {
		return score, AddNoMemory, true
	}
	p, at := s.pairs(), packed.HeaderBytes
	if !p.IsEmpty() {
		at = p.place(score, member)
	}
	p.insert(at, m, v)
	return score, AddNew, true
}

// fitsPacked says whether so many members, the one in question of memberBytes, its pair of pairBytes, may be in a small set.
func (s *sorted) fitsPacked(members, memberBytes, pairBytes int) bool {
	l := s.env.Limits
	if int64(members) > l.ZSetEntries.Load() || int64(memberBytes) > l.ZSetValue.Load() {
		return false
	}
	used := packed.EmptyBytes
	if s.root != 0 {
		used = s.pairs().Used()
	}
	return members <= maxPackedPairs && used+pairBytes <= maxPackedBytes
}

// updatePacked gives the member at a position another score, and the pair another place if need be. It returns false if
// there is no memory.
func (s *sorted) updatePacked(p pairs, at int, score float64) bool {
	m, scoreAt := p.Read(at)
	var buf [scoreBytes]byte
	v := scoreValue(score, &buf)
	was := p.Size(scoreAt)
	if more := v.Size() - was; more > 0 {
		if !s.growPacked(more) {
			return false
		}
		p = s.pairs()
		m = p.Get(at)
	}
	var digits [maxIntText]byte
	member := textOf(m, &digits)
	next := scoreAt + was
	if to := p.placeFrom(at, next, score, member); to != at && to != next {
		p.move(at, next, to, m, v)
	} else {
		p.Replace(scoreAt, v)
	}
	return true
}

// placeFrom returns where the pair between two positions belongs with another score: in front of the pair at the position returned.
// It walks from where the pair is.
func (p pairs) placeFrom(at, next int, score float64, member []byte) int {
	to := at
	for to > packed.HeaderBytes {
		prev := p.Prev(p.Prev(to))
		if p.isBefore(prev, score, member) {
			break
		}
		to = prev
	}
	if to < at {
		return to
	}
	to = next
	for end := p.End(); to < end && p.isBefore(to, score, member); {
		_, to = p.nextScore(to)
	}
	return to
}

// move moves the pair between two positions to another place and gives it another score. The block has room for it.
func (p pairs) move(at, next, to int, m, v packed.Value) {
	var short [shortPair]byte
	if !m.IsInt {
		m.Bytes = append(short[:0], m.Bytes...)
	}
	if to > at {
		to -= next - at
	}
	p.Cut(at, next, 2)
	p.insert(to, m, v)
}

// growPacked makes room for n bytes more.
func (s *sorted) growPacked(n int) bool {
	if s.root == 0 {
		r := s.a.Alloc(max(packed.EmptyBytes+n, leastPacked), arena.PurposePacked)
		if r == 0 {
			return false
		}
		s.root = r
		packed.Init(s.pairs().Block)
		return true
	}
	p := s.pairs()
	return p.Room() >= n || s.movePacked(p.Block, p.Used()+n)
}

// shrinkPacked gives memory back after a deletion.
func (s *sorted) shrinkPacked() {
	p := s.pairs()
	if p.IsEmpty() {
		s.a.Free(s.root, arena.PurposePacked)
		s.root = 0
		return
	}
	if used := p.Used(); len(p.Block) > leastPacked && used < len(p.Block)*3/4 {
		s.movePacked(p.Block, max(used, leastPacked))
	}
}

// movePacked moves the block to one of so many bytes.
func (s *sorted) movePacked(b packed.Block, n int) bool {
	r := s.a.Alloc(n, arena.PurposePacked)
	if r == 0 {
		return false
	}
	copy(s.a.Bytes(r, n), b[:b.Used()])
	s.a.Free(s.root, arena.PurposePacked)
	s.root = r
	return true
}

// pack is LooseZSet.Pack.
func (s *sorted) pack() {
	if !s.isLarge() || int64(s.len()) > s.env.Limits.ZSetEntries.Load() || s.len() > maxPackedPairs {
		return
	}
	most, n := s.env.Limits.ZSetValue.Load(), packed.EmptyBytes
	var buf [scoreBytes]byte
	for c := s.walk(0, s.len(), false); c.Next(); {
		m := c.Member()
		if int64(len(m)) > most {
			return
		}
		if n += packed.Encode(m).Size() + scoreValue(c.Score(), &buf).Size(); n > maxPackedBytes {
			return
		}
	}
	r := s.a.Alloc(max(n, leastPacked), arena.PurposePacked)
	if r == 0 {
		return
	}
	small := sorted{s.a, s.env, r, EncListpack}
	p := packed.Init(small.pairs().Block)
	for c := s.walk(0, s.len(), false); c.Next(); {
		p.Append(packed.Encode(c.Member()))
		p.Append(scoreValue(c.Score(), &buf))
	}
	s.freeAll()
	*s = small
}
