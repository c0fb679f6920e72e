package bitops

import "encoding/binary"

// Op is a bitwise operation over byte strings.
type Op uint8

// The operations.
const (
	And Op = iota
	Or
	Xor
	Not
)

// chunk is how much of the result is finished before the next part is begun: it and the parts of two sources fit into the processor's first cache.
const chunk = 8 << 10

// Combine fills dst with the operation over the sources, of which there is at least one. A source that is shorter than dst goes on
// with zeros; none is longer. Not takes one source. dst overlaps no source.
func Combine(op Op, dst []byte, sources [][]byte) {
	for at := 0; at < len(dst); at += chunk {
		part := dst[at:min(at+chunk, len(dst))]
		n := copy(part, from(sources[0], at))
		clear(part[n:])
		if op == Not {
			invert(part)
			continue
		}
		for _, src := range sources[1:] {
			src = from(src, at)
			src = src[:min(len(src), len(part))]
			switch op {
			case And:
				and(part[:len(src)], src)
				clear(part[len(src):])
			case Or:
				or(part[:len(src)], src)
			default:
				xor(part[:len(src)], src)
			}
		}
	}
}

// from returns what b has from at on.
func from(b []byte, at int) []byte { return b[min(at, len(b)):] }

// The loops below take two slices of one length.

func and(dst, src []byte) {
	for len(dst) >= 32 && len(src) >= 32 {
		d, s := dst[:32:32], src[:32:32]
		binary.LittleEndian.PutUint64(d[0:], binary.LittleEndian.Uint64(d[0:])&binary.LittleEndian.Uint64(s[0:]))
		binary.LittleEndian.PutUint64(d[8:], binary.LittleEndian.Uint64(d[8:])&binary.LittleEndian.Uint64(s[8:]))
		binary.LittleEndian.PutUint64(d[16:], binary.LittleEndian.Uint64(d[16:])&binary.LittleEndian.Uint64(s[16:]))
		binary.LittleEndian.PutUint64(d[24:], binary.LittleEndian.Uint64(d[24:])&binary.LittleEndian.Uint64(s[24:]))
		dst, src = dst[32:], src[32:]
	}
	for i := range src {
		dst[i] &= src[i]
	}
}

func or(dst, src []byte) {
	for len(dst) >= 32 && len(src) >= 32 {
		d, s := dst[:32:32], src[:32:32]
		binary.LittleEndian.PutUint64(d[0:], binary.LittleEndian.Uint64(d[0:])|binary.LittleEndian.Uint64(s[0:]))
		binary.LittleEndian.PutUint64(d[8:], binary.LittleEndian.Uint64(d[8:])|binary.LittleEndian.Uint64(s[8:]))
		binary.LittleEndian.PutUint64(d[16:], binary.LittleEndian.Uint64(d[16:])|binary.LittleEndian.Uint64(s[16:]))
		binary.LittleEndian.PutUint64(d[24:], binary.LittleEndian.Uint64(d[24:])|binary.LittleEndian.Uint64(s[24:]))
		dst, src = dst[32:], src[32:]
	}
	for i := range src {
		dst[i] |= src[i]
	}
}

func xor(dst, src []byte) {
	for len(dst) >= 32 && len(src) >= 32 {
		d, s := dst[:32:32], src[:32:32]
		binary.LittleEndian.PutUint64(d[0:], binary.LittleEndian.Uint64(d[0:])^binary.LittleEndian.Uint64(s[0:]))
		binary.LittleEndian.PutUint64(d[8:], binary.LittleEndian.Uint64(d[8:])^binary.LittleEndian.Uint64(s[8:]))
		binary.LittleEndian.PutUint64(d[16:], binary.LittleEndian.Uint64(d[16:])^binary.LittleEndian.Uint64(s[16:]))
		binary.LittleEndian.PutUint64(d[24:], binary.LittleEndian.Uint64(d[24:])^binary.LittleEndian.Uint64(s[24:]))
		dst, src = dst[32:], src[32:]
	}
	for i := range src {
		dst[i] ^= src[i]
	}
}

func invert(dst []byte) {
	for len(dst) >= 32 {
		d := dst[:32:32]
		binary.LittleEndian.PutUint64(d[0:], ^binary.LittleEndian.Uint64(d[0:]))
		binary.LittleEndian.PutUint64(d[8:], ^binary.LittleEndian.Uint64(d[8:]))
		binary.LittleEndian.PutUint64(d[16:], ^binary.LittleEndian.Uint64(d[16:]))
		binary.LittleEndian.PutUint64(d[24:], ^binary.LittleEndian.Uint64(d[24:]))
		dst = dst[32:]
	}
	for i := range dst {
		dst[i] = ^dst[i]
	}
}
