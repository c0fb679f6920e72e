package server

import "golang.org/x/sys/unix"

// threadUsage is what the calling thread has used.
func threadUsage(ru *unix.Rusage) error { return unix.Getrusage(unix.RUSAGE_THREAD, ru) }
