package lua

// Random is the generator of math.random: the 48-bit linear congruential one of C's lrand48, which Valkey brings along
// so that a seed gives the same numbers on all machines. A zero Random is one that was never seeded.
type Random struct {
	state  uint64
	seeded bool
}

const (
	randomMultiplier = 0x5DEECE66D
	randomIncrement  = 0xB
	randomMask       = 1<<48 - 1
	randomLow        = 0x330E         // the lower 16 bits after a seed
	randomFirst      = 0x1234ABCD330E // the state without one
)

// Seed begins a sequence.
func (r *Random) Seed(seed int32) {
	r.state, r.seeded = uint64(uint32(seed))<<16|randomLow, true //nolint:gosec // the bits are what counts
}

// Next is a number from 0 to 1<<31 - 1.
func (r *Random) Next() int32 {
	if !r.seeded {
		r.state, r.seeded = randomFirst, true
	}
	r.state = (r.state*randomMultiplier + randomIncrement) & randomMask
	return int32(r.state >> 17) //nolint:gosec // 31 bits are left
}
