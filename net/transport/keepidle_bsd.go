//go:build freebsd || netbsd || dragonfly

package transport

import "golang.org/x/sys/unix"

func setKeepIdle(fd, seconds int) error {
	return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, seconds)
}
