//go:build unix

package process

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// detached puts a child into a session of its own.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// stopSelf stops this process until somebody continues it.
func stopSelf() { _ = syscall.Kill(os.Getpid(), syscall.SIGSTOP) }

func system() limiter {
	return limiter{
		get: func() (uint64, uint64, error) {
			var r unix.Rlimit
			err := unix.Getrlimit(unix.RLIMIT_NOFILE, &r)
			return uint64(r.Cur), uint64(r.Max), err
		},
		set: func(soft, hard uint64) error {
			r := syscall.Rlimit{}
			setLimit(&r, soft, hard)
			// Through package syscall: it stops the runtime from undoing the change in programs that it starts.
			return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &r)
		},
	}
}
