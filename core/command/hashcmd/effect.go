package hashcmd

import (
	"strconv"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// What the journal gets in the place of commands whose effect hangs on the time: HDEL for fields that are gone, HPEXPIREAT, HPERSIST and
// HSETEX … PXAT for the rest.

func number(n int64) []byte { return strconv.AppendInt(nil, n, 10) }

// fewFields is how many fields on which a command had an effect are kept on the stack.
const fewFields = 8

// noted adds a field to those on which a command had an effect, if the journal wants to know.
func noted(c *command.Call, fields [][]byte, field []byte) [][]byte {
	if !c.Propagates() {
		return fields
	}
	return append(fields, field)
}

// becameHDel says that fields were removed.
func (t *target) becameHDel(c *command.Call, fields [][]byte) {
	c.PropagateList(fields, []byte("HDEL"), t.key)
}

// becameExpiry says that fields have got an expiry.
func (t *target) becameExpiry(c *command.Call, at int64, fields [][]byte) {
	if c.Propagates() {
		c.PropagateList(fields, []byte("HPEXPIREAT"), t.key, number(at), []byte("FIELDS"), number(int64(len(fields))))
	}
}

// becamePersist says that fields have lost their expiry.
func (t *target) becamePersist(c *command.Call, fields [][]byte) {
	if c.Propagates() {
		c.PropagateList(fields, []byte("HPERSIST"), t.key, []byte("FIELDS"), number(int64(len(fields))))
	}
}

// becameSet says that fields have got values, with an expiry as Set takes it.
func (t *target) becameSet(c *command.Call, pairs [][]byte, at int64) {
	if !c.Propagates() {
		return
	}
	count := number(int64(len(pairs) / 2))
	switch at {
	case 0:
		c.PropagateList(pairs, []byte("HSET"), t.key)
	case object.KeepExpiry:
		c.PropagateList(pairs, []byte("HSETEX"), t.key, []byte("KEEPTTL"), []byte("FIELDS"), count)
	default:
		c.PropagateList(pairs, []byte("HSETEX"), t.key, []byte("PXAT"), number(at), []byte("FIELDS"), count)
	}
}

// becameValue says what a field became, whose expiry stays.
func (t *target) becameValue(c *command.Call, value []byte) {
	if c.Propagates() {
		at, _ := t.Expiry(c.Args[2])
		t.becameSet(c, [][]byte{c.Args[2], value}, at)
	}
}
