// Package clock tells the time cheaply enough for the command path.
//
// There are three clocks, from cheap to exact:
//
//   - Ticks is the processor's own counter (RDTSC on amd64, CNTVCT_EL0 on arm64; elsewhere, or if the counter
//     can't be trusted, the monotonic clock). It is for durations: Since and TicksToNanos turn a difference
//     into nanoseconds.
//   - Wall is unix time kept by one goroutine, usually an I/O loop: Refresh advances it by the counter and
//     looks at the system's clock at least ten times a second, so it follows when that is set.
//   - Mono is the system's monotonic clock in nanoseconds.
//
// The counter's rate is measured against the monotonic clock: the longer the process runs, the longer the
// stretch that it is measured over, until that is long enough to be exact to some parts per million. It counts
// as trustworthy if the processor says that it runs at one rate in all its states, and if the system's kernel
// hasn't ruled it out as a clock source. A Wall also compares the two at each look, and goes over to the
// system's clock for good if they part, as they may when a virtual machine is moved.
package clock

import (
	"math/bits"
	"sync"
	"sync/atomic"
	"time"
)

// start is the zero of Mono. Only read after the process has started.
var start = time.Now()

// Mono returns the nanoseconds since the start of the process on the monotonic clock.
func Mono() int64 { return int64(time.Since(start)) }

// A rate turns ticks into nanoseconds: ns = ticks * mult / 2^rateShift.
//
// 2^32 keeps a relative error below 1e-9 for counters of up to some GHz; the product is taken with 128 bits.
const rateShift = 32

const (
	minStretch = int64(time.Millisecond)      // the first measurement of the rate: good to some 1e-4
	maxStretch = int64(16 * time.Second)      // the last one: what is left, some 1e-8, is less than the clocks' own drift
	slack      = int64(50 * time.Microsecond) // how far the two clocks may part at a look by chance
)

// rate is what is known about the counter's speed.
var rate struct {
	mult    atomic.Uint64 // nanoseconds per tick, scaled; 0 = not measured yet
	stretch atomic.Int64  // nanoseconds that mult was measured over
	mu      sync.Mutex    // guards measuring
}

// origin is one reading of both clocks at the start of the process. Only read afterwards.
var origin = firstReading(counterTrusted)

// firstReading is readBoth. Its argument only says what must be known before.
func firstReading(bool) reading { return readBoth() }

// A reading is the counter and the monotonic clock at one moment.
type reading struct {
	ticks uint64
	mono  int64
}

// readBoth reads both clocks as close to each other as it can.
func readBoth() reading {
	var best reading
	gap := ^uint64(0)
	for range 4 {
		before := Ticks()
		mono := Mono()
		after := Ticks()
		if d := after - before; d < gap {
			gap, best = d, reading{before + d/2, mono}
		}
	}
	return best
}

// TicksToNanos turns a difference of two values of Ticks into nanoseconds.
//
// The first call in a process may take a millisecond if the process has just been started.
func TicksToNanos(ticks uint64) int64 {
	if !counterTrusted {
		return int64(ticks)
	}
	mult := rate.mult.Load()
	if mult == 0 {
		mult = measure()
	}
	return scale(ticks, mult)
}

// NanosToTicks is the opposite of TicksToNanos.
func NanosToTicks(ns int64) uint64 {
	if !counterTrusted || ns <= 0 {
		return uint64(max(ns, 0))
	}
	mult := rate.mult.Load()
	if mult == 0 {
		mult = measure()
	}
	hi, lo := bits.Mul64(uint64(ns), 1<<rateShift)
	if hi >= mult {
		return ^uint64(0)
	}
	ticks, _ := bits.Div64(hi, lo, mult)
	return ticks
}

// Since returns the nanoseconds since Ticks gave then. If the counter went back, as it may by a few ticks between two
// processors, that is 0.
func Since(then uint64) int64 {
	d := Ticks() - then
	if int64(d) < 0 {
		return 0
	}
	return TicksToNanos(d)
}

func scale(ticks, mult uint64) int64 {
	hi, lo := bits.Mul64(ticks, mult)
	if hi >= 1<<(rateShift-1) {
		return 1<<63 - 1
	}
	return int64(hi<<(64-rateShift) | lo>>rateShift)
}

// measure takes the counter's rate over the time since the process started, and waits for the first millisecond to be over.
func measure() uint64 {
	rate.mu.Lock()
	defer rate.mu.Unlock()
	r := readBoth()
	for r.mono-origin.mono < minStretch || r.ticks == origin.ticks {
		r = readBoth()
	}
	return adopt(r)
}

// improve measures the rate again if the process ran twice as long since the last time.
func improve(r reading) {
	known := rate.stretch.Load()
	if known >= maxStretch || r.mono-origin.mono < 2*known || !rate.mu.TryLock() {
		return
	}
	adopt(r)
	rate.mu.Unlock()
}

// adopt sets the rate from origin and r. The caller holds rate.mu.
func adopt(r reading) uint64 {
	ns, ticks := uint64(r.mono-origin.mono), r.ticks-origin.ticks
	hi, lo := bits.Mul64(ns, 1<<rateShift)
	if hi >= ticks {
		return 1 << rateShift // slower than one tick in four seconds: not a counter
	}
	mult, _ := bits.Div64(hi, lo, ticks)
	rate.mult.Store(mult)
	rate.stretch.Store(int64(ns))
	return mult
}
