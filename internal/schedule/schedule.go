// Package schedule reads times in the manner of cron: five fields for the minute, the hour, the day of the month, the month
// and the day of the week.
//
//	30 4 * * *          every day at half past four
//	*/15 8-18 * * 1-5   every quarter of an hour from 8:00 to 18:45 on working days
//	0 0 1,15 jan-jun *  at midnight on the first and the fifteenth, in the first half of the year
//
// A field is * for all, or a list with commas of numbers and ranges, each with /n for every n-th. Months and days of the week have their
// English names of three letters too; Sunday is 0 and 7. If both kinds of day are given a day needs to be only one of them, as cron has it.
//
// Times are those of the clock on the wall: in the hour that summer time leaves out nothing happens, and what is due in the hour that
// comes twice is due twice.
package schedule

import (
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// Schedule is when something is due. The zero value is never.
type Schedule struct {
	fields  [fieldCount]uint64 // a bit for each value
	eachDay [2]bool            // day of the month, day of the week: not given
}

const (
	minute = iota
	hour
	day
	month
	weekday
	fieldCount
)

// field is what one of them may hold.
type field struct {
	name      string
	low, high int
	words     string // of three letters each, from low on
}

var all = [fieldCount]field{
	{"minute", 0, 59, ""}, {"hour", 0, 23, ""}, {"day of the month", 1, 31, ""},
	{"month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"}, {"day of the week", 0, 7, "sunmontuewedthufrisat"},
}

const (
	maxBytes = 256
	// horizon is how far Next looks: a leap day may be eight years away.
	horizonYears = 9
)

var (
	errLong  = fmt.Errorf("more than %d bytes", maxBytes)
	errCount = errors.New("want five fields: minute, hour, day of the month, month, day of the week")
	errNever = errors.New("there is no such day in any year")
)

// Parse reads a schedule. An empty text is never.
func Parse(text string) (Schedule, error) {
	var s Schedule
	if len(text) > maxBytes {
		return s, errLong
	}
	words := strings.Fields(text)
	if len(words) == 0 {
		return s, nil
	}
	if len(words) != fieldCount {
		return s, errCount
	}
	for i, w := range words {
		set, err := all[i].parse(strings.ToLower(w))
		if err != nil {
			return Schedule{}, fmt.Errorf("%s %q: %w", all[i].name, w, err)
		}
		s.fields[i] = set
	}
	if s.fields[weekday]&(1<<7) != 0 {
		s.fields[weekday] |= 1
	}
	s.eachDay = [2]bool{strings.HasPrefix(words[day], "*"), strings.HasPrefix(words[weekday], "*")}
	if _, ok := s.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)); !ok {
		return Schedule{}, errNever
	}
	return s, nil
}

func (f field) parse(text string) (set uint64, err error) {
	for part := range strings.SplitSeq(text, ",") {
		span, every, stepped := strings.Cut(part, "/")
		low, high, step := f.low, f.high, 1
		if stepped {
			if step, err = strconv.Atoi(every); err != nil || step < 1 || step > f.high {
				return 0, fmt.Errorf("%q is no step", every)
			}
		}
		if span != "*" {
			from, to, ranged := strings.Cut(span, "-")
			if low, err = f.number(from); err != nil {
				return 0, err
			}
			if ranged {
				if high, err = f.number(to); err != nil {
					return 0, err
				}
			} else if !stepped {
				high = low
			}
		}
		if low > high {
			return 0, fmt.Errorf("%q ends before it begins", span)
		}
		for v := low; v <= high; v += step {
			set |= 1 << v
		}
	}
	return set, nil
}

func (f field) number(text string) (int, error) {
	if at := strings.Index(f.words, text); len(text) == 3 && at >= 0 && at%3 == 0 {
		return f.low + at/3, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || len(text) > 2 || n < f.low || n > f.high || text[0] == '+' {
		return 0, fmt.Errorf("%q is not in %d to %d", text, f.low, f.high)
	}
	return n, nil
}

// IsZero tells whether it is never.
func (s Schedule) IsZero() bool { return s.fields[minute] == 0 }

// Next returns the first time after t at which it is due, in t's zone.
func (s Schedule) Next(t time.Time) (time.Time, bool) {
	if s.IsZero() {
		return time.Time{}, false
	}
	t = t.Truncate(time.Minute).Add(time.Minute)
	for last := t.AddDate(horizonYears, 0, 0); t.Before(last); {
		switch {
		case !s.has(month, int(t.Month())):
			t = later(t, time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, t.Location()))
		case !s.onDay(t):
			t = later(t, time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, t.Location()))
		case !s.has(hour, t.Hour()):
			t = t.Add(time.Duration(60-t.Minute()) * time.Minute)
		case !s.has(minute, t.Minute()):
			t = t.Add(time.Duration(s.toMinute(t.Minute())) * time.Minute)
		default:
			return t, true
		}
	}
	return time.Time{}, false
}

// later is to, or a little more than t where a clock that is put forward at midnight takes to back before it.
func later(t, to time.Time) time.Time {
	if to.After(t) {
		return to
	}
	return t.Add(time.Hour)
}

func (s Schedule) has(f, v int) bool { return s.fields[f]>>v&1 != 0 }

// toMinute is how many minutes there are from m to the next one of the schedule, or to the end of the hour.
func (s Schedule) toMinute(m int) int {
	return min(bits.TrailingZeros64(s.fields[minute]>>m), 60-m)
}

func (s Schedule) onDay(t time.Time) bool {
	first, second := s.has(day, t.Day()), s.has(weekday, int(t.Weekday()))
	if s.eachDay[0] || s.eachDay[1] {
		return first && second
	}
	return first || second
}
