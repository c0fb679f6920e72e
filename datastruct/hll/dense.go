package hll

import "encoding/binary"

const registerMask = 1<<registerBits - 1

// DenseGet returns a register of a dense value.
func DenseGet(b []byte, index int) uint8 {
	at := HeaderBytes + index*registerBits/8
	w := uint16(b[at])
	if at+1 < len(b) { // the last register doesn't reach into a further byte
		w |= uint16(b[at+1]) << 8
	}
	return uint8(w >> (index * registerBits & 7) & registerMask)
}

// DenseRaise raises a register of a dense value to rank, and says whether it was lower.
func DenseRaise(b []byte, index int, rank uint8) bool {
	if rank <= DenseGet(b, index) {
		return false
	}
	denseSet(b, index, rank)
	return true
}

func denseSet(b []byte, index int, rank uint8) {
	at, shift := HeaderBytes+index*registerBits/8, index*registerBits&7
	mask, v := uint16(registerMask)<<shift, uint16(rank)<<shift
	b[at] = b[at]&^byte(mask) | byte(v)
	if mask > 0xff {
		b[at+1] = b[at+1]&^byte(mask>>8) | byte(v>>8)
	}
}

// Densify fills dst, DenseBytes of zeros, with what the sparse value b holds.
func Densify(dst, b []byte) error {
	copy(dst, b[:HeaderBytes])
	dst[offEncoding] = encDense
	index := 0
	for b = b[HeaderBytes:]; len(b) > 0; {
		r := readRun(b)
		if index += r.length; index > Registers {
			return ErrCorrupt
		}
		for i := index - r.length; r.rank != 0 && i < index; i++ {
			denseSet(dst, i, r.rank)
		}
		b = b[min(r.bytes, len(b)):]
	}
	if index != Registers {
		return ErrCorrupt
	}
	return nil
}

// group is how many registers the loops over dense ones take at a time, and groupBytes the bytes that they lie in.
const (
	group      = 8
	groupBytes = group * registerBits / 8
)

// denseGroup returns eight registers of a dense value, six bits each, in the low 48 bits.
func denseGroup(b []byte) uint64 {
	_ = b[groupBytes-1]
	return uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint16(b[4:]))<<32
}

// histogram is the number of registers of each rank. Four counters a rank, so that equal ranks in a row don't wait for each other.
type histogram [4][registerMask + 1]uint32

func (h *histogram) of(rank int) uint32 { return h[0][rank] + h[1][rank] + h[2][rank] + h[3][rank] }

func (h *histogram) addDense(b []byte) {
	for b = b[HeaderBytes:DenseBytes]; len(b) >= groupBytes; b = b[groupBytes:] {
		w := denseGroup(b)
		h[0][w&registerMask]++
		h[1][w>>6&registerMask]++
		h[2][w>>12&registerMask]++
		h[3][w>>18&registerMask]++
		h[0][w>>24&registerMask]++
		h[1][w>>30&registerMask]++
		h[2][w>>36&registerMask]++
		h[3][w>>42&registerMask]++
	}
}

// raiseDense raises each of the union's registers to that of the dense value.
func (u *Union) raiseDense(b []byte) {
	b = b[HeaderBytes:DenseBytes]
	for i := 0; i+group <= Registers && len(b) >= groupBytes; i += group {
		w, r := denseGroup(b), u.registers[i:i+group:i+group]
		b = b[groupBytes:]
		if w == 0 {
			continue
		}
		r[0] = max(r[0], uint8(w&registerMask))
		r[1] = max(r[1], uint8(w>>6&registerMask))
		r[2] = max(r[2], uint8(w>>12&registerMask))
		r[3] = max(r[3], uint8(w>>18&registerMask))
		r[4] = max(r[4], uint8(w>>24&registerMask))
		r[5] = max(r[5], uint8(w>>30&registerMask))
		r[6] = max(r[6], uint8(w>>36&registerMask))
		r[7] = max(r[7], uint8(w>>42&registerMask))
	}
}
