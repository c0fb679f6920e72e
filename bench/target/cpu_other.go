//go:build !linux

package target

import (
	"errors"
	"time"
)

// CPU is the processor time that the server used since it was started.
func (s *Server) CPU() (time.Duration, error) { return 0, errors.ErrUnsupported }
