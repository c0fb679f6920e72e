// Package arena is the allocator for everything that is stored: memory outside the Go heap, without Go
// pointers, so that the garbage collector never looks at it.
//
// # Terms
//
//	range   the one reserved stretch of address space of the process; committed by the kernel on first touch
//	bank    2 MiB of the range: a huge page; the unit in which address space is used up
//	chunk   32 KiB, a 64th of a bank; the unit that the Range hands to an Arena and takes back
//	page    8 KiB, a quarter of a chunk; has an entry in the page map
//	OS page 4 KiB; the unit in which memory is committed, counted and given back
//	slab    a page, or a run of 1 to 4 chunks, cut into blocks of one size class
//	block   what Alloc returns, named by a Ref: its distance from the start of the range, in 8 bytes
//	arena   one partition's view: its slabs, its free memory, its accounts
//
// # Layout
//
//	base                                                                                 base+size
//	 ├ page map ┬ chunk map ┬ bank map ┬┈┈┤ bank ├ bank ├ bank ├ … untouched …                ┤
//	  16 B a page  32 B a chunk  24 B      2 MiB
//	                                         bank:  ├ chunk ├ chunk ├ … 64 ┤
//	                                         chunk: ├ page ├ page ├ page ├ page ┤     or part of a run
//	                                         slab:  ├ block ├ block ├ … carved ┊ not yet touched ┤
//
// The maps lie before the memory that they describe and are committed as it comes into use: 0.3 % of it. The
// four page entries of a chunk are one cache line, so two arenas never share a line that the fast path writes.
// Page 0, chunk 0 and bank 0 hold the maps themselves: index 0 means "none" everywhere, and Ref 0 is nobody's
// block.
//
// # Small blocks
//
// Sizes up to 16 KiB are rounded up to one of the size classes (class.go): every 8 bytes to 128, then
// eight to a doubling. Each class has a current slab. Alloc pops the free list of the current slab, which is
// threaded through the free blocks as two-byte links; Free finds the slab of the block in the page map and
// pushes. Both touch one entry of the page map and the block, nothing else, and take no lock: who calls
// holds the partition's lease.
//
// A slab is carved lazily, one OS page at a time, so an arena with ten blocks has touched ten blocks' pages.
// It is in one of these states:
//
//	current   the one Alloc pops from (at most one a class)
//	partial   has free or uncarved blocks; on its class's list: those with free blocks stand first, so that
//	          holes are filled before fresh memory is touched
//	full      on no list; the next Free into it makes it partial
//
// A slab whose last block is freed goes back to the arena's free memory, except the current one.
//
// # Large blocks
//
// A block over 16 KiB is a run of whole chunks. Only the address space is rounded up to 32 KiB: the block is
// charged for its OS pages, since the tail is never touched.
//
// # Huge pages
//
// A random access to a store of some 100 MB misses the TLB as often as the cache, and a first touch of 4 KiB costs a
// page fault. Huge pages cure both, and would waste most of the memory of a small store. So the first slabs of
// every class come from plain banks, and so does everything in a small process; once a class has several
// slabs and the range holds 48 MiB, more slabs come from banks with huge pages, which a goroutine makes ready one ahead
// of need (huge.go). What that costs is the banks that aren't full yet, and half a page for a class. Blocks of whole
// banks get huge pages too. When part of a huge page is given back, its bank becomes a plain one.
//
// # Giving memory back
//
// Freed memory stays committed ("dirty") until Trim, which the owner calls now and then with a bound on the
// work. Trim has hysteresis without a tuning knob: it gives back only as much as lay unused during the
// whole time since the last pass (the low-water mark of dirty pages), so a partition that breathes
// keeps its memory, and one that has shrunk loses it within a few passes. Whole chunks return to the Range. What a
// flush leaves behind goes by the bank (dispose.go).
//
// # Accounts
//
// UsedBy counts each purpose in class-rounded bytes; Committed counts the OS pages touched, and in huge pages the whole
// chunk. They are exact at any time, and any goroutine may read them (gauge.go). They leave out the maps, and
// what no arena has of the last huge page.
//
// # Checking
//
// In builds with the tag arenadebug, the tag invariants or the race detector, a shadow word for every 8
// bytes knows which blocks live, for what purpose, and their generation. Freed blocks are poisoned. Double
// frees, frees for another purpose, writes after a free and views of blocks that are gone panic (debug_on.go).
// Under the race detector, and with the tag arenaheap, the range is a Go slice instead of a mapping: that twin
// lets the race detector and checkptr see every access.
//
// # The way not taken
//
// A free list per class over all slabs is shorter still, but then nobody knows when a slab has become
// empty. A header inside each slab would spare the map, but takes a block from every slab whose size is a power
// of two, and all headers would fall into the same few cache sets. Collapsing full banks into huge pages
// afterwards would waste nothing, but costs a copy of everything, with all page faults of the process waiting
// meanwhile, and keeps the faults. Chunks of half the size would halve what is unused in a small partition's share of
// huge pages, and fit the classes around 10 KiB badly.
package arena

