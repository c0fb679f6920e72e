package clock

import (
	"bytes"
	"os"
	"runtime"
)

// kernelTrusts tells whether Linux counts the processor's counter among the clocks that it would use: it takes
// it off the list when it saw it unsteady. If the list can't be read, nothing speaks against the counter.
func kernelTrusts() bool {
	if runtime.GOARCH != "amd64" {
		return true
	}
	list, err := os.ReadFile("/sys/devices/system/clocksource/clocksource0/available_clocksource")
	if err != nil {
		return true
	}
	for name := range bytes.FieldsSeq(list) {
		if string(name) == "tsc" {
			return true
		}
	}
	return false
}
