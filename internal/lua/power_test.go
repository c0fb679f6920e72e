package lua

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

func TestPower(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, test := range []struct{ x, y, want float64 }{
		{8, 1.0 / 3, 2}, {1000, 1.0 / 3, 9.999999999999998}, {10, 15, 1e15}, {10, 22, 1e22}, {10, -2, .01}, {10, -5, 1e-5}, {10, 308, 1e308}, {10, 309, inf}, {2, 1023, 0x1p1023}, {2, 1024, inf}, {2, -1074, 5e-324}, {2, -1080, 0},
		{2, .5, math.Sqrt2}, {-2, 2, 4}, {-2, 3, -8}, {-2, -1, -.5}, {-2, .5, nan}, {0, 0, 1}, {0, -1, inf}, {nan, 0, 1}, {1, nan, 1}, {inf, 0, 1}, {inf, 2, inf}, {2, inf, inf}, {.5, inf, 0}, {-1, inf, 1},
		{1.1, 10, 2.5937424601000023}, {7, 15, 4747561509943}, {3, 20, 3486784401}, {1.0000001, 1e9, 2.6881038582144647e43}, {-8, 1e300, inf}, {math.Copysign(0, -1), .5, 0}, {1e-310, .5, math.Sqrt(1e-310)}, {4, 1.5, 8}, {2, 200, 0x1p200}, {-2, 201, -0x1p201},
	} {
		got := power(test.x, test.y)
		if got != test.want && !(got != got && test.want != test.want) {
			t.Errorf("power(%v, %v) = %.17g, want %.17g", test.x, test.y, got, test.want)
		}
	}
}

// TestPowerExact compares with powers of whole exponents computed with 2000 bits.
func TestPowerExact(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		x, n := math.Ldexp(1+r.Float64(), r.IntN(5)-2), r.IntN(250)
		exact := big.NewFloat(1).SetPrec(2000)
		for range n {
			exact.Mul(exact, big.NewFloat(x))
		}
		if want, _ := exact.Float64(); power(x, float64(n)) != want {
			t.Fatalf("power(%v, %d) = %v, want %v", x, n, power(x, float64(n)), want)
		}
	}
}

func BenchmarkPower(b *testing.B) {
	for _, bench := range []struct {
		name string
		y    float64
	}{{"whole", 10}, {"fraction", 1.0 / 3}} {
		b.Run(bench.name, func(b *testing.B) {
			for b.Loop() {
				power(1.2345, bench.y)
			}
		})
	}
}
