package load

import (
	"bufio"
	"bytes"
	"io"
	"math"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// answerer is a server that answers each request by its name: GET a bulk, MGET an array, SET OK, MISS a
// null, BAD an error. It stands in for a real one.
type answerer struct {
	net.Listener
	requests atomic.Int64
	stall    atomic.Int64 // nanoseconds that the next request waits
}

func newAnswerer(t *testing.T, network, addr string) *answerer {
	t.Helper()
	l, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	a := &answerer{Listener: l}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go a.serve(c)
		}
	}()
	return a
}

func (a *answerer) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	r, w := bufio.NewReader(c), bufio.NewWriter(c)
	for {
		args, err := readRequest(r)
		if err != nil {
			return
		}
		a.requests.Add(1)
		if d := a.stall.Swap(0); d > 0 {
			time.Sleep(time.Duration(d))
		}
		switch args[0] {
		case "GET":
			_, _ = w.WriteString("$5\r\nhello\r\n")
		case "MGET":
			_, _ = w.WriteString("*" + strconv.Itoa(len(args)-1) + "\r\n" + strings.Repeat("$-1\r\n", len(args)-1))
		case "MISS":
			_, _ = w.WriteString("$-1\r\n")
		case "BAD":
			_, _ = w.WriteString("-ERR bad\r\n")
		default:
			_, _ = w.WriteString("+OK\r\n")
		}
		if r.Buffered() == 0 && w.Flush() != nil {
			return
		}
	}
}

func readRequest(r *bufio.Reader) ([]string, error) {
	s, err := readReply(r) // a request has the form of an array of bulks
	if err != nil {
		return nil, err
	}
	return strings.Split(s, "\n"), nil
}

func TestDo(t *testing.T) {
	tcp := newAnswerer(t, "tcp", "127.0.0.1:0")
	path := filepath.Join(t.TempDir(), "s")
	uds := newAnswerer(t, "unix", path)
	tests := []struct {
		name   string
		server *answerer
		dial   Dialer
		cfg    Config
	}{
		{"tcp", tcp, TCP(tcp.Addr().String()), Config{}},
		{"unix", uds, Unix(path), Config{}},
		{"tcp pipeline", tcp, TCP(tcp.Addr().String()), Config{Pipeline: 16, Threads: 2, Conns: 5}},
		{"tcp goroutine", tcp, TCP(tcp.Addr().String()), Config{Pipeline: 16, Threads: 2, Conns: 5, Goroutine: true}},
		{"open loop", tcp, TCP(tcp.Addr().String()), Config{Rate: 50000, Conns: 5}},
		{"open loop poisson, threads", tcp, TCP(tcp.Addr().String()), Config{Rate: 50000, Conns: 5, Poisson: true, Threads: 2}},
		{"open loop goroutine", tcp, TCP(tcp.Addr().String()), Config{Rate: 50000, Conns: 5, Goroutine: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			const want = 10007
			before := tt.server.requests.Load()
			cfg := tt.cfg
			cfg.Dial, cfg.Requests, cfg.Setup = tt.dial, want, [][]string{{"PING"}}
			cfg.Mix = []Weighted{{MustCompile("GET {key}", Shape{}), 3}, {MustCompile("MISS {key}", Shape{}), 1}, {MustCompile("BAD", Shape{}), 1}}
			f, err := Do(cfg)
			if err != nil {
				t.Fatal(err)
			}
			if got := f.Latency.TotalCount(); f.Replies != want || f.Issued != want || got != want {
				t.Errorf("replies %d, issued %d, latencies %d, want %d each", f.Replies, f.Issued, got, want)
			}
			conns := max(cfg.Conns, 1)
			if cfg.Conns == 0 {
				conns = 50
			}
			if got := tt.server.requests.Load() - before - int64(conns); got != want {
				t.Errorf("the server saw %d requests, want %d", got, want)
			}
			if f.Errors < want/8 || f.Nulls < want/8 || f.FirstErr != "ERR bad" {
				t.Errorf("errors %d (%q), nulls %d of %d", f.Errors, f.FirstErr, f.Nulls, want)
			}
			if cfg.Rate > 0 {
				if got := f.PerSecond(); got > 1.1*cfg.Rate {
					t.Errorf("%.0f requests/s, the rate is %.0f", got, cfg.Rate)
				}
			}
		})
	}
}

