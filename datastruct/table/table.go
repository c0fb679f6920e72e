// Package table is the hash table of everything: the keyspace, large hashes and sets, the member index of
// sorted sets. It holds Refs of elements, by hash; the keys are in the elements, and whoever calls compares
// them.
//
// It is made for four things. A Find costs one cache line of the table, and then the element's own. The table
// grows and shrinks in small steps, each bounded, however large it is. A scan goes on through all that and
// misses nothing. And it is small: 8.7 bytes an element on average over all sizes.
//
// # Terms
//
//	hash       64 bits, made by the caller, well mixed (see Bad hashes)
//	slot       room for one element in a bucket: a 1-byte tag and a 5-byte Ref
//	tag        what a slot remembers of the hash: its lowest byte
//	bucket     ten slots and 4 bytes about them: one cache line
//	home       the bucket that a hash belongs to
//	buddy      the bucket that takes what has no room at home: any other of the same segment
//	foreign    said of an element that isn't in its home
//	filter     16 bits in the home about the tags of its elements in the buddy
//	segment    1 to 64 buckets: the unit that grows, splits, shrinks and merges
//	depth      how many leading bits the hashes of a segment share
//	directory  one word for each pattern of leading bits: which segment has it
//	chain      buckets outside the segment, for elements whose hashes are alike
//
// # Layout
//
//	hash, highest bit first
//	 ├ g bits: word of the directory ┼ next bits: bucket of the segment ┤ … │ lowest 8: tag ┤
//	 ├ d ≤ g bits: depth of the segment ┤
//
//	Table          directory of depth g=3      segments                   bucket, 64 bytes
//	┌───────┐      ┌────────────────┐
//	│ root ─┼────▶ │ 000 ─┐         │      ┌─▶ d=1  ┌──┬──┬──┬┄┄┬──┐     ┌──────┬──────┬─────────┐
//	│ count │      │ 001 ─┤         │      │        │0 │1 │2 │  │63│     │ 10   │ meta │ 10 Refs │
//	│ bytes │      │ 010 ─┼─────────┼──────┘        └──┴──┴──┴┄┄┴──┘     │ tags │ 4 B  │ of 5 B  │
//	│  …    │      │ 011 ─┘         │                                     └──────┴──┬───┴─────────┘
//	└───────┘      │ 100 ─┐         │      ┌─▶ d=2  ┌──┬──┬┄┄┬──┐        meta:     │
//	               │ 101 ─┴─────────┼──────┘        │0 │1 │  │31│        foreign 10 bits, one a slot
//	               │ 110 ───────────┼────────▶ d=3  ├──┼──┼┄┄┼──┤        filter  16 bits
//	               │ 111 ───────────┼────────▶ d=3  └──┴──┴┄┄┴──┘        buddy    6 bits
//	               └────────────────┘
//
// A word has 8 bytes: Ref, depth, number of buckets and, in the first of equal words, the number of elements.
// A table with one segment has no directory: its word is in the Table. A segment without elements has no
// memory. So a table of up to ten elements is a Table and a bucket, and an empty one just a Table.
//
// The home is the next bits of the hash, taken as a fraction, times the number of buckets. That number
// needn't be a power of two, and more hash never means a lower home: buckets in their order, segments in the
// order of the directory, hold hashes in ascending ranges.
//
// # Find
//
// One word of the directory, and then the home. The tag is compared with all ten at once: two words are
// loaded, the tag is xored into each byte, and bytes that become zero are found with three operations. Tags 0
// and 1 don't exist, so that this is exact for free slots; it may report a tag that differs in one bit, which
// costs a comparison. If a tag matches, the caller compares the key; three times in a hundred in vain. If
// none does, the filter proves in all but two cases of a hundred that there is nothing elsewhere either. Else
// the element can only be in the buddy. So a hit touches one line, or two for one element in twenty-five;
// never three.
//
// # Insert
//
// If the home is full, the element goes to the home's buddy. All of a home's overflow is in one bucket: if
// that is full too, it moves together to another one that has room (changeBuddy calls hashOf for the foreign
// elements there, to know whose they are). If no bucket has, the segment is rebuilt: larger, in steps of a
// third or a half, up to 64 buckets; from there as two segments of half the hashes. That happens when it is
// about nine tenths full. When the directory is not deep enough it is doubled: 8 bytes for some 500 elements.
//
// A rebuild reads the hash of each element, up to 640. Their lines are asked for ahead (prefetch), so that
// the misses overlap. It takes some tens of microseconds if nothing is in the cache, and that is the longest
// an Insert takes.
//
// # Delete
//
// A segment that is less than 30 % full is rebuilt smaller. Two neighbours of the same depth that hold at
// most half a segment together become one. From one rebuild to the next, a quarter of the elements must come
// or go, so no size is a threshold at which a table goes to and fro. Whether to shrink is asked at every
// eighth element only, lest a segment that can't be smaller asks all the time.
//
// # Scan
//
// A cursor is a hash, and says: everything below has been visited. A step visits one home, whatever that is
// at the time, and returns the lowest hash of the next. Splits, merges and shrinking change where the borders
// are, but not the order. If the home of a cursor begins below it, the elements below are left out. So each
// element that stays is visited exactly once. And it's known by its hash alone whether a scan under way has
// visited it: a snapshot needs no mark in the element, and a range of hashes (a slot, where the hash begins
// with it) can be scanned by itself.
//
// # Bad hashes
//
// The table expects the seeded hash of the caller to be good, but works with any. If the leading bits of many
// hashes are equal, segments lie deeper, and the directory grows up to one word for each element: enough for
// eight equal leading bits. Sixteen elements or more that can't be told apart even then, and what finds no
// room in a full segment that can't be deeper, go into chains: slot 9 of the home holds a link. Everything
// works on chains, in time proportional to their length.
//
// # Invariants (Sane checks them)
//
//   - Words that belong to one segment are neighbours, equal but for the count, and begin at a multiple of their
//     number. Some segment is as deep as the directory, unless there was no memory for a smaller one.
//   - A segment has memory if and only if it has elements.
//   - An element is in its home, or foreign in its home's buddy, or in its home's chain. Its tag is that of its
//     hash.
//   - The filter of a home has the bit of each of its elements in the buddy. It may have more bits, since deleting
//     clears only what no foreign element in the buddy has: no element is read for it.
//   - A chained home has no buddy, a full filter, and only the first bucket of its chain has free slots.
//
// # Ways not taken
//
//   - One array that doubles, moved bit by bit (Redis): two tables to look into meanwhile, and 1.5 times the
//     memory.
//   - Buckets with a child each where they overflow (Valkey): no buddy and no filter, but a child is a whole line for
//     one or two elements, and free slots in other buckets stay free.
//   - Stash buckets for a whole segment (Dash): a hit in the stash is a third line, and a scan must ask for the
//     home of everything in there at every step.
//   - Only powers of two for segments: half the rebuilding, which is a quarter of an Insert's time, but 10.4 bytes an
//     element instead of 8.7.
//   - A buddy that fits tightly, so that roomy buckets are left for large overflows: 8.4 bytes, but overflow changes
//     its buddy more often, and Insert is slower.
//   - Some bits of the hash in each slot, so that growing needn't read the elements: the bucket has none left, and
//     the tag can't give any without becoming useless.
//   - A directory of two levels, which never doubles: one more load for each Find. As it is, 100 million elements
//     in one table mean a copy of 2 MB, some hundred microseconds, once; and the keyspace is many tables.
package table

// Table is a set of Refs by hash. The zero value is an empty table without memory.
//
// It holds no Go pointers, so it may itself live in arena memory. All its memory is in the arena given to each
// call, which must always be the same. The caller holds the arena's lease.
type Table struct {
	root   word   // the only segment's own word; if shift isn't 0, a word with the Ref of the directory
	count  uint64 // elements
	bytes  uint64 // allocated, rounded up to size classes
	place  uint64 // tear-down: the first bucket that isn't freed yet: word of the directory and, in 6 bits, bucket
	deep   uint32 // segments as deep as the directory, if there is one
	chains uint32 // buckets in chains
	shift  uint8  // 64 - depth of the directory; 0 = there's none
}

// CursorFreeBits is how many of the lowest bits of a scan cursor are always zero: the caller may keep
// something of its own there, between calls of Scan.
const CursorFreeBits = 16

// Len returns the number of elements.
func (t *Table) Len() int { return int(t.count) }

// Bytes returns the arena memory that the table holds, rounded up to size classes, without its elements.
func (t *Table) Bytes() int { return int(t.bytes) }
