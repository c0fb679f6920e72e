package arena

import (
	"errors"
	"fmt"
	"math/bits"
	"sync"
	"sync/atomic"
	"unsafe"
)

const (
	defaultRange = 1 << 40 // address space is free; a Ref reaches eight times as far
	leastRange   = 1 << 30
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

	inUse atomic.Int64 // chunks handed out; written under mu

	mu       sync.Mutex // guards all below and the bank map; taken for chunks, never for blocks
	banks    unsafe.Pointer
	lists    [bankKinds * bankRuns]uint32 // heads of lists of banks
	first    uint32                       // the first bank behind the maps
	low      uint32                       // banks from here to high have never been used
	high     uint32
	end      uint32 // the number of banks
	isClosed bool

	spare       uint32 // a huge bank that is committed and on no list, or 0
	hugeTaken   uint64 // chunks that were taken out of huge pages
	hugeSeen    uint64 // hugeTaken at the last Trim
	isPreparing bool
	helpers     sync.WaitGroup
	aside       int64  // chunks that are neither handed out nor available: of the spare, or being released
	detached    int    // arenas that are still to be disposed of
	swept       uint32 // the bank that sweep goes on with
}

// bank is an entry of the bank map. Guarded by Range.mu.
type bank struct {
	free       uint64 // a bit for each chunk that the range has, not committed
	stale      uint64 // a bit for each chunk that the range has and that is committed still
	next, prev uint32 // list
	list       uint8  // which list, plus 1; 0 = none
	kind       uint8  // bankPlain or bankHuge, if not empty
	isAdvised  bool   // the system was asked for a huge page
}

// The lists hold banks of one kind by the longest run of free chunks: 1, 2-3, 4-7, …, 32-63, 64. Banks of
// which all is free are of no kind: they stay with the side where they were first opened, so that neighbours
// tend to have the same advice, which is what the system's list of mappings is made of.
const (
	bankPlain = iota
	bankHuge
	bankEmptyLow
	bankEmptyHigh
	bankKinds
	bankRuns = 7
)

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
	r := &Range{size: end * bankBytes, first: uint32(maps), low: uint32(maps), high: uint32(end), end: uint32(end)}
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
	wasClosed := r.isClosed
	r.isClosed = true
	r.mu.Unlock()
	if wasClosed {
		return
	}
	r.helpers.Wait()
	r.memory.unreserve()
	if debug {
		r.mirror.unreserve()
	}
}

// Size returns the bytes of address space that are reserved.
func (r *Range) Size() int64 { return r.size }

// Handed returns the bytes of address space that arenas hold now. Any goroutine may call it.
func (r *Range) Handed() int64 { return r.inUse.Load() * chunkBytes }

func (r *Range) chunk(i uint32) *chunk {
	return (*chunk)(unsafe.Add(r.chunks, uintptr(i)*unsafe.Sizeof(chunk{})))
}

func (r *Range) bank(i uint32) *bank {
	return (*bank)(unsafe.Add(r.banks, uintptr(i)*unsafe.Sizeof(bank{})))
}

// chunkAddr returns where chunk i begins.
func (r *Range) chunkAddr(i uint32) unsafe.Pointer { return unsafe.Add(r.base, uintptr(i)*chunkBytes) }

// bankAddr returns where bank i begins.
func (r *Range) bankAddr(i uint32) unsafe.Pointer { return unsafe.Add(r.base, uintptr(i)*bankBytes) }

// grant is what the range hands out: contiguous chunks.
type grant struct {
	first       uint32 // 0 = nothing
	isCommitted bool   // all of it
	isHuge      bool   // by a huge page shared with the neighbours
}

// take hands out n contiguous chunks.
func (r *Range) take(n uint32) grant {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.takePlain(n)
	if g.first == 0 && r.spare != 0 {
		r.dropSpare()
		g = r.takePlain(n)
	}
	if g.first == 0 && n <= chunksInBank {
		g = r.takeFound(n, bankHuge)
	}
	if g.first != 0 {
		r.inUse.Add(int64(n))
	}
	return g
}

func (r *Range) takePlain(n uint32) grant {
	if n > chunksInBank {
		return r.takeMany(n)
	}
	if g := r.takeFound(n, bankPlain); g.first != 0 {
		return g
	}
	b := r.open(bankPlain)
	if b == 0 {
		return grant{}
	}
	return r.carveBank(b, 0, n)
}

// takeFound finds a run inside one bank of a kind, in the fullest that has one.
func (r *Range) takeFound(n uint32, kind uint8) grant {
	lists := r.lists[int(kind)*bankRuns:][:bankRuns]
	sure := bits.Len32(n - 1) // every bank of this list and of later ones has such a run
	if sure > 0 {
		b := lists[sure-1]
		for range bankTries {
			if b == 0 {
				break
			}
			if at := findRun(r.bank(b).room(), n); at >= 0 {
				return r.carveBank(b, uint32(at), n)
			}
			b = r.bank(b).next
		}
	}
	for _, b := range lists[sure:] {
		if b == 0 {
			continue
		}
		if stale := r.bank(b).stale; n == 1 && stale != 0 {
			return r.carveBank(b, uint32(bits.TrailingZeros64(stale)), 1)
		}
		return r.carveBank(b, uint32(findRun(r.bank(b).room(), n)), n)
	}
	return grant{}
}

