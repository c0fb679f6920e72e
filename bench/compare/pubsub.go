package main

import (
	"fmt"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sleipnirdb/sleipnir/bench/load"
)

// pubsubPart asks what a message costs the server for each of its subscribers: with one publisher that waits for each reply, and with one
// that sends so many at a time. Both ways all that is published has to be delivered, so the work is the same for both servers.

const (
	pubsubSubscribers = 1000
	pubsubPayload     = 64
	pubsubPatience    = 30 * time.Second // until everything is delivered
)

// published is what one window showed of one server.
type published struct {
	cpuMicros float64 // per delivered message
	perSecond float64 // delivered
}

func pubsubPart(o *options) ([]row, error) {
	var rows []row
	for _, at := range []int{1, 16, 64} {
		var got [2][]published
		for round := range o.rounds {
			for k := range 2 {
				i := (round + k) & 1
				p, err := o.publish(o.sides()[i], at)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", o.sides()[i].name, err)
				}
				got[i] = append(got[i], p)
			}
		}
		fmt.Fprintf(os.Stderr, "pubsub: %d at a time\n", at)
		how := fmt.Sprintf("%d at a time", at)
		if at == 1 {
			how = "one at a time"
		}
		rows = append(rows,
			perRound(got, fmt.Sprintf("CPU per message delivered to %d subscribers, published %s", pubsubSubscribers, how), "µs", ratioAtMost(0.8),
				func(p published) float64 { return p.cpuMicros }),
			perRound(got, "… delivered", "1000/s", nil, func(p published) float64 { return p.perSecond / 1e3 }))
	}
	return rows, nil
}

// publish measures one server for one window.
func (o *options) publish(side side, at int) (published, error) {
	s, err := side.start()
	if err != nil {
		return published{}, err
	}
	defer s.Stop()
	var received atomic.Int64
	for range pubsubSubscribers {
		c, err := subscriber(s.Addr, &received)
		if err != nil {
			return published{}, err
		}
		defer func() { _ = c.Close() }()
	}
	pub, err := net.Dial("tcp", s.Addr)
	if err != nil {
		return published{}, err
	}
	defer func() { _ = pub.Close() }()
	payload := strings.Repeat("x", pubsubPayload)
	frame := len(load.AppendCommand(nil, "message", "news", payload))
	batch := []byte{}
	for range at {
		batch = load.AppendCommand(batch, "PUBLISH", "news", payload)
	}
	reply := make([]byte, at*len(fmt.Sprintf(":%d\r\n", pubsubSubscribers)))
	send := func() error {
		if _, err := pub.Write(batch); err != nil {
			return err
		}
		return readFull(pub, reply)
	}
	// Everything that is sent before the window is delivered before it, too.
	base := received.Load()
	if err := send(); err != nil {
		return published{}, err
	}
	if err := await(&received, base+int64(at*pubsubSubscribers*frame)); err != nil {
		return published{}, err
	}
	base = received.Load()
	cpu, err := s.CPU()
	if err != nil {
		return published{}, err
	}
	start, sent := time.Now(), 0
	for time.Since(start) < o.window {
		if err := send(); err != nil {
			return published{}, err
		}
		sent += at
	}
	if err := await(&received, base+int64(sent*pubsubSubscribers*frame)); err != nil {
		return published{}, err
	}
	took := time.Since(start)
	after, err := s.CPU()
	delivered := float64(sent * pubsubSubscribers)
	return published{cpuMicros: (after - cpu).Seconds() * 1e6 / delivered, perSecond: delivered / took.Seconds()}, err
}

// subscriber opens a connection that reads what comes, and counts its bytes but those of the confirmation.
func subscriber(addr string, received *atomic.Int64) (net.Conn, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	confirmation := make([]byte, len("*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n"))
	if _, err = c.Write(load.AppendCommand(nil, "SUBSCRIBE", "news")); err == nil {
		err = readFull(c, confirmation)
	}
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	go func() {
		buf := make([]byte, 16<<10)
		for {
			n, err := c.Read(buf)
			received.Add(int64(n))
			if err != nil {
				return
			}
		}
	}()
	return c, nil
}

func readFull(c net.Conn, b []byte) error {
	for len(b) > 0 {
		n, err := c.Read(b)
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// await waits until so many bytes have been received.
func await(received *atomic.Int64, want int64) error {
	deadline := time.Now().Add(pubsubPatience)
	for received.Load() < want {
		if time.Now().After(deadline) {
			return fmt.Errorf("%d bytes of %d were delivered", received.Load(), want)
		}
		time.Sleep(time.Millisecond)
	}
	return nil
}
