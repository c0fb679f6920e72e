package object

import (
	"fmt"
	"math"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

// zsetKind is what the rest of the program can do with a sorted set.
var zsetKind = kind{
	free: func(a *arena.Arena, enc Encoding, root arena.Ref, limit int) arena.Ref {
		s := sorted{a: a, enc: enc, root: root}
		s.free(limit)
		return s.root
	},
	copy: copySorted,
	len: func(a *arena.Arena, enc Encoding, root arena.Ref) int {
		s := sorted{a: a, enc: enc, root: root}
		return s.len()
	},
	size: func(a *arena.Arena, enc Encoding, root arena.Ref, samples int) int {
		s := sorted{a: a, enc: enc, root: root}
		return s.size(samples)
	},
	sane: func(a *arena.Arena, enc Encoding, root arena.Ref, env *Env) error {
		s := sorted{a: a, env: env, enc: enc, root: root}
		return s.sane()
	},
}

// bucketElements is about how many members a bucket of the table holds.
const bucketElements = 8

// free frees about limit members. When all is freed, root is 0. Between calls nothing else may be done with the set.
func (s *sorted) free(limit int) {
	if s.root == 0 {
		return
	}
	if !s.isLarge() {
		s.a.Free(s.root, arena.PurposePacked)
		s.root = 0
		return
	}
	x := s.index()
	if x.members.Len() > 0 {
		x.members.Free(s.a, limit/bucketElements+1, func(r arena.Ref) { s.a.Free(r, arena.PurposeObject) })
		if x.members.Len() > 0 {
			return
		}
	}
	for x.members.Free(s.a, math.MaxInt, nil) { // the rest of its own memory
		continue
	}
	if !x.order.Free(s.a, limit, nil) {
		s.a.Free(s.root, arena.PurposeObject)
		s.root = 0
	}
}

func copySorted(from *arena.Arena, enc Encoding, root arena.Ref, to *arena.Arena, env *Env) (arena.Ref, bool) {
	src := sorted{from, env, root, enc}
	if !src.isLarge() {
		b := src.pairs()
		r := to.Alloc(max(b.Used(), leastPacked), arena.PurposePacked)
		if r == 0 {
			return 0, false
		}
		copy(to.Bytes(r, b.Used()), b.Block[:b.Used()])
		return r, true
	}
	twin := newIndexed(to, env)
	if twin.root == 0 {
		return 0, false
	}
	for c := src.walk(0, src.len(), false); c.Next(); {
		m := c.Member()
		if !twin.insert(HashOf(env.Seed, m), m, c.Score()) {
			twin.freeAll()
			return 0, false
		}
	}
	return twin.root, true
}

// freeAll frees the set at once.
func (s *sorted) freeAll() {
	for s.root != 0 {
		s.free(math.MaxInt32)
	}
}

// size returns the bytes of the set in the arena, estimated from so many samples; exact for 0.
func (s *sorted) size(samples int) int {
	if !s.isLarge() {
		return s.a.Cap(s.root)
	}
	x, n := s.index(), s.len()
	if samples == 0 || samples > n {
		samples = n
	}
	sum := 0
	for c := s.walk(0, samples, false); c.Next(); {
		sum += s.a.Cap(c.item.Ref)
	}
	if samples < n && samples > 0 {
		sum = int(float64(sum) / float64(samples) * float64(n))
	}
	return s.a.Cap(s.root) + x.members.Bytes() + x.order.Bytes(s.a) + sum
}

// sane checks everything. It is for tests.
func (s *sorted) sane() error {
	if s.isLarge() {
		return s.saneIndex()
	}
	p := s.pairs()
	if err := packed.Validate(p.Block[:p.Used()]); err != nil {
		return err
	}
	if p.IsEmpty() || p.Len()%2 != 0 {
		return fmt.Errorf("a block of %d entries", p.Len())
	}
	return s.saneOrder()
}

// saneOrder checks that members are in order, and each can be found.
func (s *sorted) saneOrder() error {
	var last []byte
	lastScore, rank := math.Inf(-1), 0
	for c := s.walk(0, s.len(), false); c.Next(); rank++ {
		m, f := c.Member(), c.Score()
		if math.IsNaN(f) || f < lastScore || rank > 0 && f == lastScore && string(last) >= string(m) {
			return fmt.Errorf("rank %d: %q with %v stands behind %q with %v", rank, m, f, last, lastScore)
		}
		if got, score, ok := s.rank(m); !ok || got != rank || score != f {
			return fmt.Errorf("rank %d: %q with %v is found at %d with %v, %v", rank, m, f, got, score, ok)
		}
		last, lastScore = append(last[:0], m...), f
	}
	if rank != s.len() {
		return fmt.Errorf("%d members, Len says %d", rank, s.len())
	}
	return nil
}

func (s *sorted) saneIndex() error {
	x := s.index()
	if x.members.Len() != x.order.Len() {
		return fmt.Errorf("the table has %d members, the tree %d", x.members.Len(), x.order.Len())
	}
	if err := x.order.Sane(s.a, byMember(s.a)); err != nil {
		return err
	}
	if err := x.members.Sane(s.a, s.hashOf()); err != nil {
		return err
	}
	for c := x.order.Begin(s.a); c.Valid(); c.Next(s.a) {
		if it := c.Item(); it.Key != orderOf(scoreAt(s.a, it.Ref)) {
			return fmt.Errorf("%q with %v stands at order %#x", memberAt(s.a, it.Ref), scoreAt(s.a, it.Ref), it.Key)
		}
	}
	return s.saneOrder()
}
