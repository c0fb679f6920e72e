package servercmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/stats"
)

const (
	logRead = command.Admin | command.Loading | command.Stale
	logHelp = command.Loading | command.Stale
	// defaultLogCount is how many entries SLOWLOG GET shows by itself.
	defaultLogCount = 10

	errLogCount command.Error = "ERR count should be greater than or equal to -1"
	errLogKind  command.Error = "ERR type should be one of the following: slow, large-request, large-reply"
)

var (
	logGetTips   = []string{"request_policy:all_nodes", "nondeterministic_output"}
	logLenTips   = []string{"request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"}
	logResetTips = []string{"request_policy:all_nodes", "response_policy:all_succeeded"}
)

func (g *group) slowlogRow() command.Command {
	return command.Command{Name: "slowlog", Arity: -2, Since: "2.2.12", Complexity: "Depends on subcommand.",
		Summary: "A container for slow log commands.",
		Sub: []command.Command{
			{Name: "get", Arity: -2, Flags: logRead, Since: "2.2.12", Tips: logGetTips,
				Complexity: "O(N) where N is the number of entries returned", Summary: "Returns the slow log's entries.", Run: g.slowlogGet},
			{Name: "len", Arity: 2, Flags: logRead, Since: "2.2.12", Tips: logLenTips, Complexity: "O(1)",
				Summary: "Returns the number of entries in the slow log.", Run: g.slowlogLen},
			{Name: "reset", Arity: 2, Flags: logRead, Since: "2.2.12", Tips: logResetTips,
				Complexity: "O(N) where N is the number of entries in the slowlog", Summary: "Clears all entries from the slow log.", Run: g.slowlogReset},
			{Name: "help", Arity: 2, Flags: logHelp, Since: "6.2.0", Complexity: "O(1)", Summary: "Show helpful text about the different subcommands", Run: slowlogHelp},
		}}
}

func (g *group) commandlogRow() command.Command {
	return command.Command{Name: "commandlog", Arity: -2, Since: "8.1.0", Complexity: "Depends on subcommand.",
		Summary: "A container for command log commands.",
		Sub: []command.Command{
			{Name: "get", Arity: 4, Flags: logRead, Since: "8.1.0", Tips: logGetTips,
				Complexity: "O(N) where N is the number of entries returned", Summary: "Returns the specified command log's entries.", Run: g.commandlogGet},
			{Name: "len", Arity: 3, Flags: logRead, Since: "8.1.0", Tips: logLenTips, Complexity: "O(1)",
				Summary: "Returns the number of entries in the specified type of command log.", Run: g.commandlogLen},
			{Name: "reset", Arity: 3, Flags: logRead, Since: "8.1.0", Tips: logResetTips,
				Complexity: "O(N) where N is the number of entries in the commandlog", Summary: "Clears all entries from the specified type of command log.", Run: g.commandlogReset},
			{Name: "help", Arity: 2, Flags: logHelp, Since: "8.1.0", Complexity: "O(1)", Summary: "Show helpful text about the different subcommands", Run: commandlogHelp},
		}}
}

func logKind(arg []byte) (stats.LogKind, error) {
	switch {
	case command.Is(arg, "slow"):
		return stats.SlowExecution, nil
	case command.Is(arg, "large-request"):
		return stats.LargeRequest, nil
	case command.Is(arg, "large-reply"):
		return stats.LargeReply, nil
	}
	return 0, errLogKind
}

func logCount(arg []byte) (int64, error) {
	n, ok := command.ParseInt(arg)
	if !ok || n < -1 {
		return 0, errLogCount
	}
	return n, nil
}

func (g *group) slowlogGet(c *command.Call) error {
	count := int64(defaultLogCount)
	if len(c.Args) > 3 {
		return subcommandSyntax(c, "SLOWLOG")
	}
	if len(c.Args) == 3 {
		var err error
		if count, err = logCount(c.Args[2]); err != nil {
			return err
		}
	}
	g.showLog(c, stats.SlowExecution, count)
	return nil
}

func (g *group) commandlogGet(c *command.Call) error {
	count, err := logCount(c.Args[2])
	if err != nil {
		return err
	}
	kind, err := logKind(c.Args[3])
	if err != nil {
		return err
	}
	g.showLog(c, kind, count)
	return nil
}

func (g *group) showLog(c *command.Call, kind stats.LogKind, count int64) {
	entries := g.CommandLog.Latest(kind, count)
	const plain = 6
	fields := plain
	if kind == stats.SlowExecution && g.Config.Bool(config.CommandLogShowWaiting) {
		fields++
	}
	c.W.Array(len(entries))
	for _, e := range entries {
		c.W.Array(fields)
		c.W.Int(e.ID)
		c.W.Int(e.TimeS)
		c.W.Int(e.Value)
		c.W.Array(len(e.Args))
		for _, arg := range e.Args {
			c.W.BulkString(arg)
		}
		c.W.BulkString(e.Client)
		c.W.BulkString(e.Name)
		if fields > plain {
			c.W.Int(e.Waited)
		}
	}
}

func (g *group) slowlogLen(c *command.Call) error {
	c.W.Int(g.CommandLog.Len(stats.SlowExecution))
	return nil
}

func (g *group) slowlogReset(c *command.Call) error {
	g.CommandLog.Reset(stats.SlowExecution)
	c.W.OK()
	return nil
}

func (g *group) commandlogLen(c *command.Call) error {
	kind, err := logKind(c.Args[2])
	if err != nil {
		return err
	}
	c.W.Int(g.CommandLog.Len(kind))
	return nil
}

func (g *group) commandlogReset(c *command.Call) error {
	kind, err := logKind(c.Args[2])
	if err != nil {
		return err
	}
	g.CommandLog.Reset(kind)
	c.W.OK()
	return nil
}

func slowlogHelp(c *command.Call) error {
	command.Help(c,
		"GET [<count>]",
		"    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
		"    Entries are made of:",
		"    id, timestamp, time in microseconds, arguments array, client IP and port,",
		"    client name",
		"LEN",
		"    Return the length of the slowlog.",
		"RESET",
		"    Reset the slowlog.")
	return nil
}

func commandlogHelp(c *command.Call) error {
	command.Help(c,
		"GET <count> <type>",
		"    Return top <count> entries of the specified <type> from the commandlog (-1 mean all).",
		"    Entries are made of:",
		"    id, timestamp,",
		"        time in microseconds for type of slow,",
		"        or size in bytes for type of large-request,",
		"        or size in bytes for type of large-reply",
		"    arguments array, client IP and port,",
		"    client name",
		"LEN <type>",
		"    Return the length of the specified type of commandlog.",
		"RESET <type>",
		"    Reset the specified type of commandlog.")
	return nil
}
