// Package aclcmd holds ACL: who the users are and what they may do.
package aclcmd

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"

	"github.com/sleipnirdb/sleipnir/core/acl"
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/session"
)

const (
	errName    command.Error = "ERR Usernames can't contain spaces or null characters"
	errDefault command.Error = "ERR The 'default' user cannot be removed"
	errNoFile  command.Error = "ERR This instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a configuration file set) in order to store users in the configuration."
	errSave    command.Error = "ERR There was an error trying to save the ACLs. Please check the server logs for more information"
)

// Server is what the commands need of the server around them. Any goroutine that isn't a loop's.
type Server interface {
	Users() *acl.Users
	CommandTable() *command.Table
	// UsersChanged has changes take effect on who is connected; me is the session that asks.
	UsersChanged(changes []acl.Change, me *session.Session)
	// UserFile is the name of the file of users, empty if there is none.
	UserFile() string
	SaveUsers() bool
	LoadUsers() ([]acl.Change, error)
}

type group struct{ Server }

// Commands returns the rows of ACL.
func Commands(s Server) []command.Command {
	g := &group{s}
	const (
		anyone = command.NoScript | command.Loading | command.Stale | command.Sentinel
		admin  = anyone | command.Admin
		visits = admin | command.OffLoop // the sessions of all loops learn of it
	)
	everyNode := []string{"request_policy:all_nodes", "response_policy:all_succeeded"}
	sub := func(name string, arity int, flags command.Flags, summary, complexity string, run command.Handler) command.Command {
		return command.Command{Name: name, Since: "6.0.0", Arity: arity, Flags: flags, Complexity: complexity, Summary: summary, Run: run}
	}
	row := command.Command{Name: "acl", Group: "server", Arity: -2, Flags: command.Sentinel, Since: "6.0.0", Complexity: "Depends on subcommand.",
		Summary: "A container for Access List Control commands.",
		Sub: []command.Command{
			sub("cat", -2, anyone, "Lists the ACL categories, or the commands inside a category.", "O(1) since the categories and commands are a fixed set.", g.cat),
			sub("deluser", -3, visits, "Deletes ACL users, and terminates their connections.", "O(1) amortized time considering the typical user.", g.deluser),
			sub("dryrun", -4, admin, "Simulates the execution of a command by a user, without executing the command.", "O(1).", g.dryrun),
			sub("genpass", -2, anyone, "Generates a pseudorandom, secure password that can be used to identify ACL users.", "O(1)", genpass),
			sub("getuser", 3, admin, "Lists the ACL rules of a user.", "O(N). Where N is the number of password, command and pattern rules that the user has.", g.getuser),
			sub("help", 2, command.Loading|command.Stale|command.Sentinel, "Returns helpful text about the different subcommands.", "O(1)", help),
			sub("list", 2, admin, "Dumps the effective rules in ACL file format.", "O(N). Where N is the number of configured users.", g.list),
			sub("load", 2, visits, "Reloads the rules from the configured ACL file.", "O(N). Where N is the number of configured users.", g.load),
			sub("log", -2, admin, "Lists recent security events generated due to ACL rules.", "O(N) with N being the number of entries shown.", g.log),
			sub("save", 2, visits, "Saves the effective ACL rules in the configured ACL file.", "O(N). Where N is the number of configured users.", g.save),
			sub("setuser", -3, visits, "Creates and modifies an ACL user and its rules.", "O(N). Where N is the number of rules provided.", g.setuser),
			sub("users", 2, admin, "Lists all ACL users.", "O(N). Where N is the number of configured users.", g.users),
			sub("whoami", 2, anyone, "Returns the authenticated username of the current connection.", "O(1)", whoami),
		}}
	for i := range row.Sub {
		switch s := &row.Sub[i]; s.Name {
		case "dryrun":
			s.Since = "7.0.0"
		case "deluser", "save", "setuser":
			s.Tips = everyNode
		}
	}
	return []command.Command{row}
}

