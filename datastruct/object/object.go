// Package object knows what a key holds: the layout of a keyspace entry in the arena, and the value types with their
// encodings.
//
// # The entry block
//
// One key is one arena block: header, key, expiry and, where it is small, the value. So a GET touches the bucket of the
// hash table and one or two cache lines of the entry, and a million small keys cost no pointers and no second
// allocation.
//
//	offset  size  what
//	0       1     type (low four bits) | encoding (high four bits)
//	1       1     flags, see below
//	2       3     access field: LRU clock (24 bits of seconds), or LFU: 16 bits of minutes, 8 bits of counter
//	5       1-5   length of the key, uvarint
//	…       k     the key
//	…       0,6,8 expiry, unix milliseconds, little endian; 6 bytes do until the year 10889, 8 bytes beyond
//	…       …     body, which belongs to the type
//
// The body of a string is one of
//
//	int        8 bytes, little endian, two's complement
//	inline     length of the value, uvarint; the bytes
//	external   5 bytes length, 5 bytes reference to a value block of its own (flagExternal)
//
// so that a key and a value of 16 bytes fill a block of 40 bytes, the same with an expiry one of 48, a value of 100
// bytes one of 128, and an integer one of 32.
//
// The body of a collection is 5 bytes: the reference of its root block, 0 for an empty one, whose form the encoding
// tells. So the entry stays where it is while the collection grows. See collection.go.
//
// A value above [MaxInline] bytes lives in a block of its own: the entry then stays small, moves cheaply when its key is
// renamed or its expiry is added, and the value block can carry slack for APPEND without copying the key. The slack is
// not recorded: it is what the arena says the block holds, less the length.
//
// The expiry slot stays where it is when the expiry is removed (it then holds zero), because a key that had an
// expiry usually gets one again; it goes when the value is overwritten as a whole.
//
// # Whole-block rule
//
// An entry's block always has the size class of the bytes that it needs: whoever changes the length of the key's value in
// place checks [Fits] first. The rule keeps the accounting honest: a value that shrank from a kilobyte to ten bytes gives
// the kilobyte back.
//
// Nothing here knows of time, databases or the hash table. An [Entry] is a view: it's valid while the caller holds the
// partition's lease and until the entry is changed or freed.
package object

import (
	"encoding/binary"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

// Type is the type of a value, as TYPE answers it.
type Type uint8

// The types, numbered as in RDB files of Valkey's family where they have a number there.
const (
	TypeString Type = iota
	TypeList
	TypeSet
	TypeZSet
	TypeHash
	TypeModule
	TypeStream
)

var typeNames = [...]string{"string", "list", "set", "zset", "hash", "module", "stream"}

// String returns the name that TYPE answers with.
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return "unknown"
}

// Encoding is the form in which a value is kept, as OBJECT ENCODING answers it.
type Encoding uint8

// The encodings.
const (
	EncRaw Encoding = iota
	EncInt
	EncEmbstr
	EncListpack
	EncQuicklist
	EncIntset
	EncHashtable
	EncSkiplist
	EncStream
)

var encodingNames = [...]string{"raw", "int", "embstr", "listpack", "quicklist", "intset", "hashtable", "skiplist", "stream"}

// String returns the name that OBJECT ENCODING answers with.
func (e Encoding) String() string {
	if int(e) < len(encodingNames) {
		return encodingNames[e]
	}
	return "unknown"
}

// Flags of an entry.
const (
	flagExpiry      = 1 << 0 // a 6-byte expiry slot follows the key
	flagWideExpiry  = 1 << 1 // an 8-byte expiry slot follows the key; never together with flagExpiry
	flagExternal    = 1 << 2 // the value lives in a block of its own
	flagFieldExpiry = 1 << 3 // a hash with fields that have an expiry of their own; reserved for the hash type
	flagMark        = 1 << 4 // see Mark

	flagsExpiry = flagExpiry | flagWideExpiry
)

// slotSize is the size of the expiry slot by the two lowest flags.
var slotSize = [4]uint8{0, 6, 8, 8}

const (
	offKind   = 0
	offFlags  = 1
	offAccess = 2
	offKeyLen = 5

	headerBytes = 6 // of a key shorter than 128 bytes
	externBytes = 5 + arena.RefBytes
	intBytes    = 8

	// maxNarrow is the first expiry that needs the wide slot.
	maxNarrow = 1 << 48

	// MaxInline is the longest string value that is kept in the entry's own block. Above it the copy of key and
	// header saved by a second block outweighs the second block's cost (a reference, a length, a cache miss).
	MaxInline = 1024
)

// Entry is a view of one entry in the arena. The zero value stands for a missing key; only Exists may be called on it.
type Entry struct {
	a   *arena.Arena
	ref arena.Ref
}

// At returns the view of the entry at ref.
func At(a *arena.Arena, ref arena.Ref) Entry { return Entry{a, ref} }

