//go:build !race && !arenaheap

package arena

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	mapFlags      = unix.MAP_PRIVATE | unix.MAP_ANON | unix.MAP_NORESERVE
	adviceRelease = unix.MADV_DONTNEED
)

// adviseHuge asks the system to back n bytes at p with huge pages, or not to.
func adviseHuge(p unsafe.Pointer, n int, isHuge bool) {
	advice := unix.MADV_NOHUGEPAGE
	if isHuge {
		advice = unix.MADV_HUGEPAGE
	}
	// An error means a system without huge pages: slower, not wrong.
	_ = unix.Madvise(unsafe.Slice((*byte)(p), n), advice)
}

// populate commits n bytes at p, in a system call: a goroutine that waits in a page fault would make the
// collector wait.
func populate(p unsafe.Pointer, n int) {
	if unix.Madvise(unsafe.Slice((*byte)(p), n), unix.MADV_POPULATE_WRITE) != nil {
		*(*byte)(p) = 0 // before Linux 5.14
	}
}
