package table

// Table is a set of Refs by hash. The zero value is an empty table without memory.
//
// It holds no Go pointers, so it may itself live in arena memory. All its memory is in the arena given to each
// call, which must always be the same. The caller holds the arena's lease.
type Table struct {
	root  word   // the only segment's own word, or, if shift isn't 0, the Ref of the directory in a word
	count uint64 // elements
	bytes uint64 // allocated, rounded up to size classes
	place uint64 // tear-down: the first hash, in units of a bucket, that isn't freed yet
	deep  uint32 // segments as deep as the directory, if there is one
	shift uint8  // 64 - depth of the directory; 0 = there's none

	chains uint32 // buckets in chains
}

// CursorFreeBits is how many of the lowest bits of a scan cursor are always zero: the caller may keep something of its
// own there, between calls of Scan.
const CursorFreeBits = cursorFreeBits

const cursorFreeBits = 16

// Len returns the number of elements.
func (t *Table) Len() int { return int(t.count) }

// Bytes returns the arena memory that the table holds, rounded up to size classes, without its elements.
func (t *Table) Bytes() int { return int(t.bytes) }
