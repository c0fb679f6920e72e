package lua

import "math"

// OpenMath adds the library math.
func (s *State) OpenMath() {
	lib := s.OpenLibrary("math", []Entry{
		{"abs", ofNumber(math.Abs)},
		{"acos", ofNumberElse(math.Acos, math.NaN())},
		{"asin", ofNumberElse(math.Asin, math.NaN())},
		{"atan2", ofNumbers(math.Atan2)},
		{"atan", ofNumber(math.Atan)},
		{"ceil", ofNumber(math.Ceil)},
		{"cosh", ofNumber(math.Cosh)},
		{"cos", ofNumber(math.Cos)},
		{"deg", ofNumber(func(x float64) float64 { return x / radiansPerDegree })},
		{"exp", ofNumber(math.Exp)},
		{"floor", ofNumber(math.Floor)},
		{"fmod", ofNumbers(math.Mod)},
		{"frexp", mathFrexp},
		{"ldexp", mathLdexp},
		{"log10", ofNumberElse(log10, math.NaN())},
		{"log", ofNumber(math.Log)},
		{"max", mathMax},
		{"min", mathMin},
		{"modf", mathModf},
		{"pow", ofNumbers(power)},
		{"rad", ofNumber(func(x float64) float64 { return x * radiansPerDegree })},
		{"random", mathRandom},
		{"randomseed", mathRandomSeed},
		{"sinh", ofNumber(math.Sinh)},
		{"sin", ofNumber(math.Sin)},
		{"sqrt", ofNumber(math.Sqrt)},
		{"tanh", ofNumber(math.Tanh)},
		{"tan", ofNumber(math.Tan)},
	})
	must(lib.SetString("pi", Number(math.Pi)))
	must(lib.SetString("huge", Number(math.Inf(1))))
	must(lib.SetString("mod", lib.GetString("fmod")))
}

const radiansPerDegree = float64(math.Pi) / 180

// invalidOperation is the NaN that x86 makes, which has its sign set, and shows as "-nan".
var invalidOperation = math.Copysign(math.NaN(), -1)

// ofNumber is a function of one number. What it isn't defined for gives the processor's NaN.
func ofNumber(f func(float64) float64) Builtin { return ofNumberElse(f, invalidOperation) }

// ofNumberElse is ofNumber with another NaN: some of C's functions have one without a sign.
func ofNumberElse(f func(float64) float64, undefined float64) Builtin {
	return func(c *Frame) error {
		x, err := c.CheckNumber(0)
		if err != nil {
			return err
		}
		y := f(x)
		if y != y && x == x {
			y = undefined
		}
		return c.Return(Number(y))
	}
}

// ofNumbers is a function of two numbers.
func ofNumbers(f func(x, y float64) float64) Builtin {
	return func(c *Frame) error {
		x, err := c.CheckNumber(0)
		if err != nil {
			return err
		}
		y, err := c.CheckNumber(1)
		if err != nil {
			return err
		}
		z := f(x, y)
		if z != z && x == x && y == y {
			z = invalidOperation
		}
		return c.Return(Number(z))
	}
}

// log10 is as exact as C's: scripts count digits with it.
func log10(x float64) float64 {
	if !(x > 0) || x > math.MaxFloat64 {
		return math.Log10(x)
	}
	fraction, exponent := math.Frexp(x)
	if fraction < math.Sqrt2/2 {
		fraction *= 2
		exponent--
	}
	y := ln2.times(pair{float64(exponent), 0}).plus(logarithm(fraction)).over(ln10)
	return y.high + y.low
}

var ln10 = pair{2.302585092994046, -2.1707562233822494e-16}

func mathFrexp(c *Frame) error {
	x, err := c.CheckNumber(0)
	if err != nil {
		return err
	}
	fraction, exponent := math.Frexp(x)
	return c.Return(Number(fraction), Number(float64(exponent)))
}

func mathLdexp(c *Frame) error {
	x, err := c.CheckNumber(0)
	if err != nil {
		return err
	}
	exponent, err := c.CheckInt32(1)
	if err != nil {
		return err
	}
	return c.Return(Number(math.Ldexp(x, exponent)))
}

// mathModf keeps the sign of x in both parts, as C does.
func mathModf(c *Frame) error {
	x, err := c.CheckNumber(0)
	if err != nil {
		return err
	}
	whole := math.Trunc(x)
	fraction := x - whole
	if math.IsInf(x, 0) {
		fraction = 0
	}
	return c.Return(Number(whole), Number(math.Copysign(fraction, x)))
}

func mathMax(c *Frame) error {
	return chosen(c, func(x, best float64) bool { return x > best })
}

func mathMin(c *Frame) error {
	return chosen(c, func(x, best float64) bool { return x < best })
}

// chosen answers with the first argument that none is better than.
func chosen(c *Frame, better func(x, best float64) bool) error {
	best, err := c.CheckNumber(0)
	if err != nil {
		return err
	}
	for i := 1; i < c.Count(); i++ {
		x, err := c.CheckNumber(i)
		if err != nil {
			return err
		}
		if better(x, best) {
			best = x
		}
	}
	return c.Return(Number(best))
}

func mathRandom(c *Frame) error {
	r := float64(c.state.random.Next()%math.MaxInt32) / math.MaxInt32
	switch c.Count() {
	case 0:
		return c.Return(Number(r))
	case 1:
		high, err := c.CheckInt32(0)
		if err != nil {
			return err
		}
		if high < 1 {
			return c.ArgError(0, "interval is empty")
		}
		return c.Return(Number(math.Floor(r*float64(high)) + 1))
	case 2:
		low, err := c.CheckInt32(0)
		if err != nil {
			return err
		}
		high, err := c.CheckInt32(1)
		if err != nil {
			return err
		}
		if low > high {
			return c.ArgError(1, "interval is empty")
		}
		span := int32(high - low + 1) //nolint:gosec // overflows as the reference's int
		return c.Return(Number(math.Floor(r*float64(span)) + float64(low)))
	}
	return c.Errorf(1, "wrong number of arguments")
}

func mathRandomSeed(c *Frame) error {
	seed, err := c.CheckInt32(0)
	if err != nil {
		return err
	}
	c.state.random.Seed(int32(seed)) //nolint:gosec // it is one already
	return nil
}
