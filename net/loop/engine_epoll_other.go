//go:build unix && !linux

package loop

import "errors"

func newEpoll(Config) (engine, error) { return nil, errors.New("loop: epoll is Linux's") }
