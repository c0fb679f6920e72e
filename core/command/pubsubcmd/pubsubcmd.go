// Package pubsubcmd holds the commands of the pubsub group.
package pubsubcmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/pubsub"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/internal/glob"
)

// Commands returns the rows of the pubsub group.
func Commands(hub func() *pubsub.Hub) []command.Command {
	g := &group{hub}
	const listen = command.PubSub | command.NoScript | command.Loading | command.Stale | command.InPubSub
	const publish = command.PubSub | command.Loading | command.Stale | command.Fast | command.MayReplicate
	shardKey := func(last int) []command.KeySpec {
		return []command.KeySpec{command.Range(1, last, 1, command.NotKey)}
	}
	rows := []command.Command{
		{Name: "subscribe", Channels: command.EachChannel, Arity: -2, Flags: listen | command.Sentinel, Since: "2.0.0", Complexity: "O(N) where N is the number of channels to subscribe to.",
			Summary: "Listens for messages published to channels.", Run: g.listens(pubsub.Channel, "subscribe")},
		{Name: "unsubscribe", Arity: -1, Flags: listen | command.Sentinel, Since: "2.0.0", Complexity: "O(N) where N is the number of channels to unsubscribe.",
			Summary: "Stops listening to messages posted to channels.", Run: g.leaves(pubsub.Channel, "unsubscribe")},
		{Name: "psubscribe", Channels: command.EachPattern, Arity: -2, Flags: listen | command.Sentinel, Since: "2.0.0", Complexity: "O(N) where N is the number of patterns to subscribe to.",
			Summary: "Listens for messages published to channels that match one or more patterns.", Run: g.listens(pubsub.Pattern, "psubscribe")},
		{Name: "punsubscribe", Arity: -1, Flags: listen | command.Sentinel, Since: "2.0.0", Complexity: "O(N) where N is the number of patterns to unsubscribe.",
			Summary: "Stops listening to messages published to channels that match one or more patterns.", Run: g.leaves(pubsub.Pattern, "punsubscribe")},
		{Name: "ssubscribe", Channels: command.EachChannel, Arity: -2, Flags: listen, Keys: shardKey(-1), Since: "7.0.0", Complexity: "O(N) where N is the number of shard channels to subscribe to.",
			Summary: "Listens for messages published to shard channels.", Run: g.listens(pubsub.Shard, "ssubscribe")},
		{Name: "sunsubscribe", Arity: -1, Flags: listen, Keys: shardKey(-1), Since: "7.0.0", Complexity: "O(N) where N is the number of shard channels to unsubscribe.",
			Summary: "Stops listening to messages posted to shard channels.", Run: g.leaves(pubsub.Shard, "sunsubscribe")},
		{Name: "publish", Channels: command.OneChannel, Arity: 3, Flags: publish | command.Sentinel, Since: "2.0.0", Complexity: "O(N+M) where N is the number of clients subscribed to the receiving channel and M is the total number of subscribed patterns (by any client).",
			Summary: "Posts a message to a channel.", Run: g.publishes(pubsub.Channel)},
		{Name: "spublish", Channels: command.OneChannel, Arity: 3, Flags: publish, Keys: shardKey(0), Since: "7.0.0", Complexity: "O(N) where N is the number of clients subscribed to the receiving shard channel.",
			Summary: "Post a message to a shard channel", Run: g.publishes(pubsub.Shard)},
		g.containerRow(),
	}
	for i := range rows {
		rows[i].Group = "pubsub"
	}
	return rows
}

type group struct{ hub func() *pubsub.Hub }

// counted is how many subscriptions a confirmation counts: shard channels
// apart from the others.
func counted(s *session.Session, k pubsub.Kind) int64 {
	if k == pubsub.Shard {
		return int64(len(s.Subs.Names[pubsub.Shard]))
	}
	return int64(len(s.Subs.Names[pubsub.Channel]) + len(s.Subs.Names[pubsub.Pattern]))
}

// confirm writes the message that answers a change of one name.
func confirm(c *command.Call, k pubsub.Kind, word string, name []byte) {
	c.W.Push(3)
	c.W.BulkString(word)
	if name == nil {
		c.W.Null()
	} else {
		c.W.Bulk(name)
	}
	c.W.Int(counted(c.Session, k))
}

