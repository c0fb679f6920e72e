package loop

import (
	"bytes"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sleipnirdb/sleipnir/net/transport"
)

// pair adopts one end of a socket pair into g and returns the other end, in blocking mode.
func pair(t testing.TB, g *Group) int {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.SetNonblock(fds[0], true); err != nil {
		t.Fatal(err)
	}
	if err := g.Adopt(transport.NewSocket(fds[0], "unix", "", "")); err != nil {
		t.Fatal(err)
	}
	return fds[1]
}

func closeAll(fds []int) {
	for _, fd := range fds {
		_ = unix.Close(fd)
	}
}

// ask sends a request and reads exactly one reply.
func ask(t testing.TB, fd int, request, reply []byte) {
	if _, err := unix.Write(fd, request); err != nil {
		t.Fatal(err)
	}
	for n := 0; n < len(reply); {
		k, err := unix.Read(fd, reply[n:])
		if err != nil || k == 0 {
			t.Fatalf("read: %d, %v", k, err)
		}
		n += k
	}
}

// netpoll itself allocates one closure per batch of input.
var allocations = map[string]float64{EngineEpoll: 0, EngineNetpoll: 1}

func TestNoAllocationsPerRequest(t *testing.T) {
	engines(t, func(t *testing.T, engine string) {
		g := quietGroup(t, Config{Engine: engine, Loops: 1}, pingServer{})
		fd := pair(t, g)
		defer closeAll([]int{fd})
		for _, depth := range []int{1, 16, 64} {
			request := bytes.Repeat([]byte("PING\r\n"), depth)
			reply := make([]byte, depth*len("+PONG\r\n"))
			ask(t, fd, request, reply)
			if n := testing.AllocsPerRun(300, func() { ask(t, fd, request, reply) }); n > allocations[engine] {
				t.Errorf("depth %d: %v allocations per round trip", depth, n)
			}
		}
	})
}

// parkServer parks each request and has a post resume it.
type parkServer struct{ pingServer }

type parkState struct{ post Post }

func (parkServer) Open(c *Conn) {
	st := &parkState{}
	st.post = Post{Arg: c, Fn: func(_ *Loop, arg any) {
		c := arg.(*Conn)
		c.Out = append(c.Out, "+PONG\r\n"...)
		c.Resume()
	}}
	c.Data = st
}

func (parkServer) Input(c *Conn) {
	if i := bytes.IndexByte(c.In(), '\n'); i >= 0 {
		c.Consume(i + 1)
		c.Park()
		c.Post(&c.Data.(*parkState).post)
	}
}

func TestNoAllocationsPerPark(t *testing.T) {
	engines(t, func(t *testing.T, engine string) {
		g := quietGroup(t, Config{Engine: engine, Loops: 1}, parkServer{})
		fd := pair(t, g)
		defer closeAll([]int{fd})
		request := bytes.Repeat([]byte("PING\r\n"), 4)
		reply := make([]byte, 4*len("+PONG\r\n"))
		ask(t, fd, request, reply)
		if n := testing.AllocsPerRun(300, func() { ask(t, fd, request, reply) }); n > allocations[engine] {
			t.Errorf("%v allocations per round trip", n)
		}
	})
}

// Ten thousand idle connections that have all been served cost less than 2 KiB of heap each. netpoll keeps a buffer
// and some state for each of its own.
func TestIdleMemory(t *testing.T) {
	limits := map[string]int{EngineEpoll: 1 << 10, EngineNetpoll: 8 << 10}
	engines(t, func(t *testing.T, engine string) {
		g := quietGroup(t, Config{Engine: engine, Loops: 2}, pingServer{})
		count := 9000
		if perConn := 1 + g.FdsPerConn(); perConn > 2 || testing.Short() {
			count = 3000
		}
		warm := pair(t, g)
		defer closeAll([]int{warm})
		reply := make([]byte, len("+PONG\r\n"))
		ask(t, warm, []byte("PING\r\n"), reply)
		before := heapInUse()
		fds := make([]int, 0, count)
		defer func() { closeAll(fds) }()
		for range count {
			fds = append(fds, pair(t, g))
		}
		for range 2 {
			for _, fd := range fds {
				ask(t, fd, []byte("PING\r\n"), reply)
			}
		}
		perConn := int(heapInUse()-before) / count
		t.Logf("%d bytes of heap for an idle connection", perConn)
		if perConn > limits[engine] {
			t.Errorf("more than %d", limits[engine])
		}
	})
}

func heapInUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) // #nosec G115 -- far below
}

