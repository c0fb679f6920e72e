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
		first := from(sources[0], at, len(part))
		switch {
		case op == Not:
			not(part, first)
		case len(sources) == 1:
			clear(part[copy(part, first):])
		default:
			pair(op, part, first, from(sources[1], at, len(part)))
			for _, src := range sources[2:] {
				pair(op, part, part, from(src, at, len(part)))
			}
		}
	}
}

// pair is the operation over two sources, which dst may be.
func pair(op Op, dst, x, y []byte) {
	if len(x) < len(y) {
		x, y = y, x
	}
	n := len(y)
	switch op {
	case And:
		and(dst[:n], x[:n], y)
		clear(dst[n:])
		return
	case Or:
		or(dst[:n], x[:n], y)
	default:
		xor(dst[:n], x[:n], y)
	}
	n += copy(dst[n:], x[n:])
	clear(dst[n:])
}

// from returns what b has from at on, n bytes at most.
func from(b []byte, at, n int) []byte {
	b = b[min(at, len(b)):]
	return b[:min(n, len(b))]
}

// The loops below take slices of one length.

func and(dst, x, y []byte) {
	for len(dst) >= 32 && len(x) >= 32 && len(y) >= 32 {
		d, p, q := dst[:32:32], x[:32:32], y[:32:32]
		binary.LittleEndian.PutUint64(d[0:], binary.LittleEndian.Uint64(p[0:])&binary.LittleEndian.Uint64(q[0:]))
		binary.LittleEndian.PutUint64(d[8:], binary.LittleEndian.Uint64(p[8:])&binary.LittleEndian.Uint64(q[8:]))
		binary.LittleEndian.PutUint64(d[16:], binary.LittleEndian.Uint64(p[16:])&binary.LittleEndian.Uint64(q[16:]))
		binary.LittleEndian.PutUint64(d[24:], binary.LittleEndian.Uint64(p[24:])&binary.LittleEndian.Uint64(q[24:]))
		dst, x, y = dst[32:], x[32:], y[32:]
	}
	for i := range dst {
		dst[i] = x[i] & y[i]
	}
}

func or(dst, x, y []byte) {
	for len(dst) >= 32 && len(x) >= 32 && len(y) >= 32 {
		d, p, q := dst[:32:32], x[:32:32], y[:32:32]
		binary.LittleEndian.PutUint64(d[0:], binary.LittleEndian.Uint64(p[0:])|binary.LittleEndian.Uint64(q[0:]))
		binary.LittleEndian.PutUint64(d[8:], binary.LittleEndian.Uint64(p[8:])|binary.LittleEndian.Uint64(q[8:]))
		binary.LittleEndian.PutUint64(d[16:], binary.LittleEndian.Uint64(p[16:])|binary.LittleEndian.Uint64(q[16:]))
		binary.LittleEndian.PutUint64(d[24:], binary.LittleEndian.Uint64(p[24:])|binary.LittleEndian.Uint64(q[24:]))
		dst, x, y = dst[32:], x[32:], y[32:]
	}
	for i := range dst {
		dst[i] = x[i] | y[i]
	}
}

func xor(dst, x, y []byte) {
	for len(dst) >= 32 && len(x) >= 32 && len(y) >= 32 {
		d, p, q := dst[:32:32], x[:32:32], y[:32:32]
		binary.LittleEndian.PutUint64(d[0:], binary.LittleEndian.Uint64(p[0:])^binary.LittleEndian.Uint64(q[0:]))
		binary.LittleEndian.PutUint64(d[8:], binary.LittleEndian.Uint64(p[8:])^binary.LittleEndian.Uint64(q[8:]))
		binary.LittleEndian.PutUint64(d[16:], binary.LittleEndian.Uint64(p[16:])^binary.LittleEndian.Uint64(q[16:]))
		binary.LittleEndian.PutUint64(d[24:], binary.LittleEndian.Uint64(p[24:])^binary.LittleEndian.Uint64(q[24:]))
		dst, x, y = dst[32:], x[32:], y[32:]
	}
	for i := range dst {
		dst[i] = x[i] ^ y[i]
	}
}

// not also inverts the zeros that x lacks.
func not(dst, x []byte) {
	for len(dst) >= 32 && len(x) >= 32 {
		d, p := dst[:32:32], x[:32:32]
		binary.LittleEndian.PutUint64(d[0:], ^binary.LittleEndian.Uint64(p[0:]))
		binary.LittleEndian.PutUint64(d[8:], ^binary.LittleEndian.Uint64(p[8:]))
		binary.LittleEndian.PutUint64(d[16:], ^binary.LittleEndian.Uint64(p[16:]))
		binary.LittleEndian.PutUint64(d[24:], ^binary.LittleEndian.Uint64(p[24:]))
		dst, x = dst[32:], x[32:]
	}
	for i := range dst {
		dst[i] = 0xff
		if i < len(x) {
			dst[i] = ^x[i]
		}
	}
}
