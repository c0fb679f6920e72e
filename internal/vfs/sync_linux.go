package vfs

import (
	"os"

	"golang.org/x/sys/unix"
)

// syncData is fdatasync: what is needed to read the bytes again, without the times.
func syncData(f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var result error
	err = raw.Control(func(fd uintptr) {
		for {
			if result = unix.Fdatasync(int(fd)); result != unix.EINTR { // #nosec G115 -- a descriptor
				return
			}
		}
	})
	if err == nil && result != nil {
		err = &os.PathError{Op: "fdatasync", Path: f.Name(), Err: result}
	}
	return err
}
