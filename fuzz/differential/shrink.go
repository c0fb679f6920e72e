package differential

import (
	"strings"
	"time"
)

// These bound the work of Shrink. A round runs the stream once, which takes long where a reply is missing.
const (
	shrinkRounds = 400
	shrinkTime   = time.Minute
)

// Shrink removes steps from a stream for as long as fails still says yes, by halves first and then
// by ever smaller pieces, until no single step can go.
func Shrink(steps []Step, fails func([]Step) bool) []Step {
	rounds, begin := 0, time.Now()
	tired := func() bool { return rounds >= shrinkRounds || time.Since(begin) > shrinkTime }
	for size := max(len(steps)/2, 1); ; {
		removed := false
		for at := 0; at < len(steps) && !tired(); {
			end := min(at+size, len(steps))
			fewer := append(append([]Step(nil), steps[:at]...), steps[end:]...)
			rounds++
			if len(fewer) > 0 && fails(fewer) {
				steps, removed = fewer, true
				continue
			}
			at = end
		}
		if tired() || size == 1 && !removed {
			return steps
		}
		size = max(size/2, 1)
	}
}

// AsScript writes steps as the lines of a script.
func AsScript(steps []Step) string {
	var b strings.Builder
	for i := range steps {
		b.WriteString("    " + strings.ReplaceAll(steps[i].String(), "\n", "\n    ") + "\n")
	}
	return b.String()
}
