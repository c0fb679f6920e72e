package streamcmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

const (
	errGroupNoKey  command.Error = "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically."
	errEntriesRead command.Error = "ERR value for ENTRIESREAD must be positive or -1"
	errBusyGroup   command.Error = "BUSYGROUP Consumer Group name already exists"
)

func xgroupRow() command.Command {
	const (
		w  = command.Write
		wm = command.Write | command.DenyOOM
	)
	key := func(f command.KeyFlags) []command.KeySpec { return []command.KeySpec{command.Key(2, command.RW|f)} }
	return command.Command{Name: "xgroup", Arity: -2, Since: "5.0.0", Complexity: "Depends on subcommand.",
		Summary: "A container for consumer groups commands.",
		Sub: []command.Command{
			{Name: "create", Arity: -5, Flags: wm, Keys: key(command.Insert), Since: "5.0.0", Complexity: "O(1)",
				Summary: "Creates a consumer group.", Run: xgroupCreate},
			{Name: "setid", Arity: -5, Flags: w, Keys: key(command.Update), Since: "5.0.0", Complexity: "O(1)",
				Summary: "Sets the last-delivered ID of a consumer group.", Run: xgroupSetid},
			{Name: "destroy", Arity: 4, Flags: w, Keys: key(command.Delete), Since: "5.0.0",
				Complexity: "O(N) where N is the number of entries in the group's pending entries list (PEL).",
				Summary:    "Destroys a consumer group.", Run: xgroupDestroy},
			{Name: "createconsumer", Arity: 5, Flags: wm, Keys: key(command.Insert), Since: "6.2.0", Complexity: "O(1)",
				Summary: "Creates a consumer in a consumer group.", Run: xgroupCreateconsumer},
			{Name: "delconsumer", Arity: 5, Flags: w, Keys: key(command.Delete), Since: "5.0.0", Complexity: "O(1)",
				Summary: "Deletes a consumer from a consumer group.", Run: xgroupDelconsumer},
			{Name: "help", Arity: 2, Flags: command.Loading | command.Stale, Since: "5.0.0", Complexity: "O(1)",
				Summary: "Returns helpful text about the different subcommands.", Run: xgroupHelp},
		}}
}

func xgroupHelp(c *command.Call) error {
	command.Help(c,
		"CREATE <key> <groupname> <id|$> [option]",
		"    Create a new consumer group. Options are:",
		"    * MKSTREAM",
		"      Create the empty stream if it does not exist.",
		"    * ENTRIESREAD entries_read",
		"      Set the group's entries_read counter (internal use).",
		"CREATECONSUMER <key> <groupname> <consumer>",
		"    Create a new consumer in the specified group.",
		"DELCONSUMER <key> <groupname> <consumer>",
		"    Remove the specified consumer.",
		"DESTROY <key> <groupname>",
		"    Remove the specified group.",
		"SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
		"    Set the current group ID and entries_read counter.",
	)
	return nil
}

// groupOptions are those of XGROUP CREATE and SETID.
type groupOptions struct {
	makeStream bool
	read       int64
}

func (o *groupOptions) parse(c *command.Call, isCreate bool) error {
	o.read = object.UnknownRead
	for i := 5; i < len(c.Args); i++ {
		switch opt := c.Args[i]; {
		case isCreate && command.Is(opt, "mkstream"):
			o.makeStream = true
		case i+1 < len(c.Args) && command.Is(opt, "entriesread"):
			i++
			var err error
			if o.read, err = number(c.Args[i], command.ErrNotInt); err != nil {
				return err
			}
			if o.read < 0 && o.read != object.UnknownRead {
				return errEntriesRead
			}
		default:
			return command.SubcommandSyntax(c)
		}
	}
	return nil
}

// groupStream looks up the stream that a subcommand is about.
func groupStream(c *command.Call) (*keyspace.DB, object.Stream, bool, error) {
	key := c.Args[2]
	db := c.DB(key)
	s, ok, err := streamAt(db, db.FindWrite(key))
	return db, s, ok, err
}

