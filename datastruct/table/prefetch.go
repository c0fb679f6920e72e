//go:build amd64 || arm64

package table

// prefetch asks for the cache line at b, which is a bucket or an element, and doesn't wait for it. Any address is
// allowed. An element may begin at the end of a line: the line of its 24th byte is asked for too, since the key begins
// there or before.
//
//go:noescape
func prefetch(b *bucket)
