package zsetcmd

import (
	"math"

	"github.com/sleipnirdb/sleipnir/core/command"
)

func zrem(c *command.Call) error {
	key := c.Args[1]
	db, z, e, err := foundWrite(c, key)
	if err != nil {
		return err
	}
	if !e.Exists() {
		c.W.Int(0)
		return nil
	}
	n := 0
	for _, member := range c.Args[2:] {
		if z.Remove(member) {
			n++
		}
	}
	removed(c, db, z, key, "zrem", n)
	c.W.Int(int64(n))
	return nil
}

func zremrangebyrank(c *command.Call) error {
	var p place
	if err := p.parseRanks(c.Args[2], c.Args[3]); err != nil {
		return err
	}
	return removeRange(c, &p, "zremrangebyrank")
}

func zremrangebyscore(c *command.Call) (err error) {
	p := place{by: byScore}
	if p.scores, err = parseScoreRange(c.Args[2], c.Args[3]); err != nil {
		return err
	}
	return removeRange(c, &p, "zremrangebyscore")
}

func zremrangebylex(c *command.Call) (err error) {
	p := place{by: byLex}
	if p.lex, err = parseLexRange(c.Args[2], c.Args[3]); err != nil {
		return err
	}
	return removeRange(c, &p, "zremrangebylex")
}

func removeRange(c *command.Call, p *place, event string) error {
	key := c.Args[1]
	db, z, e, err := foundWrite(c, key)
	if err != nil {
		return err
	}
	if !e.Exists() {
		c.W.Int(0)
		return nil
	}
	rank, n := p.span(z, math.MaxInt64)
	z.RemoveRange(rank, n)
	removed(c, db, z, key, event, n)
	c.W.Int(int64(n))
	return nil
}
