package lualib

import (
	"math"
	"math/bits"

	"github.com/sleipnirdb/sleipnir/internal/lua"
)

// Bit operations on 32-bit numbers: BitOp 1.0.2.

func openBit(s *lua.State) {
	s.OpenLibrary("bit", []lua.Entry{
		{Name: "tobit", Run: bitUnary(func(x uint32) uint32 { return x })},
		{Name: "bnot", Run: bitUnary(func(x uint32) uint32 { return ^x })},
		{Name: "band", Run: bitMany(func(x, y uint32) uint32 { return x & y })},
		{Name: "bor", Run: bitMany(func(x, y uint32) uint32 { return x | y })},
		{Name: "bxor", Run: bitMany(func(x, y uint32) uint32 { return x ^ y })},
		{Name: "lshift", Run: bitShift(func(x uint32, n int) uint32 { return x << n })},
		{Name: "rshift", Run: bitShift(func(x uint32, n int) uint32 { return x >> n })},
		{Name: "arshift", Run: bitShift(func(x uint32, n int) uint32 { return uint32(signed(x) >> n) })}, //nolint:gosec // bits
		{Name: "rol", Run: bitShift(bits.RotateLeft32)},
		{Name: "ror", Run: bitShift(func(x uint32, n int) uint32 { return bits.RotateLeft32(x, -n) })},
		{Name: "bswap", Run: bitUnary(bits.ReverseBytes32)},
		{Name: "tohex", Run: bitToHex},
	})
}

func signed(x uint32) int32 { return int32(x) } //nolint:gosec // bits

// bitArg is argument i modulo 1<<32. Adding 2^52 + 2^51 moves the unit to the lowest bit of the fraction, and rounds half to even.
func bitArg(c *lua.Frame, i int) (uint32, error) {
	n, ok := c.Arg(i).ToNumber()
	if !ok {
		return 0, c.TypeError(i, "number")
	}
	return uint32(math.Float64bits(n + (1<<52 + 1<<51))), nil //nolint:gosec // the lower half
}

func bitResult(c *lua.Frame, x uint32) error { return c.Return(lua.Number(float64(signed(x)))) }

func bitUnary(f func(uint32) uint32) lua.Builtin {
	return func(c *lua.Frame) error {
		x, err := bitArg(c, 0)
		if err != nil {
			return err
		}
		return bitResult(c, f(x))
	}
}

// bitMany combines all arguments. As in the reference the first one is checked first, and then from the last one on.
func bitMany(f func(x, y uint32) uint32) lua.Builtin {
	return func(c *lua.Frame) error {
		x, err := bitArg(c, 0)
		if err != nil {
			return err
		}
		for i := c.Count() - 1; i > 0; i-- {
			y, err := bitArg(c, i)
			if err != nil {
				return err
			}
			x = f(x, y)
		}
		return bitResult(c, x)
	}
}

func bitShift(f func(x uint32, n int) uint32) lua.Builtin {
	return func(c *lua.Frame) error {
		x, err := bitArg(c, 0)
		if err != nil {
			return err
		}
		n, err := bitArg(c, 1)
		if err != nil {
			return err
		}
		return bitResult(c, f(x, int(n&31)))
	}
}

// bitToHex writes as many digits as argument 2 says, in upper case if it is negative.
func bitToHex(c *lua.Frame) error {
	x, err := bitArg(c, 0)
	if err != nil {
		return err
	}
	count := int32(8)
	if c.Count() > 1 {
		n, err := bitArg(c, 1)
		if err != nil {
			return err
		}
		count = signed(n)
	}
	digits := "0123456789abcdef"
	if count < 0 {
		count = -max(count, -math.MaxInt32)
		digits = "0123456789ABCDEF"
	}
	count = min(count, 8)
	var text [8]byte
	for i := count - 1; i >= 0; i-- {
		text[i] = digits[x&15]
		x >>= 4
	}
	return c.Return(c.State().Bytes(text[:count]))
}
