//go:build amd64 || arm64

package clock

import (
	"testing"
	"time"
)

// TestWithoutCounter plays a machine whose counter isn't trusted.
func TestWithoutCounter(t *testing.T) {
	trusted := counterTrusted
	counterTrusted = false
	defer func() { counterTrusted = trusted }()

	before := Mono()
	ticks := Ticks()
	after := Mono()
	if int64(ticks) < before || int64(ticks) > after {
		t.Errorf("Ticks = %d, the monotonic clock was between %d and %d", ticks, before, after)
	}
	if got := TicksToNanos(12345); got != 12345 {
		t.Errorf("12345 ticks are %d ns", got)
	}
	if got := NanosToTicks(12345); got != 12345 {
		t.Errorf("12345 ns are %d ticks", got)
	}
	if got := Since(ticks); got < 0 || got > int64(time.Minute) {
		t.Errorf("Since = %d", got)
	}
	var w Wall
	for range 3 {
		low := time.Now().UnixNano()
		w.Refresh()
		if high := time.Now().UnixNano(); w.Ns() < low || w.Ns() > high {
			t.Errorf("wall clock is at %d, the system's between %d and %d", w.Ns(), low, high)
		}
	}
	if got := testing.AllocsPerRun(10, func() { Ticks() }); got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}
