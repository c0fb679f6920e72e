// Package scriptcmd holds the commands of the scripting group: EVAL and its
// kin, SCRIPT, FCALL and FUNCTION. core/script does the work.
package scriptcmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/script"
)

// Server is what the group asks of the server.
type Server interface {
	// Running returns the scripts that take long, the oldest first.
	Running() []Running
	// Kill ends the script that runs, or says why not; isFunction: FUNCTION KILL asks.
	Kill(isFunction bool) error
	// DumpVersion is the version of the RDB format to write, 0 for the oldest that will do; Compress says whether long strings are compressed.
	DumpVersion() int
	Compress() bool
	// Relaxed says whether versions are read that nobody here knows.
	Relaxed() bool
}

// Running is a script that takes long.
type Running struct {
	Name       string
	IsFunction bool
	Args       [][]byte
	Ms         int64
}

type group struct {
	engine *script.Engine
	server Server
}

// Commands returns the rows.
func Commands(engine *script.Engine, server Server) []command.Command {
	g := &group{engine, server}
	rows := []command.Command{
		g.runs("eval", "2.6.0", "Executes a server-side Lua script.", g.eval),
		g.runs("evalsha", "2.6.0", "Executes a server-side Lua script by SHA1 digest.", g.evalsha),
		g.runs("eval_ro", "7.0.0", "Executes a read-only server-side Lua script.", g.eval),
		g.runs("evalsha_ro", "7.0.0", "Executes a read-only server-side Lua script by SHA1 digest.", g.evalsha),
		g.runs("fcall", "7.0.0", "Invokes a function.", g.fcall),
		g.runs("fcall_ro", "7.0.0", "Invokes a read-only function.", g.fcall),
		{Name: "script", Arity: -2, Since: "2.6.0", Complexity: "Depends on subcommand.",
			Summary: "A container for Lua scripts management commands.", Sub: g.scriptRows()},
		{Name: "function", Arity: -2, Since: "7.0.0", Complexity: "Depends on subcommand.",
			Summary: "A container for function commands.", Sub: g.functionRows()},
	}
	for i := range rows {
		rows[i].Group = "scripting"
		for j := range rows[i].Sub {
			rows[i].Sub[j].ACL = command.CatScripting
		}
	}
	return rows
}

// runs is the row of a command that runs a script or function.
func (g *group) runs(name, since, summary string, run command.Handler) command.Command {
	cmd := command.Command{Name: name, Arity: -3, Since: since, Summary: summary, Run: run, ACL: command.CatScripting,
		Flags: command.NoScript | command.SkipMonitor | command.NoMandatoryKeys | command.Stale | command.RunsScript,
		Scope: command.ScopeRoute, Complexity: "Depends on the script that is executed."}
	keys := command.RW | command.Access | command.Update
	if isReadOnly(name) {
		cmd.Flags |= command.ReadOnly
		keys = command.RO | command.Access
	} else {
		cmd.Flags |= command.MayReplicate
	}
	cmd.Keys = []command.KeySpec{command.KeyNum(2, keys)}
	switch name {
	case "eval", "eval_ro":
		cmd.Route, cmd.Effective = g.routeEval, g.flagsOf(cmd.Flags, g.flagsOfBody)
	case "evalsha", "evalsha_ro":
		cmd.Route, cmd.Effective = g.routeEvalsha, g.flagsOf(cmd.Flags, g.flagsOfHash)
	default:
		cmd.Route, cmd.Effective = g.routeFcall, g.flagsOf(cmd.Flags, g.flagsOfFunction)
		cmd.Complexity = "Depends on the function that is executed."
	}
	return cmd
}

func isReadOnly(name string) bool { return name[len(name)-1] == 'o' }

