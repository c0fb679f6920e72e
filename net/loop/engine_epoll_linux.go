package loop

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/sleipnirdb/sleipnir/net/transport"
)

// epollEngine runs every loop on an OS thread of its own, which waits in epoll.
//
// A connection is registered once, edge-triggered for everything, and never touched again: no epoll_ctl per request,
// none for back-pressure. What an edge said is kept in the connection's flags until it has been used up.
//
// Waiting goes through three stages. First the thread yields its core once and looks again: where the clients share
// the core, they run and their next requests are there, without the price of a sleep and a wake-up; where the core is
// free this costs a fraction of a microsecond. Then comes a raw epoll_wait of some milliseconds, of which Go's scheduler knows
// nothing: no hand-over of the processor (P) to another thread and no fight to get one back, which under load costs
// more than the system call. If the scheduler wants the thread meanwhile (to stop the world), its preemption signal
// ends the call with EINTR, so a collection isn't held up by more than the signal's way. Only when nothing happened
// in that time the loop makes the blocking call, in the way that frees the P.
//
// Its time is longer than the kernel's tick, so that it doesn't have to set up a timer of its own each time.
//
// The first two stages are left out while events come seldom: it would keep the runtime's monitor thread polling for nothing.
// It is left out, too, when the loops are as many as the Ps, because a loop that waits with its P then keeps other
// goroutines from running: let GOMAXPROCS exceed the number of loops.
//
// docs/adr/0002-io-engines.md has the measurements.
type epollEngine struct {
	cfg Config
}

func newEpoll(cfg Config) (engine, error) { return &epollEngine{cfg: cfg}, nil }

func (e *epollEngine) wrap(sock transport.Conn) (transport.Conn, error) { return sock, nil }

func (e *epollEngine) fds() int { return 1 }

// listen has loop 0, which lives as long as its group, accept for all. A connection goes to the loop that has the
// fewest: with a queue in the kernel for each loop (SO_REUSEPORT) chance decides, few long-lived connections end up
// unevenly spread, and a loop that ends would drop the connections still in its queue.
func (e *epollEngine) listen(ln *Listener) error {
	ln.post = Post{Fn: startAccept, Arg: ln}
	ln.g.Loops()[0].Post(&ln.post)
	return nil
}

func startAccept(l *Loop, arg any) { l.port.(*epollPort).addListener(arg.(*Listener)) }
func endAccept(l *Loop, arg any)   { l.port.(*epollPort).dropListener(arg.(*Listener)) }

// unlisten stops the queue at once, wherever it is called, and leaves the rest to loop 0.
func (e *epollEngine) unlisten(ln *Listener) {
	_ = unix.Shutdown(ln.ln.Fd(), unix.SHUT_RDWR)
	ln.ln.Unlink()
	ln.end = Post{Fn: endAccept, Arg: ln}
	ln.g.Loops()[0].Post(&ln.end)
}

const (
	epollBatch   = 256
	epollEdges   = unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLPRI | unix.EPOLLET
	wakeSlot     = 0 // the eventfd's place in slots
	firstGen     = 1
	epollPollNow = 0
	rawWaitMs    = 12
	maxWaitMs    = 1 << 30
)

// Ways of waiting, to compare.
const (
	waitTwice = iota // both stages
	waitBlock        // the second only
)

type epollPort struct {
	l      *Loop
	cfg    Config
	epfd   int
	wakeFd int
	slots  []*Conn  // by Conn.slot; an event names slot and generation
	gens   []uint32 // by slot; raised when the slot is freed, so that events in flight for its last user are ignored
	free   []uint32

	brisk  bool // events have lately come within the time of a raw wait
	events [epollBatch]unix.EpollEvent

	listeners map[uint32]*Listener // by slot
	paused    []*Listener          // those that wait for descriptors
	resumeAt  int64                // when to try them again, in the loop's milliseconds
}

func (e *epollEngine) port(l *Loop) (port, error) {
	epfd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	wakeFd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		_ = unix.Close(epfd)
		return nil, err
	}
	// Edge-triggered: each write is an event of its own, so nobody has to read the counter.
	ev := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: wakeSlot}
	if err := unix.EpollCtl(epfd, unix.EPOLL_CTL_ADD, wakeFd, &ev); err != nil {
		_ = unix.Close(epfd)
		_ = unix.Close(wakeFd)
		return nil, err
	}
	return &epollPort{l: l, cfg: e.cfg, epfd: epfd, wakeFd: wakeFd, slots: make([]*Conn, 1), gens: []uint32{0}}, nil
}

func (p *epollPort) start() { go p.run() }

func (p *epollPort) run() {
	// Never unlocked: the thread ends with the goroutine.
	runtime.LockOSThread()
	l := p.l
	defer l.rescue()
	pin(p.cfg.CPUs, l.Index)
	l.begin()
	for wait := l.round(); !l.done; wait = l.round() {
		n := p.wait(wait)
		l.tickClock()
		for i := range n {
			if i%nowEvery == nowEvery-1 {
				l.tickClock()
			}
			p.dispatch(&p.events[i])
		}
		if len(p.paused) != 0 {
			p.retryAccept()
		}
	}
	l.end()
	_ = unix.Close(p.epfd)
	_ = unix.Close(p.wakeFd)
}

