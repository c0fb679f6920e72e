//go:build !unix

package process

import (
	"errors"
	"syscall"
)

func detached() *syscall.SysProcAttr { return nil }

func stopSelf() {}

// system has no limit to raise.
func system() limiter {
	return limiter{
		get: func() (uint64, uint64, error) { return 1 << 62, 1 << 62, nil },
		set: func(uint64, uint64) error { return errors.ErrUnsupported },
	}
}
