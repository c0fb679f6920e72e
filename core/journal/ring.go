package journal

import (
	"sync/atomic"
	"unsafe"
)

// The header of a record, its first word; 0 is none. A record begins at a multiple of wordBytes, so a header never wraps around the end of the
// ring, as what follows may.
//
//	63      62        61..36       35..18          17..0
//	1   transaction   length   last database   first database
//
// The length is that of the commands. It is 0 for a record by reference, whose unit lies beside the ring.
const (
	committed       = 1 << 63
	transactionBit  = 1 << 62
	lengthShift     = 36
	lengthBits      = 26
	databaseBits    = 18
	lastShift       = databaseBits
	maxRecordBytes  = 1<<lengthBits - 1
	maxRingDatabase = 1<<databaseBits - 1
	wordBytes       = 8
)

// largestShare is the part of the ring that one record may take. What is larger goes by reference.
const largestShare = 8

// A ring takes records from any thread without locks. Positions only grow; a position's place in the ring is its remainder.
//
//	      head              tail
//	┈┈┈┈┈┈┤ records         ┊┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈
//	zeros  copied, or about   zeros
//	       to be
//
// Everything outside of [head, tail) is zero, and so are the headers of records that are not committed yet.
type ring struct {
	b    []byte
	mask uint64

	_    [64]byte
	tail atomic.Uint64 // up to here is reserved
	_    [64]byte
	head atomic.Uint64 // up to here is consumed
	_    [64]byte
}

// make gives the ring its memory: size bytes, a power of two.
func (r *ring) make(size int) {
	r.b, r.mask = allocate(size), uint64(size-1) // #nosec G115 -- a size
}

// largest is how many bytes of commands a record may have: no more than half a block of the stream, either.
func (r *ring) largest() int {
	return min(len(r.b)/largestShare-wordBytes, blockBytes/2)
}

// sizeOf is what a record of n bytes takes.
func sizeOf(n int) uint64 { return uint64(n+2*wordBytes-1) &^ (wordBytes - 1) } // #nosec G115 -- a length

// header is the header word of the record at a position.
func (r *ring) header(at uint64) *atomic.Uint64 {
	// Valid by rule 1 of package unsafe: the position is a multiple of wordBytes, as are the ring's beginning and size.
	return (*atomic.Uint64)(unsafe.Pointer(&r.b[at&r.mask])) // #nosec G103 -- as above
}

// put copies the commands of the record at a position.
func (r *ring) put(at uint64, b []byte) {
	n := copy(r.b[(at+wordBytes)&r.mask:], b)
	copy(r.b, b[n:])
}

// get appends the n bytes of commands of the record at a position.
func (r *ring) get(dst []byte, at uint64, n int) []byte {
	b := r.b[(at+wordBytes)&r.mask:]
	if n <= len(b) {
		return append(dst, b[:n]...)
	}
	return append(append(dst, b...), r.b[:n-len(b)]...)
}

// consume zeroes the records from head to a position, and lets writers have their room. Whoever sequences.
func (r *ring) consume(to uint64) {
	from := r.head.Load()
	if from == to {
		return
	}
	a, z := from&r.mask, to&r.mask
	if a < z {
		clear(r.b[a:z])
	} else {
		clear(r.b[a:])
		clear(r.b[:z])
	}
	r.head.Store(to)
}

// isFull says whether a record that ends at a position has no room yet.
func (r *ring) isFull(end uint64) bool { return end-r.head.Load() > uint64(len(r.b)) }
