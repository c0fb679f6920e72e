package streamcmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

func xinfoRow() command.Command {
	keys := []command.KeySpec{command.Key(2, command.RO|command.Access)}
	return command.Command{Name: "xinfo", Arity: -2, Since: "5.0.0", Complexity: "Depends on subcommand.",
		Summary: "A container for stream introspection commands.",
		Sub: []command.Command{
			{Name: "consumers", Arity: 4, Flags: command.ReadOnly, Keys: keys, Since: "5.0.0", Complexity: "O(1)",
				Tips: []string{"nondeterministic_output"}, Summary: "Returns a list of the consumers in a consumer group.", Run: xinfoConsumers},
			{Name: "groups", Arity: 3, Flags: command.ReadOnly, Keys: keys, Since: "5.0.0", Complexity: "O(1)",
				Summary: "Returns a list of the consumer groups of a stream.", Run: xinfoGroups},
			{Name: "stream", Arity: -3, Flags: command.ReadOnly, Keys: keys, Since: "5.0.0", Complexity: "O(1)",
				Summary: "Returns information about a stream.", Run: xinfoStream},
			{Name: "help", Arity: 2, Flags: command.Loading | command.Stale, Since: "5.0.0", Complexity: "O(1)",
				Summary: "Returns helpful text about the different subcommands.", Run: xinfoHelp},
		}}
}

func xinfoHelp(c *command.Call) error {
	command.Help(c,
		"CONSUMERS <key> <groupname>",
		"    Show consumers of <groupname>.",
		"GROUPS <key>",
		"    Show the stream consumer groups.",
		"STREAM <key> [FULL [COUNT <count>]",
		"    Show information about the stream.",
	)
	return nil
}

// needStream looks up the stream that a subcommand is about, which must be there.
func needStream(c *command.Call) (object.Stream, error) {
	s, ok, err := read(c, c.Args[2])
	if err == nil && !ok {
		err = command.ErrNoSuchKey
	}
	return s, err
}

func xinfoConsumers(c *command.Call) error {
	s, err := needStream(c)
	if err != nil {
		return err
	}
	g, ok := s.Group(c.Args[3])
	if !ok {
		return noSuchGroup(c.Args[3], c.Args[2])
	}
	c.W.Array(g.Consumers())
	for w := g.AllConsumers(); w.Next(); {
		k := w.Consumer()
		inactive := int64(-1)
		if k.Active() != -1 {
			inactive = c.Now - k.Active()
		}
		c.W.Map(4)
		writeName(c.W, "name", k.Name())
		writeNumber(c.W, "pending", int64(k.Pending()))
		writeNumber(c.W, "idle", max(c.Now-k.Seen(), 0))
		writeNumber(c.W, "inactive", inactive)
	}
	return nil
}

func xinfoGroups(c *command.Call) error {
	s, err := needStream(c)
	if err != nil {
		return err
	}
	c.W.Array(s.Groups())
	for w := s.AllGroups(); w.Next(); {
		g := w.Group()
		c.W.Map(6)
		writeName(c.W, "name", g.Name())
		writeNumber(c.W, "consumers", int64(g.Consumers()))
		writeNumber(c.W, "pending", int64(g.Pending()))
		writePlace(c.W, s, g)
	}
	return nil
}

// writePlace writes where a group stands: three pairs.
func writePlace(w *resp.Writer, s object.Stream, g object.StreamGroup) {
	writeIDOf(w, "last-delivered-id", g.LastID())
	writeMaybe(w, "entries-read", g.Read(), g.Read() != object.UnknownRead)
	lag, ok := s.Lag(g)
	writeMaybe(w, "lag", lag, ok)
}

func writeName(w *resp.Writer, field string, name []byte) {
	w.BulkString(field)
	w.Bulk(name)
}

func writeNumber(w *resp.Writer, field string, n int64) {
	w.BulkString(field)
	w.Int(n)
}

func writeIDOf(w *resp.Writer, field string, id object.StreamID) {
	w.BulkString(field)
	writeID(w, id)
}

// writeMaybe writes a number that may be unknown.
func writeMaybe(w *resp.Writer, field string, n int64, ok bool) {
	w.BulkString(field)
	if !ok {
		w.Null()
		return
	}
	w.Int(n)
}