// needGroup looks up stream and group that a subcommand is about, which must be there.
func needGroup(c *command.Call) (db *keyspace.DB, s object.Stream, g object.StreamGroup, err error) {
	db, s, ok, err := groupStream(c)
	if err != nil {
		return db, s, g, err
	}
	if !ok {
		return db, s, g, errGroupNoKey
	}
	if g, ok = s.Group(c.Args[3]); !ok {
		err = noSuchGroup(c.Args[3], c.Args[2])
	}
	return db, s, g, err
}

func noSuchGroup(group, key []byte) error {
	return command.Error("NOGROUP No such consumer group '" + command.Echo(group) + "' for key name '" + command.Echo(key) + "'")
}

// declare counts a change and gives its event.
func declare(c *command.Call, db *keyspace.DB, event string) {
	c.Dirty++
	db.Notify(keyspace.ClassStream, event, c.Args[2])
}

func xgroupCreate(c *command.Call) error {
	var o groupOptions
	if err := o.parse(c, true); err != nil {
		return err
	}
	db, s, ok, err := groupStream(c)
	if err != nil {
		return err
	}
	if !ok && !o.makeStream {
		return errGroupNoKey
	}
	if len(c.Args) > 8 {
		return command.SubcommandSyntax(c)
	}
	var last object.StreamID
	if string(c.Args[4]) != "$" {
		if last, err = parseID(c.Args[4], 0); err != nil {
			return err
		}
	} else if ok {
		last = s.LastID()
	}
	if ok {
		if _, ok := s.Group(c.Args[3]); ok {
			return errBusyGroup
		}
	} else if s, err = create(db, c.Args[2]); err != nil {
		return err
	}
	if _, made := s.AddGroup(c.Args[3], last, o.read); !made {
		if !ok {
			db.Remove(s.Entry)
		}
		return errNoSpace
	}
	c.W.OK()
	declare(c, db, "xgroup-create")
	return nil
}

func xgroupSetid(c *command.Call) error {
	var o groupOptions
	if err := o.parse(c, false); err != nil {
		return err
	}
	db, s, g, err := needGroup(c)
	if err != nil {
		return err
	}
	if len(c.Args) > 7 {
		return command.SubcommandSyntax(c)
	}
	last := s.LastID()
	if string(c.Args[4]) != "$" {
		if last, err = parseBound(c.Args[4], 0); err != nil {
			return err
		}
	}
	g.SetLastID(last)
	g.SetRead(o.read)
	c.W.OK()
	declare(c, db, "xgroup-setid")
	return nil
}

func xgroupDestroy(c *command.Call) error {
	db, s, ok, err := groupStream(c)
	if err != nil {
		return err
	}
	if !ok {
		return errGroupNoKey
	}
	g, ok := s.Group(c.Args[3])
	if !ok {
		c.W.Int(0)
		return nil
	}
	db.Discard(s.RemoveGroup(g))
	c.W.Int(1)
	declare(c, db, "xgroup-destroy")
	db.Signal(c.Args[2])
	return nil
}

func xgroupCreateconsumer(c *command.Call) error {
	db, _, g, err := needGroup(c)
	if err != nil {
		return err
	}
	if _, ok := g.Consumer(c.Args[4]); ok {
		c.W.Int(0)
		return nil
	}
	if _, ok := g.AddConsumer(c.Args[4], c.Now); !ok {
		return errNoSpace
	}
	c.W.Int(1)
	declare(c, db, "xgroup-createconsumer")
	return nil
}

func xgroupDelconsumer(c *command.Call) error {
	db, _, g, err := needGroup(c)
	if err != nil {
		return err
	}
	k, ok := g.Consumer(c.Args[4])
	if !ok {
		c.W.Int(0)
		return nil
	}
	c.W.Int(int64(g.RemoveConsumer(k)))
	declare(c, db, "xgroup-delconsumer")
	return nil
}
