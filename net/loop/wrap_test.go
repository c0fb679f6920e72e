package loop

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/net/transport"
)

// secret stands for a transport that isn't the kernel's: it changes the bytes, has buffers of its own on both sides,
// and can't tell when nothing is left.
type secret struct {
	transport.Conn
	in, out []byte
}

const secretKey = 0x55

func (s *secret) Read(p []byte) (int, error) {
	if err := s.push(); err != nil {
		return 0, err
	}
	if len(s.in) == 0 {
		var b [1000]byte
		n, err := s.Conn.Read(b[:])
		if err != nil {
			return 0, err
		}
		s.in = append(s.in, b[:n]...)
	}
	n := copy(p[:min(len(p), 333)], s.in)
	s.in = s.in[n:]
	for i := range p[:n] {
		p[i] ^= secretKey
	}
	return n, nil
}

func (s *secret) Write(p []byte) (int, error) {
	for i, b := range p {
		if len(s.out) >= 1000 {
			if err := s.push(); err != nil {
				return i, err
			}
			if len(s.out) >= 1000 {
				return i, transport.ErrAgain
			}
		}
		s.out = append(s.out, b^secretKey)
	}
	return len(p), s.push()
}

// push sends what Write took. Bytes that it can't send wait for the next event.
func (s *secret) push() error {
	if len(s.out) == 0 {
		return nil
	}
	n, err := s.Conn.Write(s.out)
	s.out = s.out[:copy(s.out, s.out[n:])]
	if err == transport.ErrAgain { //nolint:errorlint // never wrapped
		return nil
	}
	return err
}

type secretClient struct{ io.ReadWriter }

func (c secretClient) Read(p []byte) (int, error) {
	n, err := c.ReadWriter.Read(p)
	for i := range p[:n] {
		p[i] ^= secretKey
	}
	return n, err
}

func (c secretClient) Write(p []byte) (int, error) {
	b := make([]byte, len(p))
	for i := range p {
		b[i] = p[i] ^ secretKey
	}
	return c.ReadWriter.Write(b)
}

// A transport around the socket works as the socket does.
func TestWrappedTransport(t *testing.T) {
	engines(t, func(t *testing.T, engine string) {
		s := newLineServer(t)
		s.onOpen = func(c *Conn) { // accepted by the second listener
			if _, ok := c.Transport().(*secret); !ok || c.Listener().Tag() != "secret" {
				t.Errorf("transport %T, tag %v", c.Transport(), c.Listener().Tag())
			}
		}
		g, _ := running(t, Config{Engine: engine, Loops: 2}, s)
		ln, err := g.Listen("tcp4", "127.0.0.1:0", ListenOptions{
			Tag:  "secret",
			Wrap: func(c transport.Conn) transport.Conn { return &secret{Conn: c} },
		})
		if err != nil {
			t.Fatal(err)
		}
		c := dial(t, "tcp", ln.Addr())
		sc := secretClient{c.Conn}
		c.r.Reset(sc)
		const size = 3 << 20
		go func() {
			_, err := fmt.Fprintf(sc, "PING\n%sBIG %d\nPARK p\nLEN 100000\n%s", strings.Repeat("ECHO e\n", 1000), size, strings.Repeat("\x01", 100000))
			if err != nil {
				t.Error(err)
			}
		}()
		c.want("PONG")
		for range 1000 {
			c.want("e")
		}
		c.want(strings.Repeat("x", size), "p", "100000")
		if _, err := io.WriteString(sc, "QUIT\n"); err != nil {
			t.Fatal(err)
		}
		c.want("BYE")
	})
}
