package server

import (
	"math"
	"testing"
	"time"

	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/internal/schedule"
)

func TestSavePoints(t *testing.T) {
	usual := []config.SavePoint{{Seconds: 3600, Changes: 1}, {Seconds: 300, Changes: 100}, {Seconds: 60, Changes: 10_000}}
	tests := []struct {
		name                   string
		points                 []config.SavePoint
		changes, age, sinceTry int64
		which                  int // of points; -1 for none
		until                  time.Duration
	}{
		{"none", nil, 1 << 40, 1 << 40, 100, -1, 0},
		{"nothing changed", usual, 0, 1 << 40, 100, -1, 0},
		{"one change", usual, 1, 10, 100, -1, 3591 * time.Second},
		{"one change, to the second", usual, 1, 3600, 3600, -1, time.Second},
		{"one change, long ago", usual, 1, 3601, 3601, 0, time.Second},
		{"many changes", usual, 10_000, 61, 100, 2, time.Second},
		{"many changes, soon", usual, 10_000, 30, 100, -1, 31 * time.Second},
		{"some changes", usual, 100, 200, 1000, -1, 101 * time.Second},
		{"after a failure", usual, 10_000, 70, 2, 2, 4 * time.Second},
		{"no changes needed", []config.SavePoint{{Seconds: 5, Changes: 0}}, 0, 6, 100, 0, time.Second},
		{"never", []config.SavePoint{{Seconds: math.MaxInt64, Changes: 1}}, 1, 1, 100, -1, longestWait * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, ok := reached(tt.points, tt.changes, tt.age)
			if ok != (tt.which >= 0) || ok && p != tt.points[tt.which] {
				t.Errorf("reached: %v %v, want number %d", p, ok, tt.which)
			}
			if got := untilReached(tt.points, tt.changes, tt.age, tt.sinceTry); got != tt.until {
				t.Errorf("until the next: %v, want %v", got, tt.until)
			}
		})
	}
}

func TestPlan(t *testing.T) {
	var p saving
	at := func(text string) time.Time {
		when, err := time.Parse(time.DateTime, text)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	if p.planDue(at("2026-03-01 10:00:00")) || p.untilPlanned(at("2026-03-01 10:00:00")) != 0 {
		t.Error("due without a plan")
	}
	plan, err := schedule.Parse("30 * * * *")
	if err != nil {
		t.Fatal(err)
	}
	p.plan.Store(&plan)
	steps := []struct {
		now   string
		due   bool
		until time.Duration
	}{
		{"2026-03-01 10:29:59", false, time.Second},
		{"2026-03-01 10:30:00", true, time.Hour},
		{"2026-03-01 10:30:00", false, time.Hour},
		{"2026-03-01 10:30:01", false, time.Hour - time.Second},
		{"2026-03-01 14:00:00", true, 30 * time.Minute}, // of four that were missed one counts
		{"2026-03-01 10:00:00", false, 30 * time.Minute},
		{"2026-03-01 10:31:00", true, 59 * time.Minute},
	}
	for _, st := range steps {
		if got := p.planDue(at(st.now)); got != st.due {
			t.Errorf("%s: due %v, want %v", st.now, got, st.due)
		}
		if got := p.untilPlanned(at(st.now)); got != st.until {
			t.Errorf("%s: the next one is in %v, want %v", st.now, got, st.until)
		}
	}
}
