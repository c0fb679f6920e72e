package hashcmd

import (
	"strconv"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// What the journal gets in the place of commands whose effect hangs on the time: HDEL for fields that are gone, HPEXPIREAT, HPERSIST and
// HSETEX … PXAT for the rest.

func number(n int64) []byte { return strconv.AppendInt(nil, n, 10) }

// becameHDel says that fields were removed.
func (t *target) becameHDel(c *command.Call, fields [][]byte) {
	c.Propagate(append([][]byte{[]byte("HDEL"), t.key}, fields...)...)
}

// becameExpiry says that fields have got an expiry.
func (t *target) becameExpiry(c *command.Call, at int64, fields [][]byte) {
	words := [][]byte{[]byte("HPEXPIREAT"), t.key, number(at), []byte("FIELDS"), number(int64(len(fields)))}
	c.Propagate(append(words, fields...)...)
}

// becamePersist says that fields have lost their expiry.
func (t *target) becamePersist(c *command.Call, fields [][]byte) {
	words := [][]byte{[]byte("HPERSIST"), t.key, []byte("FIELDS"), number(int64(len(fields)))}
	c.Propagate(append(words, fields...)...)
}

// becameSet says that fields have got values, with an expiry as Set takes it.
func (t *target) becameSet(c *command.Call, pairs [][]byte, at int64) {
	words := [][]byte{[]byte("HSET"), t.key}
	if at != 0 {
		words[0] = []byte("HSETEX")
		if at == object.KeepExpiry {
			words = append(words, []byte("KEEPTTL"))
		} else {
			words = append(words, []byte("PXAT"), number(at))
		}
		words = append(words, []byte("FIELDS"), number(int64(len(pairs)/2)))
	}
	c.Propagate(append(words, pairs...)...)
}

// becameValue says what a field became, whose expiry stays.
func (t *target) becameValue(c *command.Call, value []byte) {
	at, _ := t.Expiry(c.Args[2])
	t.becameSet(c, [][]byte{c.Args[2], value}, at)
}
