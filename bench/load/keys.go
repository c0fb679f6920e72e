package load

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
)

// Dist is how keys are drawn.
type Dist uint8

// The distributions.
const (
	Uniform    Dist = iota // each key as likely as any other
	Zipf                   // the k-th most popular key with a weight of 1/k^Skew
	Sequential             // 0, 1, 2 … and round again, shared out among the workers
)

// Keys is the key space and how requests choose from it.
type Keys struct {
	Count uint64  // keys are 0 … Count-1
	First uint64  // added to each: several generators can share a space
	Dist  Dist    // how they are drawn
	Skew  float64 // of Zipf, 0 < Skew < 5; YCSB's is 0.99
}

func (k *Keys) check() error {
	if k.Dist == Zipf && (k.Skew <= 0 || k.Skew >= 5) {
		return fmt.Errorf("load: zipf skew %v is not between 0 and 5", k.Skew)
	}
	if k.Count > 1<<40 {
		return fmt.Errorf("load: %d keys, the limit is 2^40", k.Count)
	}
	return nil
}

// zipfRing samples are drawn ahead and walked in order, so that drawing a key costs one load instead of a
// power function. A million samples repeat too rarely to matter to a server's caches.
const zipfRing = 1 << 20

// source draws keys for one worker.
type source struct {
	rnd    rng
	keys   Keys
	at     uint64   // Sequential: next key; Zipf: position in ring
	ring   []uint64 // Zipf: shared by all workers, read only
	stride uint64
}

func newSource(k Keys, worker, workers uint64, seed uint64, ring []uint64) source {
	s := source{rnd: newRng(seed + worker*0x9E3779B97F4A7C15), keys: k, ring: ring, stride: workers}
	switch k.Dist {
	case Sequential:
		s.at = worker
	case Zipf:
		s.at = s.rnd.below(zipfRing)
	}
	return s
}

func (s *source) next() uint64 {
	switch s.keys.Dist {
	case Zipf:
		s.at = (s.at + 1) & (zipfRing - 1)
		return s.keys.First + s.ring[s.at]
	case Sequential:
		k := s.at
		if k >= s.keys.Count {
			k %= s.keys.Count
		}
		s.at += s.stride
		return s.keys.First + k
	}
	return s.keys.First + s.rnd.below(s.keys.Count)
}

// rng is wyrand: one multiplication a number.
type rng struct{ s uint64 }

func newRng(seed uint64) rng { return rng{seed*0xD6E8FEB86659FD93 + 0xA0761D6478BD642F} }

func (r *rng) next() uint64 {
	r.s += 0xA0761D6478BD642F
	hi, lo := bits.Mul64(r.s, r.s^0xE7037ED1A0B428DB)
	return hi ^ lo
}

func (r *rng) below(n uint64) uint64 {
	hi, _ := bits.Mul64(r.next(), n)
	return hi
}

// newZipfRing draws the samples. Popular ranks are spread over the key space by a multiplication modulo
// Count, so that neighbours in popularity are no neighbours in the key space.
func newZipfRing(k Keys, seed uint64) []uint64 {
	z := newZipf(k.Count, k.Skew)
	spread := uint64(0x9E3779B97F4A7C15) % k.Count
	for spread == 0 || gcd(spread, k.Count) != 1 {
		spread++
	}
	r := rand.New(rand.NewPCG(seed, 0x5EED))
	ring := make([]uint64, zipfRing)
	for i := range ring {
		hi, lo := bits.Mul64(z.rank(r), spread)
		ring[i] = bits.Rem64(hi, lo, k.Count)
	}
	return ring
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// zipf draws ranks by rejection-inversion (Hörmann and Derflinger 1996), which serves any skew > 0,
// where math/rand's needs one above 1.
type zipf struct {
	n            float64
	s            float64
	hx1, hn, cut float64
}

func newZipf(n uint64, s float64) *zipf {
	z := &zipf{n: float64(n), s: s}
	z.hx1 = z.h(1.5) - 1
	z.hn = z.h(z.n + 0.5)
	z.cut = 2 - z.hInv(z.h(2.5)-math.Pow(2, -s))
	return z
}

// h is the integral of x^-s, hInv its inverse.
func (z *zipf) h(x float64) float64 {
	l := math.Log(x)
	return expm1Ratio((1-z.s)*l) * l
}

func (z *zipf) hInv(x float64) float64 {
	t := max(x*(1-z.s), -1)
	return math.Exp(log1pRatio(t) * x)
}

func expm1Ratio(x float64) float64 {
	if math.Abs(x) > 1e-8 {
		return math.Expm1(x) / x
	}
	return 1 + x/2
}

func log1pRatio(x float64) float64 {
	if math.Abs(x) > 1e-8 {
		return math.Log1p(x) / x
	}
	return 1 - x/2
}

// rank is in 0 … n-1, 0 the most popular.
func (z *zipf) rank(r *rand.Rand) uint64 {
	for {
		u := z.hn + r.Float64()*(z.hx1-z.hn)
		x := z.hInv(u)
		k := min(max(math.Floor(x+0.5), 1), z.n)
		if k-x <= z.cut || u >= z.h(k+0.5)-math.Pow(k, -z.s) {
			return uint64(k) - 1
		}
	}
}
