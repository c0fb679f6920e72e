package loop

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// lineServer is the handler of the tests. It speaks lines: "PING" is answered with "PONG", "ECHO x" with x,
// "BIG n" with n bytes and a newline, "LEN n" + n raw bytes with their sum, "PARK x" parks the connection and has
// another goroutine answer x and resume it, "HOLD" parks until Hangup or release, "LATE n" keeps back what was answered until ticket n, "QUIT" closes after "BYE".
type lineServer struct {
	t        testing.TB
	foreign  chan *Conn // connections that the foreign goroutine owns
	workers  sync.WaitGroup
	opened   atomic.Int64
	closed   atomic.Int64
	hangups  atomic.Int64
	started  atomic.Int64
	stopped  atomic.Int64
	lastWhy  atomic.Pointer[error]
	lastHeld atomic.Pointer[Conn]
	tickMs   int
	ticks    atomic.Int64
	onOpen   func(c *Conn)
	onInput  func(c *Conn)
	executor [MaxLoops]atomic.Int32 // one executor at a time per loop
}

// peer is the state that the handler keeps per connection.
type peer struct {
	post  Post
	reply []byte // what the foreign goroutine is to answer
	held  bool
	total int // bytes of a LEN that are still to come
	sum   int
}

func newLineServer(t testing.TB) *lineServer {
	s := &lineServer{t: t, foreign: make(chan *Conn, 1<<16), tickMs: -1}
	s.workers.Add(1)
	go func() {
		defer s.workers.Done()
		for c := range s.foreign {
			p := c.Data.(*peer)
			c.Out = append(c.Out, p.reply...)
			c.Out = append(c.Out, '\n')
			p.post = Post{Fn: func(_ *Loop, arg any) { arg.(*Conn).Resume() }, Arg: c}
			c.Post(&p.post)
		}
	}()
	return s
}

func (s *lineServer) enter(l *Loop) {
	if n := s.executor[l.Index].Add(1); n != 1 {
		s.t.Errorf("loop %d has %d executors", l.Index, n)
	}
}

func (s *lineServer) leave(l *Loop) { s.executor[l.Index].Add(-1) }

func (s *lineServer) Start(l *Loop) { s.enter(l); s.started.Add(1); s.leave(l) }
func (s *lineServer) Stop(l *Loop)  { s.enter(l); s.stopped.Add(1); s.leave(l) }

func (s *lineServer) Open(c *Conn) {
	s.enter(c.Loop())
	defer s.leave(c.Loop())
	s.opened.Add(1)
	c.Data = &peer{}
	if s.onOpen != nil {
		s.onOpen(c)
	}
}

func (s *lineServer) Close(c *Conn, why error) {
	s.enter(c.Loop())
	defer s.leave(c.Loop())
	s.closed.Add(1)
	if why != nil {
		s.lastWhy.Store(&why)
	}
}

func (s *lineServer) Tick(l *Loop) int {
	s.enter(l)
	defer s.leave(l)
	s.ticks.Add(1)
	return s.tickMs
}

func (s *lineServer) Hangup(c *Conn) {
	s.enter(c.Loop())
	defer s.leave(c.Loop())
	s.hangups.Add(1)
	if p, ok := c.Data.(*peer); ok && p.held { // held: nobody else owns it
		p.held = false
		c.Resume()
	}
}

func (s *lineServer) Input(c *Conn) {
	l := c.Loop()
	s.enter(l)
	defer s.leave(l)
	if s.onInput != nil {
		s.onInput(c)
	}
	p := c.Data.(*peer)
	for {
		if p.total > 0 {
			if len(c.In()) < p.total {
				c.Need(p.total)
				return
			}
			for _, b := range c.In()[:p.total] {
				p.sum += int(b)
			}
			c.Consume(p.total)
			c.Out = strconv.AppendInt(c.Out, int64(p.sum), 10)
			c.Out = append(c.Out, '\n')
			p.total, p.sum = 0, 0
			continue
		}
		in := c.In()
		end := bytes.IndexByte(in, '\n')
		if end < 0 {
			return
		}
		line := bytes.TrimRight(in[:end], "\r")
		c.Consume(end + 1)
		if s.line(c, p, line) {
			return
		}
		if c.OutFull() {
			c.Yield()
			return
		}
	}
}

