package object

import (
	"strconv"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

// Set is the view of an entry that holds a set.
//
// Members that are given are copied, and must not be views of the set. Those that are returned are views, valid until the set is
// changed.
type Set struct {
	Entry
	env *Env
}

// AsSet returns the view of an entry that holds a set.
func (e Entry) AsSet(env *Env) Set { return Set{e, env} }

// Member is a member that was found in a set: a text or an integer, and where it is. It is valid until the set is changed.
type Member struct {
	packed.Value
	place uint64 // index in an intset, position in a packed block, Ref of the block in a table
}

// Place returns a number that no other member of the set has now.
func (m Member) Place() uint64 { return m.place }

// Len returns the number of members.
func (s Set) Len() int { return s.Members().Len() }

// Expect chooses the encoding of an empty set to which so many members will be added, the first of which is given. The number may count
// members twice.
func (s Set) Expect(first []byte, n int) { s.SetRoot(s.env.setEncoding(first, n), 0) }

// Grow prepares the set for so many more members, some of which it may have: where that makes it large, it becomes a table at once.
// Without memory for that nothing happens.
func (s Set) Grow(n int) {
	m := s.Members()
	l := s.env.Limits
	if m.enc == EncListpack && int64(n) > l.SetEntries.Load() || m.enc == EncIntset && int64(n) > l.SetIntset.Load() {
		if m.toTable() {
			s.SetRoot(m.enc, m.root)
		}
	}
}

// Add adds a member and says whether it is new. ok is false, and nothing has changed, if the arena is out of memory.
func (s Set) Add(member []byte) (added, ok bool) {
	m := s.Members()
	was := m
	added, ok = m.add(packed.Value{Bytes: member})
	s.keep(was, m)
	return added, ok
}

// Remove takes a member out and says whether it was there. A set without members is the caller's to remove.
func (s Set) Remove(member []byte) bool {
	m := s.Members()
	was := m
	removed := m.remove(packed.Value{Bytes: member})
	s.keep(was, m)
	return removed
}

// RemoveAt takes out a member that was just found.
func (s Set) RemoveAt(at Member) {
	m := s.Members()
	was := m
	m.removeAt(at)
	s.keep(was, m)
}

// Has says whether the set has a member with this text.
func (s Set) Has(member []byte) bool { return s.Members().Has(packed.Value{Bytes: member}) }

// Random returns a member, each with the same probability if rnd is evenly distributed. The set has members.
func (s Set) Random(rnd uint64) Member { return s.Members().Random(rnd) }

// Each calls visit for all members, until it returns false. It must not change the set.
func (s Set) Each(visit func(packed.Value) bool) { s.Members().Each(visit) }

// Scan visits some members from cursor on and returns the cursor to go on with, 0 at the end; 0 is also the start. It visits about count
// members, or all of a set that isn't a table. A member that is there from the first call to the last is visited, whatever
// happens in between.
func (s Set) Scan(cursor uint64, count int, visit func(packed.Value)) (next uint64) {
	return s.Members().Scan(cursor, count, visit)
}

// Members returns the set by itself, for who looks at it several times. It is valid until the set is changed.
func (s Set) Members() Members { return Members{s.a, s.env, s.Encoding(), s.Root()} }

// keep writes back to the entry where the members are now.
func (s Set) keep(was, m Members) {
	if m.enc != was.enc || m.root != was.root {
		s.SetRoot(m.enc, m.root)
	}
}

// setEncoding returns the encoding for a set that begins with a member and is to have n.
func (env *Env) setEncoding(first []byte, n int) Encoding {
	l := env.Limits
	if int64(n) <= l.SetIntset.Load() {
		if _, ok := ParseInt(first); ok {
			return EncIntset
		}
	}
	if int64(n) <= l.SetEntries.Load() {
		return EncListpack
	}
	return EncHashtable
}

// Members is a set wherever it hangs: at an entry or, while it is being made, at none. The methods that change it change enc and root.
// The zero value has no members.
//
// A root of 0 has no members, whatever the encoding. Otherwise it is
//
//	intset     the block of an intset
//	listpack   a packed block
//	hashtable  a block with a table.Table, whose elements are blocks of a member each (set_table.go)
type Members struct {
	a    *arena.Arena
	env  *Env
	enc  Encoding
	root arena.Ref
}

// Encoding returns the set's encoding.
func (m Members) Encoding() Encoding { return m.enc }

// Len returns the number of members.
func (m Members) Len() int {
	switch {
	case m.root == 0:
		return 0
	case m.enc == EncIntset:
		return m.ints().len()
	case m.enc == EncListpack:
		return m.block().Len()
	}
	return m.table().Len()
}

// Has says whether v, which another set may have returned, is a member.
func (m Members) Has(v packed.Value) bool {
	switch {
	case m.root == 0:
		return false
	case m.enc == EncHashtable:
		var digits [maxIntText]byte
		text := setText(v, &digits)
		return m.find(HashOf(m.env.Seed, text), text) != 0
	case m.enc == EncListpack:
		b := m.block()
		return b.Find(b.First(), canonicalMember(v), 0) >= 0
	}
	if v = canonicalMember(v); !v.IsInt {
		return false
	}
	_, ok := m.ints().find(v.Int)
	return ok
}

// add adds a member. ok is false if there is no memory for it.
func (m *Members) add(v packed.Value) (added, ok bool) {
	switch m.enc {
	case EncHashtable:
		return m.addHashed(v)
	case EncListpack:
		return m.addPacked(canonicalMember(v))
	}
	if v = canonicalMember(v); v.IsInt {
		return m.addInt(v.Int)
	}
	if m.packs(v) {
		if !m.toPacked(v.Size()) {
			return false, false
		}
		return m.addPacked(v)
	}
	if !m.toTable() {
		return false, false
	}
	return m.addHashed(v)
}

func (m *Members) remove(v packed.Value) bool {
	switch {
	case m.root == 0:
		return false
	case m.enc == EncHashtable:
		var digits [maxIntText]byte
		text := setText(v, &digits)
		h := HashOf(m.env.Seed, text)
		r := m.find(h, text)
		if r != 0 {
			m.drop(h, r)
		}
		return r != 0
	case m.enc == EncListpack:
		b := m.block()
		at := b.Find(b.First(), canonicalMember(v), 0)
		if at >= 0 {
			m.cut(at)
		}
		return at >= 0
	}
	if v = canonicalMember(v); !v.IsInt {
		return false
	}
	i, ok := m.ints().find(v.Int)
	if ok {
		m.removeInt(i)
	}
	return ok
}

func (m *Members) removeAt(at Member) {
	switch m.enc {
	case EncHashtable:
		r := arena.Ref(at.place)
		m.drop(HashOf(m.env.Seed, memberText(m.a, r)), r)
	case EncListpack:
		m.cut(int(at.place))
	default:
		m.removeInt(int(at.place))
	}
}

// free gives everything back.
func (m *Members) free() {
	for m.root != 0 {
		m.root = freeSet(m.a, m.enc, m.root, 1<<30)
	}
}

// canonicalMember returns a value that is an integer if its text is one.
func canonicalMember(v packed.Value) packed.Value {
	if v.IsInt {
		return v
	}
	return packed.Encode(v.Bytes)
}

// setText returns the text of a value, which may be in digits.
func setText(v packed.Value, digits *[maxIntText]byte) []byte {
	if v.IsInt {
		return strconv.AppendInt(digits[:0], v.Int, 10)
	}
	return v.Bytes
}
