//go:build !amd64 && !arm64

package table

// prefetch does nothing where we don't know the instruction.
func prefetch(*bucket) {}
