package servercmd

import (
	"fmt"
	"math"
	"strconv"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/rdb"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/internal/crc"
	"github.com/sleipnirdb/sleipnir/internal/glob"
)

func (g *group) debugRow() command.Command {
	return command.Command{Name: "debug", Arity: -2,
		Flags: command.Admin | command.NoScript | command.Loading | command.Stale | command.Protected | command.OffLoop,
		Scope: command.ScopeRoute, Route: routeDebug, Since: "1.0.0", Complexity: "Depends on subcommand.",
		Summary: "A container for debugging commands.", Run: g.debug}
}

// debugWhere says which partitions a subcommand of DEBUG touches.
type debugWhere uint8

const (
	debugNone debugWhere = iota
	debugKeys            // those of the arguments after the subcommand
	debugAll
)

// debugSub is a subcommand of DEBUG: it takes from least to most arguments
// after its name.
type debugSub struct {
	name        string
	least, most int
	where       debugWhere
	run         func(g *group, c *command.Call) error
}

var debugSubs = [...]debugSub{
	{"sleep", 1, 1, debugAll, (*group).debugSleep},
	{"object", 1, 2, debugKeys, (*group).debugObject},
	{"set-active-expire", 1, 1, debugNone, (*group).debugActiveExpire},
	{"set-skip-checksum-validation", 1, 1, debugNone, (*group).debugUncheckedDumps},
	{"populate", 1, 3, debugAll, (*group).debugPopulate},
	{"log", 1, 1, debugNone, (*group).debugLog},
	{"error", 1, 1, debugNone, (*group).debugError},
	{"protocol", 1, 1, debugNone, (*group).debugProtocol},
	{"digest", 0, 0, debugAll, (*group).debugDigest},
	{"digest-value", 0, math.MaxInt, debugKeys, (*group).debugDigestValue},
	{"htstats", 1, 2, debugAll, (*group).debugTables},
	{"htstats-key", 1, 2, debugKeys, (*group).debugTable},
	{"stringmatch-len", 2, 2, debugNone, (*group).debugStringMatch},
	{"reload", 0, math.MaxInt, debugAll, (*group).debugReload},
	{"loadaof", 0, 0, debugNone, (*group).debugLoadAOF},
	{"config-rewrite-force-all", 0, 0, debugNone, (*group).debugRewriteAll},
	{"set-disable-deny-scripts", 1, 1, debugNone, (*group).debugDenyScripts},
	{"segfault", 0, 0, debugNone, (*group).debugSegfault},
	{"panic", 0, 0, debugNone, (*group).debugPanic},
	{"assert", 0, 0, debugNone, (*group).debugAssert},
	{"oom", 0, 0, debugNone, (*group).debugOOM},
	// These turn parts of the reference that don't exist here: accepted, so
	// that scripts written for it go on.
	{"replybuffer", 2, 2, debugNone, (*group).debugAccepted},
	{"pause-cron", 1, 1, debugNone, (*group).debugAccepted},
	{"dict-resizing", 1, 1, debugNone, (*group).debugAccepted},
	{"quicklist-packed-threshold", 1, 1, debugNone, (*group).debugAccepted},
	{"pause-after-fork", 1, 1, debugNone, (*group).debugAccepted},
	{"delay-rdb-client-free-seconds", 1, 1, debugNone, (*group).debugAccepted},
	{"aof-flush-sleep", 1, 1, debugNone, (*group).debugAccepted},
}

// findDebug returns the subcommand that a call names, if its count of
// arguments fits.
func findDebug(c *command.Call) *debugSub {
	for i := range debugSubs {
		sub := &debugSubs[i]
		if n := len(c.Args) - 2; command.Is(c.Args[1], sub.name) && n >= sub.least && n <= sub.most {
			return sub
		}
	}
	return nil
}

func routeDebug(c *command.Call, m *partition.Mask) {
	sub := findDebug(c)
	if sub == nil {
		return
	}
	switch sub.where {
	case debugAll:
		m.Fill(c.Set.Len())
	case debugKeys:
		for _, key := range c.Args[2:] {
			m.Add(c.Set.Of(crc.Slot(key)))
		}
	case debugNone:
	}
}

func (g *group) debug(c *command.Call) error {
	if len(c.Args) == 2 && command.Is(c.Args[1], "help") {
		return debugHelp(c)
	}
	sub := findDebug(c)
	if sub == nil {
		return subcommandSyntax(c, "DEBUG")
	}
	return sub.run(g, c)
}

// debugSleep stops everything: it holds every lease, and stalls the loops.
func (g *group) debugSleep(c *command.Call) error {
	seconds, _ := strconv.ParseFloat(string(c.Args[2]), 64)
	if seconds > 0 && seconds < math.MaxInt32 {
		g.Server.Stall(int64(seconds * 1e9))
	}
	c.W.OK()
	return nil
}

