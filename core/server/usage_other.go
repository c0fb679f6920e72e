//go:build !linux

package server

import (
	"errors"

	"golang.org/x/sys/unix"
)

// threadUsage fails: this system doesn't count by thread.
func threadUsage(*unix.Rusage) error { return errors.ErrUnsupported }
