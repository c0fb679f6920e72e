package object

import (
	"encoding/binary"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
	"github.com/sleipnirdb/sleipnir/datastruct/table"
)

// The large form of a set: a table of members. Each is a block of its own: length, uvarint; the bytes. So a member of 16 bytes takes 24
// and its share of the table.

// tableBytes is the size of the root: a table.Table.
const tableBytes = 48

// table returns the root of a set that is a table.
func (m Members) table() *table.Table { return (*table.Table)(m.a.Ptr(m.root)) }

// memberText returns the text of a member's block.
func memberText(a *arena.Arena, r arena.Ref) []byte {
	if n := int(a.Bytes(r, 1)[0]); n < 0x80 {
		return a.Bytes(r, 1+n)[1:]
	}
	v, w := binary.Uvarint(a.Bytes(r, 8)) // a block has 8 bytes, a length no more than 5
	return a.Bytes(r, w+int(v))[w:]
}

// isMember says whether the block's member has this text.
func isMember(a *arena.Arena, r arena.Ref, text []byte) bool {
	n := len(text)
	if n >= 0x80 {
		return string(memberText(a, r)) == string(text)
	}
	return int(a.Bytes(r, 1)[0]) == n && string(a.Bytes(r, 1+n)[1:]) == string(text)
}

// newSetMember returns a block for a member, or 0.
func newSetMember(a *arena.Arena, text []byte) arena.Ref {
	w := uvarintLen(len(text))
	r := a.Alloc(w+len(text), arena.PurposeObject)
	if r != 0 {
		b := a.Bytes(r, w+len(text))
		putUvarint(b, len(text))
		copy(b[w:], text)
	}
	return r
}

// hashMembers returns the function by which a table of members knows their hashes.
func hashMembers(a *arena.Arena, seed uint64) func(arena.Ref) uint64 {
	return func(r arena.Ref) uint64 { return HashOf(seed, memberText(a, r)) }
}

// find returns the block of the member with this text, or 0.
func (m Members) find(h uint64, text []byte) arena.Ref {
	p := m.table().Find(m.a, h)
	for {
		r, ok := p.Next()
		if !ok || isMember(m.a, r, text) {
			return r
		}
	}
}

// newTable gives m, which has none, an empty table. It returns false if there is no memory.
func (m *Members) newTable() bool {
	m.root = m.a.Alloc(tableBytes, arena.PurposeObject)
	if m.root != 0 {
		*m.table() = table.Table{}
	}
	return m.root != 0
}

func (m *Members) addHashed(v packed.Value) (added, ok bool) {
	var digits [maxIntText]byte
	text := setText(v, &digits)
	if m.root == 0 && !m.newTable() {
		return false, false
	}
	h := HashOf(m.env.Seed, text)
	if m.find(h, text) != 0 {
		return false, true
	}
	r := newSetMember(m.a, text)
	if r == 0 {
		return false, false
	}
	if !m.table().Insert(m.a, h, r, hashMembers(m.a, m.env.Seed)) {
		m.a.Free(r, arena.PurposeObject)
		return false, false
	}
	return true, true
}

// drop takes the member in block r out of the table.
func (m *Members) drop(h uint64, r arena.Ref) {
	m.table().Delete(m.a, h, r, hashMembers(m.a, m.env.Seed))
	m.a.Free(r, arena.PurposeObject)
}

// toTable makes a table of a small set. It returns false, with nothing changed, if there is no memory for that.
func (m *Members) toTable() bool {
	twin := Members{m.a, m.env, EncHashtable, 0}
	ok := twin.newTable()
	m.Each(func(v packed.Value) bool {
		if ok {
			_, ok = twin.addHashed(v)
		}
		return ok
	})
	if !ok {
		twin.free()
		return false
	}
	m.free()
	*m = twin
	return true
}
