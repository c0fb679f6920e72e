// Package client is the other end of the protocol, for tests: it speaks RESP as a client does, and
// keeps the exact bytes of every reply beside their meaning.
//
// It is not for production code. Net/link is the outgoing connection of the server; this one is
// simple, blocking and strict, so that a test may trust what it says about the server's bytes.
package client

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"time"
)

const (
	maxBulk  = 512 << 20 // what a server may send by its own rules
	maxElems = 1 << 26
	maxDepth = 64
	maxLine  = 1 << 20
)

// Conn is a blocking connection to a server. It is for one goroutine.
type Conn struct {
	Timeout time.Duration // bound of each write and of each reply

	nc  net.Conn
	br  *bufio.Reader
	raw []byte // bytes of the reply that is being read
}

// Dial connects to a server; network is "tcp" or "unix".
func Dial(network, addr string, timeout time.Duration) (*Conn, error) {
	nc, err := net.DialTimeout(network, addr, timeout)
	if err != nil {
		return nil, err
	}
	return New(nc, timeout), nil
}

// New makes a connection from an open socket.
func New(nc net.Conn, timeout time.Duration) *Conn {
	return &Conn{Timeout: timeout, nc: nc, br: bufio.NewReaderSize(nc, 16<<10)}
}

// Close closes the socket.
func (c *Conn) Close() error { return c.nc.Close() }

// LocalAddr is the address that the server sees.
func (c *Conn) LocalAddr() string { return c.nc.LocalAddr().String() }

// Write sends bytes as they are.
func (c *Conn) Write(b []byte) error {
	if err := c.nc.SetWriteDeadline(time.Now().Add(c.Timeout)); err != nil {
		return err
	}
	_, err := c.nc.Write(b)
	return err
}

// Do sends one command and reads one reply. An error reply is a Value, not an error.
func (c *Conn) Do(args ...string) (Value, error) {
	if err := c.Write(AppendCommand(nil, args)); err != nil {
		return Value{}, err
	}
	v, _, err := c.Read()
	return v, err
}

// Read reads one reply: its meaning, and its bytes. The bytes are valid until the next Read.
func (c *Conn) Read() (Value, []byte, error) {
	c.raw = c.raw[:0]
	if err := c.nc.SetReadDeadline(time.Now().Add(c.Timeout)); err != nil {
		return Value{}, nil, err
	}
	v, err := c.value(0)
	if err != nil {
		return v, c.raw, err
	}
	return v, c.raw, nil
}

// ReadToEnd tells the server that nothing more will be sent, and reads until it closes the connection.
func (c *Conn) ReadToEnd() ([]byte, error) {
	half, ok := c.nc.(interface{ CloseWrite() error })
	if !ok {
		return nil, errors.New("the socket can't be closed by halves")
	}
	if err := half.CloseWrite(); err != nil {
		return nil, err
	}
	if err := c.nc.SetReadDeadline(time.Now().Add(c.Timeout)); err != nil {
		return nil, err
	}
	return io.ReadAll(c.br)
}

// Closed reports whether an error of Read or Write means that the server ended the connection.
func Closed(err error) bool {
	return err != nil && !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, errBad)
}

var errBad = errors.New("malformed reply")

func bad(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errBad, fmt.Sprintf(format, args...))
}

func (c *Conn) line() (string, error) {
	start := len(c.raw)
	for {
		part, err := c.br.ReadSlice('\n')
		c.raw = append(c.raw, part...)
		if err == nil {
			break
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return "", err
		}
		if len(c.raw)-start > maxLine {
			return "", bad("a line of more than %d bytes", maxLine)
		}
	}
	text := c.raw[start:]
	if len(text) < 2 || text[len(text)-2] != '\r' {
		return "", bad("line %q doesn't end with CRLF", text)
	}
	return string(text[:len(text)-2]), nil
}

func (c *Conn) size(s string, limit int) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < -1 || n > limit {
		return 0, bad("length %q", s)
	}
	return n, nil
}

func (c *Conn) value(depth int) (Value, error) {
	if depth > maxDepth {
		return Value{}, bad("nested deeper than %d", maxDepth)
	}
	line, err := c.line()
	if err != nil {
		return Value{}, err
	}
	if line == "" {
		return Value{}, bad("empty line where a type was expected")
	}
	v := Value{Kind: Kind(line[0]), Text: line[1:]}
	switch v.Kind {
	case Status, Error, Int, Double, BigNumber, Bool:
		return v, nil
	case Null:
		if v.Text != "" {
			return v, bad("null with a payload %q", v.Text)
		}
		return v, nil
	case Bulk, Verbatim, BulkError:
		return c.bulk(v)
	case Array, Map, Set, Push, Attribute:
		return c.elems(v, depth)
	}
	return v, bad("type %q", line)
}

func (c *Conn) bulk(v Value) (Value, error) {
	n, err := c.size(v.Text, maxBulk)
	if err != nil {
		return v, err
	}
	v.Text = ""
	if n < 0 {
		v.Nil = true
		return v, nil
	}
	start := len(c.raw)
	c.raw = append(c.raw, make([]byte, n+2)...)
	if _, err := io.ReadFull(c.br, c.raw[start:]); err != nil {
		return v, err
	}
	if string(c.raw[start+n:]) != "\r\n" {
		return v, bad("bulk of %d bytes isn't followed by CRLF", n)
	}
	v.Text = string(c.raw[start : start+n])
	return v, nil
}

func (c *Conn) elems(v Value, depth int) (Value, error) {
	n, err := c.size(v.Text, maxElems)
	if err != nil {
		return v, err
	}
	v.Text = ""
	if n < 0 {
		v.Nil = true
		return v, nil
	}
	if v.Kind == Map || v.Kind == Attribute {
		n *= 2
	}
	for range n {
		e, err := c.value(depth + 1)
		if err != nil {
			return v, err
		}
		v.Elems = append(v.Elems, e)
	}
	if v.Kind == Attribute { // the reply that it describes follows
		e, err := c.value(depth + 1)
		if err != nil {
			return v, err
		}
		v.Elems = append(v.Elems, e)
	}
	return v, nil
}

// AppendCommand appends a request in RESP form.
func AppendCommand(dst []byte, args []string) []byte {
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
