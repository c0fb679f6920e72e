package loop

import (
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/sleipnirdb/sleipnir/net/transport"
)

// How connections are accepted and shared out: by loop 0 for all (what the epoll engine does), by an ordinary
// goroutine, or by each loop from a queue of its own.
const (
	acceptHanded    = "handed"
	acceptAside     = "aside"
	acceptReusePort = "reuseport"
)

// listenBy opens a listener of g that accepts in the given way, and returns its address.
func listenBy(g *Group, how string) (string, error) {
	if how == acceptHanded {
		ln, err := g.Listen("tcp4", "127.0.0.1:0", ListenOptions{})
		if err != nil {
			return "", err
		}
		return ln.Addr(), nil
	}
	cfg := transport.ListenConfig{ReusePort: how == acceptReusePort}
	addr := "127.0.0.1:0"
	for _, l := range g.Loops() {
		ln, err := transport.Listen("tcp4", addr, cfg)
		if err != nil {
			return "", err
		}
		addr = ln.Addr()
		lis := &Listener{g: g, ln: ln, addr: addr, done: make(chan struct{})}
		if how == acceptAside {
			return addr, lis.acceptAside()
		}
		lis.g = &Group{handler: g.handler, engine: g.engine} // of this loop alone
		lis.g.publish([]*Loop{l})
		lis.post = Post{Fn: startAccept, Arg: lis}
		l.Post(&lis.post)
	}
	return addr, nil
}

// BenchmarkAccept is a connection that comes, asks once and goes, 8 at a time: server CPU for each.
func BenchmarkAccept(b *testing.B) {
	for _, how := range []string{acceptHanded, acceptAside, acceptReusePort} {
		b.Run(how, func(b *testing.B) {
			addr := startBench(b, fmt.Sprintf("epoll 2 4 0 %s", how))
			come := func(n int) {
				var wg sync.WaitGroup
				for range 8 {
					wg.Go(func() {
						reply := make([]byte, len("+PONG\r\n"))
						for range n / 8 {
							c, err := net.Dial("tcp", addr)
							if err != nil {
								b.Error(err)
								return
							}
							_ = c.(*net.TCPConn).SetLinger(0) // or the ports run out
							if _, err := c.Write([]byte("PING\r\n")); err != nil {
								b.Error(err)
							}
							if _, err := io.ReadFull(c, reply); err != nil {
								b.Error(err)
							}
							_ = c.Close()
						}
					})
				}
				wg.Wait()
			}
			come(800)
			before, start := askCPU(b, addr), time.Now()
			come(b.N)
			used := askCPU(b, addr) - before
			b.ReportMetric(float64(used)/float64(b.N), "server-µs/conn")
			b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "conn/s")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkBalance opens 50 connections and reports what share of a loop's fair part the fullest loop gets.
func BenchmarkBalance(b *testing.B) {
	for _, how := range []string{acceptHanded, acceptReusePort} {
		for _, loops := range []int{2, 8} {
			b.Run(fmt.Sprintf("%s/loops=%d", how, loops), func(b *testing.B) {
				g := quietGroup(b, Config{Engine: EngineEpoll, Loops: loops}, pingServer{})
				addr, err := listenBy(g, how)
				if err != nil {
					b.Fatal(err)
				}
				worst, sum := 0.0, 0.0
				for range b.N {
					share := fullest(b, g, addr) * float64(loops)
					worst, sum = max(worst, share), sum+share
				}
				b.ReportMetric(worst, "worst-share")
				b.ReportMetric(sum/float64(b.N), "mean-share")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// fullest is the part of 50 connections that the fullest loop gets.
func fullest(b *testing.B, g *Group, addr string) float64 {
	const conns = 50
	defer eventually(b, "all are gone", func() bool { return g.Conns() == 0 })
	for range conns {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = c.(*net.TCPConn).SetLinger(0); _ = c.Close() }()
	}
	most := int64(0)
	eventually(b, "all are accepted", func() bool {
		n := int64(0)
		most = 0
		for _, l := range g.Loops() {
			k := l.count.Load()
			n, most = n+k, max(most, k)
		}
		return n == conns
	})
	return float64(most) / conns
}
