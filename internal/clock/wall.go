package clock

import (
	"math/bits"
	"time"
)

// resyncNs is how long a Wall trusts the counter before it looks at the system's clock: a change of that is seen at most
// this much later. At the counter's worst error of 1e-4 it is 10 µs wrong by then.
const resyncNs = int64(100 * time.Millisecond)

// strikesOut is how many looks in a row must find the counter wrong before a Wall gives it up: one may come
// from the process being stopped between the two readings.
const strikesOut = 3

// A Wall is a unix clock for one goroutine: cheap to refresh, free to read.
//
// The zero value is ready; it stands at 0 until the first Refresh.
type Wall struct {
	ns    int64  // unix time at the last Refresh
	ticks uint64 // the counter at the last look at the system's clock
	base  int64  // unix time then
	span  uint64 // ticks for which the look holds; 0 = look each time
	mult  uint64 // the counter's rate

	mono    int64 // the monotonic clock at the look
	strikes int   // looks in a row that found the counter wrong
}

// Refresh brings the clock up to now and returns it in milliseconds.
//
// It goes back only if the system's clock was set back.
func (w *Wall) Refresh() int64 {
	d := Ticks() - w.ticks
	if d >= w.span { // a counter that went back makes a very large difference
		return w.look()
	}
	hi, lo := bits.Mul64(d, w.mult) // as scale, but d can't be too large
	w.ns = max(w.ns, w.base+int64(hi<<(64-rateShift)|lo>>rateShift))
	return w.ns / 1e6
}

// Ms returns the unix time of the last Refresh in milliseconds.
func (w *Wall) Ms() int64 { return w.ns / 1e6 }

// Us returns the unix time of the last Refresh in microseconds.
func (w *Wall) Us() int64 { return w.ns / 1e3 }

// Ns returns the unix time of the last Refresh in nanoseconds.
func (w *Wall) Ns() int64 { return w.ns }

// look reads the system's clock.
func (w *Wall) look() int64 {
	if !counterTrusted {
		return w.system(time.Now().UnixNano())
	}
	r, now := readAll()
	if w.judge(r); w.strikes >= strikesOut {
		return w.system(now)
	}
	if rate.mult.Load() == 0 {
		measure()
		r, now = readAll()
	}
	improve(r)
	w.mult = rate.mult.Load()
	w.ticks, w.base, w.mono = r.ticks, now, r.mono
	w.span = NanosToTicks(resyncNs)
	if back := w.ns - now; back <= 0 || back > slack {
		w.ns = now // else the counter was a little fast: stand still until the time has come up
	}
	return w.ns / 1e6
}

// system sets the clock to now and lets the next Refresh look again.
func (w *Wall) system(now int64) int64 {
	w.ns, w.span = now, 0
	return now / 1e6
}

// judge compares what the counter said with what the monotonic clock says.
func (w *Wall) judge(r reading) {
	if w.mult == 0 || w.strikes >= strikesOut {
		return
	}
	passed := r.mono - w.mono
	off := scale(r.ticks-w.ticks, w.mult) - passed
	if off < 0 {
		off = -off
	}
	if off > slack+passed/100 {
		w.strikes++
		return
	}
	w.strikes = 0
}

// readAll reads the counter, the monotonic clock and the unix time as one.
func readAll() (reading, int64) {
	before := Ticks()
	now := time.Now()
	after := Ticks()
	return reading{before + (after-before)/2, int64(now.Sub(start))}, now.UnixNano()
}

// UnixMicro is the wall clock in microseconds, for who has no Wall at hand.
func UnixMicro() int64 { return time.Now().UnixMicro() }
