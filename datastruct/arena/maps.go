package arena

import "unsafe"

const (
	pageBytes     = 1 << pageBits
	osPageBits    = 12
	osPageBytes   = 1 << osPageBits
	osPagesInPage = pageBytes / osPageBytes

	pageToChunk    = 2 // a chunk is 4 pages
	pagesInChunk   = 1 << pageToChunk
	chunkBytes     = pageBytes * pagesInChunk
	osPagesInChunk = chunkBytes / osPageBytes
	allPagesFree   = 1<<pagesInChunk - 1
	chunksInBank   = 64
	bankBytes      = chunksInBank * chunkBytes
	allChunksFree  = 1<<chunksInBank - 1
)

// page is an entry of the page map. The holder of the lease of the arena that owns the chunk may touch it.
//
//	flags: bit 0  full: the slab is on no list
//	       bit 1  large: first page of a large block, the other fields mean nothing
//	       bit 2  free: no slab
//	       4 - 7  how many pages before this one the slab begins
//
// On the head page of a slab with room all flags are 0: the one test of the fast path.
type page struct {
	free   uint16 // first free block: its distance from the start of the slab in 8 bytes, plus 1; 0 = none
	used   uint16 // blocks allocated
	carved uint16 // blocks that were ever in the free list since the slab was made
	class  uint8  // size class, or classNone
	flags  uint8
	links  // partial list
}

const (
	flagFull  = 1 << 0
	flagLarge = 1 << 1
	flagFree  = 1 << 2
	backShift = 4
)

// chunk is an entry of the chunk map: a chunk that is split into pages, or the first of a run.
// The arena that owns the chunk may touch it.
type chunk struct {
	links                   // avail or limbo list
	allNext, allPrev uint32 // all chunks and runs of the arena
	run              uint32 // length in chunks
	touched          uint32 // OS pages touched: in a run, from its start on; else four bytes, one a page
	size             uint32 // large block: OS pages charged for
	free             uint8  // split chunk: a bit for each page without a slab
	kind             uint8
	huge             uint8 // 1 in a chunk that was split out of a bank with a huge page
	_                uint8
}

// What a chunk is.
const (
	chunkOwnless = iota // with the Range
	chunkPages          // split into pages
	chunkSlab           // a run that is one slab
	chunkLarge          // a run that is one large block
	chunkLimbo          // a run that was freed and is committed still
)

// pageTouched returns how many OS pages of page k of a split chunk are touched.
func (c *chunk) pageTouched(k uint32) int { return int(c.touched >> (8 * k) & 0xff) }

func (c *chunk) setPageTouched(k uint32, n int) {
	c.touched = c.touched&^(0xff<<(8*k)) | uint32(n)<<(8*k)
}

// dirtyMask returns a bit for each free page of a split chunk that is committed.
func (c *chunk) dirtyMask() uint8 {
	var m uint8
	for k := range uint32(pagesInChunk) {
		if c.pageTouched(k) > 0 {
			m |= 1 << k
		}
	}
	return m & c.free
}

// The fast path relies on these sizes for a cheap index and for cache lines.
var (
	_ [16]byte = [unsafe.Sizeof(page{})]byte{}
	_ [32]byte = [unsafe.Sizeof(chunk{})]byte{}
	_ [32]byte = [unsafe.Sizeof(bank{})]byte{}
)