import "unsafe"

// Ref names a block: its byte offset in the range divided by 8. It fits 40 bits. 0 is no block.
//
// A Ref lives until its block is freed, and may be kept in arena memory; it must not outlive the lease
// elsewhere.
type Ref uint64

// Purpose says what a block is for. Bytes are counted by purpose; a block is freed for the purpose it was
// allocated for.
type Purpose uint8

// The purposes.
const (
	PurposeEntry  Purpose = iota // keyspace entries: key, header, small value
	PurposeValue                 // string values too big for their entry
	PurposeTable                 // hash table segments and directories
	PurposeTree                  // tree nodes of sorted sets, lists, streams
	PurposeExpiry                // tree nodes of the expiry index
	PurposePacked                // packed blocks: small objects, list and stream leaves
	PurposeObject                // headers of collection objects, members and fields
	PurposeOther                 // what is none of these
	PurposeCount                 // how many there are
)

// String returns the purpose's name for reports.
func (p Purpose) String() string {
	switch p {
	case PurposeEntry:
		return "entry"
	case PurposeValue:
		return "value"
	case PurposeTable:
		return "table"
	case PurposeTree:
		return "tree"
	case PurposeExpiry:
		return "expiry"
	case PurposePacked:
		return "packed"
	case PurposeObject:
		return "object"
	case PurposeOther:
		return "other"
	}
	return "unknown"
}

// Arena is one partition's allocator.
//
// The caller holds the partition's lease, except for Used, UsedBy and Committed, which any goroutine may
// call. After Dispose has begun nobody else may use the arena.
type Arena struct {
	base       unsafe.Pointer       // start of the range
	pages      unsafe.Pointer       // page map
	current    [classArray]uint32   // lease: page index of each class's current slab; 0 = none
	used       [purposeArray]gauge  // written under the lease, read by anyone: class-rounded bytes
	partial    [classArray]chain    // lease: slabs with room that are not current
	avail      [2]chain             // lease: split chunks with a free page, dirty ones first; plain, huge
	limbo      chain                // lease: runs that were freed and are still committed
	all        uint32               // lease: first of all chunks and runs of this arena, linked by allNext
	dirty      int                  // lease: OS pages that are committed and hold no block, slab pages left out
	low        int                  // lease: the least value of dirty since the last pass of Trim
	goal       int                  // lease: OS pages that the pass under way will still give back
	idle       [classArray]uint32   // lease: current slabs that Trim has seen empty once
	slabs      [classArray]uint32   // lease: how many slabs there are
	hugeDirty  int                  // lease: the part of dirty in chunks that share a huge page
	commit     gauge                // written under the lease, read by anyone: bytes committed
	owner      *Range               // hands out chunks
	end        Ref                  // of the range: all blocks lie below
	shadow     unsafe.Pointer       // debug builds: a uint16 for each 8 bytes of the range
	isDetached bool                 // guarded by the range's mu
	_          [cacheLine - 16]byte // the next arena's fields are on another line
}

const (
	classArray   = 128 // size classes, rounded up so that a masked index needs no bounds check
	purposeArray = 16
	cacheLine    = 64
)

