// Package bitcmd holds the commands of the bitmap group: strings as rows of bits and of integers of any width.
package bitcmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// Limits are the settings that bitmap commands obey.
type Limits interface {
	// MaxBulk is proto-max-bulk-len, the longest string there may be.
	MaxBulk() int64
}

type group struct{ limits Limits }

// Commands returns the rows of the bitmap group.
func Commands(limits Limits) []command.Command {
	g := &group{limits}
	one := func(f command.KeyFlags) []command.KeySpec { return []command.KeySpec{command.Key(1, f)} }
	const (
		w  = command.Write | command.DenyOOM
		rf = command.ReadOnly | command.Fast
	)
	rows := []command.Command{
		{Name: "setbit", Arity: 4, Member: 2, Flags: w, Keys: one(command.RW | command.Access | command.Update), Since: "2.2.0", Complexity: "O(1)",
			Summary: "Sets or clears the bit at offset of the string value. Creates the key if it doesn't exist.", Run: g.setbit},
		{Name: "getbit", Arity: 3, Member: 2, Flags: rf, Keys: one(command.RO | command.Access), Since: "2.2.0", Complexity: "O(1)",
			Summary: "Returns a bit value by offset.", Run: g.getbit},
		{Name: "bitcount", Arity: -2, Flags: command.ReadOnly, Keys: one(command.RO | command.Access), Since: "2.6.0", Complexity: "O(N)",
			Summary: "Counts the number of set bits (population counting) in a string.", Run: bitcount},
		{Name: "bitpos", Arity: -3, Flags: command.ReadOnly, Keys: one(command.RO | command.Access), Since: "2.8.7", Complexity: "O(N)",
			Summary: "Finds the first set (1) or clear (0) bit in a string.", Run: bitpos},
		{Name: "bitop", Arity: -4, Flags: w, Since: "2.6.0", Complexity: "O(N)",
			Keys:    []command.KeySpec{command.Key(2, command.OW|command.Update), command.Range(3, -1, 1, command.RO|command.Access)},
			Summary: "Performs bitwise operations on multiple strings, and stores the result.", Run: bitop},
		{Name: "bitfield", KeyAccess: fieldsAccess, Arity: -2, Flags: w, Keys: one(command.RW | command.Update | command.Access | command.VariableFlags), Since: "3.2.0",
			Complexity: "O(1) for each subcommand specified", Summary: "Performs arbitrary bitfield integer operations on strings.", Run: g.bitfield},
		{Name: "bitfield_ro", Arity: -2, Flags: rf, Keys: one(command.RO | command.Access), Since: "6.0.0",
			Complexity: "O(1) for each subcommand specified", Summary: "Performs arbitrary read-only bitfield integer operations on strings.", Run: g.bitfieldRO},
	}
	for i := range rows {
		rows[i].Group, rows[i].ACL = "bitmap", command.CatBitmap
	}
	return rows
}

const errBitOffset command.Error = "ERR bit offset is not an integer or out of range"

// offset reads the position of a bit. For a field of width bits, "#n" is the n-th such field; width 0 stands for no field.
//
// The product may wrap, as it does in Valkey; what comes out is held to the limit like any other position.
func (g *group) offset(arg []byte, width int64) (int64, error) {
	unit := int64(1)
	if width > 0 && len(arg) > 0 && arg[0] == '#' {
		arg, unit = arg[1:], width
	}
	n, ok := command.ParseInt(arg)
	if n *= unit; !ok || n < 0 || n>>3 >= g.limits.MaxBulk() {
		return 0, errBitOffset
	}
	return n, nil
}

// digits is the room for the text of an integer.
type digits [20]byte

// text returns the bytes of a string, none for a missing key. They are a view, or lie in d if the string is an integer.
func text(e keyspace.Entry, d *digits) []byte {
	if !e.Exists() {
		return nil
	}
	if _, isInt := e.IsInt(); isInt {
		return e.AppendValue(d[:0])
	}
	return e.Bytes()
}

// find looks a string up for reading.
func find(c *command.Call, key []byte) (keyspace.Entry, error) {
	return command.OfType(c.DB(key).Find(key), object.TypeString)
}

// writable returns the bytes of a key for writing: size of them at least, with zeros where there were none. grown says whether the key is new or longer than it
// was; if so, whoever watches it knows already, else the caller tells.
func writable(c *command.Call, db *keyspace.DB, key []byte, size int) (b []byte, grown bool, err error) {
	e, err := command.OfType(db.FindWrite(key), object.TypeString)
	if err != nil {
		return nil, false, err
	}
	if !e.Exists() {
		b, err = db.EditNew(key, size)
		return b, true, command.NoMemory(err)
	}
	have := e.Len()
	if have < size {
		b, err = db.Edit(e, size)
		return b, true, command.NoMemory(err)
	}
	if e.Encoding() != object.EncRaw {
		if e, err = db.Resize(e, have); err != nil {
			return nil, false, command.NoMemory(err)
		}
	}
	return e.Writable(), false, nil
}

// changed declares the change of a key.
func changed(c *command.Call, db *keyspace.DB, key []byte) {
	c.Dirty++
	db.Touched(key)
	db.Notify(keyspace.ClassString, "setbit", key)
}
