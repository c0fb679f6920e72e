package servercmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
)

const (
	errSaving    command.Error = "ERR Background save already in progress"
	errNotSaving command.Error = "ERR Background saving is currently not in progress or scheduled"
	// errSave is the reference's reply to a SAVE that failed: it has no text.
	errSave   command.Error = "ERR"
	errReload command.Error = "ERR Error trying to load the RDB dump, check server logs."
	errReplay command.Error = "ERR Error trying to load the AOF files, check server logs."
)

func (g *group) saveRow() command.Command {
	return command.Command{Name: "save", Arity: 1,
		Flags: command.Admin | command.NoScript | command.NoMulti | command.NoAsyncLoading | command.OffLoop,
		Scope: command.ScopeAll, Since: "1.0.0", Complexity: "O(N) where N is the total number of keys in all databases",
		Summary: "Synchronously saves the database(s) to disk.", Run: g.save}
}

func (g *group) bgsaveRow() command.Command {
	return command.Command{Name: "bgsave", Arity: -1,
		Flags: command.Admin | command.NoScript | command.NoAsyncLoading,
		Since: "1.0.0", Complexity: "O(1)",
		Summary: "Asynchronously saves the database(s) to disk.", Run: g.bgsave}
}

func (g *group) save(c *command.Call) error {
	if g.Server.Saving() {
		return errSaving
	}
	if g.Server.Save() != nil {
		return errSave
	}
	c.W.OK()
	return nil
}

func (g *group) bgsave(c *command.Call) error {
	if len(c.Args) > 1 {
		switch {
		case len(c.Args) == 2 && command.Is(c.Args[1], "schedule"):
			// It waits for nothing else here, so there is nothing to schedule.
		case len(c.Args) == 2 && command.Is(c.Args[1], "cancel"):
			return g.cancelSave(c)
		default:
			return command.ErrSyntax
		}
	}
	switch {
	case g.Server.Saving():
		return errSaving
	case c.InExec:
		g.Server.ScheduleSave(true)
		c.W.Status("Background saving scheduled")
	case !g.Server.BackgroundSave():
		return errSaving
	default:
		c.W.Status("Background saving started")
	}
	return nil
}

func (g *group) cancelSave(c *command.Call) error {
	switch {
	case g.Server.CancelSave():
		c.W.Status("Background saving cancelled")
	case g.Server.CancelScheduledSave():
		c.W.Status("Scheduled background saving cancelled")
	default:
		return errNotSaving
	}
	return nil
}

func (g *group) debugReload(c *command.Call) error {
	if g.Server.Loading() {
		return command.ErrLoading
	}
	save, flush, merge := true, true, false
	for _, arg := range c.Args[2:] {
		switch {
		case command.Is(arg, "merge"):
			merge = true
		case command.Is(arg, "noflush"):
			flush = false
		case command.Is(arg, "nosave"):
			save = false
		default:
			return command.Error("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.")
		}
	}
	if save && g.Server.Save() != nil {
		return errSave
	}
	if flush {
		g.empty(c, func(s *keyspace.Space) (int, *keyspace.Detached) { return s.FlushAll() })
	}
	if g.Server.Reload(flush, merge) != nil {
		return errReload
	}
	g.Server.LogWarning("DB reloaded by DEBUG RELOAD")
	c.W.OK()
	return nil
}

func (g *group) debugLoadAOF(c *command.Call) error {
	if g.Server.Loading() {
		return command.ErrLoading
	}
	if g.Server.ReloadAppendOnly() != nil {
		return errReplay
	}
	g.Server.LogWarning("Append Only File loaded by DEBUG LOADAOF")
	c.W.OK()
	return nil
}
