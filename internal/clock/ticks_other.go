//go:build !amd64 && !arm64

package clock

// counterTrusted says that Ticks counts by the processor's counter: not here.
const counterTrusted = false

// Ticks reads the monotonic clock. Only differences mean something.
func Ticks() uint64 { return uint64(Mono()) }
