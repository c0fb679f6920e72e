//go:build unix

package transport

import (
	"io"
	"net/netip"
	"strconv"

	"golang.org/x/sys/unix"
)

// Socket is a connected, non-blocking stream socket of the kernel: TCP or unix.
type Socket struct {
	fd      int
	network string
	remote  string
	local   string // empty until asked for
}

// NewSocket takes over fd, which must be a connected stream socket in non-blocking mode. network is "tcp" or "unix".
// local and remote are the addresses to show; an empty one is asked of the kernel when it is needed.
func NewSocket(fd int, network, local, remote string) *Socket {
	return &Socket{fd: fd, network: network, local: local, remote: remote}
}

// Read implements Conn.
func (s *Socket) Read(p []byte) (int, error) {
	for {
		n, errno := sysRead(s.fd, p)
		switch {
		case errno == 0 && n > 0:
			return n, nil
		case errno == 0:
			return 0, io.EOF
		case errno == unix.EAGAIN:
			return 0, ErrAgain
		case errno != unix.EINTR:
			return 0, errno
		}
	}
}

// Write implements Conn.
func (s *Socket) Write(p []byte) (int, error) {
	done := 0
	for done < len(p) {
		n, errno := sysWrite(s.fd, p[done:])
		switch errno {
		case 0:
			done += n
		case unix.EAGAIN:
			return done, ErrAgain
		case unix.EINTR:
		default:
			return done, errno
		}
	}
	return done, nil
}

// Drained implements Drainer: a short read has emptied a stream socket.
func (s *Socket) Drained(n, space int) bool { return n < space }

// Fd implements Conn.
func (s *Socket) Fd() int { return s.fd }

// Network implements Conn.
func (s *Socket) Network() string { return s.network }

// LocalAddr implements Conn.
func (s *Socket) LocalAddr() string {
	if s.local == "" && s.fd >= 0 {
		if sa, err := unix.Getsockname(s.fd); err == nil {
			s.local = FormatAddr(sa)
		}
	}
	return s.local
}

// RemoteAddr implements Conn.
func (s *Socket) RemoteAddr() string {
	if s.remote == "" && s.fd >= 0 {
		if sa, err := unix.Getpeername(s.fd); err == nil {
			s.remote = FormatAddr(sa)
		}
	}
	return s.remote
}

// Close implements Conn.
func (s *Socket) Close() error {
	if s.fd < 0 {
		return nil
	}
	fd := s.fd
	s.fd = -1
	return unix.Close(fd)
}

// FormatAddr writes a socket address as the commands of the server show it.
func FormatAddr(sa unix.Sockaddr) string {
	switch a := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port)).String() // #nosec G115 -- a port has 16 bits
	case *unix.SockaddrInet6:
		ip := netip.AddrFrom16(a.Addr)
		if a.ZoneId != 0 {
			ip = ip.WithZone(strconv.FormatUint(uint64(a.ZoneId), 10))
		}
		return netip.AddrPortFrom(ip, uint16(a.Port)).String() // #nosec G115 -- a port has 16 bits
	case *unix.SockaddrUnix:
		return a.Name + ":0"
	}
	return "?:0"
}