// room returns a bit for each chunk that the range has.
func (v *bank) room() uint64 { return v.free | v.stale }

// carveBank takes n chunks at position at out of bank b. A run of plain ones comes either wholly committed or not at
// all.
func (r *Range) carveBank(b, at, n uint32) grant {
	v, m := r.bank(b), runMask(at, n)
	g := grant{first: b*chunksInBank + at, isHuge: v.kind == bankHuge}
	switch stale := v.stale & m; {
	case stale == m || g.isHuge:
		g.isCommitted = true
	case stale != 0:
		r.releaseChunks(b, stale)
		r.demote(b)
	}
	v.free &^= m
	v.stale &^= m
	r.relist(b)
	return g
}

// releaseChunks gives the memory of some chunks of bank b back to the system.
func (r *Range) releaseChunks(b uint32, m uint64) {
	for m != 0 {
		at := uint32(bits.TrailingZeros64(m))
		n := uint32(bits.TrailingZeros64(^(m >> at)))
		release(r.chunkAddr(b*chunksInBank+at), int(n)*chunkBytes)
		m &^= runMask(at, n)
	}
}

// takeMany finds whole banks in a row, from the high side down. The tail of the last stays available. Banks that will
// be filled wholly get huge pages.
func (r *Range) takeMany(n uint32) grant {
	need := (n + chunksInBank - 1) / chunksInBank
	var row uint32
	b := r.end
	for b > r.first && row < need {
		b--
		isFresh := b >= r.low && b < r.high
		if isFresh || r.bank(b).free == allChunksFree {
			row++
		} else {
			row = 0
		}
	}
	if row < need {
		return grant{}
	}
	for r.high > max(b, r.low) {
		r.high--
		r.bank(r.high).free = allChunksFree
		r.relist(r.high)
	}
	full := n / chunksInBank
	r.advise(b, full, true)
	r.advise(b+full, need-full, false)
	for k := range need {
		r.bank(b + k).kind = bankPlain
		r.carveBank(b+k, 0, min(n-k*chunksInBank, chunksInBank))
	}
	return grant{first: b * chunksInBank}
}

// give takes back n contiguous chunks, whose memory is not committed any more, unless isStale.
func (r *Range) give(i, n uint32, isStale bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inUse.Add(-int64(n))
	for n > 0 {
		b, at := i/chunksInBank, i%chunksInBank
		k := min(n, chunksInBank-at)
		v := r.bank(b)
		if isStale {
			v.stale |= runMask(at, k)
		} else {
			v.free |= runMask(at, k)
		}
		if !isStale && v.room() != allChunksFree {
			r.demote(b)
		}
		r.relist(b)
		r.releaseWhole(b)
		i, n = i+k, n-k
	}
	if r.spare != 0 && !r.isLarge(1) {
		r.dropSpare()
	}
}

// relist puts bank b on the list that its kind and its longest free run say.
func (r *Range) relist(b uint32) {
	v := r.bank(b)
	kind, run := int(v.kind), bits.Len(uint(longestRun(v.room())))
	if v.free == allChunksFree {
		if kind = bankEmptyHigh; b < r.low {
			kind = bankEmptyLow
		}
	}
	list := uint8(0)
	if run > 0 {
		list = uint8(kind*bankRuns + run)
	}
	if list == v.list {
		return
	}
	if v.list != 0 {
		if v.prev != 0 {
			r.bank(v.prev).next = v.next
		} else {
			r.lists[v.list-1] = v.next
		}
		if v.next != 0 {
			r.bank(v.next).prev = v.prev
		}
	}
	v.list, v.prev, v.next = list, 0, 0
	if list != 0 {
		head := &r.lists[list-1]
		if v.next = *head; v.next != 0 {
			r.bank(v.next).prev = b
		}
		*head = b
	}
}

// runMask returns n set bits from bit at on.
func runMask(at, n uint32) uint64 { return (1<<n - 1) << at }

// findRun returns the lowest position of n set bits in a row, or -1.
func findRun(m uint64, n uint32) int {
	for have := uint32(1); have < n && m != 0; {
		step := min(have, n-have)
		m &= m >> step
		have += step
	}
	if m == 0 {
		return -1
	}
	return bits.TrailingZeros64(m)
}

// longestRun returns the length of the longest row of set bits.
func longestRun(m uint64) int {
	n := 0
	for ; m != 0; n++ {
		m &= m << 1
	}
	return n
}
