package partition

import "math/bits"

// MaxCount bounds the number of partitions, so that a set of them is a small
// fixed array.
const MaxCount = 1024

// Mask is a set of partitions. The zero value is empty.
type Mask [MaxCount / 64]uint64

// Add puts partition p into the set.
func (m *Mask) Add(p int) { m[p>>6] |= 1 << (p & 63) }

// Has reports whether partition p is in the set.
func (m *Mask) Has(p int) bool { return m[p>>6]&(1<<(p&63)) != 0 }

// Remove takes partition p out of the set.
func (m *Mask) Remove(p int) { m[p>>6] &^= 1 << (p & 63) }

// Next returns the smallest member that is at least p, or -1.
func (m *Mask) Next(p int) int {
	if p >= MaxCount {
		return -1
	}
	word := p >> 6
	rest := m[word] &^ (1<<(p&63) - 1)
	for {
		if rest != 0 {
			return word<<6 | bits.TrailingZeros64(rest)
		}
		word++
		if word == len(m) {
			return -1
		}
		rest = m[word]
	}
}

// Len returns the number of members.
func (m *Mask) Len() int {
	n := 0
	for _, w := range m {
		n += bits.OnesCount64(w)
	}
	return n
}

// Fill puts the first n partitions into the set.
func (m *Mask) Fill(n int) {
	for p := range n {
		m.Add(p)
	}
}