// Exists says whether there is an entry.
func (e Entry) Exists() bool { return e.ref != 0 }

// Ref returns the reference of the entry's block.
func (e Entry) Ref() arena.Ref { return e.ref }

// Arena returns the arena that the entry lives in.
func (e Entry) Arena() *arena.Arena { return e.a }

// Type returns the type of the value.
func (e Entry) Type() Type { return Type(e.head()[offKind] & 15) }

// Encoding returns the encoding of the value.
func (e Entry) Encoding() Encoding { return Encoding(e.head()[offKind] >> 4) }

// Key returns a view of the key, valid as long as the entry.
func (e Entry) Key() []byte {
	h := e.head()
	if n := int(h[offKeyLen]); n < 0x80 {
		return e.a.Bytes(e.ref, headerBytes+n)[headerBytes:]
	}
	at, n := e.longKey()
	return e.a.Bytes(e.ref, at+n)[at:]
}

// HasKey says whether the entry's key is key.
func (e Entry) HasKey(key []byte) bool {
	n := len(key)
	if n >= 0x80 {
		return string(e.Key()) == string(key)
	}
	// A long key's length begins with a byte of 128 or more, so this tells it from a short one as well.
	return int(e.head()[offKeyLen]) == n && string(e.a.Bytes(e.ref, headerBytes+n)[headerBytes:]) == string(key)
}

// Hash returns the hash of the entry's key.
func (e Entry) Hash(seed uint64) uint64 { return HashOf(seed, e.Key()) }

// ExpireAt returns the expiry in unix milliseconds, the last instant at which the key lives; 0 if it has none.
func (e Entry) ExpireAt() int64 {
	f := e.head()[offFlags]
	if f&flagsExpiry == 0 {
		return 0
	}
	at := e.keyEnd()
	if f&flagWideExpiry != 0 {
		return int64(binary.LittleEndian.Uint64(e.a.Bytes(e.ref, at+8)[at:]))
	}
	b := e.a.Bytes(e.ref, at+6)[at:]
	return int64(binary.LittleEndian.Uint32(b)) | int64(binary.LittleEndian.Uint16(b[4:]))<<32
}

// Head is the first word of an entry: all that a look-up has to know, in one load.
type Head uint64

// Head returns the entry's first word as it is now.
func (e Entry) Head() Head { return Head(binary.LittleEndian.Uint64(e.a.Bytes(e.ref, 8))) }

// HasExpirySlot is the entry's.
func (h Head) HasExpirySlot() bool { return h>>(8*offFlags)&flagsExpiry != 0 }

// Access is the entry's.
func (h Head) Access() uint32 { return uint32(h >> (8 * offAccess) & (1<<24 - 1)) }

// HasExpirySlot says whether the entry may have an expiry; if not, ExpireAt is 0. It looks at the header only.
func (e Entry) HasExpirySlot() bool { return e.head()[offFlags]&flagsExpiry != 0 }

// Access returns the 24 bits of the access field.
func (e Entry) Access() uint32 {
	h := e.head()
	return uint32(h[2]) | uint32(h[3])<<8 | uint32(h[4])<<16
}

// SetAccess sets the 24 bits of the access field.
func (e Entry) SetAccess(v uint32) {
	h := e.head()
	h[2], h[3], h[4] = byte(v), byte(v>>8), byte(v>>16)
}

// Mark marks the entry, for who walks the table that it is in; what the mark means is the walker's. It stays while the entry is changed in
// its block. An entry in a new block, a copy among them, has none.
func (e Entry) Mark() { e.head()[offFlags] |= flagMark }

// Unmark takes the mark away.
func (e Entry) Unmark() { e.head()[offFlags] &^= flagMark }

// IsMarked says whether the entry has the mark.
func (e Entry) IsMarked() bool { return e.head()[offFlags]&flagMark != 0 }

// head returns the first eight bytes of the block: the whole header of an entry with a short key.
func (e Entry) head() []byte { return e.a.Bytes(e.ref, 8) }

// longKey returns offset and length of a key of 128 bytes or more.
func (e Entry) longKey() (at, n int) {
	b := e.a.Bytes(e.ref, offKeyLen+binary.MaxVarintLen32)
	v, w := binary.Uvarint(b[offKeyLen:])
	return offKeyLen + w, int(v)
}

// keyEnd returns the offset of what follows the key.
func (e Entry) keyEnd() int {
	if n := e.head()[offKeyLen]; n < 0x80 {
		return headerBytes + int(n)
	}
	return e.longKeyEnd()
}

func (e Entry) longKeyEnd() int {
	at, n := e.longKey()
	return at + n
}

// bodyAt returns the offset of the body.
func (e Entry) bodyAt() int {
	h := e.head()
	if n := h[offKeyLen]; n < 0x80 {
		return headerBytes + int(n) + int(slotSize[h[offFlags]&flagsExpiry])
	}
	return e.longKeyEnd() + int(slotSize[h[offFlags]&flagsExpiry])
}
