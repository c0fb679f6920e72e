//go:build !amd64

package crc

// canSum16 tells whether there is a sum16 for this processor.
const canSum16 = false

func sum16([]byte) uint32 { panic("unreachable") }