func (g *group) debugObject(c *command.Call) error {
	db := c.DBAt(c.Session.DB, c.Args[2])
	e := db.Peek(c.Args[2])
	if !e.Exists() {
		return command.ErrNoSuchKey
	}
	s := db.Space()
	idle, freq := int64(0), uint8(0)
	if s.Policy().Kind.LFU() {
		freq = s.Frequency(e)
	} else {
		idle = s.IdleSeconds(e)
	}
	text := fmt.Sprintf("Value at:%#x refcount:1 encoding:%s", uint64(e.Ref()), e.Encoding())
	if len(c.Args) == 3 || !command.Is(c.Args[3], "fast") {
		n := rdb.NewEncoder(s.Env()).Size(e, g.Config.Bool(config.RDBCompression))
		text += fmt.Sprintf(" serializedlength:%d", n)
	}
	text += fmt.Sprintf(" lru:%d lru_seconds_idle:%d lfu_freq:%d lfu_access_time_minutes:%d",
		e.Access(), idle, freq, e.Access()>>8)
	if e.Encoding() == object.EncQuicklist {
		limits := s.Env().Limits
		text += fmt.Sprintf(" ql_listpack_max:%d ql_compressed:%d", limits.ListSize.Load(), min(limits.ListCompress.Load(), 1))
	}
	c.W.Status(text)
	return nil
}

func (g *group) debugActiveExpire(c *command.Call) error {
	n, _ := strconv.Atoi(string(c.Args[2]))
	g.Server.SetActiveExpire(n != 0)
	c.W.OK()
	return nil
}

func (g *group) debugUncheckedDumps(c *command.Call) error {
	n, _ := strconv.Atoi(string(c.Args[2]))
	g.Server.SetUncheckedDumps(n != 0)
	c.W.OK()
	return nil
}

func (g *group) debugPopulate(c *command.Call) error {
	count, ok := command.ParseInt(c.Args[2])
	if !ok || count < 0 {
		return command.ErrNotPositive
	}
	size := int64(0)
	if len(c.Args) == 5 {
		if size, ok = command.ParseInt(c.Args[4]); !ok || size < 0 {
			return command.ErrNotPositive
		}
	}
	prefix := "key"
	if len(c.Args) > 3 {
		prefix = string(c.Args[3])
	}
	if err := populate(c, prefix, count, int(size)); err != nil {
		return err
	}
	c.W.OK()
	return nil
}

func populate(c *command.Call, prefix string, count int64, size int) error {
	var padded []byte
	if size > 0 {
		padded = make([]byte, size)
	}
	for i := range count {
		key := fmt.Appendf(nil, "%s:%d", prefix, i)
		db := c.DBAt(c.Session.DB, key)
		if db.Peek(key).Exists() {
			continue
		}
		val := fmt.Appendf(nil, "value:%d", i)
		if padded != nil {
			clear(padded)
			copy(padded, val)
			val = padded
		}
		if err := db.Add(key, object.Text(val), keyspace.NoTTL); err != nil {
			return command.ErrOOM
		}
	}
	return nil
}

func (g *group) debugLog(c *command.Call) error {
	g.Server.LogWarning("DEBUG LOG: " + string(c.Args[2]))
	c.W.OK()
	return nil
}

// debugError is a reply, not a failure: it is written as it is.
func (g *group) debugError(c *command.Call) error {
	c.W.Error(string(c.Args[2]))
	return nil
}

func (g *group) debugStringMatch(c *command.Call) error {
	c.W.Int(0)
	if glob.MatchString(string(c.Args[2]), string(c.Args[3]), false) {
		c.W.B = c.W.B[:len(c.W.B)-len(":0\r\n")]
		c.W.Int(1)
	}
	return nil
}

// debugRewriteAll is CONFIG REWRITE with every directive.
func (g *group) debugRewriteAll(c *command.Call) error {
	if err := g.Config.RewriteAll(); err != nil {
		return err
	}
	c.W.OK()
	return nil
}

// debugDenyScripts lets scripts call any command, for tests.
func (g *group) debugDenyScripts(c *command.Call) error {
	n, _ := command.ParseInt(c.Args[2])
	g.Server.SetFreeScripts(n != 0)
	c.W.OK()
	return nil
}

func (g *group) debugAccepted(c *command.Call) error {
	c.W.OK()
	return nil
}

