//go:build unix

package transport

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ListenConfig is what a listening socket is set up with.
type ListenConfig struct {
	Backlog   int    // length of the kernel's queue of connections not yet accepted; <= 0 means 511
	UnixPerm  uint32 // permission bits of a unix socket's file; 0 leaves what the umask gives
	UnixGroup string // the group that owns it, by its name; empty leaves the process's
	ReusePort bool   // SO_REUSEPORT: several listeners of one process may share the address
}

// Listener is a listening socket in non-blocking mode.
type Listener struct {
	fd      int
	network string // "tcp" or "unix"
	addr    string
	inode   os.FileInfo // of the unix socket's file, so that Close removes only its own
}

const defaultBacklog = 511

// Listen opens a listening socket. network is "tcp4", "tcp6" (which then means IPv6 only), "tcp" (by the form of
// the address) or "unix"; addr is "host:port" or the path of the socket.
func Listen(network, addr string, cfg ListenConfig) (*Listener, error) {
	if cfg.Backlog <= 0 {
		cfg.Backlog = defaultBacklog
	}
	if network == "unix" {
		return listenUnix(addr, cfg)
	}
	return listenTCP(network, addr, cfg)
}

func listenTCP(network, addr string, cfg ListenConfig) (*Listener, error) {
	a, err := net.ResolveTCPAddr(network, addr)
	if err != nil {
		return nil, err
	}
	sa, domain, err := tcpSockaddr(network, a)
	if err != nil {
		return nil, err
	}
	fd, err := streamSocket(domain)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	if err := listenOn(fd, domain, sa, cfg); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	bound, err := unix.Getsockname(fd)
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("getsockname: %w", err)
	}
	return &Listener{fd: fd, network: "tcp", addr: FormatAddr(bound)}, nil
}

func tcpSockaddr(network string, a *net.TCPAddr) (sa unix.Sockaddr, domain int, err error) {
	ip4 := a.IP.To4()
	if a.IP == nil && network != "tcp6" {
		ip4 = net.IPv4zero.To4()
	}
	if ip4 != nil && network != "tcp6" {
		s := &unix.SockaddrInet4{Port: a.Port}
		copy(s.Addr[:], ip4)
		return s, unix.AF_INET, nil
	}
	s := &unix.SockaddrInet6{Port: a.Port}
	copy(s.Addr[:], a.IP.To16())
	if a.Zone != "" {
		ifc, err := net.InterfaceByName(a.Zone)
		if err != nil {
			return nil, 0, err
		}
		s.ZoneId = uint32(ifc.Index) // #nosec G115 -- interface indexes are small and positive
	}
	return s, unix.AF_INET6, nil
}

func listenOn(fd, domain int, sa unix.Sockaddr, cfg ListenConfig) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return fmt.Errorf("setsockopt SO_REUSEADDR: %w", err)
	}
	if cfg.ReusePort {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
			return fmt.Errorf("setsockopt SO_REUSEPORT: %w", err)
		}
	}
	if domain == unix.AF_INET6 {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1); err != nil {
			return fmt.Errorf("setsockopt IPV6_V6ONLY: %w", err)
		}
	}
	if err := unix.Bind(fd, sa); err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	if err := unix.Listen(fd, cfg.Backlog); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	return nil
}

// listenUnix makes the socket's file in a private directory beside its place, gives it its permission there, and
// renames it to its place. So at no instant is it reachable with another permission, the process's umask is not
// touched (it is shared by all threads), and a stale file of an earlier run is replaced without a gap.
func listenUnix(path string, cfg ListenConfig) (*Listener, error) {
	dir, err := os.MkdirTemp(filepath.Dir(path), ".s")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	fd, err := streamSocket(unix.AF_UNIX)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	ln := &Listener{fd: fd, network: "unix", addr: path}
	if err := ln.place(filepath.Join(dir, "s"), path, cfg); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return ln, nil
}

func (ln *Listener) place(private, path string, cfg ListenConfig) error {
	if err := bindPath(ln.fd, private); err != nil {
		return err
	}
	if err := setGroup(private, cfg.UnixGroup); err != nil {
		return err
	}
	if cfg.UnixPerm != 0 {
		if err := os.Chmod(private, os.FileMode(cfg.UnixPerm)&os.ModePerm); err != nil {
			return err
		}
	}
	if err := unix.Listen(ln.fd, cfg.Backlog); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	info, err := os.Lstat(private)
	if err != nil {
		return err
	}
	ln.inode = info
	if old, err := os.Lstat(path); err == nil && old.IsDir() {
		return fmt.Errorf("bind: %w", unix.EADDRINUSE)
	}
	return os.Rename(private, path)
}

