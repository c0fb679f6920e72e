package loop

import (
	"errors"
	"os"
	"sync"
	"time"

	"github.com/sleipnirdb/sleipnir/net/transport"
)

// ListenOptions are a listener's own settings.
type ListenOptions struct {
	Backlog  int    // tcp-backlog
	UnixPerm uint32 // unixsocketperm; 0: what the umask gives
	// Wrap puts TLS or the like around each accepted socket. It must not block.
	Wrap func(transport.Conn) transport.Conn
	// Tag is the caller's, to tell listeners apart in Open.
	Tag any
}

// Listener accepts connections for a group.
type Listener struct {
	g    *Group
	ln   *transport.Listener
	opts ListenOptions

	file *os.File // acceptAside
	once sync.Once
	down chan struct{}
	done chan struct{} // nobody will call Accept any more
}

// acceptPause is how long accepting rests when descriptors or memory have run out.
const acceptPause = 100 * time.Millisecond

// Listen opens a listening socket: "tcp4", "tcp6", "tcp" or "unix". Connections are accepted from now on, or from
// Start on if that comes later.
func (g *Group) Listen(network, addr string, opts ListenOptions) (*Listener, error) {
	ln, err := transport.Listen(network, addr, transport.ListenConfig{Backlog: opts.Backlog, UnixPerm: opts.UnixPerm})
	if err != nil {
		return nil, err
	}
	l := &Listener{g: g, ln: ln, opts: opts, down: make(chan struct{}), done: make(chan struct{})}
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
func (ln *Listener) Addr() string { return ln.ln.Addr() }

// Network is "tcp" or "unix".
func (ln *Listener) Network() string { return ln.ln.Network() }

// Tag is what ListenOptions said.
func (ln *Listener) Tag() any { return ln.opts.Tag }

// CloseListener ends the listening; connections stay. Not to be called on a loop.
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
		close(ln.down)
		if ln.file != nil {
			_ = ln.file.Close()
		}
		<-ln.done
		_ = ln.ln.Close()
	})
}

// welcome sets up an accepted socket and gives it to a loop.
func (ln *Listener) welcome(sock *transport.Socket) {
	// Failing here leaves a connection that works, only later or less watched.
	_ = transport.SetNoDelay(sock, true)
	if s := ln.g.keepAlive.Load(); s > 0 {
		_ = transport.SetKeepAlive(sock, int(s))
	}
	base, err := ln.g.engine.wrap(sock)
	if err != nil {
		_ = sock.Close()
		return
	}
	top := base
	if ln.opts.Wrap != nil {
		top = ln.opts.Wrap(base)
	}
	ln.g.place(base, top, ln)
}

// acceptAside accepts on an ordinary goroutine that waits in Go's own poller.
func (ln *Listener) acceptAside() error {
	// The file is a second descriptor, for the wait only.
	fd, err := dup(ln.ln.Fd())
	if err != nil {
		return err
	}
	ln.file = os.NewFile(uintptr(fd), ln.Addr()) // #nosec G115 -- a descriptor
	raw, err := ln.file.SyscallConn()
	if err != nil {
		return err
	}
	go func() {
		defer close(ln.done)
		for {
			exhausted := false
			err := raw.Read(func(uintptr) bool {
				for {
					sock, err := ln.ln.Accept()
					if err != nil {
						exhausted = !errors.Is(err, transport.ErrAgain)
						return exhausted
					}
					ln.welcome(sock)
				}
			})
			if err != nil {
				return
			}
			if exhausted {
				select {
				case <-ln.down:
					return
				case <-time.After(acceptPause):
				}
			}
		}
	}()
	return nil
}
