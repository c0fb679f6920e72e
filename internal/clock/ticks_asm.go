//go:build amd64 || arm64

package clock

// counterTrusted says that Ticks counts by the processor's counter. Set before main.
var counterTrusted = counterConstant() && kernelTrusts()

// Ticks reads the counter. Only differences mean something.
func Ticks() uint64 {
	if counterTrusted {
		return counter()
	}
	return uint64(Mono())
}

// counter reads the processor's counter. It is not ordered against the instructions around it.
func counter() uint64
