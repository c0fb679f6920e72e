package loop

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestBigArguments(t *testing.T) {
	engines(t, func(t *testing.T, engine string) {
		s := newLineServer(t)
		g, ln := running(t, Config{Engine: engine, Loops: 1}, s)
		c := dial(t, "tcp", ln.Addr())
		for _, n := range []int{1, 100, 16 << 10, 64<<10 + 1, 1 << 20, 9 << 20} {
			body := bytes.Repeat([]byte{3}, n)
			c.send(fmt.Sprintf("LEN %d\n", n))
			for rest := body; len(rest) > 0; {
				k := min(len(rest), 1+rand.IntN(len(body)))
				c.send(string(rest[:k]))
				rest = rest[k:]
			}
			c.send("PING\n")
			c.want(fmt.Sprint(3*n), "PONG")
		}
		// What was grown for them has been given back.
		c.send("PING\n")
		c.want("PONG")
		onLoops(g, func(l *Loop) {
			for _, c := range l.Conns() {
				if n := c.MemoryBytes(); n != 0 {
					t.Errorf("an idle connection holds %d bytes", n)
				}
			}
		})
	})
}

// A peer that announces much and sends little costs little.
func TestLiar(t *testing.T) {
	engines(t, func(t *testing.T, engine string) {
		s := newLineServer(t)
		g, ln := running(t, Config{Engine: engine, Loops: 1}, s)
		c := dial(t, "tcp", ln.Addr())
		c.send("PING\nLEN 500000000\nabc")
		c.want("PONG")
		eventually(t, "the start of the argument arrives", func() bool {
			size := 0
			onLoops(g, func(l *Loop) {
				for _, c := range l.Conns() {
					size += c.InSize()
				}
			})
			return size == 3
		})
		onLoops(g, func(l *Loop) {
			for _, c := range l.Conns() {
				if n := c.MemoryBytes(); n > chunkBytes {
					t.Errorf("3 bytes take %d", n)
				}
			}
		})
	})
}

// onLoops runs fn on each loop and waits.
func onLoops(g *Group, fn func(l *Loop)) {
	var wg sync.WaitGroup
	for _, l := range g.Loops() {
		wg.Add(1)
		l.Post(&Post{Fn: func(l *Loop, _ any) { defer wg.Done(); fn(l) }})
	}
	wg.Wait()
}

// A peer that doesn't read stops being served until it does; nothing is lost, and little is held.
func TestBackPressure(t *testing.T) {
	engines(t, func(t *testing.T, engine string) {
		const requests, size = 2000, 30000
		s := newLineServer(t)
		g, ln := running(t, Config{Engine: engine, Loops: 1}, s)
		c := dial(t, "tcp", ln.Addr())
		go func() {
			for range requests {
				if _, err := fmt.Fprintf(c, "BIG %d\n", size); err != nil {
					t.Error(err)
					return
				}
			}
		}()
		// The kernel's buffers fill up first.
		eventually(t, "replies wait", func() bool { return pendingOut(g) > maxPendingOut })
		for range 100 {
			if n := pendingOut(g); n > 4*maxPendingOut {
				t.Fatalf("%d reply bytes wait in the server", n)
			}
		}
		want := strings.Repeat("x", size)
		for range requests {
			c.want(want)
		}
		if n := pendingOut(g); n != 0 {
			t.Errorf("%d reply bytes wait at the end", n)
		}
		c.send("PING\n")
		c.want("PONG")
	})
}

func pendingOut(g *Group) int {
	var mu sync.Mutex
	n := 0
	onLoops(g, func(l *Loop) {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range l.Conns() {
			n += c.OutPending()
		}
	})
	return n
}

func TestQuitSendsEverything(t *testing.T) {
	engines(t, func(t *testing.T, engine string) {
		const size = 20 << 20
		s := newLineServer(t)
		_, ln := running(t, Config{Engine: engine, Loops: 1}, s)
		c := dial(t, "tcp", ln.Addr())
		c.send(fmt.Sprintf("BIG %d\nQUIT\nPING\nPING\n", size))
		c.want(strings.Repeat("x", size), "BYE")
		if b, err := c.r.ReadByte(); !errors.Is(err, io.EOF) {
			t.Errorf("after BYE: %q, %v; want EOF", b, err)
		}
		eventually(t, "closed", func() bool { return s.closed.Load() == 1 })
		if why := s.why(); why != nil {
			t.Errorf("closed because of %v", why)
		}
	})
}

