//go:build unix

package streamcmd

import (
	"testing"

	"golang.org/x/sys/unix"
)

// cpuTime reports the processor time of b.N operations since it was called, which on a busy machine says more
// than the time that passed.
func cpuTime(b *testing.B) (report func()) {
	now := func() int64 {
		var u unix.Rusage
		if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return u.Utime.Nano() + u.Stime.Nano()
	}
	start := now()
	return func() { b.ReportMetric(float64(now()-start)/float64(b.N), "cpu-ns/op") }
}
