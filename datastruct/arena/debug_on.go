//go:build arenadebug || invariants || race

package arena

import (
	"bytes"
	"fmt"
	"unsafe"
)

// debug tells whether this build checks the use of blocks.
//
// The shadow has a word for every 8 bytes of the range; the one of a block's first 8 bytes says
//
//	bit 15       the block lives
//	bits 11-14   its purpose
//	bits 0-10    its generation: how often a block began here, modulo 2048
const debug = true

const (
	shadowLive    = 1 << 15
	shadowPurpose = 11
	shadowGen     = 1<<shadowPurpose - 1
	poisonFree    = 0xdb     // bytes of a block that nobody has
	poisonFresh   = 0xa7     // bytes of a block that its new owner has not written
	poisonMost    = 16 << 10 // longer blocks are filled so far only: the rest stays uncommitted
	linkBytes     = 2        // a free block begins with its link
)

// The two poisons as long as the longest stretch that is filled at once. Constant after start-up.
var (
	freePattern  = bytes.Repeat([]byte{poisonFree}, poisonMost)
	freshPattern = bytes.Repeat([]byte{poisonFresh}, poisonMost)
)

func (a *Arena) shadowOf(ref Ref) *uint16 {
	return (*uint16)(unsafe.Add(a.shadow, uintptr(ref)*2))
}

func (a *Arena) raw(ref Ref, n int) []byte { return unsafe.Slice((*byte)(a.at(ref)), n) }

// debugAlloc opens a block.
func (a *Arena) debugAlloc(ref Ref, size int, p Purpose) {
	if p >= PurposeCount {
		panic(fmt.Sprintf("arena: allocation for unknown purpose %d", p))
	}
	s := a.shadowOf(ref)
	if *s&shadowLive != 0 {
		panic(fmt.Sprintf("arena: block %#x handed out twice", ref))
	}
	*s = shadowLive | uint16(p)<<shadowPurpose | (*s+1)&shadowGen
	copy(a.raw(ref, min(size, poisonMost)), freshPattern)
}

// debugFree closes a block before it is freed.
func (a *Arena) debugFree(ref Ref, p Purpose) {
	s := a.shadowOf(ref)
	if ref == 0 || *s&shadowLive == 0 {
		panic(fmt.Sprintf("arena: free of %#x (purpose %v), which is no living block: freed twice?", ref, p))
	}
	if was := Purpose(*s >> shadowPurpose & 0xf); was != p {
		panic(fmt.Sprintf("arena: free of %#x for %v, allocated for %v", ref, p, was))
	}
	size := a.Cap(ref)
	*s &^= shadowLive
	if size <= classMax {
		copy(a.raw(ref, size), freePattern)
	}
}

// debugReuse checks a block that comes out of a free list.
func (a *Arena) debugReuse(ref Ref, size int) {
	b := a.raw(ref, size)[linkBytes:]
	if bytes.Equal(b, freePattern[:len(b)]) {
		return
	}
	at := 0
	for b[at] == poisonFree {
		at++
	}
	panic(fmt.Sprintf("arena: block %#x of %d bytes (generation %d) was written at byte %d after its free",
		ref, size, a.Generation(ref), at+linkBytes))
}

// debugCarve poisons memory that enters a free list for the first time.
func (a *Arena) debugCarve(ref Ref, n int) { copy(a.raw(ref, n), freePattern) }

// debugForget closes all blocks in n bytes from ref on.
func (a *Arena) debugForget(ref Ref, n int) {
	for s := range Ref(n >> refBits) {
		*a.shadowOf(ref + s) &^= shadowLive
	}
}

// debugLive checks that a view of n bytes from ref on lies in a living block.
func (a *Arena) debugLive(ref Ref, n int) {
	head := a.headOf(ref)
	if *a.shadowOf(head)&shadowLive == 0 {
		panic(fmt.Sprintf("arena: use of %#x, which is in no living block", ref))
	}
	if room := a.Cap(head) - int(ref-head)<<refBits; n > room {
		panic(fmt.Sprintf("arena: view of %d bytes at %#x, where the block has %d", n, ref, room))
	}
}

// headOf returns the block that ref lies in. In a large block only the first page can tell.
//
// Whoever reads a value that was lent to a snapshot holds no lease: flags of the page that have to do with its other blocks may change meanwhile.
//
//go:norace
func (a *Arena) headOf(ref Ref) Ref {
	i := ref.page()
	s := a.page(i)
	if s.flags&flagLarge != 0 {
		return pageRef(i)
	}
	if s.flags&flagFree != 0 || int(s.class) >= classCount {
		return 0
	}
	base := pageRef(i - uint32(s.flags>>backShift))
	size := Ref(classSize[s.class] >> refBits)
	return base + (ref-base)/size*size
}

// Generation returns how often a block began at ref, modulo 2048. Two equal Refs with different generations
// are different blocks.
func (a *Arena) Generation(ref Ref) int { return int(*a.shadowOf(ref) & shadowGen) }