func (g *group) setuser(c *command.Call) error {
	name := string(c.Args[2])
	if !acl.ValidName(name) {
		return errName
	}
	change, err := g.Users().Set(name, texts(c.Args[3:]))
	if err != nil {
		return command.Error("ERR " + oneLine(err.Error()))
	}
	g.UsersChanged([]acl.Change{change}, c.Session)
	c.W.OK()
	return nil
}

// oneLine keeps an error in its line.
func oneLine(s string) string {
	b := []byte(s)
	for i, ch := range b {
		if ch == '\r' || ch == '\n' {
			b[i] = ' '
		}
	}
	return string(b)
}

func texts(args [][]byte) []string {
	list := make([]string, len(args))
	for i, arg := range args {
		list[i] = string(arg)
	}
	return list
}

func (g *group) deluser(c *command.Call) error {
	names := texts(c.Args[2:])
	for _, name := range names {
		if name == acl.DefaultName {
			return errDefault
		}
	}
	gone := g.Users().Delete(names)
	g.UsersChanged(gone, c.Session)
	c.W.Int(int64(len(gone)))
	return nil
}

func (g *group) load(c *command.Call) error {
	if g.UserFile() == "" {
		return errNoFile
	}
	changes, err := g.LoadUsers()
	if err != nil {
		return command.Error("ERR " + oneLine(err.Error()))
	}
	g.UsersChanged(changes, c.Session)
	c.W.OK()
	return nil
}

func (g *group) save(c *command.Call) error {
	if g.UserFile() == "" {
		return errNoFile
	}
	if !g.SaveUsers() {
		return errSave
	}
	c.W.OK()
	return nil
}

func whoami(c *command.Call) error {
	if c.Session.User == nil {
		c.W.Null()
		return nil
	}
	c.W.BulkString(c.Session.User.Name)
	return nil
}

func (g *group) users(c *command.Call) error {
	list := g.Users().All()
	c.W.Array(len(list))
	for _, u := range list {
		c.W.BulkString(u.Name)
	}
	return nil
}

func (g *group) list(c *command.Call) error {
	list := g.Users().All()
	c.W.Array(len(list))
	for _, u := range list {
		c.W.BulkString("user " + u.Name + " " + u.Rights().String())
	}
	return nil
}

func (g *group) getuser(c *command.Call) error {
	user := g.Users().Find(string(c.Args[2]))
	if user == nil {
		c.W.Null()
		return nil
	}
	r := user.Rights()
	selectors := r.Selectors()
	c.W.Map(selectorFields + 3)
	c.W.BulkString("flags")
	flags := r.Flags()
	c.W.Set(len(flags))
	bulks(c, flags)
	c.W.BulkString("passwords")
	passwords := r.Passwords()
	c.W.Array(len(passwords))
	bulks(c, passwords)
	writeSelector(c, &selectors[0])
	c.W.BulkString("selectors")
	c.W.Array(len(selectors) - 1)
	for i := range selectors[1:] {
		c.W.Map(selectorFields)
		writeSelector(c, &selectors[i+1])
	}
	return nil
}

func bulks(c *command.Call, list []string) {
	for _, s := range list {
		c.W.BulkString(s)
	}
}

// selectorFields is how many fields writeSelector writes.
const selectorFields = 4

func writeSelector(c *command.Call, s *acl.Selector) {
	bulks(c, []string{"commands", s.Commands, "keys", s.Keys, "channels", s.Channels, "databases", s.Databases})
}

func (g *group) cat(c *command.Call) error {
	switch len(c.Args) {
	case 2:
		names := g.CommandTable().ACLCategories()
		c.W.Array(len(names))
		bulks(c, names)
	case 3:
		bit := g.Users().Category(string(c.Args[2]))
		if bit == 0 {
			return command.Error("ERR Unknown category '" + command.EchoShort(c.Args[2]) + "'")
		}
		mark, n := c.W.Defer(), 0
		g.Users().InCategory(bit, func(name string) {
			c.W.BulkString(name)
			n++
		})
		c.W.DoneArray(mark, n)
	default:
		return command.SubcommandSyntax(c)
	}
	return nil
}

// Bounds of a password that is made up.
const (
	defaultPassBits = 256
	maxPassBits     = 4096
	bitsPerDigit    = 4
)

