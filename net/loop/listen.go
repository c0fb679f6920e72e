package loop

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sleipnirdb/sleipnir/net/transport"
)

// ListenOptions are a listener's own settings.
type ListenOptions struct {
	Backlog   int    // tcp-backlog
	UnixPerm  uint32 // unixsocketperm; 0: what the umask gives
	UnixGroup string // unixsocketgroup; empty: that of the process
	// Wrap puts TLS or the like around each accepted socket. It must not block.
	Wrap func(transport.Conn) transport.Conn
	// Tag is the caller's, to tell listeners apart in Open.
	Tag any
}

// Listener accepts connections for a group.
type Listener struct {
	g     *Group
	ln    *transport.Listener
	opts  ListenOptions
	addr  string
	once  sync.Once
	ended atomic.Bool
	done  chan struct{} // closed when nobody uses the socket any more

	file  *os.File          // acceptAside's
	stash *transport.Socket // acceptAside's: accepted, but there were no descriptors to go on with it
	slot  uint32            // the epoll engine's
	post  Post              // the epoll engine's
	end   Post              // the epoll engine's
}

// acceptPause is how long accepting rests when descriptors or memory have run out.
const acceptPause = 100 * time.Millisecond

// Listen opens a listening socket: "tcp4", "tcp6", "tcp" or "unix". Connections are accepted from now on, or from
// Start on if that comes later.
func (g *Group) Listen(network, addr string, opts ListenOptions) (*Listener, error) {
	ln, err := transport.Listen(network, addr, transport.ListenConfig{Backlog: opts.Backlog, UnixPerm: opts.UnixPerm, UnixGroup: opts.UnixGroup})
	if err != nil {
		return nil, err
	}
	l := &Listener{g: g, ln: ln, opts: opts, addr: ln.Addr(), done: make(chan struct{})}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopping {
		_ = ln.Close()
		return nil, ErrStopped
	}
	if err := g.engine.listen(l); err != nil {
		_ = ln.Close()
		return nil, err
	}
	g.listeners = append(g.listeners, l)
	return l, nil
}

// Addr is the address that the listener is bound to.
func (ln *Listener) Addr() string { return ln.addr }

// Network is "tcp" or "unix".
func (ln *Listener) Network() string { return ln.ln.Network() }

// Tag is what ListenOptions said.
func (ln *Listener) Tag() any { return ln.opts.Tag }

// CloseListener ends the listening at once; connections stay. Any goroutine.
func (g *Group) CloseListener(ln *Listener) {
	g.mu.Lock()
	for i, other := range g.listeners {
		if other == ln {
			g.listeners = append(g.listeners[:i], g.listeners[i+1:]...)
			break
		}
	}
	g.mu.Unlock()
	ln.shutdown()
}

func (ln *Listener) shutdown() {
	ln.once.Do(func() {
		ln.ended.Store(true)
		ln.g.engine.unlisten(ln)
	})
}

// welcome sets up an accepted socket and gives it to a loop.
func (ln *Listener) welcome(sock *transport.Socket) error {
	// Failing here leaves a connection that works, only later or less watched.
	_ = transport.SetNoDelay(sock, true)
	if s := ln.g.keepAlive.Load(); s > 0 {
		_ = transport.SetKeepAlive(sock, int(s))
	}
	base, err := ln.g.engine.wrap(sock)
	if err != nil {
		return err
	}
	top := base
	if ln.opts.Wrap != nil {
		top = ln.opts.Wrap(base)
	}
	ln.g.place(base, top, ln)
	return nil
}

// acceptAside accepts on an ordinary goroutine that waits in Go's own poller.
func (ln *Listener) acceptAside() error {
	// The file is a second descriptor, for the wait only.
	fd, err := dup(ln.ln.Fd())
	if err != nil {
		return err
	}
	ln.file = os.NewFile(uintptr(fd), ln.addr) // #nosec G115 -- a descriptor
	raw, err := ln.file.SyscallConn()
	if err != nil {
		_ = ln.file.Close()
		return err
	}
	go func() {
		for raw.Read(ln.acceptAll) == nil {
			// Descriptors or memory have run out.
			time.Sleep(acceptPause)
		}
		if ln.stash != nil {
			_ = ln.stash.Close()
		}
		_ = ln.ln.Close()
		close(ln.done)
	}()
	return nil
}

// acceptAll accepts until nothing waits (false) or an error speaks against trying on (true).
func (ln *Listener) acceptAll(uintptr) bool {
	for !ln.ended.Load() {
		sock, err := ln.stash, error(nil)
		if ln.stash = nil; sock == nil {
			sock, err = ln.ln.Accept()
		}
		if err != nil {
			return !errors.Is(err, transport.ErrAgain)
		}
		if err := ln.welcome(sock); transport.Exhausted(err) {
			ln.stash = sock // it keeps its place
			return true
		} else if err != nil {
			_ = sock.Close()
		}
	}
	return true
}

func (ln *Listener) endAside() {
	_ = unix.Shutdown(ln.ln.Fd(), unix.SHUT_RDWR)
	ln.ln.Unlink()
	_ = ln.file.Close()
}
