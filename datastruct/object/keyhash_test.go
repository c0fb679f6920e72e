package object

import (
	"fmt"
	"math"
	"math/bits"
	"testing"
)

// TestHashSpreads counts how many of many likely keys share their top 12 bits, which choose a table's segment, or their
// next 8, which choose the bucket.
func TestHashSpreads(t *testing.T) {
	n, cells := 1<<18, 1<<12
	if testing.Short() {
		n, cells = 1<<14, 1<<10
	}
	shapes := []string{"%d", "key:%012d", "user:%d:session", "%016x", "a-rather-long-key-with-its-number-at-the-end:%d",
		"%d:a-rather-long-key-with-its-number-at-the-front-and-even-longer"}
	for _, shape := range shapes {
		for _, shift := range []uint{52, 40, 0} {
			count := make([]int, cells)
			for i := range n {
				count[HashOf(42, fmt.Appendf(nil, shape, i))>>shift%uint64(cells)]++
			}
			// Chi squared with cells-1 degrees of freedom: mean cells, standard deviation sqrt(2 cells).
			chi, mean := 0.0, float64(n)/float64(cells)
			for _, c := range count {
				chi += (float64(c) - mean) * (float64(c) - mean) / mean
			}
			if dev := (chi - float64(cells)) / math.Sqrt(2*float64(cells)); math.Abs(dev) > 6 {
				t.Errorf("%s, bits from %d: chi squared is %.1f deviations off", shape, shift, dev)
			}
		}
	}
}

// TestHashAvalanche flips each bit of keys of many lengths, and of the seed: each flip should change half of the bits.
func TestHashAvalanche(t *testing.T) {
	for n := range 70 {
		key := make([]byte, n)
		for i := range key {
			key[i] = byte(i*37 + n)
		}
		base := HashOf(7, key)
		flipped, flips := 0, 0
		for i := range n * 8 {
			key[i/8] ^= 1 << (i % 8)
			d := bits.OnesCount64(base ^ HashOf(7, key))
			key[i/8] ^= 1 << (i % 8)
			if d < 8 {
				t.Errorf("length %d: flipping bit %d changes %d bits only", n, i, d)
			}
			flipped, flips = flipped+d, flips+1
		}
		for i := range 64 {
			flipped, flips = flipped+bits.OnesCount64(base^HashOf(7^1<<i, key)), flips+1
		}
		if mean := float64(flipped) / float64(flips); mean < 30 || mean > 34 {
			t.Errorf("length %d: a flip changes %.1f bits on average", n, mean)
		}
	}
}

// TestHashLengths makes sure that keys that differ in length only don't collide.
func TestHashLengths(t *testing.T) {
	seen := map[uint64]int{}
	for n := range 300 {
		h := HashOf(1, make([]byte, n))
		if m, ok := seen[h]; ok {
			t.Errorf("%d and %d zero bytes collide", m, n)
		}
		seen[h] = n
	}
}

// TestHashNoErasingWord tries the words that the constants make special: none may hide what stands before it.
func TestHashNoErasingWord(t *testing.T) {
	for _, k := range []uint64{0, hashK0, hashK1, hashK2, ^uint64(hashK0), ^uint64(hashK1), ^uint64(hashK2)} {
		for at := range 5 {
			a, b := make([]byte, 48), make([]byte, 48)
			for i := range 8 {
				a[at*8+i], b[at*8+i] = byte(k>>(8*i)), byte(k>>(8*i))
			}
			for other := range 6 {
				if other == at {
					continue
				}
				b[other*8]++
				if HashOf(3, a) == HashOf(3, b) {
					t.Errorf("word %#x at %d hides word %d", k, at, other)
				}
				b[other*8]--
			}
		}
	}
}

func BenchmarkHash(b *testing.B) {
	for _, n := range []int{8, 16, 32, 64, 256} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			key := make([]byte, n)
			b.SetBytes(int64(n))
			var sum uint64
			for i := 0; b.Loop(); i++ {
				key[0] = byte(i)
				sum += HashOf(sum, key)
			}
		})
	}
}
