package object

import (
	"math/bits"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
	"github.com/sleipnirdb/sleipnir/datastruct/table"
)

// Each calls visit for all members, until it returns false.
func (m Members) Each(visit func(packed.Value) bool) {
	switch {
	case m.root == 0:
	case m.enc == EncIntset:
		s := m.ints()
		for i := range s.len() {
			if !visit(packed.IntValue(s.at(i))) {
				return
			}
		}
	case m.enc == EncListpack:
		b := m.block()
		for at, end := packed.HeaderBytes, b.End(); at < end; {
			var v packed.Value
			if v, at = b.Read(at); !visit(v) {
				return
			}
		}
	default:
		m.eachHashed(visit)
	}
}

func (m Members) eachHashed(visit func(packed.Value) bool) {
	m.table().Each(m.a, func(r arena.Ref) bool { return visit(packed.Value{Bytes: memberText(m.a, r)}) })
}

// scanSteps bounds the steps of one scan per member asked for, so that a sparse table doesn't make it long.
const scanSteps = 10

// Scan is Set.Scan.
func (m Members) Scan(cursor uint64, count int, visit func(packed.Value)) (next uint64) {
	if m.root == 0 || m.enc != EncHashtable {
		m.Each(func(v packed.Value) bool {
			visit(v)
			return true
		})
		return 0
	}
	// A cursor of the table has free bits at its end: clients get the rest, which is a smaller number.
	cursor <<= table.CursorFreeBits
	seen := 0
	hashOf := hashMembers(m.a, m.env.Seed)
	for steps := count * scanSteps; ; steps-- {
		cursor = m.table().Scan(m.a, cursor, hashOf, func(r arena.Ref) {
			seen++
			visit(packed.Value{Bytes: memberText(m.a, r)})
		})
		if cursor == 0 || steps <= 0 || seen >= count {
			return cursor >> table.CursorFreeBits
		}
	}
}

// oneOf returns a number in [0, n) of evenly distributed bits.
func oneOf(rnd uint64, n int) int {
	hi, _ := bits.Mul64(rnd, uint64(n))
	return int(hi)
}

// Random is Set.Random.
func (m Members) Random(rnd uint64) Member {
	switch m.enc {
	case EncIntset:
		s := m.ints()
		i := oneOf(rnd, s.len())
		return Member{packed.IntValue(s.at(i)), uint64(i)}
	case EncListpack:
		b := m.block()
		at := b.At(oneOf(rnd, b.Len()))
		return Member{b.Get(at), uint64(at)}
	}
	r := m.table().Random(m.a, rnd)
	return Member{packed.Value{Bytes: memberText(m.a, r)}, uint64(r)}
}
