package object

import (
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

// The two small forms of a set, intset and packed block, and the way from one form to the next.

const (
	// intsetMost is more members than any intset has, as in Valkey.
	intsetMost = 1 << 30
	// slackKneeSmall is the size from which a block grows by an eighth more than it needs, as the arena's classes don't make it: so adding
	// members one by one costs a copy now and then only.
	slackKneeSmall = 16 << 10
	// shrinkLeast is the size below which a block keeps its room.
	shrinkLeast = 64
)

// ints returns the view of an intset.
func (m Members) ints() intset {
	n := intset(m.a.Bytes(m.root, intsetHead)).used()
	return m.a.Bytes(m.root, n)
}

// block returns the view of a packed block.
func (m Members) block() packed.Block { return m.a.Bytes(m.root, m.a.Cap(m.root)) }

// withRoom returns the size of a block that needs so many bytes and will grow.
func withRoom(need int) int {
	if need > slackKneeSmall {
		return need + need/8
	}
	return need
}

// addInt adds a member to an intset, or makes a table of it if it is too large for that.
func (m *Members) addInt(n int64) (added, ok bool) {
	if m.root == 0 {
		if m.env.Limits.SetIntset.Load() < 1 {
			m.enc = EncHashtable
			return m.addHashed(packed.IntValue(n))
		}
		w := widthOf(n)
		if m.root = m.a.Alloc(intsetHead+w, arena.PurposePacked); m.root == 0 {
			return false, false
		}
		s := intset(m.a.Bytes(m.root, intsetHead+w))
		s.setHead(1, w)
		s.put(0, n)
		return true, true
	}
	s := m.ints()
	i, found := s.find(n)
	if found {
		return false, true
	}
	if int64(s.len()) >= min(m.env.Limits.SetIntset.Load(), intsetMost) {
		if !m.toTable() {
			return false, false
		}
		return m.addHashed(packed.IntValue(n))
	}
	w := max(s.width(), widthOf(n))
	need := intsetHead + (s.len()+1)*w
	if w > s.width() || need > m.a.Cap(m.root) {
		twin := m.a.Alloc(withRoom(need), arena.PurposePacked)
		if twin == 0 {
			return false, false
		}
		s.copyTo(m.a.Bytes(twin, need), w)
		m.move(twin)
	}
	intset(m.a.Bytes(m.root, need)).insert(i, n)
	return true, true
}

// removeInt takes the member at place i out of an intset.
func (m *Members) removeInt(i int) {
	s := m.ints()
	s.remove(i)
	m.shrink(s.used())
}

// packs says whether an intset may become a packed block and have v besides.
func (m *Members) packs(v packed.Value) bool {
	n, longest := 0, 0
	if m.root != 0 {
		s := m.ints()
		if n = s.len(); n > 0 {
			longest = max(packed.IntValue(s.at(0)).Len(), packed.IntValue(s.at(n-1)).Len())
		}
	}
	l := m.env.Limits
	return int64(n) < l.SetEntries.Load() && int64(max(len(v.Bytes), longest)) <= l.SetValue.Load() && v.Size() < packed.MaxUsed/2
}

// addPacked adds a member, in canonical form, to a packed block, or makes a table of it if it is too large for that.
func (m *Members) addPacked(v packed.Value) (added, ok bool) {
	n, used := 0, packed.EmptyBytes
	if m.root != 0 {
		b := m.block()
		if b.Find(b.First(), v, 0) >= 0 {
			return false, true
		}
		n, used = b.Len(), b.Used()
	}
	l := m.env.Limits
	if int64(n) >= l.SetEntries.Load() || int64(v.Len()) > l.SetValue.Load() || used+v.Size() > packed.MaxUsed {
		if !m.toTable() {
			return false, false
		}
		return m.addHashed(v)
	}
	if !m.reserve(used + v.Size()) {
		return false, false
	}
	m.block().Append(v)
	return true, true
}

// reserve makes the packed block one of so many bytes at least.
func (m *Members) reserve(need int) bool {
	if m.root != 0 && m.a.Cap(m.root) >= need {
		return true
	}
	twin := m.a.Alloc(withRoom(need), arena.PurposePacked)
	if twin == 0 {
		return false
	}
	dst := m.a.Bytes(twin, m.a.Cap(twin))
	if m.root == 0 {
		packed.Init(dst)
	} else {
		b := m.block()
		copy(dst, b[:b.Used()])
	}
	m.move(twin)
	return true
}

// cut takes the member at a position out of a packed block.
func (m *Members) cut(at int) {
	b := m.block()
	b.Delete(at, 1)
	m.shrink(b.Used())
}

// shrink gives the block the size that it needs if it has more than twice that, and there is memory for another one.
func (m *Members) shrink(need int) {
	if have := m.a.Cap(m.root); have <= shrinkLeast || have < 2*need {
		return
	}
	if twin := m.a.Alloc(need, arena.PurposePacked); twin != 0 {
		copy(m.a.Bytes(twin, need), m.a.Bytes(m.root, need))
		m.move(twin)
	}
}

// move makes twin, which has all members, the block.
func (m *Members) move(twin arena.Ref) {
	if m.root != 0 {
		m.a.Free(m.root, arena.PurposePacked)
	}
	m.root = twin
}

// toPacked makes a packed block of an intset, with so many bytes of room. It returns false, with nothing changed, if there is no memory for
// that.
func (m *Members) toPacked(room int) bool {
	need := packed.EmptyBytes + room
	m.Each(func(v packed.Value) bool {
		need += v.Size()
		return true
	})
	twin := m.a.Alloc(need, arena.PurposePacked)
	if twin == 0 {
		return false
	}
	b := packed.Init(m.a.Bytes(twin, m.a.Cap(twin)))
	m.Each(func(v packed.Value) bool {
		b.Append(v)
		return true
	})
	m.enc = EncListpack
	m.move(twin)
	return true
}

// toIntset makes an intset of a set of which all members are integers, unless they are too many. Without memory it stays as it is.
func (m *Members) toIntset() {
	n := m.Len()
	if m.enc == EncIntset || int64(n) > min(m.env.Limits.SetIntset.Load(), intsetMost) {
		return
	}
	twin := Members{m.a, m.env, EncIntset, 0}
	ok := true
	m.Each(func(v packed.Value) bool {
		_, ok = twin.add(v)
		return ok
	})
	if !ok || twin.enc != EncIntset || twin.Len() != n {
		twin.free()
		return
	}
	m.free()
	*m = twin
}
