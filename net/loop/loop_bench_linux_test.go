package loop

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The benchmarks run the server in a process of its own, this test binary again, so that its CPU time can be told
// from the clients'. They report server CPU per request: on a machine shared by both ends it is the figure that says
// something.

const benchServerEnv = "SLEIPNIR_LOOP_BENCH_SERVER"

func TestMain(m *testing.M) {
	if spec := os.Getenv(benchServerEnv); spec != "" {
		benchServer(spec)
		return
	}
	os.Exit(m.Run())
}

// benchServer serves "engine loops procs [descriptors [how to accept]]" until its standard input ends.
func benchServer(spec string) {
	var engine string
	var loops, procs int
	limit, how := uint64(0), ""
	if n, err := fmt.Sscan(spec, &engine, &loops, &procs, &limit, &how); n < 3 {
		panic(err)
	}
	if limit > 0 {
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
			panic(err)
		}
	}
	runtime.GOMAXPROCS(procs)
	cfg := Config{Engine: engine, Loops: loops}
	if engine == "epoll-block" {
		cfg.Engine, cfg.waiting = EngineEpoll, waitBlock
	}
	g, err := New(cfg, pingServer{})
	if err != nil {
		panic(err)
	}
	if how == "" {
		how = acceptHanded
	}
	addr, err := listenBy(g, how)
	if err != nil {
		panic(err)
	}
	g.Start()
	fmt.Println(addr)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// startBench starts a server process and returns its address.
func startBench(b testing.TB, spec string, env ...string) string {
	b.Helper()
	cmd := exec.Command(os.Args[0]) // #nosec G204 -- ourselves
	cmd.Env = append(append(os.Environ(), benchServerEnv+"="+spec), env...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(addr)
}

func askCPU(b testing.TB, addr string) int64 {
	b.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := c.Write([]byte("CPU\r\n")); err != nil {
		b.Fatal(err)
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	n, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// load sends requests until n have been answered: conns connections, depth requests in flight on each.
func load(b testing.TB, addr string, n, conns, depth int) {
	var wg sync.WaitGroup
	for range conns {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			b.Fatal(err)
		}
		wg.Go(func() {
			defer func() { _ = c.Close() }()
			batch := []byte(strings.Repeat("PING\r\n", depth))
			reply := make([]byte, len("+PONG\r\n")*depth)
			for range n/conns/depth + 1 {
				if _, err := c.Write(batch); err != nil {
					b.Error(err)
					return
				}
				if _, err := io.ReadFull(c, reply); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkServerCPU(b *testing.B) {
	for _, engine := range append(Engines(), "epoll-block") {
		for _, loops := range []int{1, 2} {
			for _, depth := range []int{1, 16} {
				b.Run(fmt.Sprintf("%s/loops=%d/depth=%d", engine, loops, depth), func(b *testing.B) {
					addr := startBench(b, fmt.Sprintf("%s %d %d", engine, loops, loops+2))
					load(b, addr, 20000, 50, depth)
					before, start := askCPU(b, addr), time.Now()
					b.ResetTimer()
					load(b, addr, b.N, 50, depth)
					b.StopTimer()
					used := askCPU(b, addr) - before
					b.ReportMetric(float64(used)/float64(b.N), "server-µs/req")
					b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "req/s")
					b.ReportMetric(0, "ns/op")
				})
			}
		}
	}
}
