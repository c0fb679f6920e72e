package clock

import "fmt"

// Describe says what Ticks counts, for INFO.
func Describe() string {
	if !counterTrusted {
		return "system clock"
	}
	return fmt.Sprintf("CPU counter @ %d ticks/us", NanosToTicks(1000))
}
