package launch

import "syscall"

// processAttr ties the life of a server to ours: a test that is killed leaves nothing behind.
func processAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
