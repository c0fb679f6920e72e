package target

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// Idle is the time that the machine's cores have idled, summed over the cores. What is left of a stretch of time after that, a
// server's and the generator's own, went to somebody else: other processes, or another guest of the host.
func Idle() (time.Duration, error) {
	const tick = 10 * time.Millisecond // USER_HZ is 100 wherever Go runs
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	line, _, _ := strings.Cut(string(b), "\n")
	fields := strings.Fields(line) // cpu user nice system idle iowait …
	if len(fields) < 6 || fields[0] != "cpu" {
		return 0, errors.New("/proc/stat begins in an unknown way")
	}
	var ticks int64
	for _, f := range fields[4:6] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * tick, nil
}

// Capacity is what all cores can do in d.
func Capacity(d time.Duration) time.Duration { return d * time.Duration(runtime.NumCPU()) }
