//go:build !linux

package load

import "errors"

const haveEpoll = false

func (r *Run) launchEpoll() error { return errors.ErrUnsupported }
