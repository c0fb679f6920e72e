package rdb

import "encoding/binary"

// LZF, the compression of strings, is a sequence of
//
//	000lllll, l+1 bytes                 literal bytes
//	lllooooo oooooooo                   l+2 bytes from o+1 back, l 1 to 6
//	111ooooo llllllll oooooooo          l+9 bytes from o+1 back
//
// A reference may overlap what it makes.
const (
	maxLiteral   = 32
	shortRef     = 7 // from this length less 2 on, a reference has a byte for the length
	maxRef       = shortRef + 255 + 2
	maxBack      = 1 << 13
	bytesOfRef   = 3 // of the longest one
	minCompress  = 21
	lzfBits      = 13
	maxLZFSource = 1 << 30
)

// maxUnfolded is the most that n compressed bytes can unfold to.
func maxUnfolded(n uint64) uint64 { return n/bytesOfRef*maxRef + n%bytesOfRef*maxLiteral }

// unfold uncompresses src, which must fill dst.
func unfold(dst, src []byte) bool {
	at := 0
	for i := 0; i < len(src); {
		ctrl := int(src[i])
		i++
		if ctrl < maxLiteral {
			n := ctrl + 1
			if n > len(src)-i || n > len(dst)-at {
				return false
			}
			at += copy(dst[at:], src[i:i+n])
			i += n
			continue
		}
		n := ctrl>>5 + 2
		if ctrl>>5 == shortRef {
			if i == len(src) {
				return false
			}
			n += int(src[i])
			i++
		}
		if i == len(src) {
			return false
		}
		back := (ctrl&31)<<8 + int(src[i]) + 1
		i++
		if back > at || n > len(dst)-at {
			return false
		}
		if back >= n {
			at += copy(dst[at:], dst[at-back:at-back+n])
			continue
		}
		for end := at + n; at < end; at++ {
			dst[at] = dst[at-back]
		}
	}
	return at == len(dst)
}

// lzf compresses. It remembers where each three bytes stood last; the places are counted on from call to call, so that the
// table needs no clearing: what is older than this call is out of reach.
type lzf struct {
	last [1 << lzfBits]uint32
	base uint32 // place of the first byte of this call; 0 stands for nowhere
}

// appendTo appends the compressed form of src to dst. It gives up, with dst as it was, if that takes limit bytes or more.
func (z *lzf) appendTo(dst, src []byte, limit int) (out []byte, ok bool) {
	if len(src) > maxLZFSource || limit <= 0 {
		return dst, false
	}
	if z.base == 0 || uint64(z.base)+uint64(len(src))+maxBack > 1<<32-1 {
		clear(z.last[:])
		z.base = 1
	}
	base := z.base
	z.base += uint32(len(src)) + maxBack // #nosec G115 -- bounded above
	start := len(dst)
	literal := 0 // src[literal:i] waits to be written
	i := 0
	for i+4 <= len(src) {
		h := lzfHash(src[i:])
		ref := z.last[h]
		z.last[h] = base + uint32(i) // #nosec G115 -- bounded above
		from := int(int64(ref) - int64(base))
		if from < 0 || i-from > maxBack || src[from] != src[i] || src[from+1] != src[i+1] || src[from+2] != src[i+2] {
			i++
			continue
		}
		n := 3
		for n < maxRef && i+n < len(src) && src[from+n] == src[i+n] {
			n++
		}
		dst = appendLiteral(dst, src[literal:i])
		dst = appendRef(dst, n, i-from)
		if len(dst)-start >= limit {
			return dst[:start], false
		}
		end := i + n
		for i++; i < end && i+4 <= len(src); i++ {
			z.last[lzfHash(src[i:])] = base + uint32(i) // #nosec G115 -- bounded above
		}
		i, literal = end, end
	}
	dst = appendLiteral(dst, src[literal:])
	if len(dst)-start >= limit {
		return dst[:start], false
	}
	return dst, true
}

// lzfHash hashes the next three bytes.
func lzfHash(b []byte) uint32 {
	return (binary.LittleEndian.Uint32(b) << 8) * 2654435761 >> (32 - lzfBits)
}

// appendLiteral appends bytes as they are.
func appendLiteral(dst, b []byte) []byte {
	for len(b) > 0 {
		n := min(len(b), maxLiteral)
		dst = append(dst, byte(n-1)) // #nosec G115 -- below 32
		dst = append(dst, b[:n]...)
		b = b[n:]
	}
	return dst
}

// appendRef appends a reference to n bytes that stand back bytes before.
func appendRef(dst []byte, n, back int) []byte {
	n, back = n-2, back-1
	if n < shortRef {
		return append(dst, byte(n<<5|back>>8), byte(back)) // #nosec G115 -- below 256
	}
	return append(dst, byte(shortRef<<5|back>>8), byte(n-shortRef), byte(back)) // #nosec G115
}
