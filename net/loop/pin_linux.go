package loop

import "golang.org/x/sys/unix"

// pin binds the calling thread to one CPU of the list if there are enough for one each, to all of the list otherwise.
// A CPU that doesn't exist is no reason not to serve: the thread then runs anywhere.
func pin(cpus []int, index int) {
	if len(cpus) == 0 {
		return
	}
	var set unix.CPUSet
	if index < len(cpus) {
		set.Set(cpus[index])
	} else {
		for _, cpu := range cpus {
			set.Set(cpu)
		}
	}
	_ = unix.SchedSetaffinity(0, &set)
}
