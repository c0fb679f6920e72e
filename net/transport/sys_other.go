//go:build unix && !linux

package transport

import (
	"errors"

	"golang.org/x/sys/unix"
)

func sysRead(fd int, p []byte) (int, unix.Errno) {
	if len(p) == 0 {
		return 0, unix.EINVAL
	}
	n, err := unix.Read(fd, p)
	return n, errnoOf(err)
}

func sysWrite(fd int, p []byte) (int, unix.Errno) {
	n, err := unix.Write(fd, p)
	return n, errnoOf(err)
}

func errnoOf(err error) unix.Errno {
	if err == nil {
		return 0
	}
	var errno unix.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return unix.EIO
}
