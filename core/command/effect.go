package command

import "github.com/sleipnirdb/sleipnir/core/keyspace"

// What the journal gets.
//
// A call that has changed data, which it says by Dirty, is repeated by the
// journal's readers with the arguments that it had. That has to come to the same
// on data that is the same: at another time, with another seed of the
// hash, and where nothing expires by itself. A handler of which this
// isn't true says by Propagate what is to be done instead, in as many commands
// as it takes.

// Propagates says whether what Propagate is given will be read: for a handler
// that would have work to do first.
func (c *Call) Propagates() bool { return c.Effects != nil }

// Propagate replaces the call's own arguments in the journal by another
// command. What it is given several times takes effect in that order; without
// arguments it adds nothing. They are copied.
func (c *Call) Propagate(args ...[]byte) {
	if c.Effects == nil {
		return
	}
	c.Told = true
	if len(args) > 0 {
		c.Effects.Add(c.Session.DB, args...)
	}
}

// PropagateList is Propagate of a command that ends with a list.
func (c *Call) PropagateList(list [][]byte, args ...[]byte) {
	if c.Effects == nil {
		return
	}
	c.Told = true
	c.Effects.AddList(c.Session.DB, list, args...)
}

// PropagateDeletion is Propagate of the deletion of a key, which the settings
// make DEL or UNLINK.
func (c *Call) PropagateDeletion(key []byte, why keyspace.Removal) {
	if c.Effects == nil {
		return
	}
	c.Told = true
	c.Effects.Delete(c.Session.DB, key, why)
}

// Settle adds the call's own arguments to its effects if there is nothing
// else to repeat it by. before is what Dirty was when it began. For whoever
// runs handlers.
func (c *Call) Settle(before int64) {
	if c.Effects != nil && c.Dirty > before && !c.Told {
		c.Effects.Add(c.Session.DB, c.Args...)
	}
}