// A peer that has closed its sending direction still gets its replies.
func TestHalfClose(t *testing.T) {
	engines(t, func(t *testing.T, engine string) {
		const size = 8 << 20
		s := newLineServer(t)
		_, ln := running(t, Config{Engine: engine, Loops: 1}, s)
		c := dial(t, "tcp", ln.Addr())
		c.send(fmt.Sprintf("PING\nPARK p\nBIG %d\nECHO last\nunfinished", size))
		if err := c.Conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		c.want("PONG", "p", strings.Repeat("x", size), "last")
		if _, err := c.r.ReadByte(); !errors.Is(err, io.EOF) {
			t.Errorf("got %v, want EOF", err)
		}
		eventually(t, "closed", func() bool { return s.closed.Load() == 1 })
		if why := s.why(); why != io.EOF {
			t.Errorf("closed because of %v, want EOF", why)
		}
	})
}

func TestReset(t *testing.T) {
	engines(t, func(t *testing.T, engine string) {
		s := newLineServer(t)
		g, ln := running(t, Config{Engine: engine, Loops: 1}, s)
		for _, first := range []string{"", "PING\n", "unfinished", "BIG 50000000\n", "HOLD\n"} {
			c := dial(t, "tcp", ln.Addr())
			c.send("PING\n" + first)
			c.want("PONG")
			if strings.HasPrefix(first, "BIG") {
				eventually(t, "replies wait", func() bool { return pendingOut(g) > 0 })
			}
			if err := c.Conn.(*net.TCPConn).SetLinger(0); err != nil {
				t.Fatal(err)
			}
			_ = c.Close()
			eventually(t, "closed after a reset", func() bool { return g.Conns() == 0 })
		}
	})
}

func TestHangupWhileParked(t *testing.T) {
	engines(t, func(t *testing.T, engine string) {
		s := newLineServer(t)
		g, ln := running(t, Config{Engine: engine, Loops: 2}, s)
		for i := range 20 {
			c := dial(t, "tcp", ln.Addr())
			c.send("PING\nHOLD\nPING\n")
			c.want("PONG")
			_ = c.Close()
			eventually(t, "hang-up told and connection closed", func() bool {
				return s.hangups.Load() == int64(i+1) && s.closed.Load() == int64(i+1) && g.Conns() == 0
			})
		}
	})
}

// A connection that somebody else owns isn't closed under his feet.
func TestHangupWhileOwnedElsewhere(t *testing.T) {
	engines(t, func(t *testing.T, engine string) {
		s := newLineServer(t)
		var held []*Conn
		var mu sync.Mutex
		s.onInput = func(c *Conn) {
			if bytes.HasPrefix(c.In(), []byte("TAKE\n")) {
				c.Consume(5)
				c.Data.(*peer).reply = []byte("taken")
				c.Park()
				mu.Lock()
				defer mu.Unlock()
				held = append(held, c)
				c.in = c.in[:0] // nothing for the line server to see
			}
		}
		g, ln := running(t, Config{Engine: engine, Loops: 2}, s)
		c := dial(t, "tcp", ln.Addr())
		c.send("TAKE\n")
		eventually(t, "taken", func() bool { mu.Lock(); defer mu.Unlock(); return len(held) == 1 })
		_ = c.Close()
		eventually(t, "hang-up told", func() bool { return s.hangups.Load() == 1 })
		if g.Conns() != 1 || s.closed.Load() != 0 {
			t.Fatal("closed while parked")
		}
		s.foreign <- held[0]
		eventually(t, "closed after Resume", func() bool { return g.Conns() == 0 && s.closed.Load() == 1 })
	})
}

func TestStopCutsOff(t *testing.T) {
	engines(t, func(t *testing.T, engine string) {
		s := newLineServer(t)
		g, ln := running(t, Config{Engine: engine, Loops: 2}, s)
		stuck := dial(t, "tcp", ln.Addr())
		stuck.send("BIG 50000000\n") // and never reads
		idle := dial(t, "tcp", ln.Addr())
		idle.send("PING\n")
		idle.want("PONG")
		held := dial(t, "tcp", ln.Addr())
		held.send("PING\nHOLD\n")
		held.want("PONG")
		eventually(t, "replies wait", func() bool { return pendingOut(g) > 0 })
		if err := g.Stop(50 * time.Millisecond); err != nil {
			t.Error(err)
		}
		if _, err := idle.r.ReadByte(); !errors.Is(err, io.EOF) {
			t.Errorf("idle connection: %v, want EOF", err)
		}
		if n := g.Conns(); n != 0 {
			t.Errorf("%d connections left", n)
		}
		if _, err := net.Dial("tcp", ln.Addr()); err == nil {
			t.Error("still listening")
		}
	})
}

