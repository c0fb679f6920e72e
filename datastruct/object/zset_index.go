package object

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/table"
	"github.com/sleipnirdb/sleipnir/datastruct/tree"
)

// zindex is the root block of a large sorted set. A large set isn't necessarily one with members.
type zindex struct {
	members table.Table // member blocks by the member's hash
	order   tree.Tree   // the same by orderOf(score), then by the bytes of the member
}

const zindexBytes = 80 // the size of zindex

// A member block:
//
//	0   8   score, a double
//	8   1…  length of the member, uvarint
//	…   …   the member
const memberHead = scoreBytes

// index returns the root block of a large set.
func (s *sorted) index() *zindex { return (*zindex)(s.a.Ptr(s.root)) }

const (
	orderOfZero = 1 << 63
	noOrder     = 1<<64 - 1 // above all orders: it would be that of a NaN
)

// orderOf maps scores to numbers in the same order. 0 and -0 are equal.
func orderOf(f float64) uint64 {
	if f == 0 {
		return orderOfZero
	}
	u := math.Float64bits(f)
	if u>>63 != 0 {
		return ^u
	}
	return u | 1<<63
}

// scoreOfOrder is the inverse of orderOf but for -0.
func scoreOfOrder(u uint64) float64 {
	if u>>63 != 0 {
		return math.Float64frombits(u &^ (1 << 63))
	}
	return math.Float64frombits(^u)
}

func scoreAt(a *arena.Arena, r arena.Ref) float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64(a.Bytes(r, scoreBytes)))
}

func setScoreAt(a *arena.Arena, r arena.Ref, f float64) {
	binary.LittleEndian.PutUint64(a.Bytes(r, scoreBytes), math.Float64bits(f))
}

// memberAt returns a view of the member in a block.
func memberAt(a *arena.Arena, r arena.Ref) []byte {
	n := int(a.Bytes(r, memberHead+1)[memberHead])
	if n < 0x80 {
		return a.Bytes(r, memberHead+1+n)[memberHead+1:]
	}
	return longMemberAt(a, r)
}

func longMemberAt(a *arena.Arena, r arena.Ref) []byte {
	n, width := binary.Uvarint(a.Bytes(r, memberHead+binary.MaxVarintLen32)[memberHead:])
	at := memberHead + width
	return a.Bytes(r, at+int(n))[at:] // #nosec G115 -- written from an int
}

// newMember returns a block for a member, or 0 without memory.
func newMember(a *arena.Arena, member []byte, score float64) arena.Ref {
	size := memberHead + uvarintLen(len(member)) + len(member)
	r := a.Alloc(size, arena.PurposeObject)
	if r == 0 {
		return 0
	}
	setScoreAt(a, r, score)
	b := a.Bytes(r, size)
	copy(b[memberHead+putUvarint(b[memberHead:], len(member)):], member)
	return r
}

// byMember returns the order of members with equal scores.
func byMember(a *arena.Arena) tree.Compare {
	return func(x, y arena.Ref) int { return bytes.Compare(memberAt(a, x), memberAt(a, y)) }
}

// hashOf returns the function that the table asks for hashes.
func (s *sorted) hashOf() func(arena.Ref) uint64 {
	a, seed := s.a, s.env.Seed
	return func(r arena.Ref) uint64 { return HashOf(seed, memberAt(a, r)) }
}

// find returns the block of the member with a hash, or 0.
func (s *sorted) find(h uint64, member []byte) arena.Ref {
	for p := s.index().members.Find(s.a, h); ; {
		r, ok := p.Next()
		if !ok || string(memberAt(s.a, r)) == string(member) {
			return r
		}
	}
}

func (s *sorted) rankIndexed(member []byte) (rank int, score float64, ok bool) {
	r := s.find(HashOf(s.env.Seed, member), member)
	if r == 0 {
		return 0, 0, false
	}
	score = scoreAt(s.a, r)
	rank, ok = s.index().order.Rank(s.a, orderOf(score), r, byMember(s.a))
	return rank, score, ok
}

