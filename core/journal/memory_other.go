//go:build !unix || race

package journal

import "unsafe"

// allocate returns n zero bytes, aligned to a word, where the race detector sees them.
func allocate(n int) []byte {
	words := make([]uint64, n/wordBytes)
	// Valid by rule 1 of package unsafe: the bytes of the words.
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), n) // #nosec G103 -- as above
}

func release([]byte) {}