// setGroup gives a file to a group, named unless empty. Its owner stays.
func setGroup(path, name string) error {
	if name == "" {
		return nil
	}
	group, err := user.LookupGroup(name)
	if err != nil {
		return fmt.Errorf("getgrnam error for group '%s': %w", name, err)
	}
	id, err := strconv.Atoi(group.Gid)
	if err != nil {
		return fmt.Errorf("getgrnam error for group '%s': %w", name, err)
	}
	if err := os.Chown(path, -1, id); err != nil {
		return fmt.Errorf("chown error for group '%s': %w", name, err)
	}
	return nil
}

// Addr is the address that the listener is bound to: "127.0.0.1:6379" or the path.
func (ln *Listener) Addr() string { return ln.addr }

// Network is "tcp" or "unix".
func (ln *Listener) Network() string { return ln.network }

// Fd is the listening descriptor, -1 after Close.
func (ln *Listener) Fd() int { return ln.fd }

// Accept takes one connection from the queue. ErrAgain says that none waits; an error for which Exhausted is true
// says that the process or the machine is out of descriptors or memory and that trying at once is useless.
func (ln *Listener) Accept() (*Socket, error) {
	for {
		fd, sa, err := accept(ln.fd)
		switch {
		case err == nil:
			return ln.accepted(fd, sa), nil
		case errors.Is(err, unix.EAGAIN):
			return nil, ErrAgain
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.ECONNABORTED), errors.Is(err, unix.EPROTO):
			// The one at the head of the queue is gone; the next may be well.
		default:
			return nil, fmt.Errorf("accept: %w", err)
		}
	}
}

func (ln *Listener) accepted(fd int, sa unix.Sockaddr) *Socket {
	if ln.network == "unix" {
		return NewSocket(fd, "unix", ln.addr+":0", ln.addr+":0")
	}
	return NewSocket(fd, "tcp", "", FormatAddr(sa))
}

// Unlink removes the file of a unix socket if it is still this listener's. A second call does nothing.
func (ln *Listener) Unlink() {
	if ln.inode == nil {
		return
	}
	if now, err := os.Lstat(ln.addr); err == nil && os.SameFile(now, ln.inode) {
		_ = os.Remove(ln.addr)
	}
	ln.inode = nil
}

// Close stops listening and removes the file of a unix socket.
func (ln *Listener) Close() error {
	if ln.fd < 0 {
		return nil
	}
	ln.Unlink()
	err := unix.Close(ln.fd)
	ln.fd = -1
	return err
}

// Exhausted tells whether an error of Accept means that descriptors or memory ran out.
func Exhausted(err error) bool {
	return errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) || errors.Is(err, unix.ENOBUFS) || errors.Is(err, unix.ENOMEM)
}

// SetNoDelay switches Nagle's algorithm off (or on again) for a TCP socket; others are left alone.
func SetNoDelay(c Conn, on bool) error {
	if c.Network() != "tcp" || c.Fd() < 0 {
		return nil
	}
	v := 0
	if on {
		v = 1
	}
	return unix.SetsockoptInt(c.Fd(), unix.IPPROTO_TCP, unix.TCP_NODELAY, v)
}

// SetKeepAlive makes the kernel probe a silent TCP peer after idle seconds, then every third of that, and give up
// after three probes. 0 switches probing off.
func SetKeepAlive(c Conn, idleSeconds int) error {
	if c.Network() != "tcp" || c.Fd() < 0 {
		return nil
	}
	if idleSeconds <= 0 {
		return unix.SetsockoptInt(c.Fd(), unix.SOL_SOCKET, unix.SO_KEEPALIVE, 0)
	}
	if err := unix.SetsockoptInt(c.Fd(), unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1); err != nil {
		return err
	}
	return errors.Join(
		setKeepIdle(c.Fd(), idleSeconds),
		unix.SetsockoptInt(c.Fd(), unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, max(1, idleSeconds/3)),
		unix.SetsockoptInt(c.Fd(), unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 3))
}

func streamSocket(domain int) (int, error) {
	fd, err := unix.Socket(domain, unix.SOCK_STREAM, 0)
	if err != nil {
		return -1, err
	}
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// maxSunPath is the shortest limit on a unix socket's path among the systems served (macOS: 104 with the final zero).
const maxSunPath = 103

// bindPath binds fd to a path that may be a little too long for the kernel because it names a private directory:
// then it goes by way of the directory's descriptor where the system has such paths.
func bindPath(fd int, path string) error {
	if len(path) <= maxSunPath {
		return bindErr(unix.Bind(fd, &unix.SockaddrUnix{Name: path}), path)
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }()
	short := fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), filepath.Base(path))
	return bindErr(unix.Bind(fd, &unix.SockaddrUnix{Name: short}), path)
}

func bindErr(err error, path string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("bind %s: %w", strings.ToValidUTF8(path, "?"), err)
}
