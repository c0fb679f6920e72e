package loop

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	stressSeed   = flag.Uint64("stress.seed", 0, "run only this seed")
	stressRounds = flag.Int("stress.rounds", 3, "number of seeds")
)

// Everything at once: random pipelines cut anywhere, parking and resuming by another goroutine, clients that vanish,
// posts to connections, aborts, and a number of loops that changes. What a client that stays gets is exact; at the
// end no connection, descriptor or goroutine is left.
func TestStress(t *testing.T) {
	engines(t, func(t *testing.T, engine string) {
		t.Run("warm", func(t *testing.T) { // what the engine opens once for the process isn't a leak
			_, ln := running(t, Config{Engine: engine, Loops: 1}, newLineServer(t))
			c := dial(t, "tcp", ln.Addr())
			c.send("PING\n")
			c.want("PONG")
		})
		for round := range *stressRounds {
			seed := *stressSeed
			if seed == 0 {
				seed = uint64(round) + 1 // #nosec G115 -- small
			}
			t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { stress(t, engine, seed) })
			if *stressSeed != 0 {
				return
			}
		}
	})
}

func stress(t *testing.T, engine string, seed uint64) {
	goroutines, fds := runtime.NumGoroutine(), countFds(t)
	rnd := rand.New(rand.NewPCG(seed, 1)) // #nosec G404 -- a test
	clients := 40
	if testing.Short() {
		clients = 15
	}
	t.Run("run", func(t *testing.T) { // its cleanup stops the group before the leaks are counted
		s := newLineServer(t)
		g, ln := running(t, Config{Engine: engine, Loops: 1 + rnd.IntN(4)}, s)
		path := filepath.Join(t.TempDir(), "s")
		if _, err := g.Listen("unix", path, ListenOptions{}); err != nil {
			t.Fatal(err)
		}
		stop := make(chan struct{})
		var noise, wg sync.WaitGroup
		noise.Go(func() { disturb(g, s, seed, stop) })
		for i := range clients {
			network, addr := "tcp", ln.Addr()
			if i%2 == 1 {
				network, addr = "unix", path
			}
			wg.Go(func() {
				r := rand.New(rand.NewPCG(seed, uint64(i)+2)) // #nosec G404 G115 -- a test
				for range 4 {
					stressClient(t, r, network, addr)
				}
			})
		}
		wg.Wait()
		close(stop)
		noise.Wait()
		eventually(t, "all connections end", func() bool { return g.Conns() == 0 })
	})
	eventually(t, "no descriptor is left", func() bool { return countFds(t) <= fds })
	eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= goroutines })
}

func countFds(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(entries)
}

// disturb changes the number of loops and posts to connections until stop.
func disturb(g *Group, s *lineServer, seed uint64, stop chan struct{}) {
	r := rand.New(rand.NewPCG(seed, 0)) // #nosec G404 -- a test
	for {
		select {
		case <-stop:
			return
		case <-time.After(time.Duration(r.IntN(3000)) * time.Microsecond):
		}
		if r.IntN(4) == 0 {
			_ = g.SetLoops(1 + r.IntN(5))
		}
		if c := s.lastHeld.Load(); c != nil {
			c.Post(&Post{Fn: func(*Loop, any) {
				if p, ok := c.Data.(*peer); ok && c.Parked() && p.held {
					p.held = false
					c.Resume()
				}
			}})
		}
		g.Each(func(l *Loop) {
			for _, c := range l.Conns() {
				c.Post(&Post{Fn: func(*Loop, any) {}})
			}
		})
	}
}

// stressClient has one connection's life.
func stressClient(t *testing.T, r *rand.Rand, network, addr string) {
	c, err := net.Dial(network, addr)
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(60 * time.Second))
	request, reply, mayStay := stressScript(r)
	readUntil, kill := len(reply), r.IntN(3) == 0
	if kill && len(reply) > 0 {
		readUntil = r.IntN(len(reply))
	}
	var writer sync.WaitGroup
	var gone atomic.Bool
	seed := r.Uint64()
	writer.Go(func() { writeCut(t, c, request, seed, &gone) })
	got := make([]byte, readUntil)
	if _, err := io.ReadFull(c, got); err != nil {
		t.Errorf("%s client: %v", network, err)
	} else if !bytes.Equal(got, reply[:readUntil]) {
		at := 0
		for got[at] == reply[at] {
			at++
		}
		t.Errorf("%s client: replies differ at %d: got %.40q, want %.40q", network, at, got[at:], reply[at:])
	}
	gone.Store(true)
	if kill || !mayStay {
		if tcp, ok := c.(*net.TCPConn); ok && r.IntN(2) == 0 {
			_ = tcp.SetLinger(0)
		}
		_ = c.Close()
	}
	writer.Wait()
}

func writeCut(t *testing.T, c net.Conn, request []byte, seed uint64, gone *atomic.Bool) {
	r := rand.New(rand.NewPCG(seed, 0)) // #nosec G404 -- a test
	for len(request) > 0 {
		n := 1 + r.IntN(min(len(request), 1<<r.IntN(17)))
		if _, err := c.Write(request[:n]); err != nil {
			if !gone.Load() {
				t.Errorf("write: %v", err)
			}
			return
		}
		request = request[n:]
		if r.IntN(4) == 0 {
			runtime.Gosched()
		}
	}
}

