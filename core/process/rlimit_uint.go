//go:build unix && !freebsd && !dragonfly

package process

import "syscall"

func setLimit(r *syscall.Rlimit, soft, hard uint64) { r.Cur, r.Max = soft, hard }