// addIndexed is add for a large set.
func (s *sorted) addIndexed(member []byte, score float64, how AddFlags) (float64, AddResult) {
	h := HashOf(s.env.Seed, member)
	r := s.find(h, member)
	if r == 0 {
		if how&AddXX != 0 {
			return score, AddSkipped
		}
		if !s.insert(h, member, score) {
			return score, AddNoMemory
		}
		return score, AddNew
	}
	old := scoreAt(s.a, r)
	score, result := decide(old, score, how)
	if result == AddUpdated && !s.rescore(r, old, score) {
		result = AddNoMemory
	}
	return score, result
}

// insert adds a member that isn't there. It returns false, and has changed nothing, without memory.
func (s *sorted) insert(h uint64, member []byte, score float64) bool {
	r := newMember(s.a, member, score)
	if r == 0 {
		return false
	}
	x, key := s.index(), orderOf(score)
	if x.order.Insert(s.a, key, r, byMember(s.a)) {
		if x.members.Insert(s.a, h, r, s.hashOf()) {
			return true
		}
		x.order.Delete(s.a, key, r, byMember(s.a))
	}
	s.a.Free(r, arena.PurposeObject)
	return false
}

// rescore gives a member another score. It returns false, and has changed nothing, without memory.
func (s *sorted) rescore(r arena.Ref, old, score float64) bool {
	x := s.index()
	if !x.order.Rekey(s.a, orderOf(old), orderOf(score), r, byMember(s.a)) {
		return false
	}
	setScoreAt(s.a, r, score)
	return true
}

func (s *sorted) removeIndexed(member []byte) bool {
	h := HashOf(s.env.Seed, member)
	r := s.find(h, member)
	if r == 0 {
		return false
	}
	x := s.index()
	x.order.Delete(s.a, orderOf(scoreAt(s.a, r)), r, byMember(s.a))
	x.members.Delete(s.a, h, r, s.hashOf())
	s.a.Free(r, arena.PurposeObject)
	return true
}

// removeBatch is how many members removeIndexedRange fetches at a time.
const removeBatch = 64

func (s *sorted) removeIndexedRange(rank, count int) {
	x, hashOf := s.index(), s.hashOf()
	var hashes [removeBatch]uint64
	for count > 0 {
		n := 0
		for c := s.walk(rank, min(count, removeBatch), false); c.Next(); n++ {
			hashes[n] = HashOf(s.env.Seed, c.Member())
			x.members.Prefetch(s.a, hashes[n])
		}
		i := 0
		x.order.DeleteRange(s.a, rank, n, func(it tree.Item) {
			x.members.Delete(s.a, hashes[i], it.Ref, hashOf)
			s.a.Free(it.Ref, arena.PurposeObject)
			i++
		})
		count -= n
	}
}

// expand makes the set large. It returns false, and has changed nothing, without memory.
func (s *sorted) expand() bool {
	large := newIndexed(s.a, s.env)
	if large.root == 0 {
		return false
	}
	for c := s.walk(0, s.len(), false); c.Next(); {
		m := c.Member()
		if !large.insert(HashOf(s.env.Seed, m), m, c.Score()) {
			large.freeAll()
			return false
		}
	}
	s.freeAll()
	*s = large
	return true
}

// newIndexed returns an empty large set, whose root is 0 without memory.
func newIndexed(a *arena.Arena, env *Env) sorted {
	s := sorted{a: a, env: env, enc: EncSkiplist}
	if s.root = a.Alloc(zindexBytes, arena.PurposeObject); s.root != 0 {
		*s.index() = zindex{order: tree.New(arena.PurposeTree)}
	}
	return s
}

func (s *sorted) scanIndex(cursor uint64, visit func(member []byte, score float64)) (next uint64) {
	return s.index().members.Scan(s.a, cursor, s.hashOf(), func(r arena.Ref) {
		visit(memberAt(s.a, r), scoreAt(s.a, r))
	})
}
