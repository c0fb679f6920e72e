// Package process is the server's dealings with the operating system as a process: the file of its number, its title, going
// to the background, supervisors, the out-of-memory score, the limit of open files and the kernel settings that matter.
//
// What another system doesn't have is a no-op there; each function says so.
package process

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Log is where this room tells what it did; *logging.Logger is one.
type Log interface {
	Verbosef(format string, args ...any)
	Noticef(format string, args ...any)
	Warningf(format string, args ...any)
}

// DefaultPidFile is used when a server in the background has no pidfile directive.
const DefaultPidFile = "/var/run/valkey.pid"

// WritePid writes the number of this process to a file.
func WritePid(path string) error {
	if err := os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644); err != nil { // #nosec G306 -- others may read it
		return fmt.Errorf("write pid file: %w", err)
	}
	return nil
}

// RemovePid removes the file if it still has the number of this process.
func RemovePid(path string) {
	b, err := os.ReadFile(path) // #nosec G304 -- the path is the operator's
	if err == nil && strings.TrimSpace(string(b)) == strconv.Itoa(os.Getpid()) {
		_ = os.Remove(path)
	}
}

// ParseCPUList reads a list of processors as server-cpulist has it: `0,2,4-7,8-31:4` (the last: every fourth).
func ParseCPUList(list string) ([]int, error) {
	var cpus []int
	for _, part := range strings.Split(list, ",") {
		span, stepText, stepped := strings.Cut(part, ":")
		first, last, isSpan := strings.Cut(span, "-")
		if !isSpan {
			last = first
		}
		from, err1 := strconv.ParseUint(strings.TrimSpace(first), 10, 16)
		to, err2 := strconv.ParseUint(strings.TrimSpace(last), 10, 16)
		step := uint64(1)
		var err3 error
		if stepped {
			step, err3 = strconv.ParseUint(strings.TrimSpace(stepText), 10, 16)
		}
		if err1 != nil || err2 != nil || err3 != nil || from > to || to >= maxCPUs || step == 0 || stepped && !isSpan {
			return nil, fmt.Errorf("cpu list %q: bad part %q", list, part)
		}
		for cpu := from; cpu <= to; cpu += step {
			cpus = append(cpus, int(cpu))
		}
	}
	return cpus, nil
}

// maxCPUs bounds the numbers in a list of processors, as the kernel's sets do.
const maxCPUs = 1024
