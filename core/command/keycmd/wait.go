package keycmd

import (
	"math"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/session"
)

const (
	errTimeoutRange command.Error = "ERR timeout is out of range"
	errRange01      command.Error = "ERR value is out of range, value must between 0 and 1"
	errNoAOF        command.Error = "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled."
)

// deadline reads a timeout in ms: the unix time of its end, 0 for none.
func deadline(c *command.Call, arg []byte) (int64, error) {
	ms, ok := command.ParseInt(arg)
	switch {
	case !ok:
		return 0, command.ErrTimeoutNotInt
	case ms < 0:
		return 0, command.ErrTimeoutNeg
	case ms == 0:
		return 0, nil
	case ms > math.MaxInt64-c.Now:
		return 0, errTimeoutRange
	}
	return c.Now + ms, nil
}

// wait answers at once when no replica is asked for. There are none that could
// confirm anything: the rest waits for its timeout.
func wait(c *command.Call) error {
	replicas, ok := command.ParseInt(c.Args[1])
	if !ok {
		return command.ErrNotInt
	}
	until, err := deadline(c, c.Args[2])
	if err != nil {
		return err
	}
	if replicas <= 0 || c.InExec {
		c.W.Int(0)
		return nil
	}
	c.Session.Block = session.Block{UntilMs: until, Timeout: func(s *session.Session) { s.W.Int(0) }}
	return command.Parked
}

func waitaof(c *command.Call) error {
	local, ok := command.ParseInt(c.Args[1])
	if !ok {
		return command.ErrNotInt
	}
	if local < 0 || local > 1 {
		return errRange01
	}
	replicas, ok := command.ParseInt(c.Args[2])
	if !ok || replicas < 0 {
		return command.ErrNotPositive
	}
	until, err := deadline(c, c.Args[3])
	if err != nil {
		return err
	}
	if local > 0 {
		return errNoAOF
	}
	reply := func(s *session.Session) {
		s.W.Array(2)
		s.W.Int(0)
		s.W.Int(0)
	}
	if replicas == 0 || c.InExec {
		reply(c.Session)
		return nil
	}
	c.Session.Block = session.Block{UntilMs: until, Timeout: reply}
	return command.Parked
}
