package streamcmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
)

func xlen(c *command.Call) error {
	s, ok, err := read(c, c.Args[1])
	if err != nil {
		return err
	}
	n := 0
	if ok {
		n = s.Len()
	}
	c.W.Int(int64(n))
	return nil
}

func xrange(c *command.Call) error { return writeBetween(c, c.Args[2], c.Args[3], false) }

func xrevrange(c *command.Call) error { return writeBetween(c, c.Args[3], c.Args[2], true) }

// writeBetween is XRANGE and XREVRANGE.
func writeBetween(c *command.Call, startArg, endArg []byte, isBack bool) error {
	start, err := parseStart(startArg)
	if err != nil {
		return err
	}
	end, err := parseEnd(endArg)
	if err != nil {
		return err
	}
	count := int64(-1)
	for i := 4; i < len(c.Args); i += 2 {
		if i+1 == len(c.Args) || !command.Is(c.Args[i], "count") {
			return command.ErrSyntax
		}
		if count, err = number(c.Args[i+1], command.ErrNotInt); err != nil {
			return err
		}
		count = max(count, 0)
	}
	s, ok, err := read(c, c.Args[1])
	switch {
	case err != nil:
		return err
	case !ok:
		c.W.Array(0)
		return nil
	case count == 0:
		c.W.NullArray()
		return nil
	}
	r := s.Range(start, end, isBack)
	return writeRange(c, &r, max(count, 0))
}
