package servercmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/stats"
)

func (g *group) infoRow() command.Command {
	return command.Command{Name: "info", Arity: -1, Flags: command.Loading | command.Stale | command.Sentinel | command.OffLoop,
		ACL: command.CatDangerous, Scope: command.ScopeRoute, Route: inExec, Since: "1.0.0",
		Tips:       []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
		Complexity: "O(1)", Summary: "Returns information and statistics about the server.", Run: g.info}
}

func (g *group) info(c *command.Call) error {
	names := make([]string, 0, len(c.Args)-1)
	for _, arg := range c.Args[1:] {
		names = append(names, string(arg))
	}
	n := stats.NewInfo(names...)
	g.Server.Info(n, held(c))
	c.W.Verbatim("txt", n.String())
	return nil
}
