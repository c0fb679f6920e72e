package arena

import (
	"errors"
	"fmt"
	"math/bits"
	"sync"
	"unsafe"
)

const (
	defaultRange = 1 << 40 // address space is free; a Ref reaches eight times as far
	leastRange   = 1 << 30
	bankLists    = 6 // banks by the longest run of free chunks: 1, 2-3, 4-7, 8-15, 16-31, 32
	bankTries    = 8 // banks of an uncertain list that are looked at before a sure one
)

// ErrNoRange says that the system refuses even the smallest useful range of address space.
var ErrNoRange = errors.New("arena: address space refused")

// Range is the one reserved address range of the process. It hands out chunks to arenas and takes them
// back; arenas on different goroutines may do so at once.
type Range struct {
	base   unsafe.Pointer // start of the range, a multiple of bankBytes
	pages  unsafe.Pointer // page map
	chunks unsafe.Pointer // chunk map
	shadow unsafe.Pointer // debug builds: a uint16 for each 8 bytes
	size   int64
	memory backing
	mirror backing // of the shadow

	mu       sync.Mutex // guards all below and the bank map; taken for chunks, never for blocks
	banks    unsafe.Pointer
	lists    [bankLists]uint32
	first    uint32 // the first bank behind the maps
	high     uint32 // banks from here on have never been used
	end      uint32 // the number of banks
	inUse    int64  // chunks handed out
	isClosed bool
}

// bank is an entry of the bank map. Guarded by Range.mu.
type bank struct {
	free       uint32 // a bit for each chunk that the range has
	next, prev uint32 // list of banks with as long a free run
	list       uint8  // which list, plus 1; 0 = none
	_          [3]byte
}

// NewRange reserves address space for maxBytes of memory, 1 TiB if maxBytes is 0. If the system refuses, it
// tries half as much, and so on down to 1 GiB.
//
// Nothing is committed by it. A process needs one Range; tests that make many call Close.
func NewRange(maxBytes int64) (*Range, error) {
	want, least := maxBytes, maxBytes
	if want <= 0 {
		want, least = defaultRange, leastRange
	}
	for {
		r, err := newRange(want)
		if err == nil {
			return r, nil
		}
		if want /= 2; want < min(least, leastRange) {
			return nil, fmt.Errorf("%w: %w", ErrNoRange, err)
		}
	}
}

func newRange(want int64) (*Range, error) {
	want = min(want, backingMax)
	data := (want + bankBytes - 1) / bankBytes
	const mapsInBank = pagesInChunk*chunksInBank*int64(unsafe.Sizeof(page{})) +
		chunksInBank*int64(unsafe.Sizeof(chunk{})) + int64(unsafe.Sizeof(bank{}))
	maps := int64(1) // banks for the maps, which describe their own banks too: entries that are never touched
	for maps*bankBytes < (data+maps)*mapsInBank {
		maps++
	}
	end := data + maps
	r := &Range{size: end * bankBytes, first: uint32(maps), high: uint32(maps), end: uint32(end)}
	var err error
	if r.memory, err = reserve(r.size); err != nil {
		return nil, err
	}
	r.base = r.memory.start
	r.pages = r.base
	r.chunks = unsafe.Add(r.pages, end*chunksInBank*pagesInChunk*int64(unsafe.Sizeof(page{})))
	r.banks = unsafe.Add(r.chunks, end*chunksInBank*int64(unsafe.Sizeof(chunk{})))
	if debug {
		if r.mirror, err = reserve(r.size / 8 * 2); err != nil {
			r.memory.unreserve()
			return nil, err
		}
		r.shadow = r.mirror.start
	}
	return r, nil
}

// Close gives the address space back. No arena of the range, and no view of its memory, may be used any
// more.
func (r *Range) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.isClosed {
		return
	}
	r.isClosed = true
	r.memory.unreserve()
	if debug {
		r.mirror.unreserve()
	}
}

// Size returns the bytes of address space that are reserved.
func (r *Range) Size() int64 { return r.size }

// Handed returns the bytes of address space that arenas hold now. Any goroutine may call it.
func (r *Range) Handed() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.inUse * chunkBytes
}

func (r *Range) chunk(i uint32) *chunk {
	return (*chunk)(unsafe.Add(r.chunks, uintptr(i)*unsafe.Sizeof(chunk{})))
}

