package command

import (
	"math"

	"github.com/sleipnirdb/sleipnir/core/acl"
	"github.com/sleipnirdb/sleipnir/core/session"
)

// What a call asks of its user's rights. The keys that are checked are those that the call is routed by: AppendKeys finds both.

// Channels says which arguments of a command are channels.
type Channels uint8

// Where channels stand.
const (
	NoChannels   Channels = iota
	OneChannel            // the first argument
	EachChannel           // every argument
	EachPattern           // every argument, as a pattern
	firstChannel = 1
)

// ACLCommands returns the rows as rules name them, and behind them what isn't there yet.
func (t *Table) ACLCommands() []acl.Command {
	list := make([]acl.Command, len(t.rows))
	for id, cmd := range t.rows {
		list[id] = acl.Command{Name: cmd.Full, Categories: uint32(cmd.ACL), Container: -1}
		if cmd.Container != nil {
			list[id].Container = cmd.Container.ID
		}
	}
	t.eachAbsent(func(name string, subs []string) {
		container := len(list)
		list = append(list, acl.Command{Name: name, Container: -1})
		for _, sub := range subs {
			list = append(list, acl.Command{Name: name + "|" + sub, Container: container})
		}
	})
	return list
}

// ACLCategories returns the names of the categories by their bits.
func (t *Table) ACLCategories() []string { return CategoryNames[:] }

// needs is the access that a key specification's flags stand for.
func (f KeyFlags) needs() (a acl.Access) {
	if f&Access != 0 {
		a |= acl.Read
	}
	if f&(Insert|Delete|Update) != 0 {
		a |= acl.Write
	}
	return a
}

// usesDB tells whether the command needs the session's database.
func (cmd *Command) usesDB() bool {
	if cmd.ACL&(CatKeyspace|CatRead|CatWrite) != 0 || cmd.FindKeys != nil {
		return true
	}
	for i := range cmd.Keys {
		if cmd.Keys[i].Flags&NotKey == 0 {
			return true
		}
	}
	return false
}

// Ask fills a request with a call of the command by a session in database db, of which there are dbs. keys is a buffer for the keys.
func (cmd *Command) Ask(q *acl.Request, rights *acl.Rights, args [][]byte, db, dbs int, keys []KeyRef) []KeyRef {
	*q = acl.Request{Command: cmd.ID, Anyone: cmd.Flags&NoAuth != 0, Args: args, DB: db,
		AllDBs: cmd.Flags&AllDBs != 0, Keys: q.Keys[:0], DBs: q.DBs[:0]}
	if rights.LooksAtKeys() && (len(cmd.Keys) > 0 || cmd.FindKeys != nil) {
		// Keys that contradict the arguments are no keys: the handler words the error, and touches none.
		var err error
		if keys, err = cmd.AppendKeys(args, keys[:0]); err == nil {
			for _, k := range keys {
				q.Keys = append(q.Keys, acl.Key{Pos: int32(k.Pos), Access: k.Flags.needs()}) // #nosec G115 -- a count of arguments
			}
		}
	}
	if cmd.Channels != NoChannels {
		q.FirstChannel, q.EndChannel, q.Patterns = firstChannel, len(args), cmd.Channels == EachPattern
		if cmd.Channels == OneChannel {
			q.EndChannel = firstChannel + 1
		}
	}
	switch {
	case cmd.DBs != nil:
		cmd.askDBs(q, args, dbs)
		// A command that names another database than the one whose keys it takes needs both.
		q.UsesDB = cmd.OneKey > 0 || len(cmd.Keys) > 0
	case !q.AllDBs:
		q.UsesDB = cmd.usesDB()
	}
	return keys
}

// askDBs adds the databases that the arguments name. What is none is passed over: the handler refuses it.
func (cmd *Command) askDBs(q *acl.Request, args [][]byte, dbs int) {
	cmd.DBs(args, func(pos int) {
		if n, ok := ParseInt(args[pos]); ok && n >= 0 && n < min(int64(dbs), math.MaxInt32) {
			q.DBs = append(q.DBs, acl.DB{Pos: pos, Number: int(n)})
		}
	})
}

// DBAt is for Command.DBs: the numbers of databases stand at given places.
func DBAt(places ...int) func(args [][]byte, visit func(pos int)) {
	return func(args [][]byte, visit func(pos int)) {
		for _, pos := range places {
			if pos < len(args) {
				visit(pos)
			}
		}
	}
}

// MayReadAll tells whether the user of the call may give it and read any key.
func (c *Call) MayReadAll() bool {
	s := c.Session
	if s.State&session.Restricted == 0 {
		return true
	}
	rights := s.User.Rights()
	var q acl.Request
	c.Cmd.Ask(&q, rights, c.Args, s.DB, c.Set.Space(0).Databases(), nil)
	return rights.CheckAnyKey(&q)
}

// Shows tells whether a listing of keys may name this one: all, unless the user's is filtered.
func (c *Call) Shows(key []byte) bool {
	s := c.Session
	return s.State&session.Restricted == 0 || !s.User.FiltersKeys() || s.User.Sees(s.DB, key)
}
