package hll

import (
	"encoding/binary"
	"math"
)

// alpha is 1/(2·ln 2).
const alpha = 0.721347520444481703680

// Estimate returns the cardinality of a valid value from its registers.
func Estimate(b []byte) (uint64, error) {
	var h histogram
	if !Sparse(b) {
		h.addDense(b)
	} else if err := h.addSparse(b); err != nil {
		return 0, err
	}
	return h.estimate(), nil
}

// estimate is the estimator of O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (arXiv:1702.01284). The conversions keep
// the compiler from joining a product and a sum into one operation of another precision.
func (h *histogram) estimate() uint64 {
	const m = float64(Registers)
	z := m * tau((m-float64(h.of(maxRank)))/m)
	for rank := rankBits; rank >= 1; rank-- {
		z = (z + float64(h.of(rank))) * 0.5
	}
	z += float64(m * sigma(float64(h.of(0))/m))
	// No set has registers whose estimate is out of range, but a client can write such. They get what the reference's processor makes of them.
	n := math.Round(alpha * m * m / z)
	if !(n < 1<<63) {
		return 1 << 63
	}
	return uint64(n)
}

func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	for y, z := 1.0, x; ; y += y {
		x *= x
		next := z + float64(x*y)
		if next == z {
			return z
		}
		z = next
	}
}

func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	for y, z := 1.0, 1-x; ; {
		x = math.Sqrt(x)
		y *= 0.5
		next := z - float64((1-x)*(1-x)*y)
		if next == z {
			return z / 3
		}
		z = next
	}
}

// Union holds the highest ranks over several values, a byte each.
type Union struct {
	registers [Registers]uint8
}

// Raise takes a valid value into the union. After an error the union is of no use.
func (u *Union) Raise(b []byte) error {
	if Sparse(b) {
		return u.raiseSparse(b)
	}
	u.raiseDense(b)
	return nil
}

// Rank returns that of one register.
func (u *Union) Rank(index int) uint8 { return u.registers[index] }

// Estimate returns the cardinality of the union.
func (u *Union) Estimate() uint64 {
	var h histogram
	for i := 0; i < Registers; i += group {
		w := binary.LittleEndian.Uint64(u.registers[i:])
		if w == 0 {
			h[0][0] += group
			continue
		}
		h[0][w&registerMask]++
		h[1][w>>8&registerMask]++
		h[2][w>>16&registerMask]++
		h[3][w>>24&registerMask]++
		h[0][w>>32&registerMask]++
		h[1][w>>40&registerMask]++
		h[2][w>>48&registerMask]++
		h[3][w>>56&registerMask]++
	}
	return h.estimate()
}

// PutDense writes the union over the registers of a dense value.
func (u *Union) PutDense(b []byte) {
	b = b[HeaderBytes:DenseBytes]
	for i := 0; i+group <= Registers && len(b) >= groupBytes; i += group {
		r := u.registers[i : i+group : i+group]
		w := uint64(r[0]) | uint64(r[1])<<6 | uint64(r[2])<<12 | uint64(r[3])<<18 |
			uint64(r[4])<<24 | uint64(r[5])<<30 | uint64(r[6])<<36 | uint64(r[7])<<42
		binary.LittleEndian.PutUint32(b, uint32(w))
		binary.LittleEndian.PutUint16(b[4:], uint16(w>>32))
		b = b[groupBytes:]
	}
}
