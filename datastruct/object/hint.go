package object

import (
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/table"
)

// headMost is more than header, key, expiry and root of an entry with a short key take, counted as a Ref is.
const headMost = 256 / 8

// HintMember asks for what a look-up of a member or field in the collection at ref will need first, if nobody changes it meanwhile. Of a
// table it says which bucket that is, and the member's hash, for table.HintHit. The member of a string is the offset of a bit.
//
// It is a guess, like the hints of a table, and as harmless: without the lease, ref may be anything that lies in the range.
func HintMember(a *arena.Arena, ref arena.Ref, seed uint64, member []byte) (home arena.Ref, h uint64) {
	if !a.Contains(ref + headMost) {
		return 0, 0
	}
	head := At(a, ref).Head() // once: it may change meanwhile
	keyLen := int(head >> (8 * offKeyLen) & 0xff)
	if keyLen >= 0x80 {
		return 0, 0
	}
	at := headerBytes + keyLen + int(slotSize[head>>(8*offFlags)&flagsExpiry])
	if Type(head&15) == TypeString {
		if head>>(8*offFlags)&flagExternal != 0 {
			hintBit(At(a, ref), at, member)
		}
		return 0, 0
	}
	root := arena.GetRef(a.Bytes(ref, at+rootBytes)[at:])
	if root == 0 || !a.Contains(root+headMost) {
		return 0, 0
	}
	switch Encoding(head >> 4 & 15) {
	case EncHashtable, EncSkiplist: // the root of each begins with a table
		h = HashOf(seed, member)
		return (*table.Table)(a.Ptr(root)).HintBucket(a, h), h
	}
	table.PrefetchElement(a, root)
	return 0, 0
}

// hintBit asks for the byte of a bit in a string whose body, at an offset of its entry, names a block of its own.
func hintBit(e Entry, at int, offset []byte) {
	bit, ok := ParseInt(offset)
	if n, block := e.external(at); ok && uint64(bit) < 8*uint64(n) {
		if line := block + arena.Ref(bit/64); e.a.Contains(line + headMost) {
			table.PrefetchElement(e.a, line)
		}
	}
}