func (g *group) scriptRows() []command.Command {
	return []command.Command{
		{Name: "debug", Arity: -3, Flags: command.NoScript, Since: "3.2.0", Complexity: "O(1)",
			Summary: "Sets the debug mode of server-side Lua scripts.", Run: debug},
		{Name: "exists", Arity: -3, Flags: command.NoScript | command.Stale, Since: "2.6.0",
			Tips:       []string{"request_policy:all_shards", "response_policy:agg_logical_and"},
			Complexity: "O(N) with N being the number of scripts to check (so checking a single script is an O(1) operation).",
			Summary:    "Determines whether server-side Lua scripts exist in the script cache.", Run: g.exists},
		{Name: "flush", Arity: -2, Flags: command.NoScript | command.Stale, Since: "2.6.0",
			Tips:       []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
			Complexity: "O(N) with N being the number of scripts in cache",
			Summary:    "Removes all server-side Lua scripts from the script cache.", Run: g.flush},
		{Name: "help", Arity: 2, Flags: command.Loading | command.Stale, Since: "5.0.0", Complexity: "O(1)",
			Summary: "Returns helpful text about the different subcommands.", Run: scriptHelp},
		{Name: "kill", Arity: 2, Flags: command.NoScript | command.AllowBusy, Since: "2.6.0", Complexity: "O(1)",
			Tips:    []string{"request_policy:all_shards", "response_policy:one_succeeded"},
			Summary: "Terminates a server-side Lua script during execution.", Run: g.kill},
		{Name: "load", Arity: 3, Flags: command.NoScript | command.Stale | command.OffLoop, Long: isLongText, Since: "2.6.0",
			Tips:       []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
			Complexity: "O(N) with N being the length in bytes of the script body.",
			Summary:    "Loads a server-side Lua script to the script cache.", Run: g.load},
		{Name: "show", Arity: 3, Flags: command.NoScript | command.Stale, Since: "8.0.0", Complexity: "O(1).",
			Summary: "Show server-side Lua script in the script cache.", Run: g.show},
	}
}

func (g *group) functionRows() []command.Command {
	const writes = command.NoScript | command.Write
	onAll := []string{"request_policy:all_shards", "response_policy:all_succeeded"}
	return []command.Command{
		{Name: "delete", Arity: 3, Flags: writes, Scope: command.ScopeAll, Since: "7.0.0", Tips: onAll,
			Complexity: "O(1)", Summary: "Deletes a library and its functions.", Run: g.functionDelete},
		{Name: "dump", Arity: 2, Flags: command.NoScript, Since: "7.0.0",
			Complexity: "O(N) where N is the number of functions", Summary: "Dumps all libraries into a serialized binary payload.", Run: g.functionDump},
		{Name: "flush", Arity: -2, Flags: writes, Scope: command.ScopeAll, Since: "7.0.0", Tips: onAll,
			Complexity: "O(N) where N is the number of functions deleted", Summary: "Deletes all libraries and functions.", Run: g.functionFlush},
		{Name: "help", Arity: 2, Flags: command.Loading | command.Stale, Since: "7.0.0", Complexity: "O(1)",
			Summary: "Returns helpful text about the different subcommands.", Run: functionHelp},
		{Name: "kill", Arity: 2, Flags: command.NoScript | command.AllowBusy, Since: "7.0.0", Complexity: "O(1)",
			Tips:    []string{"request_policy:all_shards", "response_policy:one_succeeded"},
			Summary: "Terminates a function during execution.", Run: g.functionKill},
		{Name: "list", Arity: -2, Flags: command.NoScript, Since: "7.0.0", Tips: []string{"nondeterministic_output_order"},
			Complexity: "O(N) where N is the number of functions", Summary: "Returns information about all libraries.", Run: g.functionList},
		{Name: "load", Arity: -3, Flags: writes | command.DenyOOM | command.OffLoop, Scope: command.ScopeAll, Since: "7.0.0", Tips: onAll,
			Complexity: "O(1) (considering compilation time is redundant)", Summary: "Creates a library.", Run: g.functionLoad},
		{Name: "restore", Arity: -3, Flags: writes | command.DenyOOM | command.OffLoop, Scope: command.ScopeAll, Since: "7.0.0", Tips: onAll,
			Complexity: "O(N) where N is the number of functions on the payload", Summary: "Restores all libraries from a payload.", Run: g.functionRestore},
		{Name: "stats", Arity: 2, Flags: command.NoScript | command.AllowBusy, Since: "7.0.0", Complexity: "O(1)",
			Tips:    []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
			Summary: "Returns information about a function during execution.", Run: g.functionStats},
	}
}

// longText is the length of a script that takes some milliseconds to compile.
const longText = 16 << 10

// isLongText says whether a call gives a script that takes long to compile.
func isLongText(args [][]byte) bool { return len(args[2]) > longText }
