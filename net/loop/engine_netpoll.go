//go:build unix

package loop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cloudwego/netpoll"
	"golang.org/x/sys/unix"

	"github.com/sleipnirdb/sleipnir/net/transport"
)

// netpollEngine takes readiness and input from github.com/cloudwego/netpoll, whose pollers (epoll or kqueue) are
// ordinary goroutines. It is for the systems where there is no engine of our own, and for comparing.
//
// A loop is no thread here but a right to execute: a loop that sleeps (see box) has no executor, and whoever ends its
// sleep becomes it and runs rounds until the loop can sleep again. A poller that has input for a connection of a
// sleeping loop becomes the executor on the spot, without any hand-over; otherwise it leaves the bytes with the
// connection and posts. Another goroutine whose post ends the sleep may be deep in some handler, so it starts a
// goroutine for the job.
//
// netpoll reads on its own account and closes its descriptor when the peer goes away, at a moment of its choosing. So
// it gets a duplicate of the socket to read from, while writing goes through ours, which stays valid until the
// connection is disposed of. In a callback on a poller netpoll's Close would wait for that very callback; so the end
// is shutdown(2) on the socket, which netpoll then sees as a peer that went away. netpoll has no way to wait for room to write without blocking; for that a goroutine
// waits in Go's own poller, as long as the peer doesn't read.
type netpollEngine struct{}

const (
	// netpollMaxPending bounds the input of a connection that is parked or doesn't read its replies. netpoll goes on
	// reading, so such a peer's bytes take memory here instead of waiting in the kernel; beyond this it is cut off.
	netpollMaxPending = 256 << 20
	// netpollBufferBytes is what netpoll gives a connection to begin with.
	netpollBufferBytes = 1 << 10
)

// pollers guards netpoll's settings, which are global to the process: their number only grows, because removing a
// poller would lose its connections.
var pollers struct {
	sync.Mutex
	count int
}

func newNetpoll(cfg Config) (engine, error) {
	pollers.Lock()
	defer pollers.Unlock()
	if pollers.count == 0 {
		err := netpoll.Configure(netpoll.Config{
			PollerNum:    cfg.Loops,
			BufferSize:   netpollBufferBytes,
			Runner:       func(_ context.Context, f func()) { f() },
			LoggerOutput: io.Discard,
		})
		if err != nil {
			return nil, fmt.Errorf("netpoll: %w", err)
		}
		pollers.count = cfg.Loops
	}
	return netpollEngine{}, nil
}

// fds: the socket and netpoll's duplicate. A connection whose peer doesn't read takes a third.
func (netpollEngine) fds() int { return 2 }

func (netpollEngine) listen(ln *Listener) error { return ln.acceptAside() }
func (netpollEngine) unlisten(ln *Listener)     { ln.endAside() }

func (netpollEngine) wrap(sock transport.Conn) (transport.Conn, error) {
	plain, ok := sock.(*transport.Socket)
	if !ok {
		return nil, errors.New("loop: the netpoll engine takes kernel sockets only")
	}
	fd, err := dup(plain.Fd())
	if err != nil {
		return nil, err
	}
	n := &netpollConn{Socket: plain, fd: fd}
	n.post = Post{Fn: netpollEvent, Arg: n}
	return n, nil
}

func (netpollEngine) port(l *Loop) (port, error) {
	p := &netpollPort{l: l}
	p.tick = Post{Fn: func(*Loop, any) { p.due = 0 }}
	p.timer = time.AfterFunc(time.Hour, func() { l.deliver(&p.tick) })
	p.timer.Stop()
	return p, nil
}

type netpollPort struct {
	l     *Loop
	timer *time.Timer
	due   int64 // when the timer fires, in the loop's milliseconds; 0: it isn't set. Executor only
	tick  Post
}

// start: a new loop is awake, so somebody must execute it.
func (p *netpollPort) start() {
	go func() {
		p.l.begin()
		p.execute()
	}()
}

func (p *netpollPort) wake() { go p.execute() }

// execute runs rounds until the loop sleeps. The caller has ended the loop's sleep. After box.sleep has succeeded the
// next executor may be at work.
func (p *netpollPort) execute() {
	l := p.l
	defer l.rescue()
	l.tickClock()
	for {
		wait := l.round()
		if l.done {
			p.timer.Stop()
			l.end()
			return
		}
		if wait == 0 {
			l.tickClock()
			continue
		}
		l.idle()
		if wait > 0 {
			p.arm(wait)
		}
		if l.box.sleep() {
			return
		}
	}
}

// arm makes the tick come within ms. A timer that fires earlier than asked is left alone: the tick will ask again.
func (p *netpollPort) arm(ms int) {
	due := p.l.NowMs + int64(ms)
	if p.due != 0 && p.due <= due {
		return
	}
	p.due = due
	p.timer.Reset(time.Duration(ms) * time.Millisecond)
}

func (p *netpollPort) watch(c *Conn) error {
	n := c.base.(*netpollConn)
	if n.c != nil {
		return nil // moved here: events come by way of the connection
	}
	n.c = c
	return n.attach()
}

func (p *netpollPort) unwatch(*Conn) {}

func (p *netpollPort) forget(c *Conn) { c.base.(*netpollConn).release() }

func (p *netpollPort) blocked(c *Conn) {
	n := c.base.(*netpollConn)
	if err := n.awaitRoom(); err != nil && c.abort == nil {
		c.abort = err
	}
}

