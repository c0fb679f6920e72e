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
	next   uint32 // partial list
	prev   uint32
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
	next, prev       uint32 // avail or limbo list
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

// slabList is a doubly linked list of pages, by index.
type slabList struct{ head, tail uint32 }

func (a *Arena) pushSlab(l *slabList, i uint32) {
	s := a.page(i)
	s.prev, s.next = 0, l.head
	if l.head != 0 {
		a.page(l.head).prev = i
	} else {
		l.tail = i
	}
	l.head = i
}

func (a *Arena) appendSlab(l *slabList, i uint32) {
	s := a.page(i)
	s.prev, s.next = l.tail, 0
	if l.tail != 0 {
		a.page(l.tail).next = i
	} else {
		l.head = i
	}
	l.tail = i
}

func (a *Arena) removeSlab(l *slabList, i uint32) {
	s := a.page(i)
	if s.prev != 0 {
		a.page(s.prev).next = s.next
	} else {
		l.head = s.next
	}
	if s.next != 0 {
		a.page(s.next).prev = s.prev
	} else {
		l.tail = s.prev
	}
	s.next, s.prev = 0, 0
}

// chunkList is a doubly linked list of chunks, by index.
type chunkList struct{ head, tail uint32 }

func (a *Arena) pushChunk(l *chunkList, i uint32) {
	c := a.chunk(i)
	c.prev, c.next = 0, l.head
	if l.head != 0 {
		a.chunk(l.head).prev = i
	} else {
		l.tail = i
	}
	l.head = i
}

func (a *Arena) appendChunk(l *chunkList, i uint32) {
	c := a.chunk(i)
	c.prev, c.next = l.tail, 0
	if l.tail != 0 {
		a.chunk(l.tail).next = i
	} else {
		l.head = i
	}
	l.tail = i
}

func (a *Arena) removeChunk(l *chunkList, i uint32) {
	c := a.chunk(i)
	if c.prev != 0 {
		a.chunk(c.prev).next = c.next
	} else {
		l.head = c.next
	}
	if c.next != 0 {
		a.chunk(c.next).prev = c.prev
	} else {
		l.tail = c.prev
	}
	c.next, c.prev = 0, 0
}