// New returns an empty arena on r. It takes no memory from r until the first Alloc.
func New(r *Range) *Arena {
	return &Arena{base: r.base, pages: r.pages, shadow: r.shadow, owner: r, end: Ref(r.size >> refBits)}
}

// Alloc returns an uninitialised block of at least n bytes, or 0 if the range has no room.
//
// It is aligned to 8 bytes, and to 64 bytes if n is a multiple of 64 and at most 4 KiB.
func (a *Arena) Alloc(n int, p Purpose) Ref {
	if debug || uint(n) > classTableMax {
		return a.allocSlow(n, p)
	}
	c := classTable[(n+7)>>3]
	i := a.current[c%classArray]
	s := a.page(i)
	f := s.free
	if f == 0 {
		return a.allocSlow(n, p)
	}
	ref := pageRef(i) + Ref(f-1)
	s.free = *a.link(ref)
	s.used++
	a.used[p%purposeArray].add(int64(classSize[c%classArray]))
	return ref
}

// Free takes a block back. p must be the purpose that it was allocated for.
func (a *Arena) Free(ref Ref, p Purpose) {
	if debug {
		a.debugFree(ref, p)
	}
	i := ref.page()
	s := a.page(i)
	if s.flags != 0 {
		a.freeSlow(ref, p)
		return
	}
	*a.link(ref) = s.free
	s.free = uint16(ref-pageRef(i)) + 1
	s.used--
	a.used[p%purposeArray].add(-int64(classSize[s.class%classArray]))
	if s.used == 0 {
		a.emptied(i)
	}
}

// Cap returns how many bytes of the block the caller may use: at least what it asked for. Of a block that nobody changes or frees any thread
// may ask it: of the page's flags, which others change meanwhile, it looks at those alone that don't change while the block lives.
//
//go:norace
func (a *Arena) Cap(ref Ref) int {
	i := ref.page()
	s := a.page(i)
	if s.flags&flagLarge != 0 {
		return int(a.chunk(i>>pageToChunk).size) << osPageBits
	}
	return int(classSize[s.class%classArray])
}

// Ptr returns the address of a block. It is valid until the block is freed.
//
// The address is outside the Go heap: no Go pointer may be stored there.
func (a *Arena) Ptr(ref Ref) unsafe.Pointer {
	if debug {
		a.debugLive(ref, 1)
	}
	// Valid by rule 3 of package unsafe: the base is the start of the range, the sum stays inside it.
	return unsafe.Add(a.base, uintptr(ref)<<refBits)
}

// Bytes returns the first n bytes of a block. The view lives until the block is freed.
func (a *Arena) Bytes(ref Ref, n int) []byte {
	if debug {
		a.debugLive(ref, n)
	}
	return unsafe.Slice((*byte)(unsafe.Add(a.base, uintptr(ref)<<refBits)), n)
}

// Contains says whether ref lies in the range, so that reading there is harmless even if it names no block. Any
// goroutine may call it.
func (a *Arena) Contains(ref Ref) bool { return ref < a.end }

// Used returns the bytes allocated, rounded up to their size classes. Any goroutine may call it.
func (a *Arena) Used() int64 {
	var n int64
	for p := range PurposeCount {
		n += a.used[p].load()
	}
	return n
}

// UsedBy returns the bytes allocated for one purpose. Any goroutine may call it.
func (a *Arena) UsedBy(p Purpose) int64 { return a.used[p%purposeArray].load() }

// Committed returns the bytes that are backed by memory. Any goroutine may call it.
func (a *Arena) Committed() int64 { return a.commit.load() }

// Range returns the range that the arena allocates from.
func (a *Arena) Range() *Range { return a.owner }

// at is Ptr for addresses inside a slab that aren't live blocks.
func (a *Arena) at(ref Ref) unsafe.Pointer { return unsafe.Add(a.base, uintptr(ref)<<refBits) }

// link returns the place of a free block's link to the next free one.
func (a *Arena) link(ref Ref) *uint16 { return (*uint16)(a.at(ref)) }

func (a *Arena) page(i uint32) *page {
	return (*page)(unsafe.Add(a.pages, uintptr(i)*unsafe.Sizeof(page{})))
}

func (a *Arena) chunk(i uint32) *chunk { return a.owner.chunk(i) }
