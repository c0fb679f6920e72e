package streamcmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

func xack(c *command.Call) error {
	s, ok, err := read(c, c.Args[1])
	if err != nil {
		return err
	}
	var g object.StreamGroup
	if ok {
		g, ok = s.Group(c.Args[2])
	}
	if !ok {
		c.W.Int(0)
		return nil
	}
	var few [fewIDs]object.StreamID
	ids, err := parseIDs(c.Args[3:], few[:0])
	if err != nil {
		return err
	}
	n := int64(0)
	for _, id := range ids {
		if p, ok := g.Find(id); ok {
			g.Remove(p)
			n++
		}
	}
	c.Dirty += n
	c.W.Int(n)
	return nil
}

// pendingRange is what XPENDING is told of the entries that it is to list.
type pendingRange struct {
	minIdle     int64
	from, to    object.StreamID
	count       int64
	hasConsumer bool
	consumer    []byte
}

func (r *pendingRange) parse(args [][]byte) error {
	var err error
	at := 3
	if command.Is(args[3], "idle") {
		if r.minIdle, err = number(args[4], command.ErrNotInt); err != nil {
			return err
		}
		if len(args) < 8 {
			return command.ErrSyntax
		}
		at = 5
	}
	if r.count, err = number(args[at+2], command.ErrNotInt); err != nil {
		return err
	}
	if r.from, err = parseStart(args[at]); err != nil {
		return err
	}
	if r.to, err = parseEnd(args[at+1]); err != nil {
		return err
	}
	if at+3 < len(args) {
		r.hasConsumer, r.consumer = true, args[at+3]
	}
	return nil
}

func xpending(c *command.Call) error {
	n := len(c.Args)
	if n != 3 && (n < 6 || n > 9) {
		return command.ErrSyntax
	}
	var r pendingRange
	if n > 3 {
		if err := r.parse(c.Args); err != nil {
			return err
		}
	}
	_, g, err := claimGroup(c)
	if err != nil {
		return err
	}
	if n == 3 {
		writeSummary(c, g)
		return nil
	}
	w := g.PendingFrom(r.from)
	if r.hasConsumer {
		k, ok := g.Consumer(r.consumer)
		if !ok {
			c.W.Array(0)
			return nil
		}
		w = k.PendingFrom(r.from)
	}
	r.write(c, &w)
	return nil
}

func (r *pendingRange) write(c *command.Call, w *object.StreamPendings) {
	mark, n := c.W.Defer(), int64(0)
	for n < r.count && w.Next() {
		p := w.Pending()
		if r.to.Less(p.ID()) {
			break
		}
		idle := c.Now - p.Delivered()
		if r.minIdle != 0 && idle < r.minIdle {
			continue
		}
		n++
		c.W.Array(4)
		writeID(c.W, p.ID())
		c.W.Bulk(p.Consumer().Name())
		c.W.Int(max(idle, 0))
		c.W.Int(int64(p.Count()))
	}
	c.W.DoneArray(mark, int(n))
}

// writeSummary writes what XPENDING says of a group without a range.
func writeSummary(c *command.Call, g object.StreamGroup) {
	c.W.Array(4)
	c.W.Int(int64(g.Pending()))
	last, ok := g.LastPending()
	if !ok {
		c.W.Null()
		c.W.Null()
		c.W.NullArray()
		return
	}
	w := g.PendingFrom(object.StreamID{})
	w.Next()
	writeID(c.W, w.Pending().ID())
	writeID(c.W, last.ID())
	mark, n := c.W.Defer(), 0
	for w := g.AllConsumers(); w.Next(); {
		k := w.Consumer()
		if k.Pending() == 0 {
			continue
		}
		n++
		c.W.Array(2)
		c.W.Bulk(k.Name())
		c.W.BulkInt(int64(k.Pending()))
	}
	c.W.DoneArray(mark, n)
}

// claimGroup looks up stream and group of XPENDING, XCLAIM and XAUTOCLAIM, which must be there.
func claimGroup(c *command.Call) (s object.Stream, g object.StreamGroup, err error) {
	s, ok, err := read(c, c.Args[1])
	if err != nil {
		return s, g, err
	}
	if ok {
		g, ok = s.Group(c.Args[2])
	}
	if !ok {
		return s, g, noSuchKeyOrGroup(c.Args[1], c.Args[2])
	}
	return s, g, nil
}

func noSuchKeyOrGroup(key, group []byte) error {
	return command.Error("NOGROUP No such key '" + command.Echo(key) + "' or consumer group '" + command.Echo(group) + "'")
}
