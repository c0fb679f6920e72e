//go:build !amd64

package hll

// skip would pass over runs before the one that holds register index. Without vector code it is no faster than to look at each.
func skip(_ []byte, at, first, _ int) (newAt, newFirst, prev int) { return at, first, at }
