// Package unsafestr looks at bytes as a string and at a string as bytes without copying.
//
// Both are views: they live as long as the memory below them and see every change of it. They exist for the hot path,
// where a copy per command would be an allocation per command: looking up a name in a map, calling a function of the
// standard library that exists for one of the two types only.
package unsafestr

import "unsafe"

// String returns a view of b as a string.
//
// The caller sees to it that b is not written while the string is in use, and that the string isn't kept longer than b.
//
//gcassert:inline
func String(b []byte) string {
	// Valid by rule 6 of package unsafe: the first len(b) bytes at the data pointer are b's own.
	return unsafe.String(unsafe.SliceData(b), len(b)) // #nosec G103 -- what this room is for
}

// Bytes returns a view of s as a slice of bytes with no spare capacity.
//
// The caller never writes to it: strings may stand in read-only memory.
//
//gcassert:inline
func Bytes(s string) []byte {
	// Valid by rule 6 of package unsafe: the first len(s) bytes at the data pointer are s's own.
	return unsafe.Slice(unsafe.StringData(s), len(s)) // #nosec G103 -- what this room is for
}
