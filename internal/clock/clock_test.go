package clock

import (
	"testing"
	"time"
)

// spin uses up d on the monotonic clock.
func spin(d time.Duration) {
	for end := Mono() + int64(d); Mono() < end; {
	}
}

func TestTicksAgreeWithMono(t *testing.T) {
	// The process may be stopped between two readings: one good try of several is enough.
	var got, want int64
	for range 20 {
		a := readBoth()
		spin(5 * time.Millisecond)
		b := readBoth()
		got, want = TicksToNanos(b.ticks-a.ticks), b.mono-a.mono
		if off := got - want; off > -want/200 && off < want/200 {
			return
		}
	}
	t.Errorf("the counter says %d ns, the monotonic clock %d ns", got, want)
}

func TestConversions(t *testing.T) {
	for _, ns := range []int64{0, 1000, 1e6, 1e9, 3600e9, 365 * 86400e9} {
		got := TicksToNanos(NanosToTicks(ns))
		if off := got - ns; off > 100+ns/1e6 || off < -100-ns/1e6 {
			t.Errorf("%d ns there and back is %d ns", ns, got)
		}
	}
	if got := NanosToTicks(-1); got != 0 {
		t.Errorf("NanosToTicks(-1) = %d, want 0", got)
	}
	if got := TicksToNanos(^uint64(0)); got <= 0 && counterTrusted {
		t.Errorf("the largest number of ticks is %d ns", got)
	}
}

func TestSinceNeverNegative(t *testing.T) {
	if got := Since(Ticks() + 1<<20); got != 0 {
		t.Errorf("Since a moment to come = %d, want 0", got)
	}
	if got := Since(Ticks()); got < 0 || got > int64(time.Minute) {
		t.Errorf("Since now = %d", got)
	}
}

func TestWallFollowsSystem(t *testing.T) {
	var w Wall
	for range 2000 {
		before := time.Now().UnixNano()
		ms := w.Refresh()
		after := time.Now().UnixNano()
		if w.Ns() < before-2*slack || w.Ns() > after+2*slack {
			t.Fatalf("wall clock is at %d, the system's between %d and %d", w.Ns(), before, after)
		}
		if ms != w.Ms() || w.Ms() != w.Ns()/1e6 || w.Us() != w.Ns()/1e3 {
			t.Fatalf("Refresh = %d, Ms = %d, Us = %d, Ns = %d", ms, w.Ms(), w.Us(), w.Ns())
		}
		spin(20 * time.Microsecond)
	}
}

func TestWallNeverBackByItself(t *testing.T) {
	var w Wall
	last := w.Refresh()
	for range 200000 {
		now := w.Refresh()
		if now < last {
			t.Fatalf("went back from %d to %d", last, now)
		}
		last = now
	}
}

// TestWallSeesStep plays a system clock that was set: what the Wall believes is moved instead of the system's clock.
func TestWallSeesStep(t *testing.T) {
	for _, step := range []time.Duration{time.Hour, -time.Hour, time.Second, -time.Second} {
		var w Wall
		w.Refresh()
		w.base += int64(step)
		w.ns += int64(step)
		w.span = 0 // the look is due
		w.Refresh()
		if off := w.Ns() - time.Now().UnixNano(); off > int64(100*time.Millisecond) || off < -int64(100*time.Millisecond) {
			t.Errorf("after a step of %v the clock is off by %d ns", step, off)
		}
	}
}

// TestWallGivesUpBadCounter plays a counter of another rate than was measured.
func TestWallGivesUpBadCounter(t *testing.T) {
	if !counterTrusted {
		t.Skip("no counter here")
	}
	var w Wall
	w.Refresh()
	for range strikesOut {
		w.mult *= 2
		spin(2 * time.Millisecond)
		w.span = 0
		w.Refresh()
	}
	w.Refresh()
	if w.strikes < strikesOut || w.span != 0 {
		t.Errorf("after %d wrong looks: strikes = %d, span = %d", strikesOut, w.strikes, w.span)
	}
	if off := time.Now().UnixNano() - w.Ns(); off < 0 || off > int64(time.Second) {
		t.Errorf("without the counter the clock is off by %d ns", off)
	}
}

func TestNoAllocations(t *testing.T) {
	var w Wall
	w.Refresh()
	var sum int64
	got := testing.AllocsPerRun(100, func() { sum += w.Refresh() + Mono() + Since(Ticks()) })
	if got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}
