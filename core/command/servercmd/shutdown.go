package servercmd

import (
	"errors"

	"github.com/sleipnirdb/sleipnir/core/command"
)

func (g *group) shutdownRow() command.Command {
	return command.Command{Name: "shutdown", Arity: -1,
		Flags: command.Admin | command.NoScript | command.Loading | command.Stale | command.NoMulti | command.Sentinel | command.AllowBusy | command.OffLoop,
		Since: "1.0.0", Complexity: "O(N) when saving, where N is the total number of keys in all databases when saving data, otherwise O(1)",
		Summary: "Synchronously saves the database(s) to disk and shuts down the server.", Run: g.shutdown}
}

func (g *group) shutdown(c *command.Call) error {
	var how Shutdown
	abort := false
	for _, arg := range c.Args[1:] {
		switch {
		case command.Is(arg, "nosave"):
			how.NoSave = true
		case command.Is(arg, "save"):
			how.Save = true
		case command.Is(arg, "now"):
			how.Now = true
		case command.Is(arg, "force"):
			how.Force = true
		case command.Is(arg, "safe"):
			how.Safe = true
		case command.Is(arg, "failover"):
			how.Failover = true
		case command.Is(arg, "abort"):
			abort = true
		default:
			return command.ErrSyntax
		}
	}
	if (abort && how != Shutdown{}) || (how.Save && how.NoSave) || (how.Force && how.Safe) {
		return command.ErrSyntax
	}
	if abort {
		if !g.Server.AbortShutdown() {
			return command.Error("ERR No shutdown in progress.")
		}
		c.W.OK()
		return nil
	}
	if err := g.Server.Shutdown(how); err != nil {
		if reply := command.Error(""); errors.As(err, &reply) {
			return reply
		}
		return command.Error("ERR Errors trying to SHUTDOWN. Check logs.")
	}
	return forever(c)
}
