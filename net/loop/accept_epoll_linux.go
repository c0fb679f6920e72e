package loop

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/sleipnirdb/sleipnir/net/transport"
)

// acceptBatch bounds the connections that are accepted before the loop looks at its others again.
const acceptBatch = 64

// addListener begins to accept. On the loop.
func (p *epollPort) addListener(ln *Listener) {
	if ln.ended.Load() {
		return // closed before it began; dropListener follows
	}
	ln.slot = p.takeSlot()
	if p.listeners == nil {
		p.listeners = make(map[uint32]*Listener)
	}
	p.listeners[ln.slot] = ln
	// Level-triggered: what one batch leaves is reported again.
	if err := p.control(unix.EPOLL_CTL_ADD, ln.ln.Fd(), unix.EPOLLIN, ln.slot); err != nil {
		p.pauseAccept(ln)
	}
}

// dropListener ends what addListener began and closes the socket. On the loop.
func (p *epollPort) dropListener(ln *Listener) {
	for i, other := range p.paused {
		if other == ln {
			p.paused = append(p.paused[:i], p.paused[i+1:]...)
			break
		}
	}
	if ln.slot != 0 {
		delete(p.listeners, ln.slot)
		p.freeSlot(ln.slot)
		ln.slot = 0
	}
	_ = ln.ln.Close()
	close(ln.done)
}

func (p *epollPort) accept(ln *Listener) {
	for range acceptBatch {
		sock, err := ln.ln.Accept()
		switch {
		case err == nil:
			_ = ln.welcome(sock) // which can't fail in this engine
		case errors.Is(err, transport.ErrAgain):
			return
		default:
			p.pauseAccept(ln)
			return
		}
	}
}

// pauseAccept stops listening to ln's events for a while: descriptors or memory have run out, and the event, being
// level-triggered, would come again and again.
func (p *epollPort) pauseAccept(ln *Listener) {
	_ = unix.EpollCtl(p.epfd, unix.EPOLL_CTL_DEL, ln.ln.Fd(), nil)
	p.paused = append(p.paused, ln)
	p.resumeAt = p.l.NowMs + acceptPause.Milliseconds()
}

func (p *epollPort) retryAccept() {
	if p.l.NowMs < p.resumeAt {
		return
	}
	again := p.paused
	p.paused = nil
	for _, ln := range again {
		if ln.ended.Load() {
			continue
		}
		if err := p.control(unix.EPOLL_CTL_ADD, ln.ln.Fd(), unix.EPOLLIN, ln.slot); err != nil {
			p.pauseAccept(ln)
		}
	}
}
