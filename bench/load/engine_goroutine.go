package load

import (
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// The goroutine engine drives what epoll cannot: connections whose bytes pass through code of this process
// (TLS), devices without a socket (RDMA), systems without epoll. A connection has a goroutine that reads,
// and in an open loop the worker has one that sends on the grid. All take the worker's mutex for their
// bookkeeping.

// strand is the engine's part of a flow.
type strand struct {
	*flow
	conn net.Conn
	wmu  sync.Mutex // guards writing: one pipeline at a time, in the order rendered
	wbuf []byte     // guarded by wmu
}

const strandBuffer = 16 << 10

func (r *Run) launchGoroutines() {
	r.began = r.clock()
	for i, w := range r.workers {
		g := &strands{worker: w, run: r, over: make(chan struct{})}
		for _, c := range r.share(i) {
			s := &strand{flow: &flow{}, conn: c}
			g.all = append(g.all, s)
			w.tally.flows = append(w.tally.flows, s.flow)
		}
		r.group.Go(g.loop)
	}
}

// strands is the engine's part of a worker.
type strands struct {
	*worker
	run  *Run
	all  []*strand
	over chan struct{} // closed when the readers must stop
	once sync.Once
}

func (g *strands) loop() {
	var readers sync.WaitGroup
	for _, s := range g.all {
		readers.Go(func() { g.read(s) })
	}
	g.send()
	g.once.Do(func() { close(g.over) })
	for _, s := range g.all {
		_ = s.conn.SetReadDeadline(time.Now())
	}
	readers.Wait()
}

// send makes the load: the first pipelines of a closed loop, or the grid of an open one. It returns when
// the run is over.
func (g *strands) send() {
	g.mu.Lock()
	g.startAt(g.clock())
	g.mu.Unlock()
	g.startIdle()
	const look = 5 * time.Millisecond
	for !g.finished() {
		if g.hold(g.run.held.Load(), g.clock()) {
			g.startIdle()
		}
		if g.cfg.Rate <= 0 {
			select {
			case <-g.over:
			case <-time.After(look):
			}
			continue
		}
		g.sendDue()
		g.mu.Lock()
		ns := g.waitNs(g.clock(), int64(look))
		g.mu.Unlock()
		time.Sleep(time.Duration(ns))
	}
}

// startIdle sends the first pipelines of a closed loop.
func (g *strands) startIdle() {
	if g.cfg.Rate > 0 {
		return
	}
	for _, s := range g.all {
		g.advance(s, true)
	}
}

func (g *strands) finished() bool {
	select {
	case <-g.over:
		return true
	default:
	}
	if g.run.stop.Load() {
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.left > 0 {
		return false
	}
	for _, f := range g.tally.flows {
		if f.wait.count > 0 {
			return false
		}
	}
	return true
}

func (g *strands) sendDue() {
	for {
		g.mu.Lock()
		now := g.clock()
		f := g.oneDue(now)
		turn := g.turn
		g.mu.Unlock()
		if f == nil {
			return
		}
		if err := g.flush(g.all[turn]); err != nil {
			g.end(err)
			return
		}
	}
}

// advance renders and sends a closed loop's next pipeline.
func (g *strands) advance(s *strand, idle bool) {
	if !idle {
		return
	}
	g.mu.Lock()
	ok := g.batch(s.flow, g.clock())
	g.mu.Unlock()
	if ok {
		if err := g.flush(s); err != nil {
			g.end(err)
		}
	}
}

func (g *strands) flush(s *strand) error {
	s.wmu.Lock()
	defer s.wmu.Unlock()
	g.mu.Lock()
	s.wbuf = append(s.wbuf[:0], s.out...)
	s.out = s.out[:0]
	g.mu.Unlock()
	if len(s.wbuf) == 0 {
		return nil
	}
	if _, err := s.conn.Write(s.wbuf); err != nil {
		return fmt.Errorf("load: write: %w", err)
	}
	return nil
}

func (g *strands) read(s *strand) {
	buf := make([]byte, strandBuffer)
	for {
		n, err := s.conn.Read(buf)
		if err != nil {
			if err == io.EOF {
				err = fmt.Errorf("load: the server closed the connection: %w", io.ErrUnexpectedEOF)
			}
			g.end(err)
			return
		}
		g.mu.Lock()
		had := s.wait.count > 0
		idle, err := g.got(s.flow, buf[:n], g.clock())
		g.mu.Unlock()
		if err != nil {
			g.end(err)
			return
		}
		g.advance(s, idle && had && g.cfg.Rate <= 0 && !g.run.stop.Load())
	}
}

// end stops the worker; err counts unless the run was over already.
func (g *strands) end(err error) {
	select {
	case <-g.over:
		return
	default:
	}
	if !g.run.stop.Load() {
		g.fail(err)
	}
	g.run.stop.Store(true)
	g.once.Do(func() { close(g.over) })
}
