//go:build unix

package loop

import "golang.org/x/sys/unix"

// dup makes a second descriptor that isn't inherited by other programs.
func dup(fd int) (int, error) { return unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0) } // #nosec G115 -- a descriptor
