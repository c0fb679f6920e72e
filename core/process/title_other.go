//go:build !linux

package process

import "os"

// CopyArguments returns the program's arguments.
func CopyArguments() []string { return os.Args }

// SetTitle does nothing on this system.
func SetTitle(string) error { return nil }
