package servercmd

import (
	"strings"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/command/commanddocs"
	"github.com/sleipnirdb/sleipnir/internal/glob"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

func (g *group) commandRow() command.Command {
	const flags = command.Loading | command.Stale | command.Sentinel
	order := []string{"nondeterministic_output_order"}
	sub := func(name string, arity int, since string, tips []string, complexity, summary string, run command.Handler) command.Command {
		return command.Command{Name: name, Arity: arity, Flags: flags, ACL: command.CatConnection, Since: since, Tips: tips,
			Complexity: complexity, Summary: summary, Run: run}
	}
	return command.Command{Name: "command", Arity: -1, Flags: flags, ACL: command.CatConnection, Since: "2.8.13", Tips: order,
		Complexity: "O(N) where N is the total number of commands.", Summary: "Returns detailed information about all commands.", Run: g.commandAll,
		Sub: []command.Command{
			sub("count", 2, "2.8.13", nil, "O(1)", "Returns a count of commands.", g.commandCount),
			sub("info", -2, "2.8.13", order, "O(N) where N is the number of commands to look up.", "Returns information about one, multiple or all commands.", g.commandInfo),
			sub("docs", -2, "7.0.0", order, "O(N) where N is the number of commands to look up.", "Returns documentary information about one, multiple or all commands.", g.commandDocs),
			sub("list", -2, "7.0.0", order, "O(N) where N is the total number of commands.", "Returns a list of command names.", g.commandList),
			sub("getkeys", -3, "2.8.13", nil, "O(N) where N is the number of arguments to the command", "Extracts the key names from an arbitrary command.", g.commandGetKeys),
			sub("getkeysandflags", -3, "7.0.0", nil, "O(N) where N is the number of arguments to the command", "Extracts the key names and access flags for an arbitrary command.", g.commandGetKeysAndFlags),
			sub("help", 2, "5.0.0", nil, "O(1)", "Returns helpful text about the different subcommands.", commandHelp),
		}}
}

// hiddenFlags are those that COMMAND INFO doesn't list, as in Valkey.
const hiddenFlags = command.MayReplicate | command.Sentinel | command.OnlySentinel | command.Protected |
	command.TouchesArbitraryKeys | command.AllDBs

func (g *group) commandAll(c *command.Call) error {
	top := g.Server.CommandTable().Top()
	c.W.Array(len(top))
	for _, cmd := range top {
		writeInfo(c.W, cmd)
	}
	return nil
}

func (g *group) commandCount(c *command.Call) error {
	c.W.Int(int64(len(g.Server.CommandTable().Top())))
	return nil
}

func (g *group) commandInfo(c *command.Call) error {
	if len(c.Args) == 2 {
		return g.commandAll(c)
	}
	c.W.Array(len(c.Args) - 2)
	for _, arg := range c.Args[2:] {
		if cmd := g.resolve(arg); cmd != nil {
			writeInfo(c.W, cmd)
		} else {
			c.W.Null()
		}
	}
	return nil
}

// resolve finds a row by its full name in any case.
func (g *group) resolve(arg []byte) *command.Command {
	name, sub, isSub := strings.Cut(strings.ToLower(string(arg)), "|")
	cmd := g.Server.CommandTable().Lookup([]byte(name))
	if cmd == nil || !isSub {
		return cmd
	}
	return cmd.Subcommand([]byte(sub))
}

func statuses(w *resp.Writer, prefix string, names []string) {
	w.Set(len(names))
	for _, name := range names {
		w.Status(prefix + name)
	}
}

// writeInfo writes a row as COMMAND INFO does.
func writeInfo(w *resp.Writer, cmd *command.Command) {
	w.Array(10)
	w.BulkString(cmd.Full)
	w.Int(int64(cmd.Arity))
	statuses(w, "", (cmd.Flags &^ hiddenFlags).Names())
	w.Int(int64(cmd.First))
	w.Int(int64(cmd.Last))
	w.Int(int64(cmd.Step))
	statuses(w, "@", cmd.ACL.Names())
	w.Set(len(cmd.Tips))
	for _, tip := range cmd.Tips {
		w.BulkString(tip)
	}
	w.Set(len(cmd.Keys))
	for i := range cmd.Keys {
		writeKeySpec(w, &cmd.Keys[i])
	}
	if len(cmd.Sub) == 0 {
		w.Set(0)
		return
	}
	w.Array(len(cmd.Sub))
	for i := range cmd.Sub {
		writeInfo(w, &cmd.Sub[i])
	}
}

func writeKeySpec(w *resp.Writer, s *command.KeySpec) {
	if s.Notes != "" {
		w.Map(4)
		w.BulkString("notes")
		w.BulkString(s.Notes)
	} else {
		w.Map(3)
	}
	w.BulkString("flags")
	statuses(w, "", s.Flags.Names())
	w.BulkString("begin_search")
	switch s.Begin {
	case command.BeginIndex:
		specHead(w, "index", 1)
		specInt(w, "index", s.Index)
	case command.BeginKeyword:
		specHead(w, "keyword", 2)
		w.BulkString("keyword")
		w.BulkString(s.Keyword)
		specInt(w, "startfrom", s.Index)
	default:
		specHead(w, "unknown", 0)
	}
	w.BulkString("find_keys")
	switch s.Find {
	case command.FindRange:
		specHead(w, "range", 3)
		specInt(w, "lastkey", s.Last)
		specInt(w, "keystep", s.Step)
		specInt(w, "limit", s.Limit)
	case command.FindKeyNum:
		specHead(w, "keynum", 3)
		specInt(w, "keynumidx", s.KeyNumIndex)
		specInt(w, "firstkey", s.FirstKey)
		specInt(w, "keystep", s.Step)
	default:
		specHead(w, "unknown", 0)
	}
}

func specHead(w *resp.Writer, kind string, fields int) {
	w.Map(2)
	w.BulkString("type")
	w.BulkString(kind)
	w.BulkString("spec")
	w.Map(fields)
}

func specInt(w *resp.Writer, name string, n int) {
	w.BulkString(name)
	w.Int(int64(n))
}

func (g *group) commandDocs(c *command.Call) error {
	if len(c.Args) == 2 {
		top := g.Server.CommandTable().Top()
		c.W.Map(len(top))
		for _, cmd := range top {
			writeDocs(c.W, cmd)
		}
		return nil
	}
	mark, n := c.W.Defer(), 0
	for _, arg := range c.Args[2:] {
		if cmd := g.resolve(arg); cmd != nil {
			writeDocs(c.W, cmd)
			n++
		}
	}
	c.W.DoneMap(mark, n)
	return nil
}

// writeDocs writes a row's name and what COMMAND DOCS says of it.
func writeDocs(w *resp.Writer, cmd *command.Command) {
	w.BulkString(cmd.Full)
	mark, n := w.Defer(), 0
	put := func(name, value string) {
		if value != "" {
			w.BulkString(name)
			w.BulkString(value)
			n++
		}
	}
	put("summary", cmd.Summary)
	put("since", cmd.Since)
	put("group", cmd.Group)
	put("complexity", cmd.Complexity)
	if cmd.DeprecatedSince != "" {
		w.BulkString("doc_flags")
		statuses(w, "", []string{"deprecated"})
		n++
	}
	put("deprecated_since", cmd.DeprecatedSince)
	put("replaced_by", cmd.ReplacedBy)
	n += writeHistory(w, commanddocs.History(cmd.Full, cmd.Since))
	if args := commanddocs.Arguments(cmd.Full); len(args) > 0 {
		w.BulkString("arguments")
		writeArguments(w, args)
		n++
	}
	if len(cmd.Sub) > 0 {
		w.BulkString("subcommands")
		w.Map(len(cmd.Sub))
		for i := range cmd.Sub {
			writeDocs(w, &cmd.Sub[i])
		}
		n++
	}
	w.DoneMap(mark, n)
}

func (g *group) commandList(c *command.Call) error {
	keep, err := listFilter(c.Args[2:])
	if err != nil {
		return err
	}
	mark, n := c.W.Defer(), 0
	for _, cmd := range g.Server.CommandTable().Rows() {
		if keep(cmd) {
			c.W.BulkString(cmd.Full)
			n++
		}
	}
	c.W.DoneArray(mark, n)
	return nil
}

// listFilter reads COMMAND LIST's FILTERBY.
func listFilter(args [][]byte) (func(*command.Command) bool, error) {
	keep := func(*command.Command) bool { return true }
	for ; len(args) > 0; args = args[3:] {
		if !command.Is(args[0], "filterby") || len(args) != 3 {
			return nil, command.ErrSyntax
		}
		value := args[2]
		switch {
		case command.Is(args[1], "module"):
			keep = func(*command.Command) bool { return false }
		case command.Is(args[1], "aclcat"):
			cat := category(value)
			keep = func(cmd *command.Command) bool { return cmd.ACL&cat != 0 }
		case command.Is(args[1], "pattern"):
			pattern := string(value)
			keep = func(cmd *command.Command) bool { return glob.MatchString(pattern, cmd.Full, true) }
		default:
			return nil, command.ErrSyntax
		}
	}
	return keep, nil
}

func category(name []byte) command.Category {
	for bit, known := range command.CategoryNames {
		if command.Is(name, known) {
			return 1 << bit
		}
	}
	return 0
}

func (g *group) commandGetKeys(c *command.Call) error {
	return g.keysOf(c, func(arg []byte, _ command.KeyFlags) { c.W.Bulk(arg) })
}

func (g *group) commandGetKeysAndFlags(c *command.Call) error {
	return g.keysOf(c, func(arg []byte, flags command.KeyFlags) {
		c.W.Array(2)
		c.W.Bulk(arg)
		statuses(c.W, "", flags.Names())
	})
}

func (g *group) keysOf(c *command.Call, write func(arg []byte, flags command.KeyFlags)) error {
	args := c.Args[2:]
	cmd := g.Server.CommandTable().Lookup(args[0])
	if cmd != nil && len(cmd.Sub) > 0 && len(args) > 1 {
		cmd = cmd.Subcommand(args[1])
	}
	switch {
	case cmd == nil:
		return command.Error("ERR Invalid command specified")
	case len(cmd.Keys) == 0 && cmd.FindKeys == nil:
		return command.Error("ERR The command has no key arguments")
	case !cmd.TakesCount(len(args)):
		return command.Error("ERR Invalid number of arguments specified for command")
	}
	keys, err := cmd.AppendKeys(args, nil)
	if err != nil || len(keys) == 0 && cmd.Flags&command.NoMandatoryKeys == 0 {
		return command.ErrInvalidKeys
	}
	c.W.Array(len(keys))
	for _, k := range keys {
		write(args[k.Pos], k.Flags)
	}
	return nil
}

func commandHelp(c *command.Call) error {
	command.Help(c,
		"(no subcommand)",
		"    Return details about all commands.",
		"COUNT",
		"    Return the total number of commands in this server.",
		"LIST",
		"    Return a list of all commands in this server.",
		"INFO [<command-name> ...]",
		"    Return details about multiple commands.",
		"    If no command names are given, documentation details for all",
		"    commands are returned.",
		"DOCS [<command-name> ...]",
		"    Return documentation details about multiple commands.",
		"    If no command names are given, documentation details for all",
		"    commands are returned.",
		"GETKEYS <full-command>",
		"    Return the keys from a full command.",
		"GETKEYSANDFLAGS <full-command>",
		"    Return the keys and the access flags from a full command.")
	return nil
}
