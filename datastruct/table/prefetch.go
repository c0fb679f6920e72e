//go:build amd64 || arm64

package table

// prefetch asks for the cache line at b, and doesn't wait for it. Any address is allowed.
//
//go:noescape
func prefetch(b *bucket)
