// Package conncmd holds the commands of the connection group.
package conncmd

import (
	"github.com/sleipnirdb/sleipnir/core/acl"
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/pubsub"
	"github.com/sleipnirdb/sleipnir/core/session"
)

// Deps are the subsystems that the group speaks for.
type Deps struct {
	Dispatcher *dispatch.Dispatcher
	Config     *config.Config
	Hub        *pubsub.Hub
	Users      *acl.Users
	// Failed logs an attempt to authenticate that failed.
	Failed func(c *command.Call, user string)
	// Name and Version are what HELLO answers.
	Name, Version string
}

// Commands returns the rows of the connection group.
func Commands(deps func() Deps) []command.Command {
	g := &group{deps}
	const anyTime = command.AllowBusy | command.NoScript | command.Loading | command.Stale | command.Fast
	rows := []command.Command{
		{Name: "auth", Arity: -2, Flags: anyTime | command.NoAuth | command.Sentinel, Since: "1.0.0",
			Complexity: "O(N) where N is the number of passwords defined for the user", Summary: "Authenticates the connection.", Run: g.auth},
		{Name: "hello", Arity: -1, Flags: anyTime | command.NoAuth | command.Sentinel, Since: "6.0.0", Complexity: "O(1)",
			Summary: "Handshakes with the server.", Run: g.hello},
		{Name: "reset", Arity: 1, Flags: anyTime | command.NoAuth | command.MultiControl | command.InPubSub, Since: "6.2.0", Complexity: "O(1)",
			Scope: command.ScopeRoute, Route: routeReset, Summary: "Resets the connection.", Run: g.reset},
		g.clientRow(),
		{Name: "ping", Arity: -1, Flags: command.Fast | command.Sentinel | command.InPubSub, Since: "1.0.0", Complexity: "O(1)",
			Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"}, Summary: "Returns the server's liveliness response.", Run: ping},
		{Name: "echo", Arity: 2, Flags: command.Loading | command.Stale | command.Fast, Since: "1.0.0", Complexity: "O(1)",
			Summary: "Returns the given string.", Run: echo},
		{Name: "select", Arity: 2, Flags: command.AllowBusy | command.Loading | command.Stale | command.Fast, Since: "1.0.0", Complexity: "O(1)",
			DBs: command.DBAt(1), Summary: "Changes the selected database.", Run: selectDB},
		{Name: "quit", Arity: -1, Flags: command.AllowBusy | command.NoScript | command.Loading | command.Stale | command.Fast | command.NoAuth | command.MultiControl | command.InPubSub,
			Since: "1.0.0", Complexity: "O(1)", Summary: "Closes the connection.", Run: quit},
	}
	for i := range rows {
		rows[i].Group = "connection"
		if len(rows[i].Sub) == 0 {
			rows[i].ACL = command.CatConnection
		}
	}
	return rows
}

type group struct{ deps func() Deps }

func ping(c *command.Call) error {
	if len(c.Args) > 2 {
		return command.WrongArity(c.Cmd.Full)
	}
	if c.Session.State&session.Subscribed != 0 && !c.W.Resp3 {
		c.W.Array(2)
		c.W.BulkString("pong")
		if len(c.Args) == 2 {
			c.W.Bulk(c.Args[1])
		} else {
			c.W.BulkString("")
		}
		return nil
	}
	if len(c.Args) == 2 {
		c.W.Bulk(c.Args[1])
	} else {
		c.W.Status("PONG")
	}
	return nil
}

func echo(c *command.Call) error {
	c.W.Bulk(c.Args[1])
	return nil
}

func selectDB(c *command.Call) error {
	n, err := command.ParseDB(c.Args[1], c.Set.Space(0).Databases())
	if err != nil {
		return err
	}
	c.Session.DB = n
	c.W.OK()
	return nil
}

func quit(c *command.Call) error {
	c.Session.State |= session.Closing
	c.W.OK()
	return nil
}
