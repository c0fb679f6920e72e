package transport

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// The two calls of the hot path skip the scheduler's bookkeeping (entersyscall/exitsyscall): on a non-blocking socket
// they only copy bytes. MSG_NOSIGNAL keeps a broken pipe an error instead of a signal.
//
// unsafe: a pointer to the first byte of a slice, converted to uintptr in the argument list of the system call itself
// (unsafe.Pointer's rule 4), which keeps the slice alive and in place for the call.

func sysRead(fd int, p []byte) (int, unix.Errno) {
	if len(p) == 0 {
		return 0, unix.EINVAL
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), unix.MSG_DONTWAIT, 0, 0)
	return int(n), errno // #nosec G115 -- at most len(p), or -1 with an error
}

func sysWrite(fd int, p []byte) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	return int(n), errno // #nosec G115 -- at most len(p), or -1 with an error
}
