package servercmd

import "github.com/sleipnirdb/sleipnir/core/command"

// HotKey is a key that is used often.
type HotKey struct {
	Key       string
	DB        int
	PerSecond int64
}

// hotkeysRow is HOTKEYS as Valkey has it from 9.2 on.
func (g *group) hotkeysRow() command.Command {
	return command.Command{Name: "hotkeys", Arity: -2, Since: "9.2.0", Complexity: "Depends on subcommand.",
		Summary: "A container for hot key commands.",
		Sub: []command.Command{
			{Name: "get", Arity: 2, Flags: logRead | command.OffLoop, Since: "9.2.0",
				Complexity: "O(N) where N is the number of hot keys", Summary: "Returns the hottest keys of the last completed window, the most used first.", Run: g.hotkeysGet},
			{Name: "reset", Arity: 2, Flags: logRead | command.OffLoop, Since: "9.2.0",
				Complexity: "O(N) where N is the number of hot keys", Summary: "Forgets all that is known of hot keys.", Run: g.hotkeysReset},
			{Name: "help", Arity: 2, Flags: logHelp, Since: "9.2.0", Complexity: "O(1)", Summary: "Returns helpful text about the different subcommands.", Run: hotkeysHelp},
		}}
}

func (g *group) hotkeysGet(c *command.Call) error {
	keys := g.Server.HotKeys()
	c.W.Array(len(keys))
	for _, k := range keys {
		c.W.Map(3)
		c.W.BulkString("key")
		c.W.BulkString(k.Key)
		c.W.BulkString("db")
		c.W.Int(int64(k.DB))
		c.W.BulkString("qps")
		c.W.Int(k.PerSecond)
	}
	return nil
}

func (g *group) hotkeysReset(c *command.Call) error {
	g.Server.ResetHotKeys()
	c.W.OK()
	return nil
}

func hotkeysHelp(c *command.Call) error {
	command.Help(c,
		"GET",
		"    Return the keys that were used most in the last completed window, with their",
		"    database and how often they were used per second, as far as samples tell.",
		"RESET",
		"    Forget all that is known of hot keys.")
	return nil
}
