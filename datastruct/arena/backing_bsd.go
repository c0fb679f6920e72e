//go:build unix && !linux && !race && !arenaheap

package arena

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Elsewhere MADV_DONTNEED is a mere hint; MADV_FREE lets the system take the pages when it needs them.
const (
	mapFlags      = unix.MAP_PRIVATE | unix.MAP_ANON
	adviceRelease = unix.MADV_FREE
)

// adviseHuge does nothing: these systems choose their page sizes alone.
func adviseHuge(unsafe.Pointer, int, bool) {}

func populate(unsafe.Pointer, int) {}
