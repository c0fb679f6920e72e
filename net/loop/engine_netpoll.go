//go:build unix

package loop

import "errors"

func newNetpoll(cfg Config) (engine, error) { return nil, errors.New("TODO") }
