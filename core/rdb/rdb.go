// Package rdb reads and writes the RDB format: the file that a snapshot is, and the payload of DUMP and RESTORE.
//
// # Terms
//
// A *value* is what a key holds, in one of the forms that the type byte names. There are more forms than types: each generation of
// Valkey and Redis before it wrote its own in-memory encodings as they were. The [Decoder] reads all of them and tells a [Sink] the
// elements one by one, so what is built from them knows nothing of old encodings. The [Encoder] writes the forms that Redis 7.0
// and Valkey load, by the encoding that the value has here.
//
// A *file* is: nine bytes of magic and version; records, each an opcode with its arguments or a key with its value; the opcode of
// the end; eight bytes of CRC-64 over all before it, zero if nobody computed it.
//
//	"REDIS0011" or "VALKEY080"
//	aux       key, value                     about who wrote it
//	function2 code                           a library of functions
//	selectdb  number                         what follows is of this database
//	resizedb  keys, keys with an expiry      a hint
//	expiretimems, idle, freq                 of the key that follows
//	type, key, value
//	…
//	eof, crc
//
// A *payload* of DUMP is: type, value, version in two bytes, CRC-64 of all that in eight. All numbers are little endian but the
// lengths.
//
// # Trust
//
// Bytes from a client or a file are hostile. Every length is checked against the bytes that are there before anything is
// allocated for it, a compressed string against the most that its bytes can unfold to, and every nested block is walked
// with its bounds, its counts and its back links checked. So a bad payload is an error, at a cost in proportion to its
// size.
//
// The room knows nothing of clients, leases or files on disk. It works on slices, on an io.Reader and an io.Writer, and
// keeps no more than a buffer on the Go heap, however large the file is.
package rdb

// Versions of the format.
const (
	// VersionRedis70 is the last one that Redis 7.0 reads.
	VersionRedis70 = 10
	// VersionDefault is the one of Redis 7.2 and Valkey 7.2 to 8.1.
	VersionDefault = 11
	// VersionValkey9 is the first one with hashes whose fields expire.
	VersionValkey9 = 80

	// The versions between belong to others who share the ancestor, and mean other things by the same numbers.
	foreignFirst, foreignLast = 12, 79
)

// Accepts says whether a file or payload of a version can be read. relaxed lets foreign and later versions pass, for what they have in common.
func Accepts(version int, relaxed bool) bool {
	if version < 1 {
		return false
	}
	return relaxed || (version <= VersionValkey9 && (version < foreignFirst || version > foreignLast))
}

// Type is the form of a value, as the byte in front of the key says.
type Type uint8

// The forms. 8 is nobody's.
const (
	TypeString          Type = 0
	TypeList            Type = 1
	TypeSet             Type = 2
	TypeZSet            Type = 3 // scores as text
	TypeHash            Type = 4
	TypeZSet2           Type = 5 // scores in binary
	TypeModulePreGA     Type = 6
	TypeModule2         Type = 7
	TypeHashZipmap      Type = 9
	TypeListZiplist     Type = 10
	TypeSetIntset       Type = 11
	TypeZSetZiplist     Type = 12
	TypeHashZiplist     Type = 13
	TypeListQuicklist   Type = 14 // of ziplists
	TypeStreamListpacks Type = 15
	TypeHashListpack    Type = 16
	TypeZSetListpack    Type = 17
	TypeListQuicklist2  Type = 18 // of listpacks and plain elements
	TypeStreamListpack2 Type = 19
	TypeSetListpack     Type = 20
	TypeStreamListpack3 Type = 21
	TypeHash2           Type = 22 // with an expiry for each field

	typeEnd Type = 23
)

// known says whether the byte is the type of a value.
func (t Type) known() bool { return t < typeEnd && t != 8 }

// Opcodes of a file.
const (
	opSlotImport   = 243
	opSlotInfo     = 244
	opFunction2    = 245
	opFunctionPre  = 246
	opModuleAux    = 247
	opIdle         = 248
	opFreq         = 249
	opAux          = 250
	opResizeDB     = 251
	opExpireTimeMs = 252
	opExpireTime   = 253
	opSelectDB     = 254
	opEOF          = 255
)

// A length is one of
//
//	00|6 bits                 the length
//	01|6 bits, 8 bits         the length, big endian
//	10|000000, 32 bits        the length, big endian
//	10|000001, 64 bits        the length, big endian
//	11|6 bits                 no length: a string of special form follows
const (
	len14 = 0x40
	len32 = 0x80
	len64 = 0x81
	lenSp = 0xc0
)

// The special forms of a string.
const (
	specialInt8  = 0
	specialInt16 = 1
	specialInt32 = 2
	specialLZF   = 3 // compressed length, length, compressed bytes
)

// Corrupt is what is wrong with bytes that were read.
type Corrupt string

func (c Corrupt) Error() string { return "rdb: " + string(c) }

// What may be wrong anywhere.
const (
	errShort     Corrupt = "the data ends too early"
	errLength    Corrupt = "a length is out of range"
	errSpecial   Corrupt = "unknown form of a string"
	errLZF       Corrupt = "a compressed string is damaged"
	errType      Corrupt = "unknown type of a value"
	errDuplicate Corrupt = "an element is there twice"
	errScore     Corrupt = "a score is not a number"

	// ErrEmpty is the error for a collection without elements: no server keeps such a key.
	ErrEmpty Corrupt = "a collection is empty"
)

// ModuleError is the error for the value of a module type. Its bytes have been read over.
type ModuleError struct{ Name string }

func (e *ModuleError) Error() string { return "rdb: no module knows the type '" + e.Name + "'" }
