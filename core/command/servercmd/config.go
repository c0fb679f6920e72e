package servercmd

import (
	"net/netip"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/partition"
)

func (g *group) configRow() command.Command {
	const admin = command.Admin | command.NoScript | command.Loading | command.Stale
	policies := []string{"request_policy:all_nodes", "response_policy:all_succeeded"}
	return command.Command{Name: "config", Arity: -2, Since: "2.0.0", Complexity: "Depends on subcommand.",
		Summary: "A container for server configuration commands.",
		Sub: []command.Command{
			{Name: "get", Arity: -3, Flags: admin, Since: "2.0.0", Complexity: "O(N) when N is the number of configuration parameters provided",
				Summary: "Returns the effective values of configuration parameters.", Run: g.configGet},
			{Name: "set", Arity: -4, Flags: admin | command.OffLoop, Scope: command.ScopeRoute, Route: routeConfigSet, Since: "2.0.0", Tips: policies,
				Complexity: "O(N) when N is the number of configuration parameters provided",
				Summary:    "Sets configuration parameters in-flight.", Run: g.configSet},
			{Name: "rewrite", Arity: 2, Flags: admin | command.OffLoop, Since: "2.8.0", Tips: policies, Complexity: "O(1)",
				Summary: "Persists the effective configuration to file.", Run: g.configRewrite},
			{Name: "resetstat", Arity: 2, Flags: admin | command.OffLoop, Scope: command.ScopeAll, Since: "2.0.0", Tips: policies, Complexity: "O(1)",
				Summary: "Resets the server's statistics.", Run: g.configResetStat},
			{Name: "help", Arity: 2, Flags: command.Loading | command.Stale, Since: "5.0.0", Complexity: "O(1)",
				Summary: "Returns helpful text about the different subcommands.", Run: configHelp},
		}}
}

func (g *group) configGet(c *command.Call) error {
	patterns := make([]string, 0, len(c.Args)-2)
	for _, arg := range c.Args[2:] {
		patterns = append(patterns, string(arg))
	}
	pairs := g.Config.Get(patterns)
	c.W.Map(len(pairs))
	for _, p := range pairs {
		c.W.BulkString(p.Name)
		c.W.BulkString(p.Value)
	}
	return nil
}

// routeConfigSet takes every lease for the settings that live in the
// partitions. Leases are always taken before the configuration's mutex.
func routeConfigSet(c *command.Call, m *partition.Mask) {
	for i := 2; i < len(c.Args); i += 2 {
		id, ok := config.Lookup(string(c.Args[i]))
		if !ok {
			continue
		}
		switch id {
		case config.NotifyKeyspaceEvents, config.MaxMemoryPolicy, config.MaxMemorySamples, config.LFULogFactor, config.LFUDecayTime,
			config.TrackingTableMaxKeys:
			m.Fill(c.Set.Len())
			return
		}
	}
}

func (g *group) configSet(c *command.Call) error {
	if len(c.Args)%2 != 0 {
		return command.ErrSyntax
	}
	pairs := make([][2]string, 0, len(c.Args)/2-1)
	for i := 2; i < len(c.Args); i += 2 {
		pairs = append(pairs, [2]string{string(c.Args[i]), string(c.Args[i+1])})
	}
	if err := g.Config.Set(pairs, config.Origin{Local: isLocal(c), Loading: g.Server.Loading()}); err != nil {
		return err
	}
	c.W.OK()
	return nil
}

// isLocal reports whether the client is on this machine.
func isLocal(c *command.Call) bool {
	ap, err := netip.ParseAddrPort(c.Session.Conn.RemoteAddr())
	return err != nil || ap.Addr().Unmap().IsLoopback()
}

func (g *group) configRewrite(c *command.Call) error {
	if err := g.Config.Rewrite(); err != nil {
		if g.Config.File() != "" {
			g.Server.LogWarning("CONFIG REWRITE failed: " + err.Error())
		}
		return err
	}
	g.Server.LogWarning("CONFIG REWRITE executed with success.")
	c.W.OK()
	return nil
}

func (g *group) configResetStat(c *command.Call) error {
	g.Server.ResetStats()
	c.W.OK()
	return nil
}

func configHelp(c *command.Call) error {
	command.Help(c,
		"GET <pattern>",
		"    Return parameters matching the glob-like <pattern> and their values.",
		"SET <directive> <value>",
		"    Set the configuration <directive> to <value>.",
		"RESETSTAT",
		"    Reset statistics reported by the INFO command.",
		"REWRITE",
		"    Rewrite the configuration file.")
	return nil
}
