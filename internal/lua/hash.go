package lua

import "math/bits"

// stringHash is the string's hash, kept in its header.
func (o *object) stringHash() uint32 {
	if !o.hashed {
		o.hash, o.hashed = hashString(o.str), true
	}
	return o.hash
}

// hashString is murmur3 with the length as seed, which is what Valkey's Lua hashes strings with: the order of pairs hangs on it.
func hashString(s string) uint32 {
	const c1, c2 = 0xcc9e2d51, 0x1b873593
	h := uint32(len(s))
	tail := s
	for ; len(tail) >= 4; tail = tail[4:] {
		k := uint32(tail[0]) | uint32(tail[1])<<8 | uint32(tail[2])<<16 | uint32(tail[3])<<24
		h ^= bits.RotateLeft32(k*c1, 15) * c2
		h = bits.RotateLeft32(h, 13)*5 + 0xe6546b64
	}
	if len(tail) > 0 {
		var k uint32
		for i := len(tail) - 1; i >= 0; i-- {
			k = k<<8 | uint32(tail[i])
		}
		h ^= bits.RotateLeft32(k*c1, 15) * c2
	}
	h ^= uint32(len(s))
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return h ^ h>>16
}
