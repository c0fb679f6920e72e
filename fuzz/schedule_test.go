package fuzz

import (
	"testing"
	"time"

	"github.com/sleipnirdb/sleipnir/internal/schedule"
)

// FuzzSchedule reads schedules from anything, and compares when they are due with a walk minute by minute.
func FuzzSchedule(f *testing.F) {
	for _, spec := range []string{"* * * * *", "*/15 8-18 * * 1-5", "0 0 1,15 jan-jun *", "5 6 13 * fri", "0 0 29 2 *", "59 23 31 dec 7"} {
		f.Add(spec, int64(1_700_000_000))
	}
	f.Fuzz(func(t *testing.T, spec string, at int64) {
		s, err := schedule.Parse(spec)
		if err != nil || s.IsZero() {
			return
		}
		at %= 1 << 33
		from := time.Unix(at, 0).UTC()
		next, ok := s.Next(from)
		if !ok || !next.After(from) || next.Second() != 0 {
			t.Fatalf("%q after %v: %v %v", spec, from, next, ok)
		}
		// Nothing is left out: from any minute before it the next one is the same.
		const steps = 2000
		for m, n := from.Truncate(time.Minute), 0; m.Before(next) && n < steps; m, n = m.Add(time.Minute), n+1 {
			if m.Before(from) {
				continue
			}
			if again, _ := s.Next(m); !again.Equal(next) {
				t.Fatalf("%q: after %v comes %v, but after %v %v", spec, from, next, m, again)
			}
		}
	})
}
