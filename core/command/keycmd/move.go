package keycmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

func rename(c *command.Call) error {
	if _, err := renameKey(c, false); err != nil {
		return err
	}
	c.W.OK()
	return nil
}

func renamenx(c *command.Call) error {
	moved, err := renameKey(c, true)
	if err != nil {
		return err
	}
	if moved {
		c.W.Int(1)
	} else {
		c.W.Int(0)
	}
	return nil
}

func renameKey(c *command.Call, onlyNew bool) (moved bool, err error) {
	from, to := c.Args[1], c.Args[2]
	src, dst := c.DB(from), c.DB(to)
	e := src.FindWrite(from)
	if !e.Exists() {
		return false, command.ErrNoSuchKey
	}
	if string(from) == string(to) {
		return false, nil
	}
	if onlyNew && dst.FindWrite(to).Exists() {
		return false, nil
	}
	if src.Space() != dst.Space() && e.Type() != object.TypeString && c.IsLong(e.Count()) {
		return false, command.TooLong // it goes into another arena
	}
	if err := src.Rename(e, dst, to); err != nil {
		return false, command.ErrOOM
	}
	c.Dirty++
	src.Notify(keyspace.ClassGeneric, "rename_from", from)
	dst.Notify(keyspace.ClassGeneric, "rename_to", to)
	return true, nil
}

// database reads a database's number.
func database(c *command.Call, arg []byte) (int, error) {
	return command.ParseDB(arg, c.Set.Space(0).Databases())
}

func move(c *command.Call) error {
	to, err := database(c, c.Args[2])
	if err != nil {
		return err
	}
	if to == c.Session.DB {
		return command.ErrSameObject
	}
	key := c.Args[1]
	src, dst := c.DB(key), c.DBAt(to, key)
	e := src.FindWrite(key)
	if !e.Exists() || dst.FindWrite(key).Exists() {
		c.W.Int(0)
		return nil
	}
	if err := src.Rename(e, dst, key); err != nil {
		return command.ErrOOM
	}
	c.Dirty++
	src.Notify(keyspace.ClassGeneric, "move_from", key)
	dst.Notify(keyspace.ClassGeneric, "move_to", key)
	c.W.Int(1)
	return nil
}

// visitCopyDBs finds every DB among the options of COPY.
func visitCopyDBs(args [][]byte, visit func(pos int)) {
	for i := 3; i+1 < len(args); i++ {
		if command.Is(args[i], "db") {
			i++
			visit(i)
		}
	}
}

func copyKey(c *command.Call) error {
	from, to := c.Args[1], c.Args[2]
	toDB, replace := c.Session.DB, false
	for i := 3; i < len(c.Args); i++ {
		switch arg := c.Args[i]; {
		case command.Is(arg, "replace"):
			replace = true
		case command.Is(arg, "db") && i+1 < len(c.Args):
			i++
			n, err := database(c, c.Args[i])
			if err != nil {
				return err
			}
			toDB = n
		default:
			return command.ErrSyntax
		}
	}
	if toDB == c.Session.DB && string(from) == string(to) {
		return command.ErrSameObject
	}
	src, dst := c.DB(from), c.DBAt(toDB, to)
	e := src.Find(from)
	if !e.Exists() || (!replace && dst.FindWrite(to).Exists()) {
		c.W.Int(0)
		return nil
	}
	if e.Type() != object.TypeString && c.IsLong(e.Count()) {
		return command.TooLong
	}
	if err := src.Copy(e, dst, to); err != nil {
		return command.ErrOOM
	}
	c.Dirty++
	dst.Notify(keyspace.ClassGeneric, "copy_to", to)
	c.W.Int(1)
	return nil
}
