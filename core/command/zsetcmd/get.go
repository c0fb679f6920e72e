package zsetcmd

import (
	"math"

	"github.com/sleipnirdb/sleipnir/core/command"
)

func zcard(c *command.Call) error {
	z, e, err := found(c, c.Args[1])
	if err != nil {
		return err
	}
	n := 0
	if e.Exists() {
		n = z.Len()
	}
	c.W.Int(int64(n))
	return nil
}

func zscore(c *command.Call) error {
	z, e, err := found(c, c.Args[1])
	if err != nil {
		return err
	}
	if e.Exists() {
		if f, ok := z.Score(c.Args[2]); ok {
			c.W.Double(f)
			return nil
		}
	}
	c.W.Null()
	return nil
}

func zmscore(c *command.Call) error {
	z, e, err := found(c, c.Args[1])
	if err != nil {
		return err
	}
	c.W.Array(len(c.Args) - 2)
	for _, member := range c.Args[2:] {
		if !e.Exists() {
			c.W.Null()
		} else if f, ok := z.Score(member); ok {
			c.W.Double(f)
		} else {
			c.W.Null()
		}
	}
	return nil
}

func zrank(c *command.Call) error { return rank(c, false) }

func zrevrank(c *command.Call) error { return rank(c, true) }

func rank(c *command.Call, isReverse bool) error {
	if len(c.Args) > 4 {
		return command.WrongArity(c.Cmd.Full)
	}
	withScore := len(c.Args) == 4
	if withScore && !command.Is(c.Args[3], "withscore") {
		return command.ErrSyntax
	}
	z, e, err := found(c, c.Args[1])
	if err != nil {
		return err
	}
	at, score, ok := 0, 0.0, false
	if e.Exists() {
		at, score, ok = z.Rank(c.Args[2])
	}
	switch {
	case !ok && withScore:
		c.W.NullArray()
		return nil
	case !ok:
		c.W.Null()
		return nil
	case isReverse:
		at = z.Len() - 1 - at
	}
	if withScore {
		c.W.Array(2)
	}
	c.W.Int(int64(at))
	if withScore {
		c.W.Double(score)
	}
	return nil
}

func zcount(c *command.Call) (err error) {
	p := place{by: byScore}
	if p.scores, err = parseScoreRange(c.Args[2], c.Args[3]); err != nil {
		return err
	}
	return count(c, &p)
}

func zlexcount(c *command.Call) (err error) {
	p := place{by: byLex}
	if p.lex, err = parseLexRange(c.Args[2], c.Args[3]); err != nil {
		return err
	}
	return count(c, &p)
}

func count(c *command.Call, p *place) error {
	z, e, err := found(c, c.Args[1])
	if err != nil {
		return err
	}
	n := 0
	if e.Exists() {
		_, n = p.span(z, math.MaxInt64)
	}
	c.W.Int(int64(n))
	return nil
}
