//go:build unix

package transport

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func listen(t *testing.T, network, addr string, cfg ListenConfig) *Listener {
	t.Helper()
	ln, err := Listen(network, addr, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	return ln
}

// acceptOne polls, as a loop would be told to.
func acceptOne(t *testing.T, ln *Listener) *Socket {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for {
		s, err := ln.Accept()
		if err == nil {
			t.Cleanup(func() { _ = s.Close() })
			return s
		}
		if !errors.Is(err, ErrAgain) || time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestSocketOverEachNetwork(t *testing.T) {
	dir := t.TempDir()
	tests := []struct{ network, addr, wantNetwork, wantLocal string }{
		{"tcp4", "127.0.0.1:0", "tcp", "127.0.0.1:"},
		{"tcp", "127.0.0.1:0", "tcp", "127.0.0.1:"},
		{"tcp6", "[::1]:0", "tcp", "[::1]:"},
		{"unix", filepath.Join(dir, "u"), "unix", filepath.Join(dir, "u") + ":0"},
	}
	for _, tt := range tests {
		t.Run(tt.network+" "+filepath.Base(tt.addr), func(t *testing.T) {
			if tt.network == "tcp6" && !haveIPv6() {
				t.Skip("no IPv6 here")
			}
			ln := listen(t, tt.network, tt.addr, ListenConfig{})
			if _, err := ln.Accept(); !errors.Is(err, ErrAgain) {
				t.Errorf("accept with nobody there: %v", err)
			}
			c, err := net.Dial(tt.wantNetwork, ln.Addr())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.Close() }()
			s := acceptOne(t, ln)
			if s.Network() != tt.wantNetwork || !strings.HasPrefix(s.LocalAddr(), tt.wantLocal) {
				t.Errorf("network %q, local address %q; want %q, %q", s.Network(), s.LocalAddr(), tt.wantNetwork, tt.wantLocal)
			}
			if tt.wantNetwork == "tcp" && s.RemoteAddr() != c.LocalAddr().String() {
				t.Errorf("remote address %q, want %q", s.RemoteAddr(), c.LocalAddr())
			}
			if tt.wantNetwork == "unix" && s.RemoteAddr() != tt.wantLocal {
				t.Errorf("remote address %q, want %q", s.RemoteAddr(), tt.wantLocal)
			}
			if err := errors.Join(SetNoDelay(s, true), SetKeepAlive(s, 300), SetKeepAlive(s, 0)); err != nil {
				t.Error(err)
			}
			exchange(t, s, c)
		})
	}
}

func haveIPv6() bool {
	ln, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		return false
	}
	_ = ln.Close()
	return true
}

// exchange checks each outcome of Read and Write.
func exchange(t *testing.T, s *Socket, c net.Conn) {
	t.Helper()
	buf := make([]byte, 64)
	if n, err := s.Read(buf); n != 0 || !errors.Is(err, ErrAgain) {
		t.Errorf("read with nothing there: %d, %v", n, err)
	}
	if _, err := c.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	n, err := readSome(s, buf)
	if string(buf[:n]) != "hello" || err != nil {
		t.Errorf("read %q, %v", buf[:n], err)
	}
	if n, err := s.Write([]byte("world")); n != 5 || err != nil {
		t.Errorf("write: %d, %v", n, err)
	}
	if _, err := io.ReadFull(c, buf[:5]); err != nil || string(buf[:5]) != "world" {
		t.Errorf("peer read %q, %v", buf[:5], err)
	}
	big := make([]byte, 32<<20)
	sent, err := s.Write(big)
	if sent <= 0 || sent == len(big) || !errors.Is(err, ErrAgain) {
		t.Errorf("writing more than there is room for: %d of %d, %v", sent, len(big), err)
	}
	if got, err := io.CopyN(io.Discard, c, int64(sent)); err != nil {
		t.Errorf("peer got %d of %d, %v", got, sent, err)
	}
	_ = c.Close()
	if n, err := readSome(s, buf); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("read after the end: %d, %v", n, err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
}

// readSome waits for bytes or an end.
func readSome(s *Socket, p []byte) (int, error) {
	deadline := time.Now().Add(5 * time.Second)
	for {
		n, err := s.Read(p)
		if !errors.Is(err, ErrAgain) || time.Now().After(deadline) {
			return n, err
		}
		time.Sleep(time.Millisecond)
	}
}

func TestAddressInUse(t *testing.T) {
	ln := listen(t, "tcp4", "127.0.0.1:0", ListenConfig{})
	_, err := Listen("tcp4", ln.Addr(), ListenConfig{})
	if !errors.Is(err, syscall.EADDRINUSE) || err.Error() != "bind: address already in use" {
		t.Errorf("got %v", err)
	}
	one := listen(t, "tcp4", "127.0.0.1:0", ListenConfig{ReusePort: true})
	listen(t, "tcp4", one.Addr(), ListenConfig{ReusePort: true})
}

func TestUnixSocketFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "sock")
	if err := os.WriteFile(path, []byte("stale"), 0o600); err != nil {
		t.Fatal(err)
	}
	ln := listen(t, "unix", path, ListenConfig{UnixPerm: 0o751})
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != os.ModeSocket|0o751 {
		t.Errorf("mode %v, want socket 0751", info.Mode())
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left beside the socket: %v", entries)
	}
	// A second server on the same path replaces the file; the first one's end must not remove it.
	second := listen(t, "unix", path, ListenConfig{})
	_ = ln.Close()
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the first listener removed the second's file: %v", err)
	}
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	_ = second.Close()
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
}

func TestUnixSocketPaths(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "d"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen("unix", filepath.Join(dir, "d"), ListenConfig{}); err == nil {
		t.Error("a directory was replaced by a socket")
	}
	if _, err := Listen("unix", filepath.Join(dir, "none", "s"), ListenConfig{}); err == nil {
		t.Error("listens in a directory that doesn't exist")
	}
	// A path that is just short enough for the kernel works, though the private one is longer.
	long := filepath.Join(dir, strings.Repeat("x", max(1, maxSunPath-1-len(dir))))
	ln := listen(t, "unix", long, ListenConfig{UnixPerm: 0o700})
	c, err := net.Dial("unix", long)
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	acceptOne(t, ln)
}