// stressScript makes a pipeline and its replies. The last request may be one after which the client goes away while
// it is parked; then it mustn't stay.
func stressScript(r *rand.Rand) (request, reply []byte, mayStay bool) {
	for i := range 1 + r.IntN(80) {
		switch r.IntN(12) {
		case 0:
			n := r.IntN(1 << r.IntN(19))
			request = fmt.Appendf(request, "BIG %d\n", n)
			reply = append(append(reply, bytes.Repeat([]byte("x"), n)...), '\n')
		case 1:
			n := 1 + r.IntN(1<<r.IntN(19))
			request = fmt.Appendf(request, "LEN %d\n", n)
			request = append(request, bytes.Repeat([]byte{5}, n)...)
			reply = append(strconv.AppendInt(reply, int64(5*n), 10), '\n')
		case 2, 3, 4:
			request = fmt.Appendf(request, "PARK parked-%d\n", i)
			reply = fmt.Appendf(reply, "parked-%d\n", i)
		case 5, 6, 7:
			request = fmt.Appendf(request, "ECHO echo-%d\n", i)
			reply = fmt.Appendf(reply, "echo-%d\n", i)
		default:
			request = append(request, "PING\r\n"...)
			reply = append(reply, "PONG\n"...)
		}
	}
	switch r.IntN(4) {
	case 0:
		request = append(request, "QUIT\n"...)
		reply = append(reply, "BYE\n"...)
	case 1:
		return append(request, "HOLD\n"...), reply, false
	case 2:
		return append(request, "ECHO unfinis"...), reply, true
	}
	return request, reply, true
}

// No post is lost and no loop sleeps on one, however the posts fall between its falling asleep and waking up.
func TestNoWakeUpIsLost(t *testing.T) {
	engines(t, func(t *testing.T, engine string) {
		g := quietGroup(t, Config{Engine: engine, Loops: 3}, pingServer{})
		rounds := 3000
		if testing.Short() {
			rounds = 500
		}
		var wg sync.WaitGroup
		for from := range 4 {
			wg.Go(func() {
				r := rand.New(rand.NewPCG(uint64(from), 7)) // #nosec G404 G115 -- a test
				ran := make(chan struct{}, 1)
				p := &Post{Fn: func(*Loop, any) { ran <- struct{}{} }}
				for i := range rounds {
					// Waiting a varying while lets the loop be at any step of going to sleep.
					for range r.IntN(1 << r.IntN(14)) {
						spin.Add(1)
					}
					loops := g.Loops()
					loops[r.IntN(len(loops))].Post(p)
					select {
					case <-ran:
					case <-time.After(10 * time.Second):
						t.Errorf("post %d of poster %d was lost", i, from)
						return
					}
				}
			})
		}
		wg.Wait()
	})
}

var spin atomic.Uint64

// A chain of posts over all loops, with posts to other loops made by a loop.
func TestPostRelay(t *testing.T) {
	engines(t, func(t *testing.T, engine string) {
		g := quietGroup(t, Config{Engine: engine, Loops: 4}, pingServer{})
		const tokens, hops = 8, 2000
		done := make(chan struct{}, tokens)
		for i := range tokens {
			left := hops
			p := &Post{}
			p.Fn = func(l *Loop, _ any) {
				if left--; left == 0 {
					done <- struct{}{}
					return
				}
				loops := g.Loops()
				loops[(l.Index+1+i)%len(loops)].Post(p)
			}
			g.Loops()[0].Post(p)
		}
		for range tokens {
			select {
			case <-done:
			case <-time.After(20 * time.Second):
				t.Fatal("a post was lost")
			}
		}
	})
}

func TestBoxKeepsOrder(t *testing.T) {
	var b box
	posts := make([]Post, 100)
	for i := range posts {
		posts[i].Arg = i
		if wake, ok := b.put(&posts[i]); wake || !ok {
			t.Fatalf("put %d: wake %v, ok %v", i, wake, ok)
		}
	}
	if b.sleep() || b.close() {
		t.Error("sleeps with posts in the box")
	}
	want := 0
	for p := b.take(); p != nil; p = p.next {
		if p.Arg != want {
			t.Fatalf("got post %v, want %d", p.Arg, want)
		}
		want++
	}
	if want != len(posts) {
		t.Errorf("%d posts came out", want)
	}
	if !b.sleep() {
		t.Error("doesn't sleep when empty")
	}
	if wake, ok := b.put(&posts[0]); !wake || !ok {
		t.Errorf("put into a sleeping box: wake %v, ok %v", wake, ok)
	}
	if wake, _ := b.put(&posts[1]); wake {
		t.Error("the second put wakes again")
	}
	b.take()
	if !b.close() {
		t.Error("doesn't close when empty")
	}
	if _, ok := b.put(&posts[0]); ok {
		t.Error("put into a closed box")
	}
}
