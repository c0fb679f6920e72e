//go:build !linux

package process

// SetTitle does nothing on this system.
func SetTitle(string) error { return nil }
