//go:build !linux

package launch

import "syscall"

func processAttr() *syscall.SysProcAttr { return nil }
