//go:build unix && !race

package journal

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// allocate returns n zero bytes outside of Go's heap, aligned to a page. There is no going on without: what was done to the data is
// already done.
func allocate(n int) []byte {
	b, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		panic(fmt.Sprintf("journal: no memory for %d bytes: %v", n, err))
	}
	return b
}

// release gives back what allocate returned.
func release(b []byte) {
	// The only error is a wrong argument; the mapping is ours.
	_ = unix.Munmap(b[:cap(b)])
}
