package load

import (
	"bufio"
	"fmt"
	"net"
	"strconv"
	"time"
)

// Dialer opens one connection to the server. This is the seam at which transports join: TCP and unix are
// below; TLS and RDMA are Dialers that return their own net.Conn.
type Dialer func() (net.Conn, error)

const dialTimeout = 5 * time.Second

// TCP dials host:port.
func TCP(addr string) Dialer {
	return func() (net.Conn, error) { return net.DialTimeout("tcp", addr, dialTimeout) }
}

// Unix dials a unix socket by its path.
func Unix(path string) Dialer {
	return func() (net.Conn, error) { return net.DialTimeout("unix", path, dialTimeout) }
}

// AppendCommand appends a request in RESP's array form.
func AppendCommand(dst []byte, args ...string) []byte {
	dst = append(dst, '*')
	dst = strconv.AppendInt(dst, int64(len(args)), 10)
	dst = append(dst, '\r', '\n')
	for _, a := range args {
		dst = append(dst, '$')
		dst = strconv.AppendInt(dst, int64(len(a)), 10)
		dst = append(dst, '\r', '\n')
		dst = append(dst, a...)
		dst = append(dst, '\r', '\n')
	}
	return dst
}

// Ask runs one command on c, which must have no other request in flight, and returns the reply's text: the
// payload of a bulk or simple string, an integer's digits, elements of an aggregate one a line. An error
// reply is an error. It serves set-up and INFO; it is not fast.
func Ask(c net.Conn, args ...string) (string, error) {
	if _, err := c.Write(AppendCommand(nil, args...)); err != nil {
		return "", fmt.Errorf("send %s: %w", args[0], err)
	}
	s, err := readReply(bufio.NewReader(c))
	if err != nil {
		return "", fmt.Errorf("%s: %w", args[0], err)
	}
	return s, nil
}

func readReply(r *bufio.Reader) (string, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return "", err
	}
	if len(line) < 3 {
		return "", fmt.Errorf("reply line %q is too short", line)
	}
	body := line[1 : len(line)-2]
	switch line[0] {
	case '-':
		return "", ReplyError(body)
	case '$', '=', '!':
		n, err := strconv.Atoi(body)
		if err != nil || n > 1<<29 {
			return "", fmt.Errorf("bad bulk length %q", body)
		}
		if n < 0 {
			return "", nil
		}
		return readBulk(r, n, line[0])
	case '*', '%', '~', '>':
		n, err := strconv.Atoi(body)
		if err != nil {
			return "", fmt.Errorf("bad aggregate length %q", body)
		}
		if line[0] == '%' {
			n *= 2
		}
		return readAggregate(r, n)
	}
	return body, nil
}

func readBulk(r *bufio.Reader, n int, kind byte) (string, error) {
	b := make([]byte, n+2)
	for got := 0; got < len(b); {
		k, err := r.Read(b[got:])
		if err != nil {
			return "", err
		}
		got += k
	}
	if kind == '!' {
		return "", ReplyError(b[:n])
	}
	return string(b[:n]), nil
}

func readAggregate(r *bufio.Reader, n int) (string, error) {
	var all []byte
	for i := range n {
		s, err := readReply(r)
		if err != nil {
			return "", err
		}
		if i > 0 {
			all = append(all, '\n')
		}
		all = append(all, s...)
	}
	return string(all), nil
}

// ReplyError is an error reply's text.
type ReplyError string

func (e ReplyError) Error() string { return string(e) }

func open(cfg *Config) (net.Conn, error) {
	c, err := cfg.Dial()
	if err != nil {
		return nil, err
	}
	for _, args := range cfg.Setup {
		if _, err := Ask(c, args...); err != nil {
			_ = c.Close()
			return nil, fmt.Errorf("set up connection: %w", err)
		}
	}
	return c, nil
}
