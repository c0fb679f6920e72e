package servercmd

import (
	"math"
	"strconv"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/internal/clock"
)

// flushMode reads ASYNC or SYNC. Both are the same here: the keys are gone at
// once, their memory is freed in the background.
func flushMode(c *command.Call) error {
	if len(c.Args) > 2 || (len(c.Args) == 2 && !command.Is(c.Args[1], "async") && !command.Is(c.Args[1], "sync")) {
		return command.ErrSyntax
	}
	return nil
}

func (g *group) flushall(c *command.Call) error {
	if err := flushMode(c); err != nil {
		return err
	}
	g.Server.ForgetHotKeys(-1)
	g.flush(c, func(s *keyspace.Space) (int, *keyspace.Detached) { return s.FlushAll() })
	c.Dirty++
	g.Server.FlushedAll(c.Dirty)
	return nil
}

func (g *group) flushdb(c *command.Call) error {
	if err := flushMode(c); err != nil {
		return err
	}
	db := c.Session.DB
	g.Server.ForgetHotKeys(db)
	g.flush(c, func(s *keyspace.Space) (int, *keyspace.Detached) { return s.FlushDB(db) })
	c.Dirty++
	return nil
}

func (g *group) flush(c *command.Call, empty func(s *keyspace.Space) (int, *keyspace.Detached)) {
	c.Dirty += int64(g.empty(c, empty))
	c.W.OK()
}

// empty has every partition emptied, and returns how many keys there were.
func (g *group) empty(c *command.Call, empty func(s *keyspace.Space) (int, *keyspace.Detached)) (total int) {
	var old []*keyspace.Detached
	var background partition.Mask
	for p := range c.Set.Len() {
		n, o := empty(c.Set.Space(p))
		total += n
		switch {
		case o != nil:
			old = append(old, o)
		case n > 0:
			background.Add(p)
		}
	}
	g.Server.Flushed(old, background, total)
	return total
}

func (g *group) swapdb(c *command.Call) error {
	first, ok := parseInt32(c.Args[1])
	if !ok {
		return command.Error("ERR invalid first DB index")
	}
	second, ok := parseInt32(c.Args[2])
	if !ok {
		return command.Error("ERR invalid second DB index")
	}
	n := c.Set.Space(0).Databases()
	if first < 0 || first >= n || second < 0 || second >= n {
		return command.ErrDBIndex
	}
	for p := range c.Set.Len() {
		c.Set.Space(p).SwapDB(first, second)
	}
	g.Server.Swapped()
	c.Dirty++
	c.W.OK()
	return nil
}

func parseInt32(arg []byte) (int, bool) {
	n, ok := command.ParseInt(arg)
	return int(n), ok && n >= math.MinInt32 && n <= math.MaxInt32
}

func now(c *command.Call) error {
	us := clock.UnixMicro()
	c.W.Array(2)
	c.W.BulkString(strconv.FormatInt(us/1e6, 10))
	c.W.BulkString(strconv.FormatInt(us%1e6, 10))
	return nil
}
