package schedule

import (
	"strings"
	"testing"
	"time"
)

func TestNext(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zones here: ", err)
	}
	tests := []struct{ spec, from, want string }{
		{"* * * * *", "2026-03-01 10:00", "2026-03-01 10:01"},
		{"30 4 * * *", "2026-03-01 04:29", "2026-03-01 04:30"},
		{"30 4 * * *", "2026-03-01 04:30", "2026-03-02 04:30"},
		{"*/15 8-18 * * 1-5", "2026-03-06 18:45", "2026-03-09 08:00"}, // over a week-end
		{"0 0 1,15 jan-jun *", "2026-06-15 00:00", "2027-01-01 00:00"},
		{"0 0 29 2 *", "2026-01-01 00:00", "2028-02-29 00:00"},
		{"0 0 31 * *", "2026-04-01 00:00", "2026-05-31 00:00"},
		{"5 6 13 * fri", "2026-03-01 00:00", "2026-03-06 06:05"}, // a Friday, or a 13th
		{"5 6 13 * fri", "2026-03-10 00:00", "2026-03-13 06:05"},
		{"5 6 */2 * fri", "2026-03-01 00:00", "2026-03-13 06:05"}, // a star: both
		{"0 12 * * 7", "2026-03-02 00:00", "2026-03-08 12:00"},
		{"0 12 * * sun", "2026-03-02 00:00", "2026-03-08 12:00"},
		{"59 23 31 dec *", "2026-12-31 23:59", "2027-12-31 23:59"},
		{"10/20 * * * *", "2026-03-01 10:11", "2026-03-01 10:30"},
		{"30 2 * * *", "2026-03-28 12:00", "2026-03-30 02:30"}, // the clock leaves out 2:30 on the 29th
	}
	const layout = "2006-01-02 15:04"
	for _, tt := range tests {
		s, err := Parse(tt.spec)
		if err != nil {
			t.Errorf("%q: %v", tt.spec, err)
			continue
		}
		from, _ := time.ParseInLocation(layout, tt.from, berlin)
		got, ok := s.Next(from)
		if !ok || got.Format(layout) != tt.want {
			t.Errorf("%q after %s: %v %v, want %s", tt.spec, tt.from, got, ok, tt.want)
		}
	}
}

func TestParse(t *testing.T) {
	for _, spec := range []string{
		"*", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 0 *", "* * * 13 *", "* * * * 8",
		"-1 * * * *", "1- * * * *", "5-1 * * * *", "*/0 * * * *", "*/x * * * *", "1,,2 * * * *", "+1 * * * *", "001 * * * *", "ja * * * *",
		"anf * * * *", "* * * anf *", "0 0 30 2 *", "0 0 31 4,6,9,11 *", strings.Repeat("1,", 200) + "1 * * * *", "@daily",
	} {
		if _, err := Parse(spec); err == nil {
			t.Errorf("%q is taken", spec)
		}
	}
	if s, err := Parse(""); err != nil || !s.IsZero() {
		t.Errorf("nothing: %v, %v", s, err)
	}
	if _, ok := (Schedule{}).Next(time.Now()); ok {
		t.Error("never comes")
	}
}
