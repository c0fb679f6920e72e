package load

import (
	"fmt"
	"io"
	"net"
	"runtime"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The epoll engine: a worker is a goroutine locked to its thread that waits on its own epoll set, edge
// triggered. Calls that cannot block go to the kernel raw, without telling Go's scheduler.

const (
	haveEpoll  = true
	readBuffer = 256 << 10
	maxEvents  = 256
	rawWait    = int64(time.Millisecond)       // a wait the scheduler need not know of
	heldWait   = int64(2 * time.Millisecond)   // how soon the end of a pause is seen
	longWait   = int64(100 * time.Millisecond) // how soon a stop is seen
)

// poller is the engine's part of a worker.
type poller struct {
	*worker
	run      *Run
	ep       int
	fds      []int32
	full     []bool // the socket took no more; EPOLLOUT comes
	events   []unix.EpollEvent
	buf      []byte
	dirty    []int32 // flows that have something to send after a round of the open loop
	marked   []bool
	timeout  unix.Timespec // of the wait; here and not on the stack, for the kernel has its address
	noNanos  bool          // the kernel lacks epoll_pwait2
	busy     int           // flows with requests in flight
	lastSeen int64
}

func (r *Run) launchEpoll() error {
	var all []*poller
	for i, w := range r.workers {
		p, err := newPoller(r, w, r.share(i))
		if err != nil {
			for _, p := range all {
				p.close()
			}
			return err
		}
		all = append(all, p)
	}
	r.began = r.clock()
	for _, p := range all {
		r.group.Go(p.loop)
	}
	return nil
}

func newPoller(r *Run, w *worker, conns []net.Conn) (*poller, error) {
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("load: epoll_create1: %w", err)
	}
	p := &poller{worker: w, run: r, ep: ep, events: make([]unix.EpollEvent, maxEvents), buf: make([]byte, readBuffer)}
	for i, c := range conns {
		fd, err := descriptor(c)
		if err == nil {
			p.fds = append(p.fds, int32(fd))                                                                           // #nosec G115 -- descriptors are small
			ev := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET, Fd: int32(i)} // #nosec G115 -- below maxConns
			err = unix.EpollCtl(ep, unix.EPOLL_CTL_ADD, fd, &ev)
		}
		if err != nil {
			p.close()
			return nil, fmt.Errorf("load: watch connection: %w", err)
		}
		w.tally.flows = append(w.tally.flows, &flow{})
	}
	p.full, p.marked = make([]bool, len(conns)), make([]bool, len(conns))
	return p, nil
}

// descriptor takes the socket out of c: a duplicate that Go's own poller does not watch, or it would wake
// for every reply too. c itself is closed.
func descriptor(c net.Conn) (int, error) {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return 0, fmt.Errorf("%T has no descriptor", c)
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return 0, err
	}
	fd := -1
	if e := raw.Control(func(d uintptr) { fd, err = unix.FcntlInt(d, unix.F_DUPFD_CLOEXEC, 0) }); e != nil {
		return 0, e
	}
	if err != nil {
		return 0, fmt.Errorf("duplicate descriptor: %w", err)
	}
	return fd, c.Close()
}

func (p *poller) close() {
	for _, fd := range p.fds {
		_ = unix.Close(int(fd))
	}
	_ = unix.Close(p.ep)
}

func (p *poller) loop() {
	runtime.LockOSThread() // never unlocked: the thread's priority and timer slack die with it
	defer p.close()
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	if p.cfg.Nice != 0 {
		_ = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), p.cfg.Nice)
	}
	if err := p.serve(); err != nil {
		p.fail(err)
		p.run.stop.Store(true)
	}
}

func (p *poller) serve() error {
	now := p.clock()
	p.lastSeen = now
	p.startAt(now)
	if err := p.startIdle(); err != nil {
		return err
	}
	raw := true
	for !p.run.stop.Load() {
		if p.hold(p.run.held.Load(), now) {
			if err := p.startIdle(); err != nil {
				return err
			}
		}
		most := longWait
		if p.paused {
			most = heldWait
		}
		if raw {
			most = rawWait
		}
		n, err := p.wait(p.waitNs(now, most), raw)
		if err != nil {
			return err
		}
		now, err = p.round(n)
		if err != nil {
			return err
		}
		if p.over() {
			return nil
		}
		raw = n > 0 || p.cfg.Rate > 0
		if n > 0 || p.busy == 0 {
			p.lastSeen = now
		}
		if now-p.lastSeen > int64(p.cfg.Timeout) {
			return fmt.Errorf("load: no reply for %v with %d connections waiting", p.cfg.Timeout, p.busy)
		}
	}
	return nil
}

// over says that all requests of a limited run were issued and answered.
func (p *poller) over() bool { return p.left <= 0 && p.busy == 0 }