func (g *group) debugTables(c *command.Call) error {
	n, ok := command.ParseInt(c.Args[2])
	if !ok {
		return command.ErrNotInt
	}
	if n < 0 || n >= int64(c.Set.Space(0).Databases()) {
		return command.Error("ERR Out of range database")
	}
	keys, expires := 0, 0
	for p := range c.Set.Len() {
		db := c.Set.Space(p).DB(int(n))
		keys += db.Len()
		expires += db.Expires()
	}
	c.W.Verbatim("txt", fmt.Sprintf("[Dictionary HT]\nHash table 0 stats (main hash table):\n partitions: %d\n number of elements: %d\n"+
		"[Expires HT]\nHash table 0 stats (main hash table):\n number of elements: %d\n", c.Set.Len(), keys, expires))
	return nil
}

func (g *group) debugTable(c *command.Call) error {
	e := c.DB(c.Args[2]).Peek(c.Args[2])
	if !e.Exists() {
		return command.ErrNoSuchKey
	}
	if enc := e.Encoding(); enc != object.EncHashtable && enc != object.EncSkiplist {
		return command.Error("ERR The value stored at the specified key is not represented using an hash table")
	}
	c.W.Verbatim("txt", fmt.Sprintf("Hash table 0 stats (main hash table):\n number of elements: %d\n", e.Count()))
	return nil
}

// The process ends in these. What follows the call is never reached.

func (g *group) debugSegfault(c *command.Call) error {
	g.Server.Crash("", true)
	return forever(c)
}

func (g *group) debugPanic(*command.Call) error {
	panic("DEBUG PANIC called")
}

func (g *group) debugAssert(c *command.Call) error {
	g.Server.Crash("ASSERTION FAILED: DEBUG ASSERT called", false)
	return forever(c)
}

func (g *group) debugOOM(c *command.Call) error {
	g.Server.Crash("Out Of Memory allocating 9223372036854775807 bytes: DEBUG OOM called", false)
	return forever(c)
}

func debugHelp(c *command.Call) error {
	command.Help(c,
		"ASSERT",
		"    Crash by assertion failed.",
		"CONFIG-REWRITE-FORCE-ALL",
		"    Like CONFIG REWRITE but writes all configuration options, including",
		"    keywords not listed in original configuration file or default values.",
		"DIGEST",
		"    Output a hex signature representing the current DB content.",
		"DIGEST-VALUE <key> [<key> ...]",
		"    Output a hex signature of the values of all the specified keys.",
		"ERROR <string>",
		"    Return a RESP protocol error with <string> as message. Useful for clients",
		"    unit tests to simulate error replies.",
		"LOG <message>",
		"    Write <message> to the server log.",
		"HTSTATS <dbid> [full]",
		"    Return hash table statistics of the specified database.",
		"HTSTATS-KEY <key> [full]",
		"    Like HTSTATS but for the hash table stored at <key>'s value.",
		"OBJECT <key> [fast]",
		"    Show low level info about `key` and associated value.",
		"    Some fields of the default behavior may be time consuming to fetch,",
		"    and `fast` can be passed to avoid fetching them.",
		"OOM",
		"    Crash the server simulating an out-of-memory error.",
		"PANIC",
		"    Crash the server simulating a panic.",
		"POPULATE <count> [<prefix>] [<size>]",
		"    Create <count> string keys named key:<num>. If <prefix> is specified then",
		"    it is used instead of the 'key' prefix. These are not propagated to",
		"    replicas.",
		"PROTOCOL <type>",
		"    Reply with a test value of the specified type. <type> can be: string,",
		"    integer, double, bignum, null, array, set, map, attrib, push, verbatim,",
		"    true, false.",
		"RELOAD [option ...]",
		"    Save the RDB on disk and reload it back to memory. Valid <option> values:",
		"    * MERGE: conflicting keys will be loaded from RDB.",
		"    * NOFLUSH: the existing database will not be removed before load, but",
		"      conflicting keys will generate an exception and kill the server.",
		"    * NOSAVE: the database will be loaded from an existing RDB file.",
		"    Examples:",
		"    * DEBUG RELOAD: verify that the server is able to persist, flush and reload",
		"      the database.",
		"    * DEBUG RELOAD NOSAVE: replace the current database with the contents of an",
		"      existing RDB file.",
		"    * DEBUG RELOAD NOSAVE NOFLUSH MERGE: add the contents of an existing RDB",
		"      file to the database.",
		"SEGFAULT",
		"    Crash the server with sigsegv.",
		"SET-ACTIVE-EXPIRE <0|1>",
		"    Setting it to 0 disables expiring keys in background when they are not",
		"    accessed (otherwise the behavior). Setting it to 1 reenables back the",
		"    default.",
		"SLEEP <seconds>",
		"    Stop the server for <seconds>. Decimals allowed.",
		"STRINGMATCH-LEN <pattern> <string>",
		"    Tell whether <string> matches the glob-style <pattern>.")
	return nil
}