// TestStallIsCharged holds the promise that makes an open loop honest: a stall of the server is paid by all
// requests that were due in it.
func TestStallIsCharged(t *testing.T) {
	const stall, rate = 300 * time.Millisecond, 2000
	for _, goroutine := range []bool{false, true} {
		s := newAnswerer(t, "tcp", "127.0.0.1:0")
		r, err := Start(Config{Dial: TCP(s.Addr().String()), Conns: 1, Rate: rate, Goroutine: goroutine,
			Mix: []Weighted{{MustCompile("GET {key}", Shape{}), 1}}})
		if err != nil {
			t.Fatal(err)
		}
		f, err := r.Measure(2*stall, func() { s.stall.Store(int64(stall)) }, nil)
		r.Stop()
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Quantile(100); got < stall*9/10 {
			t.Errorf("goroutine %v: the longest latency is %v, the stall was %v", goroutine, got, stall)
		}
		slow := 0.0
		for _, b := range f.Latency.Distribution() {
			if b.From > int64(stall/2) {
				slow += float64(b.Count)
			}
		}
		if want := stall.Seconds() / 2 * rate; slow < want*0.8 {
			t.Errorf("goroutine %v: %v requests took half the stall, want about %v", goroutine, slow, want)
		}
	}
}

func TestPause(t *testing.T) {
	s := newAnswerer(t, "tcp", "127.0.0.1:0")
	for _, cfg := range []Config{{Pipeline: 8}, {Pipeline: 8, Goroutine: true}, {Rate: 10000}, {Rate: 10000, Goroutine: true}} {
		cfg.Dial, cfg.Conns, cfg.Threads = TCP(s.Addr().String()), 6, 2
		cfg.Mix = []Weighted{{MustCompile("GET {key}", Shape{}), 1}}
		r, err := Start(cfg)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			r.Pause()
			r.Resume()
			f, err := r.Measure(30*time.Millisecond, nil, nil)
			if err != nil || f.Replies == 0 {
				t.Fatalf("%+v: %d replies after a pause, %v", cfg, f.Replies, err)
			}
			r.Pause()
			at := s.requests.Load()
			_, err = r.Measure(10*time.Millisecond, nil, nil)
			if got := s.requests.Load() - at; err != nil || got != 0 {
				t.Fatalf("%+v: %d requests in a pause, %v", cfg, got, err)
			}
			if f, err = r.Measure(10*time.Millisecond, nil, nil); err != nil || f.Replies != 0 {
				t.Fatalf("%+v: %d replies in a pause, %v", cfg, f.Replies, err)
			}
		}
		r.Stop()
	}
}

func TestServerGone(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 10))
			_ = c.Close()
		}
	}()
	for _, goroutine := range []bool{false, true} {
		_, err = Do(Config{Dial: TCP(l.Addr().String()), Conns: 3, Requests: 100, Goroutine: goroutine,
			Mix: []Weighted{{MustCompile("PING", Shape{}), 1}}})
		if err == nil {
			t.Errorf("goroutine %v: no error though the server hung up", goroutine)
		}
	}
}

