// Package load generates load for a RESP server and says honestly how the server bore it.
//
// # What makes its figures honest
//
// Open loop: with a Rate, every request has an intended send time on a fixed grid that the server cannot
// move. Latency counts from that time, so a server that stalls for a second is charged with the whole queue
// that a second of traffic builds, not with one slow request (the fault known as coordinated omission). What
// the generator itself adds, because it woke late, is measured apart as Lateness; requests that are still
// unanswered when a window ends are counted with the age they have reached.
//
// Closed loop: without a Rate, each connection sends a pipeline, waits for all its replies, sends the next.
// That measures throughput and CPU per command; its latencies only describe a saturated server.
//
// # What makes it cheap
//
// Generator and server often share a machine, so each cycle spent here is one that the server cannot
// have. A worker is one OS thread with its own epoll set; it renders requests by copying a template and
// patching digits in place, writes a pipeline with one call, counts replies in a scanner that never copies, and records into
// its own HDR histogram. Nothing is allocated per request.
//
// Connections that are not plain sockets (TLS, RDMA: anything a Dialer returns that has no file
// descriptor to read from directly) are driven by a goroutine each, through net.Conn. The rest is the same code.
package load

import (
	"errors"
	"fmt"
	"time"
)

// Config says what load to make. The zero values of the optional fields are the usual ones.
type Config struct {
	Dial      Dialer        // where to
	Setup     [][]string    // commands run on each connection before it joins: AUTH, HELLO, SELECT
	Mix       []Weighted    // what to send
	Keys      Keys          // which keys
	Conns     int           // connections, default 50
	Threads   int           // workers, default 1
	Pipeline  int           // requests in flight per connection in a closed loop, default 1
	Rate      float64       // requests per second over all connections; 0 = closed loop
	Poisson   bool          // open loop: exponential intervals instead of equal ones
	Requests  int64         // stop after so many; 0 = until Stop
	Seed      uint64        // of all randomness
	Nice      int           // priority of the worker threads, where the system permits; 0 = leave
	Timeout   time.Duration // no reply for so long while some are due is an error, default 60 s
	Goroutine bool          // drive plain sockets by goroutines too (to test that engine)
}

// Weighted is a template and its share of the requests.
type Weighted struct {
	Template *Template
	Weight   int
}

// maxConns bounds what a wrong flag can do.
const maxConns = 1 << 20

func (c *Config) normalize() error {
	if c.Dial == nil {
		return errors.New("load: no Dialer")
	}
	if len(c.Mix) == 0 {
		return errors.New("load: nothing to send")
	}
	for i := range c.Mix {
		if c.Mix[i].Template == nil {
			return fmt.Errorf("load: request %d of the mix has no template", i)
		}
		if c.Mix[i].Weight <= 0 {
			c.Mix[i].Weight = 1
		}
	}
	if c.Conns <= 0 {
		c.Conns = 50
	}
	if c.Conns > maxConns {
		return fmt.Errorf("load: %d connections, the limit is %d", c.Conns, maxConns)
	}
	if c.Threads <= 0 {
		c.Threads = 1
	}
	c.Threads = min(c.Threads, c.Conns)
	if c.Pipeline <= 0 {
		c.Pipeline = 1
	}
	if c.Keys.Count == 0 {
		c.Keys.Count = 1
	}
	if c.Timeout <= 0 {
		c.Timeout = time.Minute
	}
	return c.Keys.check()
}
