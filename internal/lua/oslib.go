package lua

import "time"

// OpenOS adds the library os, of which scripts get nothing but the clock.
//
// In the reference the clock is the processor time of the process, of which a running script has all. Here others run
// at the same time, so it is the time that has gone by.
func (s *State) OpenOS() {
	start := time.Now()
	s.OpenLibrary("os", []Entry{{"clock", func(c *Frame) error {
		return c.Return(Number(float64(time.Since(start).Microseconds()) / 1e6))
	}}})
}