func (r *Range) bank(i uint32) *bank {
	return (*bank)(unsafe.Add(r.banks, uintptr(i)*unsafe.Sizeof(bank{})))
}

// chunkAddr returns where chunk i begins.
func (r *Range) chunkAddr(i uint32) unsafe.Pointer { return unsafe.Add(r.base, uintptr(i)*chunkBytes) }

// take returns the first of n contiguous chunks, or 0 if there is no such run. Their memory is not
// committed.
func (r *Range) take(n uint32) uint32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	var i uint32
	if n <= chunksInBank {
		i = r.takeFew(n)
	} else {
		i = r.takeMany(n)
	}
	if i != 0 {
		r.inUse += int64(n)
	}
	return i
}

// takeFew finds a run inside one bank, in the fullest that has one.
func (r *Range) takeFew(n uint32) uint32 {
	sure := bits.Len32(n - 1) // every bank of this list and of later ones has such a run
	if sure > 0 {
		b := r.lists[sure-1]
		for range bankTries {
			if b == 0 {
				break
			}
			if at := findRun(r.bank(b).free, n); at >= 0 {
				return r.carveBank(b, uint32(at), n)
			}
			b = r.bank(b).next
		}
	}
	for l := sure; l < bankLists; l++ {
		if b := r.lists[l]; b != 0 {
			return r.carveBank(b, uint32(findRun(r.bank(b).free, n)), n)
		}
	}
	if r.high == r.end {
		return 0
	}
	b := r.high
	r.high++
	r.bank(b).free = allChunksFree
	return r.carveBank(b, 0, n)
}

// takeMany finds whole banks in a row. The tail of the last stays available.
func (r *Range) takeMany(n uint32) uint32 {
	need := (n + chunksInBank - 1) / chunksInBank
	var row uint32
	b := r.first
	for ; b < r.high && row < need; b++ {
		if r.bank(b).free == allChunksFree {
			row++
		} else {
			row = 0
		}
	}
	for ; row < need; row++ {
		if b == r.end {
			return 0
		}
		r.bank(b).free = allChunksFree
		b++
		r.high = b
		r.relist(b - 1)
	}
	start := b - need
	for left := n; left > 0; start++ {
		k := min(left, chunksInBank)
		r.carveBank(start, 0, k)
		left -= k
	}
	return (b - need) * chunksInBank
}

// carveBank takes n chunks at position at out of bank b.
func (r *Range) carveBank(b, at, n uint32) uint32 {
	r.bank(b).free &^= runMask(at, n)
	r.relist(b)
	return b*chunksInBank + at
}

// give takes back n contiguous chunks, whose memory is not committed any more.
func (r *Range) give(i, n uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inUse -= int64(n)
	for n > 0 {
		b, at := i/chunksInBank, i%chunksInBank
		k := min(n, chunksInBank-at)
		r.bank(b).free |= runMask(at, k)
		r.relist(b)
		i, n = i+k, n-k
	}
}

// relist puts bank b on the list that its longest free run says.
func (r *Range) relist(b uint32) {
	k := r.bank(b)
	list := uint8(bits.Len(uint(longestRun(k.free))))
	if list == k.list {
		return
	}
	if k.list != 0 {
		if k.prev != 0 {
			r.bank(k.prev).next = k.next
		} else {
			r.lists[k.list-1] = k.next
		}
		if k.next != 0 {
			r.bank(k.next).prev = k.prev
		}
	}
	k.list, k.prev, k.next = list, 0, 0
	if list != 0 {
		head := &r.lists[list-1]
		if k.next = *head; k.next != 0 {
			r.bank(k.next).prev = b
		}
		*head = b
	}
}

// runMask returns n set bits from bit at on.
func runMask(at, n uint32) uint32 { return uint32(1<<n-1) << at }

// findRun returns the lowest position of n set bits in a row, or -1.
func findRun(m, n uint32) int {
	for have := uint32(1); have < n && m != 0; {
		step := min(have, n-have)
		m &= m >> step
		have += step
	}
	if m == 0 {
		return -1
	}
	return bits.TrailingZeros32(m)
}

// longestRun returns the length of the longest row of set bits.
func longestRun(m uint32) int {
	n := 0
	for ; m != 0; n++ {
		m &= m << 1
	}
	return n
}