func (g *group) listens(k pubsub.Kind, word string) command.Handler {
	return func(c *command.Call) error {
		for _, name := range c.Args[1:] {
			if c.Session.Subscribe(k, string(name)) {
				g.hub().Added(k, string(name))
			}
			confirm(c, k, word, name)
		}
		return nil
	}
}

func (g *group) leaves(k pubsub.Kind, word string) command.Handler {
	return func(c *command.Call) error {
		s := c.Session
		names := c.Args[1:]
		if len(names) == 0 {
			for name := range s.Subs.Names[k] {
				names = append(names, []byte(name))
			}
			if len(names) == 0 {
				confirm(c, k, word, nil)
				return nil
			}
		}
		for _, name := range names {
			if s.Unsubscribe(k, string(name)) {
				g.hub().Removed(k, string(name))
			}
			confirm(c, k, word, name)
		}
		return nil
	}
}

func (g *group) publishes(k pubsub.Kind) command.Handler {
	return func(c *command.Call) error {
		c.W.Int(g.hub().Publish(k, c.Args[1], c.Args[2]))
		return nil
	}
}

func (g *group) containerRow() command.Command {
	const flags = command.PubSub | command.Loading | command.Stale
	sub := func(name, since string, arity int, summary string, run command.Handler) command.Command {
		return command.Command{Name: name, Arity: arity, Flags: flags, Since: since, Complexity: "O(N)", Summary: summary, Run: run}
	}
	return command.Command{Name: "pubsub", Arity: -2, Since: "2.8.0", Complexity: "Depends on subcommand.",
		Summary: "A container for Pub/Sub commands.",
		Sub: []command.Command{
			sub("channels", "2.8.0", -2, "Returns the active channels.", g.lists(pubsub.Channel)),
			sub("numsub", "2.8.0", -2, "Returns a count of subscribers to channels.", g.counts(pubsub.Channel)),
			sub("numpat", "2.8.0", 2, "Returns a count of unique pattern subscriptions.", g.numpat),
			sub("shardchannels", "7.0.0", -2, "Returns the active shard channels.", g.lists(pubsub.Shard)),
			sub("shardnumsub", "7.0.0", -2, "Returns the count of subscribers of shard channels.", g.counts(pubsub.Shard)),
			{Name: "help", Arity: 2, Flags: command.Loading | command.Stale, Since: "6.2.0", Complexity: "O(1)",
				Summary: "Returns helpful text about the different subcommands.", Run: help},
		}}
}

func (g *group) lists(k pubsub.Kind) command.Handler {
	return func(c *command.Call) error {
		if len(c.Args) > 3 {
			return command.SubcommandSyntax(c)
		}
		mark, n := c.W.Defer(), 0
		g.hub().Names(k, func(name string) {
			if len(c.Args) == 2 || glob.Match(c.Args[2], []byte(name), false) {
				c.W.BulkString(name)
				n++
			}
		})
		c.W.DoneArray(mark, n)
		return nil
	}
}

func (g *group) counts(k pubsub.Kind) command.Handler {
	return func(c *command.Call) error {
		names := c.Args[2:]
		c.W.Array(2 * len(names))
		for _, name := range names {
			c.W.Bulk(name)
			c.W.Int(g.hub().Count(k, string(name)))
		}
		return nil
	}
}

func (g *group) numpat(c *command.Call) error {
	c.W.Int(int64(g.hub().Size(pubsub.Pattern)))
	return nil
}

func help(c *command.Call) error {
	command.Help(c,
		"CHANNELS [<pattern>]",
		"    Return the currently active channels matching a <pattern> (default: '*').",
		"NUMPAT",
		"    Return number of subscriptions to patterns.",
		"NUMSUB [<channel> ...]",
		"    Return the number of subscribers for the specified channels, excluding",
		"    pattern subscriptions(default: no channels).",
		"SHARDCHANNELS [<pattern>]",
		"    Return the currently active shard level channels matching a <pattern> (default: '*').",
		"SHARDNUMSUB [<shardchannel> ...]",
		"    Return the number of subscribers for the specified shard level channel(s)")
	return nil
}
