package servercmd

import "github.com/sleipnirdb/sleipnir/core/command"

const errRewriting command.Error = "ERR Background append only file rewriting already in progress"

// Rewriting is what became of a wish to rewrite the append-only file.
type Rewriting uint8

// The answers.
const (
	RewriteStarted Rewriting = iota
	RewriteScheduled
	RewriteRefused // one is under way
)

func (g *group) bgrewriteaofRow() command.Command {
	return command.Command{Name: "bgrewriteaof", Arity: 1,
		Flags: command.Admin | command.NoScript | command.NoAsyncLoading,
		Since: "1.0.0", Complexity: "O(1)",
		Summary: "Asynchronously rewrites the append-only file to disk.", Run: g.bgrewriteaof}
}

func (g *group) bgrewriteaof(c *command.Call) error {
	switch g.Server.RewriteAppendOnly(c.InExec) {
	case RewriteRefused:
		return errRewriting
	case RewriteScheduled:
		c.W.Status("Background append only file rewriting scheduled")
	case RewriteStarted:
		c.W.Status("Background append only file rewriting started")
	}
	return nil
}
