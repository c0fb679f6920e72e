//go:build !linux

package clock

// kernelTrusts is true where the system doesn't say.
func kernelTrusts() bool { return true }