// fullCount is how many entries XINFO STREAM FULL shows by itself.
const fullCount = 10

func xinfoStream(c *command.Call) error {
	s, err := needStream(c)
	if err != nil {
		return err
	}
	opts, isFull, count := c.Args[3:], len(c.Args) > 3, int64(fullCount)
	if isFull && (len(opts) == 2 || len(opts) > 3 || !command.Is(opts[0], "full")) {
		return command.SubcommandSyntax(c)
	}
	if len(opts) == 3 {
		if !command.Is(opts[1], "count") {
			return command.SubcommandSyntax(c)
		}
		if count, err = number(opts[2], command.ErrNotInt); err != nil {
			return err
		}
		if count < 0 {
			count = fullCount
		}
	}
	if isFull {
		c.W.Map(9)
		writeState(c.W, s)
		return writeFull(c, s, count)
	}
	c.W.Map(10)
	writeState(c.W, s)
	writeNumber(c.W, "groups", int64(s.Groups()))
	writeEdge(c.W, "first-entry", s, false)
	writeEdge(c.W, "last-entry", s, true)
	return nil
}

// writeState writes the pairs that both forms of XINFO STREAM begin with.
func writeState(w *resp.Writer, s object.Stream) {
	writeNumber(w, "length", int64(s.Len()))
	writeNumber(w, "radix-tree-keys", int64(s.Nodes()))
	writeNumber(w, "radix-tree-nodes", int64(s.RadixNodes()))
	writeIDOf(w, "last-generated-id", s.LastID())
	writeIDOf(w, "max-deleted-entry-id", s.MaxDeletedID())
	writeNumber(w, "entries-added", int64(s.Added()))
	writeIDOf(w, "recorded-first-entry-id", s.FirstID())
}

// writeEdge writes the first entry or the last.
func writeEdge(w *resp.Writer, field string, s object.Stream, isLast bool) {
	w.BulkString(field)
	r := s.Range(object.StreamID{}, object.MaxStreamID, isLast)
	if !r.Next() {
		w.Null()
		return
	}
	writeEntry(w, &r)
}

// writeFull writes entries and groups of XINFO STREAM FULL: at most count of each list, all for 0.
func writeFull(c *command.Call, s object.Stream, count int64) error {
	w := c.W
	w.BulkString("entries")
	r := s.Range(object.StreamID{}, object.MaxStreamID, false)
	if err := writeRange(c, &r, count); err != nil {
		return err
	}
	w.BulkString("groups")
	w.Array(s.Groups())
	for groups := s.AllGroups(); groups.Next(); {
		g := groups.Group()
		w.Map(7)
		writeName(w, "name", g.Name())
		writePlace(w, s, g)
		writeNumber(w, "pel-count", int64(g.Pending()))
		w.BulkString("pending")
		writePendings(w, g.PendingFrom(object.StreamID{}), count, true)
		w.BulkString("consumers")
		w.Array(g.Consumers())
		for consumers := g.AllConsumers(); consumers.Next(); {
			writeConsumer(w, consumers.Consumer(), count)
		}
	}
	return nil
}

func writeConsumer(w *resp.Writer, k object.StreamConsumer, count int64) {
	w.Map(5)
	writeName(w, "name", k.Name())
	writeNumber(w, "seen-time", k.Seen())
	writeNumber(w, "active-time", k.Active())
	writeNumber(w, "pel-count", int64(k.Pending()))
	w.BulkString("pending")
	writePendings(w, k.PendingFrom(object.StreamID{}), count, false)
}

func writePendings(w *resp.Writer, walk object.StreamPendings, count int64, withConsumer bool) {
	mark, n := w.Defer(), int64(0)
	for (count == 0 || n < count) && walk.Next() {
		p := walk.Pending()
		if n++; withConsumer {
			w.Array(4)
			writeID(w, p.ID())
			w.Bulk(p.Consumer().Name())
		} else {
			w.Array(3)
			writeID(w, p.ID())
		}
		w.Int(p.Delivered())
		w.Int(int64(p.Count()))
	}
	w.DoneArray(mark, int(n))
}