// netpollConn is a socket whose input netpoll reads.
type netpollConn struct {
	*transport.Socket
	fd   int // the duplicate that netpoll reads from
	c    *Conn
	post Post

	// Executor.
	view   []byte // input still in netpoll's buffer, readable during onRequest only
	room   *os.File
	waiter syscall.RawConn

	// Atomic.
	seen   atomic.Uint32 // events not yet taken in
	posted atomic.Bool   // post is in a box

	mu       sync.Mutex // guards what follows
	pending  []byte     // input that came when the loop couldn't take it
	start    int        // of the unread part of pending
	ended    bool       // the peer sends no more
	released bool
}

// attach has netpoll read.
func (n *netpollConn) attach() error {
	nc, err := netpoll.NewFDConnection(n.fd)
	if err != nil {
		return fmt.Errorf("netpoll: %w", err)
	}
	err = errors.Join(nc.AddCloseCallback(n.onClose), nc.SetOnRequest(n.onRequest))
	if !nc.IsActive() {
		// The peer went away before there was anybody to tell.
		go func() { _ = nc.Close() }()
	}
	return err
}

// onRequest is called by a poller that has read something. It may run at the same time as the loop's executor.
func (n *netpollConn) onRequest(_ context.Context, nc netpoll.Connection) error {
	r := nc.Reader()
	view, err := r.Next(r.Len())
	if err != nil {
		return err
	}
	l := n.c.loop.Load()
	executor := l.box.rouse()
	if executor && n.c.owner.Load() == l {
		l.tickClock()
		n.view = view
		if n.hasPending() {
			n.view = nil
			n.keep(view)
		}
		l.event(n.c, readable)
		if len(n.view) != 0 {
			n.keep(n.view)
		}
		n.view = nil
	} else {
		n.keep(view)
		n.signal(readable)
	}
	if executor {
		defer l.port.(*netpollPort).execute()
	}
	return r.Release()
}

func (n *netpollConn) hasPending() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.start < len(n.pending)
}

// keep puts input aside for the loop.
func (n *netpollConn) keep(b []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.released {
		return
	}
	if n.start == len(n.pending) {
		n.pending, n.start = n.pending[:0], 0
	}
	n.pending = append(n.pending, b...)
	if len(n.pending)-n.start > netpollMaxPending && !n.ended {
		n.ended = true
		_ = unix.Shutdown(n.Socket.Fd(), unix.SHUT_RD)
	}
}

// onClose is netpoll's last word on its connection: the peer went, or we shut the socket down.
func (n *netpollConn) onClose(netpoll.Connection) error {
	n.mu.Lock()
	n.ended = true
	n.mu.Unlock()
	n.signal(readable | hup)
	return nil
}

// signal tells the loop of events. Any goroutine.
func (n *netpollConn) signal(seen uint32) {
	n.seen.Or(seen)
	if n.posted.CompareAndSwap(false, true) {
		n.c.Post(&n.post)
	}
}

func netpollEvent(l *Loop, arg any) {
	n := arg.(*netpollConn)
	n.posted.Store(false)
	l.event(n.c, n.seen.Swap(0))
}

// Read implements transport.Conn: it hands out what netpoll has read.
func (n *netpollConn) Read(p []byte) (int, error) {
	if len(n.view) != 0 {
		k := copy(p, n.view)
		n.view = n.view[k:]
		return k, nil
	}
	n.mu.Lock()
	k := copy(p, n.pending[n.start:])
	n.start += k
	if n.start == len(n.pending) {
		n.pending, n.start = nil, 0
	}
	ended := n.ended
	n.mu.Unlock()
	switch {
	case k > 0:
		return k, nil
	case ended:
		return 0, io.EOF
	}
	return 0, transport.ErrAgain
}

// Drained implements transport.Drainer.
func (n *netpollConn) Drained(int, int) bool {
	return len(n.view) == 0 && !n.ending()
}

// ending says that another Read has something to tell: bytes or the end.
func (n *netpollConn) ending() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.ended || n.start < len(n.pending)
}

// awaitRoom has writeBlocked signalled when the socket takes bytes again.
func (n *netpollConn) awaitRoom() error {
	if n.room == nil {
		fd, err := dup(n.Socket.Fd())
		if err != nil {
			return err
		}
		n.room = os.NewFile(uintptr(fd), "socket") // #nosec G115 -- a descriptor
		if n.waiter, err = n.room.SyscallConn(); err != nil {
			return err
		}
	}
	waiter := n.waiter
	go func() {
		// An error means that the connection has been closed.
		if waiter.Write(hasRoom) == nil {
			n.signal(writeBlocked)
		}
	}()
	return nil
}

func hasRoom(fd uintptr) bool {
	ask := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}} // #nosec G115 -- a descriptor
	ready, err := unix.Poll(ask, 0)
	return ready != 0 || err != nil && !errors.Is(err, unix.EINTR)
}

// release ends netpoll's part. Executor.
func (n *netpollConn) release() {
	if n.room != nil {
		_ = n.room.Close()
		n.room = nil
	}
	n.view = nil
	n.mu.Lock()
	n.released = true
	n.pending, n.start = nil, 0
	n.mu.Unlock()
	_ = unix.Shutdown(n.Socket.Fd(), unix.SHUT_RDWR)
}
