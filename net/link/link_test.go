package link

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"
)

// serve takes connections, one after another, and answers each with what is written there.
func serve(t *testing.T, answer func(nc net.Conn)) (host, port string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			answer(nc)
			_ = nc.Close()
		}
	}()
	host, port, _ = net.SplitHostPort(l.Addr().String())
	return host, port
}

func TestLine(t *testing.T) {
	for _, tt := range []struct {
		name, sent, want string
		err              bool
	}{
		{"status", "+OK\r\n", "+OK", false},
		{"error", "-ERR no\r\n", "-ERR no", false},
		{"number", ":12\r\n", ":12", false},
		{"bulk", "$2\r\nab\r\n", "", true},
		{"without return", "+OK\n", "", true},
		{"empty", "\r\n", "", true},
		{"cut", "+OK", "", true},
		{"endless", "+" + string(bytes.Repeat([]byte{'a'}, 2*lineBytes)), "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			host, port := serve(t, func(nc net.Conn) { _, _ = io.WriteString(nc, tt.sent) })
			c, err := Dial(host, port, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			got, err := c.Line(time.Minute)
			if string(got) != tt.want || (err != nil) != tt.err {
				t.Errorf("%q %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestSilence(t *testing.T) {
	done := make(chan struct{})
	defer close(done)
	host, port := serve(t, func(net.Conn) { <-done })
	c, err := Dial(host, port, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Line(time.Millisecond); !TimedOut(err) {
		t.Errorf("a reply that doesn't come: %v", err)
	}
	if err := c.Send(make([]byte, 64<<20), 10*time.Millisecond); !TimedOut(err) {
		t.Errorf("what nobody reads: %v", err)
	}
}

func TestPool(t *testing.T) {
	host, port := serve(t, func(nc net.Conn) { _, _ = io.Copy(nc, nc) })
	var p Pool
	c, isUsed, err := p.Take(host, port, time.Minute)
	if err != nil || isUsed {
		t.Fatal(isUsed, err)
	}
	p.Put(host, port, c)
	again, isUsed, err := p.Take(host, port, time.Minute)
	if err != nil || !isUsed || again != c {
		t.Fatal("the connection wasn't kept", err)
	}
	if err := c.Send([]byte("+PING\r\n"), time.Minute); err != nil {
		t.Fatal(err)
	}
	if line, err := c.Line(time.Minute); string(line) != "+PING" {
		t.Fatal(string(line), err)
	}
	c.usedAt = time.Now().Add(-2 * poolTime)
	p.idle[net.JoinHostPort(host, port)] = c
	if p.take("other"); len(p.idle) != 0 {
		t.Error("an old connection was kept")
	}
}
