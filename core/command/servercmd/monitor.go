package servercmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/session"
)

const errMonitorInExec command.Error = "ERR MONITOR isn't allowed for DENY BLOCKING client"

func (g *group) monitorRow() command.Command {
	return command.Command{Name: "monitor", Arity: 1, Flags: command.Admin | command.NoScript | command.Loading | command.Stale, Since: "1.0.0",
		Summary: "Listens for all requests received by the server in real-time.", Run: g.monitor}
}

// monitor leaves a session that monitors already without a reply, as Valkey does.
func (g *group) monitor(c *command.Call) error {
	if c.InExec {
		return errMonitorInExec
	}
	if c.Session.State&session.Monitoring == 0 {
		g.Server.Monitor(c.Session)
		c.W.OK()
	}
	return nil
}
