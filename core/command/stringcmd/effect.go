package stringcmd

import (
	"strconv"

	"github.com/sleipnirdb/sleipnir/core/command"
)

// What the journal gets in the place of commands whose effect hangs on the time or on what was there.

// instant is the room for the text of a unix time in ms.
type instant [20]byte

func (t *instant) text(at int64) []byte { return strconv.AppendInt(t[:0], at, 10) }

// inMs says that the options give the expiry as the unix time in ms that it is.
func (o *options) inMs() bool { return o.absolute && !o.seconds }

// becameSet says what SET and its kin have done.
func (o *options) becameSet(c *command.Call, key, value []byte, at int64) {
	switch {
	case !c.Propagates() || o.expire != nil && o.inMs():
	case o.expire != nil:
		var t instant
		c.Propagate([]byte("SET"), key, value, []byte("PXAT"), t.text(at))
	case o.get:
		o.withoutGet(c)
	}
}

// withoutGet gives the call on without the word GET.
func (o *options) withoutGet(c *command.Call) {
	var few [4][]byte
	words := few[:0]
	for i := 3; i < len(c.Args); i++ {
		switch {
		case command.Is(c.Args[i], "get"):
		case command.Is(c.Args[i], "ifeq"):
			words = append(words, c.Args[i], c.Args[i+1])
			i++
		default:
			words = append(words, c.Args[i])
		}
	}
	c.PropagateList(words, c.Args[:3]...)
}

// becameSetAll says what MSET and its kin have done, with the options of MSETEX: the pairs were stored.
func (o *options) becameSetAll(c *command.Call, pairs [][]byte, at int64) {
	if !c.Propagates() {
		return
	}
	if o.expire == nil && !o.keepTTL {
		c.PropagateList(pairs, []byte("MSET"))
		return
	}
	var count, t instant
	words := append([][]byte{[]byte("MSETEX"), count.text(int64(len(pairs) / 2))}, pairs...)
	if o.keepTTL {
		words = append(words, []byte("KEEPTTL"))
	} else {
		words = append(words, []byte("PXAT"), t.text(at))
	}
	c.PropagateList(words)
}