func TestStopWithoutStart(t *testing.T) {
	engines(t, func(t *testing.T, engine string) {
		s := newLineServer(t)
		g, err := New(Config{Engine: engine, Loops: 2}, s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.Listen("tcp4", "127.0.0.1:0", ListenOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := g.Stop(time.Second); err != nil {
			t.Error(err)
		}
	})
}

// The address of a closed listener is free at once, and connections that it accepted live on.
func TestListenerComesAndGoes(t *testing.T) {
	engines(t, func(t *testing.T, engine string) {
		s := newLineServer(t)
		g, ln := running(t, Config{Engine: engine, Loops: 2}, s)
		old := dial(t, "tcp", ln.Addr())
		old.send("PING\n")
		old.want("PONG")
		for range 20 {
			addr := ln.Addr()
			g.CloseListener(ln)
			var err error
			if ln, err = g.Listen("tcp4", addr, ListenOptions{}); err != nil {
				t.Fatal(err)
			}
			c := dial(t, "tcp", addr)
			c.send("PING\n")
			c.want("PONG")
			_ = c.Close()
		}
		old.send("PING\n")
		old.want("PONG")
	})
}

func TestTick(t *testing.T) {
	engines(t, func(t *testing.T, engine string) {
		s := newLineServer(t)
		s.tickMs = 5
		start := time.Now()
		running(t, Config{Engine: engine, Loops: 1}, s)
		eventually(t, "20 ticks", func() bool { return s.ticks.Load() >= 20 })
		if d := time.Since(start); d < 50*time.Millisecond {
			t.Errorf("20 ticks of 5 ms took %v", d)
		}
	})
}

// Posts to a connection can write to it while its input waits for nothing.
func TestPostToConn(t *testing.T) {
	engines(t, func(t *testing.T, engine string) {
		s := newLineServer(t)
		g, ln := running(t, Config{Engine: engine, Loops: 2}, s)
		c := dial(t, "tcp", ln.Addr())
		c.send("PING\n")
		c.want("PONG")
		var conn *Conn
		onLoops(g, func(l *Loop) {
			if len(l.Conns()) == 1 {
				conn = l.Conns()[0]
			}
		})
		for i := range 100 {
			conn.Post(&Post{Fn: func(_ *Loop, _ any) { conn.Out = fmt.Appendf(conn.Out, "push %d\n", i) }})
		}
		for i := range 100 {
			c.want(fmt.Sprintf("push %d", i))
		}
	})
}

// Connections follow when the number of loops changes, whatever they are doing.
func TestSetLoops(t *testing.T) {
	engines(t, func(t *testing.T, engine string) {
		s := newLineServer(t)
		g, ln := running(t, Config{Engine: engine, Loops: 4}, s)
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for i := range 24 {
			wg.Go(func() {
				c := dial(t, "tcp", ln.Addr())
				for j := 0; ; j++ {
					select {
					case <-stop:
						return
					default:
					}
					c.send(fmt.Sprintf("ECHO %d-%d\nPARK p%d\nBIG 20000\nPING\n", i, j, j))
					c.want(fmt.Sprintf("%d-%d", i, j), fmt.Sprintf("p%d", j), strings.Repeat("x", 20000), "PONG")
				}
			})
		}
		held := dial(t, "tcp", ln.Addr())
		held.send("PING\nHOLD\nECHO after\n")
		held.want("PONG")
		for _, n := range []int{1, 3, 2, 5, 1, 4, 2} {
			if err := g.SetLoops(n); err != nil {
				t.Fatal(err)
			}
			eventually(t, fmt.Sprintf("%d loops", n), func() bool {
				g.mu.Lock()
				defer g.mu.Unlock()
				return len(g.living) == n
			})
			for i, l := range g.Loops() {
				if l.count.Load() == 0 && i < n && n < 5 {
					eventually(t, "every loop has connections", func() bool { return l.count.Load() > 0 })
				}
			}
		}
		conn := s.lastHeld.Load()
		conn.Post(&Post{Fn: func(*Loop, any) { conn.Data.(*peer).held = false; conn.Resume() }})
		held.want("after")
		close(stop)
		wg.Wait()
	})
}
