package target

import (
	"time"

	"golang.org/x/sys/unix"
)

// CPU is the processor time that the server used since it was started, of all its threads, also of those
// that have ended, in nanoseconds: Linux gives each process a clock of it, whose number is the inverted
// process number in front of three bits that say "whole process, as the scheduler counts it".
func (s *Server) CPU() (time.Duration, error) {
	const schedClock = 2
	var ts unix.Timespec
	err := unix.ClockGettime(int32(^s.PID<<3|schedClock), &ts) // #nosec G115 -- process numbers are below 2^22
	return time.Duration(ts.Nano()), err
}