// line runs one line; true says that the handler is to return.
func (s *lineServer) line(c *Conn, p *peer, line []byte) bool {
	word, rest, _ := bytes.Cut(line, []byte(" "))
	switch string(word) {
	case "PING":
		c.Out = append(c.Out, "PONG\n"...)
	case "ECHO":
		c.Out = append(append(c.Out, rest...), '\n')
	case "BIG":
		n, _ := strconv.Atoi(string(rest))
		c.Out = append(append(c.Out, bytes.Repeat([]byte("x"), n)...), '\n')
	case "LEN":
		p.total, _ = strconv.Atoi(string(rest))
	case "PARK":
		p.reply = rest // a view: it must stay valid while parked
		c.Park()
		s.foreign <- c
		return true
	case "HOLD":
		p.held = true
		s.lastHeld.Store(c)
		c.Flush()
		c.Unpin()
		c.Park()
		return true
	case "LATE":
		ticket, _ := strconv.ParseUint(string(rest), 10, 64)
		c.Hold(ticket)
	case "QUIT":
		c.Out = append(c.Out, "BYE\n"...)
		c.CloseAfterFlush()
		return true
	default:
		c.Out = append(c.Out, "WHAT\n"...)
	}
	return false
}

// engines runs a test on each engine of this system.
func engines(t *testing.T, fn func(t *testing.T, engine string)) {
	for _, engine := range Engines() {
		t.Run(engine, func(t *testing.T) { fn(t, engine) })
	}
}

// running starts a group with a line server and one TCP listener, and checks at the end that everything is gone.
func running(t testing.TB, cfg Config, s *lineServer) (*Group, *Listener) {
	t.Helper()
	g, err := New(cfg, s)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := g.Listen("tcp4", "127.0.0.1:0", ListenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	g.Start()
	t.Cleanup(func() {
		if err := g.Stop(2 * time.Second); err != nil {
			t.Error(err)
		}
		close(s.foreign)
		s.workers.Wait()
		if o, c := s.opened.Load(), s.closed.Load(); o != c {
			t.Errorf("%d opened, %d closed", o, c)
		}
		if a, b := s.started.Load(), s.stopped.Load(); a != b {
			t.Errorf("%d loops started, %d stopped", a, b)
		}
	})
	return g, ln
}

// quietGroup starts a group without a listener, and stops it at the end.
func quietGroup(t testing.TB, cfg Config, h Handler) *Group {
	t.Helper()
	g, err := New(cfg, h)
	if err != nil {
		t.Fatal(err)
	}
	g.Start()
	t.Cleanup(func() {
		if err := g.Stop(2 * time.Second); err != nil {
			t.Error(err)
		}
	})
	return g
}

type client struct {
	net.Conn
	r *bufio.Reader
	t testing.TB
}

func dial(t testing.TB, network, addr string) *client {
	t.Helper()
	c, err := net.Dial(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	return &client{Conn: c, r: bufio.NewReader(c), t: t}
}

func (c *client) send(s string) {
	c.t.Helper()
	if _, err := c.Write([]byte(s)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) want(lines ...string) {
	c.t.Helper()
	for _, want := range lines {
		got, err := c.r.ReadString('\n')
		if err != nil || got != want+"\n" {
			c.t.Fatalf("got %.60q (%d bytes), %v; want %.60q", got, len(got), err, want)
		}
	}
}

// why is the reason of the last close that had one.
func (s *lineServer) why() error {
	if p := s.lastWhy.Load(); p != nil {
		return *p
	}
	return nil
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !cond() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestPing(t *testing.T) {
	engines(t, func(t *testing.T, engine string) {
		s := newLineServer(t)
		g, ln := running(t, Config{Engine: engine, Loops: 2}, s)
		path := filepath.Join(t.TempDir(), "sock")
		if _, err := g.Listen("unix", path, ListenOptions{UnixPerm: 0o700}); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				network, addr := "tcp", ln.Addr()
				if i%2 == 1 {
					network, addr = "unix", path
				}
				c := dial(t, network, addr)
				for j := range 50 {
					c.send("PING\r\n")
					c.want("PONG")
					c.send(fmt.Sprintf("ECHO a%d\nPARK b%d\nPING\n", j, j))
					c.want(fmt.Sprintf("a%d", j), fmt.Sprintf("b%d", j), "PONG")
				}
				c.send("QUIT\n")
				c.want("BYE")
			})
		}
		wg.Wait()
	})
}