func genpass(c *command.Call) error {
	bits := int64(defaultPassBits)
	switch len(c.Args) {
	case 2:
	case 3:
		var ok bool
		if bits, ok = command.ParseInt(c.Args[2]); !ok {
			return command.ErrNotInt
		}
	default:
		return command.SubcommandSyntax(c)
	}
	if bits <= 0 || bits > maxPassBits {
		return command.Error(fmt.Sprintf("ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to %d", maxPassBits))
	}
	digits := (bits + bitsPerDigit - 1) / bitsPerDigit
	b := make([]byte, (digits+1)/2)
	if _, err := rand.Read(b); err != nil {
		return command.Error("ERR the system has no randomness")
	}
	c.W.BulkString(hex.EncodeToString(b)[:digits])
	return nil
}

// dryrun answers whether a user may give a command, and why not.
func (g *group) dryrun(c *command.Call) error {
	user := g.Users().Find(string(c.Args[2]))
	if user == nil {
		return command.Error("ERR User '" + command.Echo(c.Args[2]) + "' not found")
	}
	args := c.Args[3:]
	cmd, err := g.CommandTable().Find(args)
	if cmd == nil {
		return command.Error("ERR Command '" + command.Echo(args[0]) + "' not found")
	}
	if err != nil {
		return err
	}
	var q acl.Request
	rights := user.Rights()
	cmd.Ask(&q, rights, args, c.Session.DB, c.Set.Space(0).Databases(), nil)
	if d := rights.Check(&q); d.Reason != acl.Allowed {
		c.W.BulkString(d.Text(user.Name, cmd.Full, string(args[d.Pos]), true))
		return nil
	}
	c.W.OK()
	return nil
}

const defaultLogEntries = 10

func (g *group) log(c *command.Call) error {
	n := int64(defaultLogEntries)
	switch {
	case len(c.Args) > 3:
		return command.SubcommandSyntax(c)
	case len(c.Args) == 3 && command.Is(c.Args[2], "reset"):
		g.Users().Log.Reset()
		c.W.OK()
		return nil
	case len(c.Args) == 3:
		var ok bool
		if n, ok = command.ParseInt(c.Args[2]); !ok {
			return command.ErrNotInt
		}
	}
	entries := g.Users().Log.Latest(n)
	c.W.Array(len(entries))
	for _, e := range entries {
		writeEntry(c, e)
	}
	return nil
}

func writeEntry(c *command.Call, e *acl.Entry) {
	number := func(name string, n int64) {
		c.W.BulkString(name)
		c.W.Int(n)
	}
	c.W.Map(10)
	number("count", e.Count)
	bulks(c, []string{"reason", e.Reason.String(), "context", e.Context.String(), "object", e.Object, "username", e.User, "age-seconds"})
	c.W.Double(float64(c.Now-e.UpdatedMs) / 1000)
	bulks(c, []string{"client-info", e.Client})
	number("entry-id", e.ID)
	number("timestamp-created", e.CreatedMs)
	number("timestamp-last-updated", e.UpdatedMs)
}

func help(c *command.Call) error {
	command.Help(c,
		"CAT [<category>]",
		"    List all commands that belong to <category>, or all command categories",
		"    when no category is specified.",
		"DELUSER <username> [<username> ...]",
		"    Delete a list of users.",
		"DRYRUN <username> <command> [<arg> ...]",
		"    Returns whether the user can execute the given command without executing the command.",
		"GETUSER <username>",
		"    Get the user's details.",
		"GENPASS [<bits>]",
		"    Generate a secure 256-bit user password. The optional `bits` argument can",
		"    be used to specify a different size.",
		"LIST",
		"    Show users details in config file format.",
		"LOAD",
		"    Reload users from the ACL file.",
		"LOG [<count> | RESET]",
		"    Show the ACL log entries.",
		"SAVE",
		"    Save the current config to the ACL file.",
		"SETUSER <username> <attribute> [<attribute> ...]",
		"    Create or modify a user with the specified attributes.",
		"USERS",
		"    List all the registered usernames.",
		"WHOAMI",
		"    Return the current connection username.")
	return nil
}