func (p *epollPort) dispatch(ev *unix.EpollEvent) {
	slot := uint32(ev.Fd)               // #nosec G115 -- was made from one
	if p.gens[slot] != uint32(ev.Pad) { // #nosec G115 -- was made from one
		return // for somebody who has gone
	}
	if c := p.slots[slot]; c != nil {
		p.l.event(c, seenBy(ev.Events))
		return
	}
	if ln := p.listeners[slot]; ln != nil {
		p.accept(ln)
	}
}

// seenBy translates epoll's bits. An error or a full hang-up shows itself to the next read and write.
func seenBy(ev uint32) uint32 {
	var seen uint32
	if ev&(unix.EPOLLIN|unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR|unix.EPOLLPRI) != 0 {
		seen |= readable
	}
	if ev&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		seen |= hup
	}
	if ev&unix.EPOLLPRI != 0 {
		seen |= urgent
	}
	if ev&(unix.EPOLLOUT|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		seen |= writeBlocked
	}
	return seen
}

// wait returns the number of events in p.events after at most ms milliseconds (-1: no limit).
func (p *epollPort) wait(ms int) int {
	if ms == 0 {
		return p.raw(epollPollNow)
	}
	l := p.l
	if len(p.paused) != 0 {
		left := int(max(p.resumeAt-l.NowMs, 1))
		if ms < 0 || ms > left {
			ms = left
		}
	}
	if p.brisk && p.cfg.waiting != waitBlock {
		_, _, _ = unix.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0)
		if n := p.raw(epollPollNow); n > 0 {
			return n
		}
	}
	if !l.box.sleep() {
		return p.raw(epollPollNow)
	}
	n, waited := 0, false
	if p.brisk && p.cfg.waiting != waitBlock && l.g.spare.Load() {
		raw := rawWaitMs
		if ms > 0 && ms < raw {
			raw = ms
		}
		n, waited = p.raw(raw), ms == raw
		p.brisk = n != 0
	}
	if n == 0 && !waited {
		n = p.block(ms)
	}
	l.box.rouse()
	return max(n, 0)
}

// block waits in the way that frees the P.
func (p *epollPort) block(ms int) int {
	l := p.l
	l.idle()
	if ms > maxWaitMs {
		ms = maxWaitMs
	}
	n, err := unix.EpollWait(p.epfd, p.events[:], ms)
	if n > 0 { // or else it was the tick, which is no sign of traffic
		slept := l.NowMs
		l.tickClock()
		p.brisk = l.NowMs-slept <= rawWaitMs
	}
	if err != nil {
		return 0
	}
	return n
}

// raw is epoll_wait without the scheduler's knowledge; -1 if a signal ended it.
//
// unsafe: the address of an array inside p, which the caller holds, converted in the system call's argument list.
func (p *epollPort) raw(ms int) int {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.epfd), uintptr(unsafe.Pointer(&p.events[0])), epollBatch, uintptr(ms), 0, 0)
	if errno != 0 {
		return -1
	}
	return int(n) // #nosec G115 -- at most epollBatch
}

func (p *epollPort) wake() {
	one := [8]byte{1}
	// It can only fail with EAGAIN when the counter is full, and then an event is there anyway.
	_, _, _ = unix.RawSyscall(unix.SYS_WRITE, uintptr(p.wakeFd), uintptr(unsafe.Pointer(&one[0])), uintptr(len(one)))
}

func (p *epollPort) watch(c *Conn) error {
	c.slot = p.takeSlot()
	p.slots[c.slot] = c
	return p.control(unix.EPOLL_CTL_ADD, c.sock.Fd(), epollEdges, c.slot)
}

func (p *epollPort) takeSlot() uint32 {
	if last := len(p.free) - 1; last >= 0 {
		slot := p.free[last]
		p.free = p.free[:last]
		return slot
	}
	p.slots = append(p.slots, nil)
	p.gens = append(p.gens, firstGen)
	return uint32(len(p.slots) - 1) // #nosec G115 -- bounded by the descriptors
}

func (p *epollPort) freeSlot(slot uint32) {
	p.slots[slot] = nil
	p.gens[slot]++
	p.free = append(p.free, slot)
}

func (p *epollPort) control(op, fd int, events, slot uint32) error {
	ev := unix.EpollEvent{Events: events, Fd: int32(slot), Pad: int32(p.gens[slot])} // #nosec G115 -- bit patterns
	return unix.EpollCtl(p.epfd, op, fd, &ev)
}

func (p *epollPort) unwatch(c *Conn) {
	_ = unix.EpollCtl(p.epfd, unix.EPOLL_CTL_DEL, c.sock.Fd(), nil)
	p.forget(c)
}

// forget frees c's slot. Closing the descriptor, of which there is no copy, takes it out of epoll.
func (p *epollPort) forget(c *Conn) {
	if c.slot == 0 {
		return
	}
	p.freeSlot(c.slot)
	c.slot = 0
}

// blocked has nothing to do: the edge that says that there is room again comes by itself.
func (p *epollPort) blocked(*Conn) {}
