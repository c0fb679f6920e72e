//go:build unix && !race && !arenaheap

package arena

import (
	"fmt"
	"math"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// backingMax bounds a range: a page index of 32 bits reaches further, a Ref of 40 bits is full at 8 TiB.
const backingMax = 4 << 40

// backing is a stretch of reserved address space that starts on a bank boundary.
type backing struct {
	start  unsafe.Pointer
	mapped []byte
}

// reserve maps size bytes that are committed on first touch.
func reserve(size int64) (backing, error) {
	if size > math.MaxInt-bankBytes {
		return backing{}, fmt.Errorf("reserve %d bytes: more than an address can say", size)
	}
	b, err := unix.Mmap(-1, 0, int(size)+bankBytes, unix.PROT_READ|unix.PROT_WRITE, mapFlags)
	if err != nil {
		return backing{}, fmt.Errorf("reserve %d bytes: %w", size, err)
	}
	start := unsafe.Pointer(unsafe.SliceData(b))
	// Valid by rule 3 of package unsafe: the sum stays inside the mapping, which is one bank longer than needed.
	start = unsafe.Add(start, -uintptr(start)&(bankBytes-1))
	return backing{start: start, mapped: b}, nil
}

func (b *backing) unreserve() {
	// The only error is a wrong argument; the mapping is ours.
	_ = unix.Munmap(b.mapped)
	*b = backing{}
}

// release gives the memory of n bytes at p back to the system. The contents are lost, the addresses stay. Where
// the system's pages are larger than 4 KiB, those that lie in the stretch only in part stay committed.
func release(p unsafe.Pointer, n int) {
	size := os.Getpagesize()
	skip := int(-uintptr(p) & uintptr(size-1))
	if n = (n - skip) &^ (size - 1); n <= 0 {
		return
	}
	// Valid by rule 3 of package unsafe: skip is less than the stretch. An error means that the memory stays
	// committed, which harms nobody.
	_ = unix.Madvise(unsafe.Slice((*byte)(unsafe.Add(p, skip)), n), adviceRelease)
}