// Loops without work sleep.
func TestIdleBurnsNothing(t *testing.T) {
	engines(t, func(t *testing.T, engine string) {
		g := quietGroup(t, Config{Engine: engine, Loops: 4}, pingServer{})
		fds := make([]int, 100)
		reply := make([]byte, len("+PONG\r\n"))
		for i := range fds {
			fds[i] = pair(t, g)
			ask(t, fds[i], []byte("PING\r\n"), reply)
		}
		defer closeAll(fds)
		before, start := cpuMicros(), time.Now()
		time.Sleep(time.Second) // the quantity measured is what happens while nothing happens
		used := time.Duration(cpuMicros()-before) * time.Microsecond
		t.Logf("%v of CPU in %v", used, time.Since(start))
		if used > 100*time.Millisecond {
			t.Errorf("4 idle loops with 10 ticks a second used %v of CPU in a second", used)
		}
	})
}

// The world stops promptly though loops wait without the scheduler's knowledge: its signal ends their wait.
func TestCollectorIsNotDelayed(t *testing.T) {
	p := &epollPort{l: &Loop{}}
	e, err := (&epollEngine{}).port(p.l)
	if err != nil {
		t.Fatal(err)
	}
	p = e.(*epollPort)
	alone, _ := collections()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		runtime.LockOSThread()
		for {
			select {
			case <-stop:
				return
			default:
				p.raw(1000)
			}
		}
	}()
	mean, worst := collections()
	close(stop)
	p.wake()
	<-stopped
	_ = unix.Close(p.epfd)
	_ = unix.Close(p.wakeFd)
	t.Logf("a collection takes %v alone, %v beside a raw wait of 1 s (at most %v)", alone, mean, worst)
	if mean > 200*time.Millisecond {
		t.Error("collections wait for the raw wait to end")
	}
}

// collections times some collections.
func collections() (mean, worst time.Duration) {
	const rounds = 50
	for range rounds {
		start := time.Now()
		runtime.GC()
		d := time.Since(start)
		mean += d / rounds
		worst = max(worst, d)
	}
	return mean, worst
}

// Without descriptors left, accepting pauses instead of spinning, and goes on when there are some again.
func TestOutOfDescriptors(t *testing.T) {
	engines(t, func(t *testing.T, engine string) {
		addr := startBench(t, fmt.Sprintf("%s 1 3 %d", engine, 64))
		var conns []*client
		answered := func() int {
			n := 0
			for _, c := range conns {
				c.send("PING\n")
			}
			soon := time.Now().Add(500 * time.Millisecond)
			for _, c := range conns {
				_ = c.SetReadDeadline(soon)
				if _, err := c.r.ReadString('\n'); err == nil {
					n++
				}
			}
			return n
		}
		first := dial(t, "tcp", addr)
		before, start := serverCPU(t, first), time.Now()
		for range 100 {
			conns = append(conns, dial(t, "tcp", addr)) // the kernel takes them all
		}
		n := answered()
		if n == 0 || n == 100 {
			t.Fatalf("%d of 100 served; expected only some", n)
		}
		used, wall := time.Duration(serverCPU(t, first)-before)*time.Microsecond, time.Since(start)
		t.Logf("%d of 100 served, %v of CPU in %v", n, used, wall)
		if used > wall/3 {
			t.Errorf("%v of CPU in %v", used, wall)
		}
		keep := 20 // which take 40 descriptors with netpoll
		for _, c := range conns[:100-keep] {
			_ = c.Close()
		}
		conns = conns[100-keep:]
		eventually(t, "the others are served", func() bool {
			for _, c := range conns {
				c.r.Reset(c.Conn) // replies to earlier attempts
			}
			return answered() == len(conns)
		})
	})
}

func serverCPU(t testing.TB, c *client) int64 {
	t.Helper()
	c.send("CPU\n")
	var n int64
	if _, err := fmt.Fscan(c.r, &n); err != nil {
		t.Fatal(err)
	}
	_, _ = c.r.ReadString('\n')
	return n
}

// tickServer wants a tick each millisecond.
type tickServer struct {
	pingServer
	ticks *atomic.Int64
}

func (s tickServer) Tick(*Loop) int { s.ticks.Add(1); return 1 }

// A short tick is waited for, too.
func TestShortTickDoesNotSpin(t *testing.T) {
	engines(t, func(t *testing.T, engine string) {
		s := tickServer{ticks: new(atomic.Int64)}
		quietGroup(t, Config{Engine: engine, Loops: 1}, s)
		start := time.Now()
		eventually(t, "100 ticks", func() bool { return s.ticks.Load() >= 100 })
		if most := time.Since(start).Milliseconds() + 10; s.ticks.Load() > 2*most {
			t.Errorf("%d ticks of a millisecond in %d ms", s.ticks.Load(), most)
		}
	})
}
