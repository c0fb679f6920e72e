package object

import (
	"encoding/binary"
	"strconv"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

// MaxEmbstr is the longest string that OBJECT ENCODING calls embstr.
const MaxEmbstr = 44

// maxIntText is the length of the longest canonical text of a 64-bit integer.
const maxIntText = len("-9223372036854775808")

// Value is a string value on its way into an entry: an integer, or bytes with the name of their encoding.
type Value struct {
	Bytes []byte   // not for EncInt
	Int   int64    // for EncInt
	Enc   Encoding // EncInt, EncEmbstr or EncRaw
}

// Encode chooses the encoding of a value as SET does: int where the bytes are the canonical text of a 64-bit integer, else embstr
// or raw by length.
func Encode(b []byte) Value {
	if n, ok := ParseInt(b); ok {
		return Value{Int: n, Enc: EncInt}
	}
	return Text(b)
}

// Text is Encode for values that stay text even if they look like an integer (INCRBYFLOAT makes such).
func Text(b []byte) Value {
	if len(b) <= MaxEmbstr {
		return Value{Bytes: b, Enc: EncEmbstr}
	}
	return Value{Bytes: b, Enc: EncRaw}
}

// Raw is a value that OBJECT ENCODING calls raw at any length, as after APPEND, SETRANGE, SETBIT.
func Raw(b []byte) Value { return Value{Bytes: b, Enc: EncRaw} }

// Int is an integer value.
func Int(n int64) Value { return Value{Int: n, Enc: EncInt} }

// ParseInt returns the integer that b is the canonical text of: no sign but a minus, no leading zero, no space, in range.
func ParseInt(b []byte) (int64, bool) { return packed.ParseInt(b) }

// size returns the bytes of an entry's body for v, and whether v needs a block of its own.
func (v Value) size() (n int, external bool) {
	if v.Enc == EncInt {
		return intBytes, false
	}
	if n := len(v.Bytes); n <= MaxInline {
		return uvarintLen(n) + n, false
	}
	return externBytes, true
}

// uvarintLen returns the bytes of n as a uvarint.
func uvarintLen(n int) int {
	w := 1
	for n >= 0x80 {
		n >>= 7
		w++
	}
	return w
}

// expiryFlag returns the flag of the narrowest expiry slot that holds ms, 0 for no expiry.
func expiryFlag(ms int64) byte {
	switch {
	case ms == 0:
		return 0
	case uint64(ms) < maxNarrow:
		return flagExpiry
	}
	return flagWideExpiry
}

// NewString builds an entry for a string. It returns the zero Entry, with nothing allocated, if the arena is out of memory.
//
// Key and value are copied; they may not be views of the arena.
func NewString(a *arena.Arena, key []byte, v Value, expireAt int64, access uint32) Entry {
	flag := expiryFlag(expireAt)
	body, external := v.size()
	size := headSize(key) + int(slotSize[flag]) + body
	var block arena.Ref
	if external {
		if block = a.Alloc(len(v.Bytes), arena.PurposeValue); block == 0 {
			return Entry{}
		}
		flag |= flagExternal
	}
	ref := a.Alloc(size, arena.PurposeEntry)
	if ref == 0 {
		if block != 0 {
			a.Free(block, arena.PurposeValue)
		}
		return Entry{}
	}
	b := a.Bytes(ref, size)
	at := putHead(b, TypeString, v.Enc, flag, access, key)
	at += putExpiry(b[at:], flag, expireAt)
	if external {
		copy(a.Bytes(block, len(v.Bytes)), v.Bytes)
		putExternal(b[at:], len(v.Bytes), block)
	} else {
		putInline(b[at:], v)
	}
	return Entry{a, ref}
}

// headSize returns the bytes of header and key.
func headSize(key []byte) int { return offKeyLen + uvarintLen(len(key)) + len(key) }

// putHead writes header and key and returns their size.
func putHead(b []byte, t Type, enc Encoding, flags byte, access uint32, key []byte) int {
	_ = b[headerBytes-1]
	b[offKind] = byte(t) | byte(enc)<<4
	b[offFlags] = flags
	b[2], b[3], b[4] = byte(access), byte(access>>8), byte(access>>16)
	at := offKeyLen + putUvarint(b[offKeyLen:], len(key))
	return at + copy(b[at:], key)
}

// putUvarint is binary.PutUvarint with a short way for the common case.
func putUvarint(b []byte, n int) int {
	if n < 0x80 {
		b[0] = byte(n)
		return 1
	}
	return binary.PutUvarint(b, uint64(n))
}

// putExpiry writes the expiry slot that flag asks for and returns its size.
func putExpiry(b []byte, flag byte, ms int64) int {
	switch flag & flagsExpiry {
	case 0:
		return 0
	case flagExpiry:
		_ = b[5]
		binary.LittleEndian.PutUint32(b, uint32(ms))
		binary.LittleEndian.PutUint16(b[4:], uint16(ms>>32))
		return 6
	}
	binary.LittleEndian.PutUint64(b, uint64(ms))
	return 8
}

// putInline writes the body of an integer or of a short string.
func putInline(b []byte, v Value) {
	if v.Enc == EncInt {
		binary.LittleEndian.PutUint64(b, uint64(v.Int))
		return
	}
	copy(b[putUvarint(b, len(v.Bytes)):], v.Bytes)
}

// putExternal writes the body of a string in a block of its own.
func putExternal(b []byte, n int, block arena.Ref) {
	_ = b[externBytes-1]
	binary.LittleEndian.PutUint32(b, uint32(n))
	b[4] = byte(n >> 32)
	arena.PutRef(b[5:], block)
}

// IsInt returns the integer of an int-encoded string.
func (e Entry) IsInt() (int64, bool) {
	if Encoding(e.head()[offKind]>>4) != EncInt {
		return 0, false
	}
	at := e.bodyAt()
	return int64(binary.LittleEndian.Uint64(e.a.Bytes(e.ref, at+intBytes)[at:])), true
}

// Bytes returns a view of the value of a string that isn't int-encoded, nil for one that is. The view is valid until the entry
// is changed, and may not be written to.
func (e Entry) Bytes() []byte {
	h := e.head()
	if Encoding(h[offKind]>>4) == EncInt {
		return nil
	}
	at := e.bodyAt()
	if h[offFlags]&flagExternal != 0 {
		n, block := e.external(at)
		return e.a.Bytes(block, n)
	}
	at, n := e.inline(at)
	return e.a.Bytes(e.ref, at+n)[at:]
}

// AppendValue appends the text of the string to dst.
func (e Entry) AppendValue(dst []byte) []byte {
	if n, ok := e.IsInt(); ok {
		return strconv.AppendInt(dst, n, 10)
	}
	return append(dst, e.Bytes()...)
}

// Len returns the length of the string's text.
func (e Entry) Len() int {
	if n, ok := e.IsInt(); ok {
		var b [maxIntText]byte
		return len(strconv.AppendInt(b[:0], n, 10))
	}
	at := e.bodyAt()
	if e.head()[offFlags]&flagExternal != 0 {
		n, _ := e.external(at)
		return n
	}
	_, n := e.inline(at)
	return n
}

// external reads the body of a string in a block of its own.
func (e Entry) external(at int) (n int, block arena.Ref) {
	b := e.a.Bytes(e.ref, at+externBytes)[at:]
	return int(binary.LittleEndian.Uint32(b)) | int(b[4])<<32, arena.GetRef(b[5:])
}

// inline reads the length of an inline string at offset at, and returns offset and length of its bytes.
func (e Entry) inline(at int) (start, n int) {
	b := e.a.Bytes(e.ref, at+1)
	if n := int(b[at]); n < 0x80 {
		return at + 1, n
	}
	// MaxInline needs two bytes.
	b = e.a.Bytes(e.ref, at+2)
	return at + 2, int(b[at]&0x7f) | int(b[at+1])<<7
}