func TestCompile(t *testing.T) {
	shape := Shape{KeySize: 8, KeyPrefix: "k:", ValueSize: 3}
	tests := []struct {
		name, text, want string
		shape            Shape
	}{
		{"get", "GET {key}", "*2\r\n$3\r\nGET\r\n$8\r\nk:000042\r\n", shape},
		{"set", "SET {key} {value}", "*3\r\n$3\r\nSET\r\n$8\r\nk:000042\r\n$3\r\nxxx\r\n", shape},
		{"sized", "SET a {value:5}", "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$5\r\nxxxxx\r\n", shape},
		{"repeat", "MSET {key,value*2}", "*5\r\n$4\r\nMSET\r\n$8\r\nk:000042\r\n$3\r\nxxx\r\n$8\r\nk:000042\r\n$3\r\nxxx\r\n", shape},
		{"inside", "GET u:{rand:1}:n", "*2\r\n$3\r\nGET\r\n$5\r\nu:0:n\r\n", shape},
		{"rand_int", "SET a__rand_int__ __data__", "*3\r\n$3\r\nSET\r\n$13\r\na000000000000\r\n$3\r\nxxx\r\n", Shape{ValueSize: 3, RandBelow: 1}},
		{"rand_int off", "SET __rand_int__ 1", "*3\r\n$3\r\nSET\r\n$12\r\n__rand_int__\r\n$1\r\n1\r\n", shape},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tmpl, err := Compile(tt.text, tt.shape)
			if err != nil {
				t.Fatal(err)
			}
			src := newSource(Keys{Count: 1, First: 42}, 0, 1, 1, nil)
			if got := string(tmpl.appendTo(nil, &src)); got != tt.want {
				t.Errorf("Compile(%q) sends %q, want %q", tt.text, got, tt.want)
			}
		})
	}
	for _, bad := range []string{"", "GET {key", "GET {nothing}", "SET a {value:x}", "SET a {rand}", "SET a {num:19}", "MGET {key*0}"} {
		if _, err := Compile(bad, shape); err == nil {
			t.Errorf("Compile(%q) gives no error", bad)
		}
	}
}

func TestNumIsCanonical(t *testing.T) {
	tmpl := MustCompile("{num:3}", Shape{})
	src := newSource(Keys{Count: 1}, 0, 1, 7, nil)
	for range 10000 {
		b := tmpl.appendTo(nil, &src)
		if digits := b[bytes.IndexByte(b, '3')+3:]; digits[0] == '0' || len(digits) != 5 {
			t.Fatalf("sent %q", b)
		}
	}
}

func TestPutDigits(t *testing.T) {
	for _, v := range []uint64{0, 1, 9, 10, 99, 100, 101, 12345, 99999, 123456, 1234567} {
		for width := 1; width <= 8; width++ {
			field := bytes.Repeat([]byte("0"), width)
			putDigits(field, v)
			want := strings.Repeat("0", 8) + strconv.FormatUint(v, 10)
			if want = want[len(want)-width:]; string(field) != want {
				t.Errorf("putDigits(%d, %d) gives %q, want %q", width, v, field, want)
			}
		}
	}
}

// TestScanAnyCut feeds a stream of all reply types cut at every byte, and byte by byte.
func TestScanAnyCut(t *testing.T) {
	stream := strings.Join([]string{
		"+OK\r\n", "-ERR x y\r\n", ":-12\r\n", "$5\r\na\r\nbc\r\n", "$0\r\n\r\n", "$-1\r\n", "*-1\r\n", "_\r\n", "*0\r\n",
		"*3\r\n:1\r\n*2\r\n$1\r\nx\r\n$-1\r\n+z\r\n", "%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n*0\r\n", "~1\r\n,1.5\r\n", "#t\r\n", "(12345678901234567890\r\n",
		"=7\r\ntxt:abc\r\n", "!5\r\nERR z\r\n", "|1\r\n+ttl\r\n:3\r\n$2\r\nhi\r\n", "*1\r\n|1\r\n+k\r\n+v\r\n:9\r\n", ">2\r\n+message\r\n+x\r\n", "*1\r\n>0\r\n",
	}, "")
	const want = 19 // the push at top level answers nothing
	for cut := range len(stream) {
		var s scanner
		a, err1 := s.feed([]byte(stream[:cut]))
		b, err2 := s.feed([]byte(stream[cut:]))
		if err1 != nil || err2 != nil || a+b != want || s.errs != 2 || s.nulls != 4 || s.firstErr != "ERR x y" {
			t.Fatalf("cut at %d: %d+%d replies, want %d; errors %d (%q), nulls %d; %v, %v", cut, a, b, want, s.errs, s.firstErr, s.nulls, err1, err2)
		}
	}
	var s scanner
	n := 0
	for i := range len(stream) {
		k, err := s.feed([]byte{stream[i]})
		if err != nil {
			t.Fatal(err)
		}
		n += k
	}
	if n != want {
		t.Errorf("byte by byte: %d replies, want %d", n, want)
	}
}

