// Package servercmd holds the commands of the server group: those that look at
// the server as a whole, or change what it does.
//
// Many of them ask every loop or every partition for something. They are
// off-loop rows: they run on an ordinary goroutine and may wait. Inside a
// transaction the leases they need are held already, since their scope says so
// there (inExec); outside they take the partitions one at a time, so that
// nobody is kept waiting by INFO.
package servercmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/core/stats"
)

// Server is what the commands ask of the server around them. Unless said
// otherwise its methods are for ordinary goroutines, not for loops.
type Server interface {
	// CommandTable returns the command table. Any goroutine.
	CommandTable() *command.Table
	// Loading tells whether data is being loaded. Any goroutine.
	Loading() bool
	// Info writes the wanted sections of INFO. held: the caller has every
	// lease.
	Info(n *stats.Info, held bool)
	// Memory returns the figures of MEMORY STATS.
	Memory(held bool) Memory
	// EachSpace visits the partitions' data under their leases.
	EachSpace(held bool, f func(p int, s *keyspace.Space))
	// Stats adds up the loops' counters.
	Stats() *stats.Local
	// ResetStats is CONFIG RESETSTAT. The caller has every lease.
	ResetStats()
	// Flushed takes over what flushes left. background has to be freed in
	// slices under the lease. Any goroutine.
	Flushed(old []*keyspace.Detached, background partition.Mask, keys int)
	// Swapped tells that two databases have changed places; every lease is held.
	Swapped()
	// Purge gives unused memory back to the system.
	Purge(held bool)
	// Shutdown begins to end the process; an error says why not. Any
	// goroutine.
	Shutdown(how Shutdown) error
	// AbortShutdown reports whether there was a shutdown to take back. Any
	// goroutine.
	AbortShutdown() bool
	// SetActiveExpire turns the removal of expired keys in the background on
	// or off. Any goroutine.
	SetActiveExpire(on bool)
	// SetUncheckedDumps has RESTORE ignore checksums, or heed them. Any goroutine.
	SetUncheckedDumps(on bool)
	// LogWarning writes a line of level warning. Any goroutine.
	LogWarning(text string)
	// Stall stops every loop for the given time.
	Stall(nanos int64)
	// Crash ends the process with a crash report, as a signal would if
	// bySignal.
	Crash(reason string, bySignal bool)
	// Monitor has the session told of every command that is executed. Called
	// by the session's owner.
	Monitor(s *session.Session)
	// LastSave is the unix time in seconds of the last snapshot. Any goroutine.
	LastSave() int64
	// Saving tells whether a snapshot is taken in the background. Any goroutine.
	Saving() bool
	// Save writes a snapshot. The caller has every lease.
	Save() error
	// BackgroundSave begins to write one, false if that is under way. Any
	// goroutine.
	BackgroundSave() bool
	// ScheduleSave has one begin as soon as it may. Any goroutine.
	ScheduleSave(afterExec bool)
	// CancelSave gives up the one in the background, CancelScheduledSave the one to come; false if there is none. Any goroutine.
	CancelSave() bool
	CancelScheduledSave() bool
	// HotKeys returns the keys of the last window, the hottest first. An ordinary goroutine.
	HotKeys() []HotKey
	// ResetHotKeys forgets them. An ordinary goroutine.
	ResetHotKeys()
	// ForgetHotKeys forgets those of a database, of all if it is negative. Any goroutine.
	ForgetHotKeys(db int)
	// FlushedAll is told that FLUSHALL has emptied everything and will count so many changes. The caller has every lease.
	FlushedAll(dirty int64)
	// RewriteAppendOnly has the append-only file rewritten, after the transaction if it is within one. Any goroutine.
	RewriteAppendOnly(inExec bool) Rewriting
	// SetFreeScripts lets scripts call any command, or forbids those that are not for scripts. Any goroutine.
	SetFreeScripts(on bool)
	// Reload reads the snapshot back. flush: the libraries of functions go before, as the data has. merge: what is there already is replaced,
	// instead of being an error. The caller has every lease.
	Reload(flush, merge bool) error
	// ReloadAppendOnly reads the append-only file back, in the place of what
	// there is. The caller has no lease.
	ReloadAppendOnly() error
}

// Shutdown says how the server ends.
type Shutdown struct {
	Save, NoSave, Now, Force, Safe, Failover bool
}

// Deps are what the rows need.
type Deps struct {
	Server     Server
	Config     *config.Config
	CommandLog *stats.CommandLog
	Latency    *stats.Latency
	// Version is the version of Valkey that clients are told.
	Version string
}

type group struct{ Deps }

// inExec is the route of rows that need every partition held inside a
// transaction, where they can't take leases, and none outside.
func inExec(*command.Call, *partition.Mask) {}

