//go:build !unix || race || arenaheap

package arena

import "unsafe"

// backingMax bounds a range: a Go slice counts in the collector's goal at its full length.
const backingMax = 512 << 20

// backing is a Go slice that starts on a bank boundary.
type backing struct {
	start  unsafe.Pointer
	mapped []byte
}

func reserve(size int64) (backing, error) {
	b := make([]byte, size+bankBytes)
	start := unsafe.Pointer(unsafe.SliceData(b))
	// Valid by rule 3 of package unsafe: the slice is one bank longer than needed.
	start = unsafe.Add(start, -uintptr(start)&(bankBytes-1))
	return backing{start: start, mapped: b}, nil
}

func (b *backing) unreserve() { *b = backing{} }

// release forgets the contents as the system would.
func release(p unsafe.Pointer, n int) { clear(unsafe.Slice((*byte)(p), n)) }

func adviseHuge(unsafe.Pointer, int, bool) {}

func populate(unsafe.Pointer, int) {}
