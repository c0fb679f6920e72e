//go:build !linux

package process

// DisableTHP does nothing on this system.
func DisableTHP(Log) {}
