// Package differential feeds the same commands to two servers and compares their replies byte by byte.
//
// One server is the reference (redis-server 7.0), the other is Sleipnir. What is fed:
//
//   - scripts: testdata/*.txt, one command a line (see script.go for the form), each in RESP2 and RESP3;
//   - random streams: commands drawn from the argument grammar in grammar_*.go by a seed that is printed;
//   - bytes that the fuzzer invents and that the same grammar turns into commands.
//
// After a stream the whole content of both servers is compared too. A difference is shrunk to the
// shortest stream that still shows it and printed in the form of a script, ready to be kept as one.
//
// A difference that is wanted (a newer Valkey answers otherwise than the reference) stands in a script as
// !only-valkey with the reply that is right, and in docs/compat.md with the reason.
//
// The variables SLEIPNIR_SUBJECT and SLEIPNIR_REFERENCE name other binaries to compare.
package differential

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/sleipnirdb/sleipnir/internal/client"
)

// replyLimit bounds the wait for one reply.
const replyLimit = 20 * time.Second

// Side is one of the two servers, with the connections that the current stream holds to it.
type Side struct {
	Name string
	Addr string

	proto int
	conns map[string]*client.Conn
	vars  map[string]string // what !let remembered
	cut   *rand.Rand        // where requests are cut on their way; nil sends them whole
}

// Pair is the two servers under comparison.
type Pair struct {
	Reference, Subject *Side
}

// NewPair names the addresses of two servers.
func NewPair(reference, subject string) *Pair {
	return &Pair{
		Reference: &Side{Name: "reference", Addr: reference},
		Subject:   &Side{Name: "sleipnir", Addr: subject},
	}
}

func (p *Pair) sides() []*Side { return []*Side{p.Reference, p.Subject} }

// Reset begins a stream: no connections, no data, protocol 2 or 3.
func (p *Pair) Reset(proto int) error {
	for _, s := range p.sides() {
		if err := s.reset(proto); err != nil {
			return fmt.Errorf("reset %s: %w", s.Name, err)
		}
	}
	return nil
}

func (s *Side) reset(proto int) error {
	for _, c := range s.conns {
		_ = c.Close() // it may be closed by the other side
	}
	s.conns, s.vars, s.proto = map[string]*client.Conn{}, map[string]string{}, proto
	c, err := client.Dial("tcp", s.Addr, replyLimit)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	v, err := c.Do("FLUSHALL")
	if err != nil {
		return err
	}
	if v.IsError() && !strings.HasPrefix(v.Text, "NOAUTH") {
		return fmt.Errorf("FLUSHALL: %s", v)
	}
	return nil
}

// conn is the named connection; the first use opens it.
func (s *Side) conn(name string) (*client.Conn, error) {
	if c := s.conns[name]; c != nil {
		return c, nil
	}
	c, err := client.Dial("tcp", s.Addr, replyLimit)
	if err != nil {
		return nil, err
	}
	if s.proto == 3 {
		if _, err := c.Do("HELLO", "3"); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	s.conns[name] = c
	return c, nil
}

func (s *Side) drop(name string) {
	if c := s.conns[name]; c != nil {
		_ = c.Close() // the server closed it
		delete(s.conns, name)
	}
}

// Outcome is what one step brought on one side.
type Outcome struct {
	Raw    string
	Value  client.Value
	Closed bool  // the server ended the connection instead
	Err    error // no reply in time, or one that is malformed
	Sent   bool  // false: the step isn't for this side
}

func (o Outcome) String() string {
	switch {
	case !o.Sent:
		return "(not sent)"
	case o.Closed:
		return "(connection closed)"
	case o.Err != nil:
		return fmt.Sprintf("(%v; so far %q)", o.Err, clip(o.Raw))
	case o.Raw == "":
		return "(nothing)"
	case o.Value.Kind == 0:
		return clip(client.Quote(o.Raw))
	}
	return clip(o.Value.String())
}

// clip keeps a report readable.
func clip(s string) string {
	const most = 600
	if len(s) <= most {
		return s
	}
	return fmt.Sprintf("%s … (%d bytes)", s[:most], len(s))
}

// run sends the steps, which are all for one connection, in one pipeline and reads their replies.
func (s *Side) run(steps []Step) []Outcome {
	outs := make([]Outcome, len(steps))
	c, err := s.conn(steps[0].Conn)
	if err != nil {
		return fill(outs, Outcome{Sent: true, Err: err})
	}
	var buf []byte
	for i := range steps {
		if steps[i].isFor(s) {
			buf = steps[i].appendRequest(buf, s.vars)
			outs[i].Sent = true
		}
	}
	if err := s.write(c, buf); err != nil && !client.Closed(err) {
		return fill(outs, Outcome{Sent: true, Err: err})
	}
	for i := range steps {
		if outs[i].Sent {
			s.read(c, &steps[i], &outs[i])
		}
		if outs[i].Closed || outs[i].Err != nil {
			s.drop(steps[0].Conn)
			fill(outs[i+1:], Outcome{Sent: true, Closed: true})
			break
		}
	}
	return outs
}

func fill(outs []Outcome, o Outcome) []Outcome {
	for i := range outs {
		outs[i] = o
	}
	return outs
}

// write sends a request, in several pieces if the stream wants that.
func (s *Side) write(c *client.Conn, buf []byte) error {
	for s.cut != nil && len(buf) > 1 && s.cut.IntN(4) == 0 {
		n := 1 + s.cut.IntN(len(buf)-1)
		if err := c.Write(buf[:n]); err != nil {
			return err
		}
		buf = buf[n:]
	}
	if len(buf) == 0 {
		return nil
	}
	return c.Write(buf)
}

func (s *Side) read(c *client.Conn, step *Step, o *Outcome) {
	switch step.Mode {
	case NoReply:
		return
	case ToTheEnd:
		all, err := c.ReadToEnd()
		o.Raw, o.Err = string(all), err
		s.drop(step.Conn)
		return
	default:
	}
	var raw strings.Builder
	for left := max(step.Pushes, 1); left > 0; left-- {
		v, b, err := c.Read()
		raw.Write(b)
		o.Value, o.Raw = v, raw.String()
		if err != nil {
			if o.Closed = client.Closed(err); !o.Closed {
				o.Err = err
			}
			return
		}
	}
	if step.Let != "" {
		s.vars[step.Let] = o.Value.Text
	}
}
