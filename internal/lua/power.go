package lua

import "math"

// power is x^y as exact as C's pow, which is right but for a few of a thousand results. The one of Go's library isn't: 8^(1/3) would be
// less than 2 there, and math.floor of it 1.
//
// y·ln(x) is computed with some 70 bits, as pairs of numbers, and cut into a multiple of ln(2), which is the exponent of the result, and a rest, of
// which a series gives the exponential.
func power(x, y float64) float64 {
	switch {
	case y == 0 || x == 1:
		return 1
	case y == 1:
		return x
	case y == 2:
		return x * x
	case y == 0.5 && x >= 0 && !math.IsInf(x, 0):
		return math.Sqrt(x) + 0 // -0 becomes 0
	case !(math.Abs(x) <= math.MaxFloat64) || !(math.Abs(y) <= math.MaxFloat64) || x == 0:
		return math.Pow(x, y)
	}
	negative := false
	if x < 0 {
		whole := math.Floor(y) == y
		if !whole {
			return invalidOperation
		}
		negative = math.Mod(y, 2) != 0
		x = -x
	}
	z := powerOfPositive(x, y)
	if negative {
		return -z
	}
	return z
}

// A pair is the sum of two numbers, of which the second one is below the first one's last bit.
type pair struct{ high, low float64 }

// fastSum is a + b, |a| >= |b|.
func fastSum(a, b float64) pair {
	s := a + b
	return pair{s, b - (s - a)}
}

func sum(a, b float64) pair {
	s := a + b
	t := s - a
	return pair{s, (a - (s - t)) + (b - t)}
}

func product(a, b float64) pair {
	p := a * b
	return pair{p, math.FMA(a, b, -p)}
}

func (a pair) plus(b pair) pair {
	s := sum(a.high, b.high)
	return fastSum(s.high, s.low+(a.low+b.low))
}

func (a pair) times(b pair) pair {
	p := product(a.high, b.high)
	return fastSum(p.high, p.low+(a.high*b.low+a.low*b.high))
}

func (a pair) over(b pair) pair {
	q := a.high / b.high
	r := a.plus(pair{-q, 0}.times(b))
	return fastSum(q, (r.high+r.low)/b.high)
}

// ln2 has more than 100 bits.
var ln2 = pair{0.6931471805599453, 2.3190468138462996e-17}

const (
	largestPower = 1100 // of two: above that is infinity, below its negative zero
	largestWhole = 128  // exponents up to that are taken by multiplying
	squarings    = 6    // of the exponential

	// How many terms the series have, and of how many of them the lower half counts: what later ones add is so small
	// that their own first 53 bits are below the 70th of the sum.
	oddTerms, oddPairs     = 15, 4
	powerTerms, powerPairs = 10, 3
)

// inverseOdd are 1, 1/3, 1/5 …
var inverseOdd = func() (t [oddTerms]pair) {
	for k := range t {
		t[k] = pair{1, 0}.over(pair{float64(2*k + 1), 0})
	}
	return t
}()

// inverseFactorial are 1, 1, 1/2, 1/6 …
var inverseFactorial = func() (t [powerTerms]pair) {
	f := pair{1, 0}
	for k := range t {
		t[k] = pair{1, 0}.over(f)
		f = f.times(pair{float64(k + 1), 0})
	}
	return t
}()

func powerOfPositive(x, y float64) float64 {
	fraction, exponent := math.Frexp(x) // fraction in [0.5, 1)
	if fraction < math.Sqrt2/2 {
		fraction *= 2
		exponent--
	}
	if n := int(y); float64(n) == y && n >= -largestWhole && n <= largestWhole {
		p := wholePower(fraction, max(n, -n))
		if n < 0 {
			p = pair{1, 0}.over(p)
		}
		return math.Ldexp(p.high+p.low, exponent*n)
	}
	// y·ln(x) = n·ln2 + rest
	total := product(float64(exponent), y).times(ln2).plus(logarithm(fraction).times(pair{y, 0}))
	n := math.Round(total.high / ln2.high)
	switch {
	case n > largestPower:
		return math.Inf(1)
	case n < -largestPower:
		return 0
	}
	e := exponential(total.plus(product(-n, ln2.high)).plus(product(-n, ln2.low)))
	return math.Ldexp(e.high+e.low, int(n))
}

func wholePower(x float64, n int) pair {
	result, square := pair{1, 0}, pair{x, 0}
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			result = result.times(square)
		}
		square = square.times(square)
	}
	return result
}

// logarithm is ln(x) for x near 1: 2·atanh((x-1)/(x+1)).
func logarithm(x float64) pair {
	z := sum(x, -1).over(sum(x, 1))
	square := z.times(z)
	tail := 0.0
	for k := oddTerms - 1; k >= oddPairs; k-- {
		tail = tail*square.high + inverseOdd[k].high
	}
	series := pair{tail, 0}
	for k := oddPairs - 1; k >= 0; k-- {
		series = inverseOdd[k].plus(series.times(square))
	}
	r := z.times(series)
	return pair{2 * r.high, 2 * r.low}
}

// exponential is e^x for |x| <= ln2/2: the series of x/64, squared six times.
func exponential(x pair) pair {
	x = pair{x.high / (1 << squarings), x.low / (1 << squarings)}
	tail := 0.0
	for k := powerTerms - 1; k >= powerPairs; k-- {
		tail = tail*x.high + inverseFactorial[k].high
	}
	series := pair{tail, 0}
	for k := powerPairs - 1; k >= 0; k-- {
		series = inverseFactorial[k].plus(series.times(x))
	}
	for range squarings {
		series = series.times(series)
	}
	return series
}
