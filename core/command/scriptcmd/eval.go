package scriptcmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/script"
)

const (
	errNoScript command.Error = "NOSCRIPT No matching script."
	errKeyCount command.Error = "ERR Bad number of keys provided"
	errManyKeys command.Error = "ERR Number of keys can't be greater than number of args"
	errFewKeys  command.Error = "ERR Number of keys can't be negative"
	errNoSuch   command.Error = "ERR Function not found"
	errReadOnly command.Error = "ERR Can not execute a script with write flag using *_ro command."
)

// firstKey is the position of the first key.
const firstKey = 3

// keyCount reads how many of the arguments are keys. notInt is the error for what is no number.
func keyCount(args [][]byte, notInt error) (int, error) {
	n, ok := command.ParseInt(args[2])
	switch {
	case !ok:
		return 0, notInt
	case n > int64(len(args)-firstKey):
		return 0, errManyKeys
	case n < 0:
		return 0, errFewKeys
	}
	return int(n), nil
}

// routeEval is the route of EVAL. It compiles a script that is new, before there are any leases.
func (g *group) routeEval(c *command.Call, m *partition.Mask) {
	if n, err := keyCount(c.Args, command.ErrNotInt); err == nil {
		if s, err := g.engine.Load(c.Args[1], false); err == nil {
			script.Route(s.IsProved, c.Args[firstKey:firstKey+n], c, m)
		}
	}
}

func (g *group) routeEvalsha(c *command.Call, m *partition.Mask) {
	if n, err := keyCount(c.Args, command.ErrNotInt); err == nil {
		if s := g.engine.Scripts.Find(c.Args[1]); s != nil {
			script.Route(s.IsProved, c.Args[firstKey:firstKey+n], c, m)
		}
	}
}

func (g *group) routeFcall(c *command.Call, m *partition.Mask) {
	if n, err := keyCount(c.Args, command.ErrNotInt); err == nil {
		if f := g.engine.Libraries().Function(c.Args[1]); f != nil {
			script.Route(f.Library.IsProved, c.Args[firstKey:firstKey+n], c, m)
		}
	}
}

// flagsOf makes the function that tells a call's flags of one that finds those of its script.
func (g *group) flagsOf(row command.Flags, find func(arg []byte) script.Flags) func(args [][]byte) command.Flags {
	return func(args [][]byte) command.Flags { return find(args[1]).Of(row) }
}

func (g *group) flagsOfBody(body []byte) script.Flags {
	if s := g.engine.Scripts.FindBody(body); s != nil {
		return s.Flags
	}
	return script.FlagsOf(body)
}

func (g *group) flagsOfHash(hash []byte) script.Flags {
	if s := g.engine.Scripts.Find(hash); s != nil {
		return s.Flags
	}
	return script.Compat
}

func (g *group) flagsOfFunction(name []byte) script.Flags {
	if f := g.engine.Libraries().Function(name); f != nil {
		return f.Flags
	}
	return script.Compat
}

// eval is EVAL and EVAL_RO.
func (g *group) eval(c *command.Call) error {
	if c.Resumed {
		return script.Resume(c)
	}
	n, err := keyCount(c.Args, command.ErrNotInt)
	if err != nil {
		return err
	}
	s, err := g.engine.Load(c.Args[1], false)
	if err != nil {
		return err
	}
	return g.runScript(c, s, n)
}

// evalsha is EVALSHA and EVALSHA_RO.
func (g *group) evalsha(c *command.Call) error {
	if c.Resumed {
		return script.Resume(c)
	}
	if len(c.Args[1]) != script.HashBytes {
		return errNoScript
	}
	n, err := keyCount(c.Args, command.ErrNotInt)
	if err != nil {
		return err
	}
	s := g.engine.Scripts.Find(c.Args[1])
	if s == nil {
		return errNoScript
	}
	return g.runScript(c, s, n)
}

func (g *group) runScript(c *command.Call, s *script.Script, keys int) error {
	w := work(c, s.Flags, keys)
	if err := permit(&w); err != nil {
		return err
	}
	if s.IsNesting && c.MaySuspend() {
		return command.TooLong // it could not leave the loop half-way
	}
	if !script.Holds(s.IsProved, w.Keys, c) {
		return command.TooLong // it came while the call waited for what it thought to need
	}
	c.Nested.Announce(c)
	return g.engine.Run(c, s, &w)
}

// fcall is FCALL and FCALL_RO.
func (g *group) fcall(c *command.Call) error {
	if c.Resumed {
		return script.Resume(c)
	}
	f := g.engine.Libraries().Function(c.Args[1])
	if f == nil {
		return errNoSuch
	}
	n, err := keyCount(c.Args, errKeyCount)
	if err != nil {
		return err
	}
	w := work(c, f.Flags, n)
	if err := permit(&w); err != nil {
		return err
	}
	if f.Library.IsNesting && c.MaySuspend() {
		return command.TooLong
	}
	if !script.Holds(f.Library.IsProved, w.Keys, c) {
		return command.TooLong
	}
	c.Nested.Announce(c)
	return g.engine.Call(c, f, &w)
}

// work is what a call asks for.
func work(c *command.Call, flags script.Flags, keys int) script.Work {
	return script.Work{Keys: c.Args[firstKey : firstKey+keys], Args: c.Args[firstKey+keys:], Flags: flags, ReadOnly: isReadOnly(c.Cmd.Name)}
}

// permit says why a script that declares flags may not run.
func permit(w *script.Work) error {
	if w.ReadOnly && w.Flags&(script.Compat|script.NoWrites) == 0 {
		return errReadOnly
	}
	return nil
}
