// Package link is an outgoing connection to another server that speaks the
// protocol: bytes are sent as they are, replies of one line are read. It waits, so it is
// for ordinary goroutines only.
package link

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

// lineBytes bounds a reply, and is the size of the buffer that it is read through.
const lineBytes = 4 << 10

// chunkBytes is how much is written under one deadline.
const chunkBytes = 64 << 10

// ErrProtocol says that what came is no reply of one line.
var ErrProtocol = errors.New("link: not a reply of one line")

// Conn is a connection. One goroutine at a time.
type Conn struct {
	// DB is the database that the other end has selected for it, below 0 where that isn't known.
	DB int64

	nc     net.Conn
	in     *bufio.Reader
	usedAt time.Time // when it was given back to its pool
}

// Dial connects to a TCP address.
func Dial(host, port string, limit time.Duration) (*Conn, error) {
	nc, err := net.DialTimeout("tcp", net.JoinHostPort(host, port), limit)
	if err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	return &Conn{DB: -1, nc: nc, in: bufio.NewReaderSize(nc, lineBytes)}, nil
}

// Close ends the connection.
func (c *Conn) Close() { _ = c.nc.Close() }

// Send writes all of b. Each part of 64 KiB has to be through within the limit.
func (c *Conn) Send(b []byte, limit time.Duration) error {
	for len(b) > 0 {
		n := min(len(b), chunkBytes)
		if err := c.nc.SetWriteDeadline(time.Now().Add(limit)); err != nil {
			return fmt.Errorf("link: %w", err)
		}
		if _, err := c.nc.Write(b[:n]); err != nil {
			return fmt.Errorf("link: %w", err)
		}
		b = b[n:]
	}
	return nil
}

// Line reads one reply of one line, without its end: "+OK", "-ERR …", ":1". It lasts until the next call.
func (c *Conn) Line(limit time.Duration) ([]byte, error) {
	if err := c.nc.SetReadDeadline(time.Now().Add(limit)); err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	n := len(line)
	if n < 3 || line[n-2] != '\r' || (line[0] != '+' && line[0] != '-' && line[0] != ':') {
		return nil, ErrProtocol
	}
	return line[:n-2], nil
}

// TimedOut tells whether an error is that of a limit that has run out.
func TimedOut(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// Pool keeps connections for those who come next. Any goroutine.
type Pool struct {
	mu   sync.Mutex // guards idle; a leaf
	idle map[string]*Conn
}

// Bounds of a pool.
const (
	poolSize = 64               // addresses
	poolTime = 10 * time.Second // for which a connection waits unused
)

// Take returns a connection to an address, and whether it has been used before: then the other end may have closed it meanwhile.
func (p *Pool) Take(host, port string, limit time.Duration) (c *Conn, isUsed bool, err error) {
	if c := p.take(net.JoinHostPort(host, port)); c != nil {
		return c, true, nil
	}
	c, err = Dial(host, port, limit)
	return c, false, err
}

func (p *Pool) take(address string) *Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expire()
	c := p.idle[address]
	delete(p.idle, address)
	return c
}

// Put gives a connection back on which nothing is under way. The caller doesn't use it any more.
func (p *Pool) Put(host, port string, c *Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expire()
	address := net.JoinHostPort(host, port)
	if len(p.idle) >= poolSize || p.idle[address] != nil {
		c.Close()
		return
	}
	if p.idle == nil {
		p.idle = make(map[string]*Conn)
	}
	c.usedAt = time.Now()
	p.idle[address] = c
}

// expire closes what has waited for long. mu is held.
func (p *Pool) expire() {
	for address, c := range p.idle {
		if time.Since(c.usedAt) > poolTime {
			c.Close()
			delete(p.idle, address)
		}
	}
}