// Rows inside EXEC: the transaction holds all partitions for a row whose scope
// isn't its keys.
func held(c *command.Call) bool { return c.InExec }

// Commands returns the rows of the server group.
func Commands(d Deps) []command.Command {
	g := &group{d}
	rows := []command.Command{
		g.infoRow(), g.configRow(), g.memoryRow(), g.commandRow(), g.slowlogRow(), g.commandlogRow(),
		g.latencyRow(), g.hotkeysRow(), g.debugRow(), g.shutdownRow(), g.monitorRow(), g.saveRow(), g.bgsaveRow(), g.bgrewriteaofRow(),
		{Name: "dbsize", Arity: 1, Flags: command.ReadOnly | command.Fast, ACL: command.CatKeyspace, Scope: command.ScopeAll, Since: "1.0.0",
			Tips:       []string{"request_policy:all_shards", "response_policy:agg_sum"},
			Complexity: "O(1)", Summary: "Returns the number of keys in the database.", Run: dbsize},
		{Name: "flushall", Arity: -1, Flags: command.Write | command.AllDBs | command.OffLoop, ACL: command.CatKeyspace | command.CatDangerous, Scope: command.ScopeAll, Since: "1.0.0",
			Tips:       []string{"request_policy:all_shards", "response_policy:all_succeeded"},
			Complexity: "O(N) where N is the total number of keys in all databases", Summary: "Removes all keys from all databases.", Run: g.flushall},
		{Name: "flushdb", Arity: -1, Flags: command.Write, ACL: command.CatKeyspace | command.CatDangerous, Scope: command.ScopeAll, Since: "1.0.0",
			Tips:       []string{"request_policy:all_shards", "response_policy:all_succeeded"},
			Complexity: "O(N) where N is the number of keys in the selected database", Summary: "Removes all keys from the current database.", Run: g.flushdb},
		{Name: "swapdb", Arity: 3, DBs: command.DBAt(1, 2), Flags: command.Write | command.Fast, ACL: command.CatKeyspace | command.CatDangerous, Scope: command.ScopeAll, Since: "4.0.0",
			Complexity: "O(N) where N is the count of clients watching or blocking on keys from both databases.", Summary: "Swaps two databases.", Run: g.swapdb},
		{Name: "time", Arity: 1, Flags: command.Loading | command.Stale | command.Fast, Since: "2.6.0", Tips: []string{"nondeterministic_output"},
			Complexity: "O(1)", Summary: "Returns the server time.", Run: now},
		{Name: "lolwut", Arity: -1, Flags: command.ReadOnly | command.Fast, Since: "5.0.0",
			Summary: "Displays computer art and the server version.", Run: g.lolwut},
		{Name: "lastsave", Arity: 1, Flags: command.Loading | command.Stale | command.Fast, ACL: command.CatAdmin | command.CatDangerous, Since: "1.0.0",
			Tips: []string{"nondeterministic_output"}, Complexity: "O(1)",
			Summary: "Returns the Unix timestamp of the last successful save to disk.", Run: g.lastsave},
		{Name: "role", Arity: 1, Flags: command.NoScript | command.Loading | command.Stale | command.Fast | command.Sentinel, ACL: command.CatAdmin | command.CatDangerous,
			Since: "2.8.12", Complexity: "O(1)", Summary: "Returns the replication role.", Run: role},
	}
	for i := range rows {
		rows[i].Group = "server"
		for j := range rows[i].Sub {
			rows[i].Sub[j].Group = "server"
		}
	}
	return rows
}

func dbsize(c *command.Call) error {
	n := 0
	for p := range c.Set.Len() {
		n += c.Set.Space(p).DB(c.Session.DB).Len()
	}
	c.W.Int(int64(n))
	return nil
}

func (g *group) lastsave(c *command.Call) error {
	c.W.Int(g.Server.LastSave())
	return nil
}

func role(c *command.Call) error {
	c.W.Array(3)
	c.W.BulkString("master")
	c.W.Int(0)
	c.W.Array(0)
	return nil
}

// forever parks a session that will get no reply: its connection ends with
// the process.
func forever(c *command.Call) error {
	c.Session.Block = session.Block{Timeout: func(*session.Session) {}}
	return command.Parked
}

// subcommandSyntax is the error for a subcommand that doesn't exist or was
// given the wrong arguments, in containers without rows of their own.
func subcommandSyntax(c *command.Call, name string) error {
	const maxShown = 128
	sub := c.Args[1]
	return command.Error("ERR unknown subcommand or wrong number of arguments for '" +
		string(sub[:min(len(sub), maxShown)]) + "'. Try " + name + " HELP.")
}
