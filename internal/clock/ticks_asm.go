//go:build amd64 || arm64

package clock

// counterTrusted says that Ticks counts by the processor's counter. Set before main.
var counterTrusted = counterConstant() && kernelTrusts()

// Ticks reads the counter. Only differences mean something. It is not ordered against the instructions around it.
func Ticks() uint64

// ticksOfMono is where Ticks jumps to if the counter isn't trusted.
//
//lint:ignore U1000 the assembly uses it
func ticksOfMono() uint64 { return uint64(Mono()) }
