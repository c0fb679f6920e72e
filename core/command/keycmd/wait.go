package keycmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

const (
	errRange01 command.Error = "ERR value is out of range, value must between 0 and 1"
	errNoAOF   command.Error = "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled."
)

// wait answers at once when no replica is asked for. There are none that could
// confirm anything: the rest waits for its timeout.
func wait(c *command.Call) error {
	replicas, ok := command.ParseInt(c.Args[1])
	if !ok {
		return command.ErrNotInt
	}
	until, err := command.ParseTimeout(c, c.Args[2], true)
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

// waitaof waits until the session's writes are in the append-only file, on disk. There are no replicas that could have them too.
func (g *group) waitaof(c *command.Call) error {
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
	until, err := command.ParseTimeout(c, c.Args[3], true)
	if err != nil {
		return err
	}
	isOn := func() bool { return g.file != nil && g.file.IsOn() }
	if local > 0 && !isOn() {
		return errNoAOF
	}
	wrote := c.Session.Wrote
	isWritten := func() bool { return isOn() && g.file.Durable() >= wrote }
	reply := func(w *resp.Writer) {
		written := int64(0)
		switch {
		case isWritten():
			written = 1
		case local > 0 && !isOn():
			w.Error(errNoAOF.Error())
			return
		}
		w.Array(2)
		w.Int(written)
		w.Int(0)
	}
	if replicas == 0 && (local == 0 || isWritten()) || c.InExec {
		reply(c.W) // which is a script's, if one asks
		return nil
	}
	c.Session.Block = session.Block{UntilMs: until, Timeout: func(s *session.Session) { reply(&s.W) }}
	if replicas == 0 {
		c.Session.Block.IsOver = func() bool { return !isOn() || isWritten() }
	}
	return command.Parked
}