// startIdle sends the first pipelines of a closed loop.
func (p *poller) startIdle() error {
	if p.cfg.Rate > 0 {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.fds {
		if err := p.next(i, p.clock()); err != nil {
			return err
		}
	}
	return nil
}

// next sends a closed loop's next pipeline.
func (p *poller) next(i int, now int64) error {
	f := p.tally.flows[i]
	if !p.batch(f, now) {
		return nil
	}
	p.busy++
	return p.flush(i)
}

// round handles n events and, in an open loop, sends what is due.
func (p *poller) round(n int) (now int64, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for k := range n {
		ev := &p.events[k]
		i := int(ev.Fd)
		if ev.Events&unix.EPOLLOUT != 0 && p.full[i] {
			p.full[i] = false
			if err := p.flush(i); err != nil {
				return 0, err
			}
		}
		if ev.Events&^unix.EPOLLOUT != 0 {
			if err := p.receive(i); err != nil {
				return 0, err
			}
		}
	}
	now = p.clock()
	if p.cfg.Rate > 0 {
		err = p.sendDue(now)
	}
	return now, err
}

func (p *poller) receive(i int) error {
	f := p.tally.flows[i]
	for {
		n, err := read(p.fds[i], p.buf)
		if err == unix.EAGAIN {
			return nil
		}
		if err != nil {
			return fmt.Errorf("load: read: %w", err)
		}
		if n == 0 {
			return fmt.Errorf("load: the server closed the connection: %w", io.ErrUnexpectedEOF)
		}
		now := p.clock()
		had := f.wait.count > 0
		idle, err := p.got(f, p.buf[:n], now)
		if err != nil {
			return fmt.Errorf("load: %w", err)
		}
		if idle && had {
			p.busy--
			if p.cfg.Rate <= 0 {
				if err := p.next(i, now); err != nil {
					return err
				}
			}
		}
		if n < len(p.buf) {
			return nil // drained: the next byte makes a new edge
		}
	}
}

// maxPerRound bounds what an open loop that fell behind sends before it looks for replies again.
const maxPerRound = 4096

func (p *poller) sendDue(now int64) error {
	for range maxPerRound {
		f := p.oneDue(now)
		if f == nil {
			break
		}
		if f.wait.count == 1 {
			p.busy++
		}
		if !p.marked[p.turn] {
			p.marked[p.turn] = true
			p.dirty = append(p.dirty, int32(p.turn)) // #nosec G115 -- below maxConns
		}
	}
	for _, i := range p.dirty {
		p.marked[i] = false
		if err := p.flush(int(i)); err != nil {
			return err
		}
	}
	p.dirty = p.dirty[:0]
	return nil
}

// flush writes what the socket takes.
func (p *poller) flush(i int) error {
	f := p.tally.flows[i]
	for f.sent < len(f.out) && !p.full[i] {
		n, err := write(p.fds[i], f.out[f.sent:])
		switch {
		case err == unix.EAGAIN:
			p.full[i] = true
		case err != nil:
			return fmt.Errorf("load: write: %w", err)
		}
		f.sent += n
	}
	if f.sent == len(f.out) {
		f.out, f.sent = f.out[:0], 0
	}
	return nil
}

// wait is epoll_wait with nanoseconds where the kernel has that.
func (p *poller) wait(ns int64, raw bool) (int, error) {
	var n uintptr
	var e unix.Errno
	switch {
	case p.noNanos:
		ms := uintptr(max(ns, 0) / int64(time.Millisecond)) // #nosec G115 -- not negative
		n, _, e = unix.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.ep), uintptr(unsafe.Pointer(&p.events[0])), maxEvents, ms, 0, 0)
	case raw:
		p.timeout = unix.NsecToTimespec(ns)
		n, _, e = unix.RawSyscall6(unix.SYS_EPOLL_PWAIT2, uintptr(p.ep), uintptr(unsafe.Pointer(&p.events[0])), maxEvents, uintptr(unsafe.Pointer(&p.timeout)), 0, 0)
	default:
		p.timeout = unix.NsecToTimespec(ns)
		n, _, e = unix.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(p.ep), uintptr(unsafe.Pointer(&p.events[0])), maxEvents, uintptr(unsafe.Pointer(&p.timeout)), 0, 0)
	}
	switch e {
	case 0:
		return int(n), nil // #nosec G115 -- at most maxEvents
	case unix.EINTR:
		return 0, nil
	case unix.ENOSYS, unix.EPERM:
		if !p.noNanos {
			p.noNanos = true
			return 0, nil
		}
	}
	return 0, fmt.Errorf("load: epoll_wait: %w", e)
}

// read and write retry on EINTR; the kernel's count is never above len(b).
func read(fd int32, b []byte) (int, error) {
	for {
		n, _, e := unix.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b))) // #nosec G115 -- a descriptor is not negative
		if e == 0 {
			return int(n), nil // #nosec G115 -- see above
		}
		if e != unix.EINTR {
			return 0, e
		}
	}
}

func write(fd int32, b []byte) (int, error) {
	for {
		n, _, e := unix.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b))) // #nosec G115 -- a descriptor is not negative
		if e == 0 {
			return int(n), nil // #nosec G115 -- see above
		}
		if e != unix.EINTR {
			return 0, e
		}
	}
}
