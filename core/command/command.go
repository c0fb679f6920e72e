// Package command says what a command is: its row in the table, the keys it
// touches, and the call that a handler gets.
//
// A command is declared once, as a Command row beside its handler, in one of
// the rooms core/command/*cmd. COMMAND and its subcommands, ACL categories,
// routing, cluster checks, statistics and the docs are derived from the row.
package command

import (
	"github.com/sleipnirdb/sleipnir/core/partition"
)

// Handler carries out a command. It writes the reply to c.W, or returns an
// error and has written nothing: dispatch writes the error, once.
//
// A handler never blocks, and changes nothing before it has checked all its
// arguments.
type Handler func(c *Call) error

// Command is one row of the table.
type Command struct {
	Name string // lower case, without the container's name
	// Called is the name that clients call a top-level row by, where that is
	// another one (rename-command). NewTable fills it otherwise.
	Called string
	// Removed: no name calls the row (rename-command to nothing). Rules may name it nevertheless.
	Removed bool
	Arity   int // arguments with the name; negative: at least that many
	Flags   Flags
	// ACL holds the categories that the flags do not imply.
	ACL  Category
	Keys []KeySpec
	// FindKeys replaces the walk over Keys where positions depend on the
	// arguments' meaning (SORT, MIGRATE).
	FindKeys func(args [][]byte, dst []KeyRef) ([]KeyRef, error)
	// KeyAccess tells what a call does to its only key, where that depends on the arguments (VariableFlags).
	KeyAccess func(args [][]byte) KeyFlags
	// Channels says which arguments are channels, for the check of the user's rights.
	Channels Channels
	// DBs visits the places of arguments that are numbers of databases.
	DBs func(args [][]byte, visit func(pos int))
	// Member is the position of the first member or field that is looked up
	// in the collection at the only key, or of the bit in its string, 0 for none:
	// so that it can be loaded ahead. There is always such an argument.
	Member int
	Scope  Scope
	// Effective returns the flags of a call, where they depend on its arguments: of a script that
	// declares its own. nil: Flags.
	Effective func(args [][]byte) Flags
	// Long says which calls of an OffLoop command leave the loop; nil: all.
	Long func(args [][]byte) bool
	// Route picks the partitions of a command of ScopeRoute. What runs a script
	// needs at least those of the keys that the call declares.
	Route func(c *Call, m *partition.Mask)
	Run   Handler
	Sub   []Command

	Group   string
	Since   string
	Summary string
	// Complexity, Tips, DeprecatedSince and ReplacedBy are for COMMAND DOCS.
	Complexity      string
	Tips            []string
	DeprecatedSince string
	ReplacedBy      string

	// What NewTable derives.

	// ID is the row's number, dense from 0: the index of its statistics.
	ID int
	// Full is the name that clients see: "config|get".
	Full string
	// Container is the row that holds this subcommand, or nil.
	Container *Command
	// OneKey is the position of the only key, or 0 when the keys need a walk.
	OneKey int
	// First, Last and Step are the positions that COMMAND INFO reports.
	First, Last, Step int
}

// Scope says which partitions a command needs.
type Scope uint8

// The scopes.
const (
	// ScopeKeys: the partitions of its keys; none without keys.
	ScopeKeys Scope = iota
	// ScopeAll: every partition, through the token.
	ScopeAll
	// ScopeRoute: those that Route picks.
	ScopeRoute
)

// Flags are a command's properties, named as COMMAND INFO names them.
type Flags uint64

// The flags. Those below OffLoop are Valkey's.
const (
	Write Flags = 1 << iota
	ReadOnly
	DenyOOM
	Module
	Admin
	PubSub
	NoScript
	Blocking
	Loading
	Stale
	SkipMonitor
	SkipCommandLog
	Asking
	Fast
	NoAuth
	Sentinel
	OnlySentinel
	AllowBusy
	NoMandatoryKeys
	Protected
	MayReplicate
	NoMulti
	NoAsyncLoading
	TouchesArbitraryKeys
	AllDBs
	MovableKeys
	// OffLoop commands run on an ordinary goroutine while their connection
	// is parked: they may take long, or ask the loops for something.
	OffLoop
	// MultiControl commands are carried out inside MULTI instead of queued.
	MultiControl
	// WaitOnLoss commands that wait for a key run again also when it is gone
	// or of another type.
	WaitOnLoss
	// InPubSub commands are allowed to a subscribed RESP2 client.
	InPubSub
	// RunsQueue is EXEC, by whatever name: it runs what MULTI queued.
	RunsQueue
	// Roams: the command may change its keys in other databases than the
	// session's.
	Roams
	// RunsScript commands run a script: commands that nobody knows beforehand.
	RunsScript
)

// flagNames are in the order in which COMMAND INFO lists them.
var flagNames = []struct {
	flag Flags
	name string
}{
	{Write, "write"}, {ReadOnly, "readonly"}, {DenyOOM, "denyoom"}, {Module, "module"},
	{Admin, "admin"}, {PubSub, "pubsub"}, {NoScript, "noscript"}, {Blocking, "blocking"},
	{Loading, "loading"}, {Stale, "stale"}, {SkipMonitor, "skip_monitor"},
	{SkipCommandLog, "skip_commandlog"}, {Asking, "asking"}, {Fast, "fast"}, {NoAuth, "no_auth"},
	{Sentinel, "sentinel"}, {OnlySentinel, "only_sentinel"}, {AllowBusy, "allow_busy"},
	{NoMandatoryKeys, "no_mandatory_keys"}, {Protected, "protected"}, {MayReplicate, "may_replicate"},
	{NoMulti, "no_multi"}, {NoAsyncLoading, "no_async_loading"},
	{TouchesArbitraryKeys, "touches_arbitrary_keys"}, {AllDBs, "all_dbs"}, {MovableKeys, "movablekeys"},
}

// Names returns the flags' names as COMMAND INFO lists them.
func (f Flags) Names() []string {
	var names []string
	for _, fn := range flagNames {
		if f&fn.flag != 0 {
			names = append(names, fn.name)
		}
	}
	return names
}

// Category is a set of ACL categories.
type Category uint32

// The ACL categories, in the order in which ACL CAT lists them.
const (
	CatKeyspace Category = 1 << iota
	CatRead
	CatWrite
	CatSet
	CatSortedSet
	CatList
	CatHash
	CatString
	CatBitmap
	CatHyperLogLog
	CatGeo
	CatStream
	CatPubSub
	CatAdmin
	CatFast
	CatSlow
	CatBlocking
	CatDangerous
	CatConnection
	CatTransaction
	CatScripting
)

// CategoryNames are the categories' names, by bit number.
var CategoryNames = [...]string{
	"keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap",
	"hyperloglog", "geo", "stream", "pubsub", "admin", "fast", "slow", "blocking", "dangerous",
	"connection", "transaction", "scripting",
}

// Names returns the categories' names without the "@".
func (cat Category) Names() []string {
	var names []string
	for bit, name := range CategoryNames {
		if cat&(1<<bit) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// implied returns the categories that follow from the flags.
func (f Flags) implied(own Category) Category {
	cat := own
	if f&Write != 0 {
		cat |= CatWrite
	}
	if f&ReadOnly != 0 && own&CatScripting == 0 {
		cat |= CatRead
	}
	if f&Admin != 0 {
		cat |= CatAdmin | CatDangerous
	}
	if f&PubSub != 0 {
		cat |= CatPubSub
	}
	if f&Blocking != 0 {
		cat |= CatBlocking
	}
	if f&Fast != 0 {
		return cat | CatFast
	}
	return cat | CatSlow
}
