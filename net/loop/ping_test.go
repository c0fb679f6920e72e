package loop

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// pingServer answers each line with +PONG, and "CPU" with the process's CPU time in µs.
type pingServer struct{}

func (pingServer) Start(*Loop)        {}
func (pingServer) Stop(*Loop)         {}
func (pingServer) Open(*Conn)         {}
func (pingServer) Close(*Conn, error) {}
func (pingServer) Hangup(*Conn)       {}
func (pingServer) Tick(*Loop) int     { return 100 }

func (pingServer) Input(c *Conn) {
	in := c.In()
	for i := 0; i < len(in); i++ {
		if in[i] != '\n' {
			continue
		}
		if in[0] == 'C' {
			c.Out = append(strconv.AppendInt(c.Out, cpuMicros(), 10), '\r', '\n')
		} else {
			c.Out = append(c.Out, "+PONG\r\n"...)
		}
		c.Consume(i + 1)
		in, i = c.In(), -1
	}
}

func cpuMicros() int64 {
	var ru unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &ru); err != nil {
		panic(err)
	}
	return (ru.Utime.Sec+ru.Stime.Sec)*1e6 + int64(ru.Utime.Usec) + int64(ru.Stime.Usec)
}
