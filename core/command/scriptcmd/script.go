package scriptcmd

import "github.com/sleipnirdb/sleipnir/core/command"

const (
	errFlushMode command.Error = "ERR SCRIPT FLUSH only support SYNC|ASYNC option"
	errDebugMode command.Error = "ERR Use SCRIPT DEBUG YES/SYNC/NO"
	errNoDebug   command.Error = "ERR SCRIPT DEBUG YES and SYNC are not supported by this server"
)

// isFlushMode tells whether the last argument of a flush is a mode, if there is one. What is flushed needs no time, so they don't matter.
func isFlushMode(args [][]byte) bool {
	return len(args) == 2 || len(args) == 3 && (command.Is(args[2], "sync") || command.Is(args[2], "async"))
}

func (g *group) flush(c *command.Call) error {
	if !isFlushMode(c.Args) {
		return errFlushMode
	}
	g.engine.Scripts.Flush()
	c.W.OK()
	return nil
}

func (g *group) exists(c *command.Call) error {
	hashes := c.Args[2:]
	c.W.Array(len(hashes))
	for _, hash := range hashes {
		found := int64(0)
		if g.engine.Scripts.Find(hash) != nil {
			found = 1
		}
		c.W.Int(found)
	}
	return nil
}

func (g *group) load(c *command.Call) error {
	s, err := g.engine.Load(c.Args[2], true)
	if err != nil {
		return err
	}
	c.W.BulkString(s.Hash)
	return nil
}

func (g *group) show(c *command.Call) error {
	s := g.engine.Scripts.Find(c.Args[2])
	if s == nil {
		return errNoScript
	}
	c.W.BulkString(s.Body)
	return nil
}

// kill is SCRIPT KILL.
func (g *group) kill(c *command.Call) error { return g.killAny(c, false) }

// functionKill is FUNCTION KILL.
func (g *group) functionKill(c *command.Call) error { return g.killAny(c, true) }

func (g *group) killAny(c *command.Call, isFunction bool) error {
	if err := g.server.Kill(isFunction); err != nil {
		return err
	}
	c.W.OK()
	return nil
}

// debug is SCRIPT DEBUG: there is no debugger, so it can only be turned off.
func debug(c *command.Call) error {
	switch mode := c.Args[2]; {
	case command.Is(mode, "no"):
		c.W.OK()
		return nil
	case command.Is(mode, "yes"), command.Is(mode, "sync"):
		return errNoDebug
	}
	return errDebugMode
}

func scriptHelp(c *command.Call) error {
	command.Help(c,
		"DEBUG (YES|SYNC|NO)",
		"    Set the debug mode for subsequent scripts executed.",
		"EXISTS <sha1> [<sha1> ...]",
		"    Return information about the existence of the scripts in the script cache.",
		"FLUSH [ASYNC|SYNC]",
		"    Flush the Lua scripts cache. Very dangerous on replicas.",
		"    When called without the optional mode argument, the behavior is determined",
		"     by the lazyfree-lazy-user-flush configuration directive. Valid modes are:",
		"    * ASYNC: Asynchronously flush the scripts cache.",
		"    * SYNC: Synchronously flush the scripts cache.",
		"KILL",
		"    Kill the currently executing Lua script.",
		"LOAD <script>",
		"    Load a script into the scripts cache without executing it.",
		"SHOW <sha1>",
		"    Show a script from the scripts cache.")
	return nil
}
