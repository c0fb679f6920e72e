package loop

import (
	"fmt"
	"strconv"
	"strings"
)

// maxCPU bounds the CPU numbers of a list (the kernel's own sets end here).
const maxCPU = 1023

// ParseCPUs reads a list of CPUs as server-cpulist has it: numbers and ranges with commas between, "0,2-5,8-20:4",
// where 8-20:4 means every fourth of the range. An empty list is nil.
func ParseCPUs(list string) ([]int, error) {
	var cpus []int
	for part := range strings.SplitSeq(strings.TrimSpace(list), ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		first, last, step, err := parseCPURange(part)
		if err != nil {
			return nil, fmt.Errorf("cpu list %q: %w", list, err)
		}
		for cpu := first; cpu <= last; cpu += step {
			cpus = append(cpus, cpu)
		}
	}
	return cpus, nil
}

func parseCPURange(s string) (first, last, step int, err error) {
	s, stride, strided := strings.Cut(s, ":")
	from, to, ranged := strings.Cut(s, "-")
	step = 1
	if first, err = parseCPU(from); err != nil {
		return 0, 0, 0, err
	}
	last = first
	if ranged {
		if last, err = parseCPU(to); err != nil {
			return 0, 0, 0, err
		}
	}
	if strided {
		if step, err = parseCPU(stride); err != nil {
			return 0, 0, 0, err
		}
	}
	if last < first || step < 1 || strided && !ranged {
		return 0, 0, 0, fmt.Errorf("bad range %q", s)
	}
	return first, last, step, nil
}

func parseCPU(s string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || n < 0 || n > maxCPU {
		return 0, fmt.Errorf("bad number %q", s)
	}
	return n, nil
}