func TestScanRefuses(t *testing.T) {
	for _, in := range []string{"x\r\n", "\r\n\r\n", "$x\r\n", "$-2\r\n", "*99999999999999999999\r\n", "+OK\n", strings.Repeat("*1\r\n", 100)} {
		var s scanner
		if _, err := s.feed([]byte(in)); err == nil {
			t.Errorf("feed(%.40q) gives no error", in)
		}
	}
}

func TestZipf(t *testing.T) {
	const n, skew = 1000, 0.99
	keys := Keys{Count: n, Dist: Zipf, Skew: skew}
	ring := newZipfRing(keys, 1)
	seen := map[uint64]int{}
	for _, k := range ring {
		if k >= n {
			t.Fatalf("key %d of %d", k, n)
		}
		seen[k]++
	}
	sum, top := 0.0, 0
	for k := 1; k <= n; k++ {
		sum += math.Pow(float64(k), -skew)
	}
	for _, c := range seen {
		top = max(top, c)
	}
	if want := zipfRing / sum; math.Abs(float64(top)-want) > want/20 {
		t.Errorf("the most popular key came %d times, want about %.0f", top, want)
	}
	if len(seen) != n {
		t.Errorf("%d keys came, want all %d", len(seen), n)
	}
}

func TestSequential(t *testing.T) {
	seen := map[uint64]int{}
	for worker := range uint64(3) {
		s := newSource(Keys{Count: 10, First: 5, Dist: Sequential}, worker, 3, 1, nil)
		for range 10 {
			seen[s.next()]++
		}
	}
	for k := uint64(5); k < 15; k++ {
		if seen[k] != 3 {
			t.Errorf("key %d came %d times, want 3", k, seen[k])
		}
	}
}

func TestAsk(t *testing.T) {
	client, server := net.Pipe()
	go func() {
		b := make([]byte, 100)
		_, _ = server.Read(b)
		_, _ = io.WriteString(server, "*2\r\n$2\r\nab\r\n:7\r\n")
		_, _ = server.Read(b)
		_, _ = io.WriteString(server, "-ERR no\r\n")
	}()
	if got, err := Ask(client, "A"); got != "ab\n7" || err != nil {
		t.Errorf("Ask gives %q, %v", got, err)
	}
	if _, err := Ask(client, "B"); err == nil || err.Error() != "B: ERR no" {
		t.Errorf("Ask gives error %v", err)
	}
}

// TestNoAllocations holds the cost of a request: rendered, counted and recorded without the heap.
func TestNoAllocations(t *testing.T) {
	cfg := Config{Dial: TCP(""), Mix: []Weighted{{MustCompile("SET {key} {value}", Shape{}), 1}}, Pipeline: 16, Keys: Keys{Count: 1000}}
	if err := cfg.normalize(); err != nil {
		t.Fatal(err)
	}
	w := newWorker(&cfg, 0, time.Now(), nil)
	f := &flow{}
	replies := []byte(strings.Repeat("+OK\r\n", 16))
	if n := testing.AllocsPerRun(100, func() {
		w.batch(f, 1)
		f.out = f.out[:0]
		if idle, err := w.got(f, replies, 100); !idle || err != nil {
			t.Fatalf("idle %v, %v", idle, err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a pipeline", n)
	}
}

// FuzzScan: cut anywhere, a stream holds the same replies; nothing makes the scanner panic.
func FuzzScan(f *testing.F) {
	f.Add([]byte("*3\r\n:1\r\n$1\r\nx\r\n+z\r\n-ERR\r\n%1\r\n+a\r\n|1\r\n+k\r\n+v\r\n$-1\r\n"), 7)
	f.Fuzz(func(t *testing.T, stream []byte, cut int) {
		if cut < 0 || cut > len(stream) {
			return
		}
		var whole, parts scanner
		want, werr := whole.feed(stream)
		a, aerr := parts.feed(stream[:cut])
		if aerr != nil {
			if werr == nil {
				t.Fatalf("cut at %d: %v", cut, aerr)
			}
			return
		}
		b, berr := parts.feed(stream[cut:])
		if a+b != want || (berr == nil) != (werr == nil) || parts.errs != whole.errs || parts.nulls != whole.nulls {
			t.Fatalf("cut at %d of %q: %d+%d replies, %v; whole: %d, %v", cut, stream, a, b, berr, want, werr)
		}
	})
}
