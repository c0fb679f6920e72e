package streamcmd

import (
	"math"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

const (
	errClaimIdle   command.Error = "ERR Invalid min-idle-time argument for XCLAIM"
	errClaimOption command.Error = "ERR Invalid IDLE option argument for XCLAIM"
	errClaimTime   command.Error = "ERR Invalid TIME option argument for XCLAIM"
	errClaimRetry  command.Error = "ERR Invalid RETRYCOUNT option argument for XCLAIM"
	errAutoIdle    command.Error = "ERR Invalid min-idle-time argument for XAUTOCLAIM"
	errAutoCount   command.Error = "ERR COUNT must be > 0"
)

// claim is what XCLAIM and XAUTOCLAIM are told, and what they work on.
type claim struct {
	c       *command.Call
	s       object.Stream
	g       object.StreamGroup
	k       object.StreamConsumer
	minIdle int64
	deliver int64 // unix ms that counts as the time of the delivery
	retries int64 // number of deliveries, -1 for not given
	force   bool
	justID  bool
	lastID  object.StreamID
	written int  // entries in the reply
	isNew   bool // the consumer was made by this call
	told    int  // entries that the journal was told of
}

func (cl *claim) parseOptions(args [][]byte) error {
	cl.deliver, cl.retries = -1, -1
	var err error
	for i := 0; i < len(args) && err == nil; i++ {
		more := i+1 < len(args)
		switch opt := args[i]; {
		case command.Is(opt, "force"):
			cl.force = true
		case command.Is(opt, "justid"):
			cl.justID = true
		case more && command.Is(opt, "idle"):
			i++
			cl.deliver, err = number(args[i], errClaimOption)
			cl.deliver = cl.c.Now - cl.deliver
		case more && command.Is(opt, "time"):
			i++
			cl.deliver, err = number(args[i], errClaimTime)
		case more && command.Is(opt, "retrycount"):
			i++
			cl.retries, err = number(args[i], errClaimRetry)
		case more && command.Is(opt, "lastid"):
			i++
			cl.lastID, err = parseID(args[i], 0)
		default:
			err = command.Error("ERR Unrecognized XCLAIM option '" + command.Echo(opt) + "'")
		}
	}
	if cl.deliver < 0 || cl.deliver > cl.c.Now {
		cl.deliver = cl.c.Now
	}
	return err
}

func xclaim(c *command.Call) error {
	cl := claim{c: c}
	var err error
	if cl.s, cl.g, err = claimGroup(c); err != nil {
		return err
	}
	if cl.minIdle, err = number(c.Args[4], errClaimIdle); err != nil {
		return err
	}
	var few [fewIDs]object.StreamID
	ids, last := few[:0], 5
	for ; last < len(c.Args); last++ {
		id, err := parseID(c.Args[last], 0)
		if err != nil {
			break
		}
		ids = append(ids, id)
	}
	if err := cl.parseOptions(c.Args[last:]); err != nil {
		return err
	}
	if cl.k, cl.isNew, err = consumerOf(c, c.DB(c.Args[1]), cl.g, c.Args[1], c.Args[3]); err != nil {
		return err
	}
	c.Propagate() // only what is said below
	advances := cl.g.LastID().Less(cl.lastID)
	if advances {
		cl.g.SetLastID(cl.lastID)
		c.Dirty++
	}
	mark := c.W.Defer()
	for _, id := range ids {
		if !cl.take(id) {
			break
		}
	}
	c.W.DoneArray(mark, cl.written)
	if advances && cl.told == 0 {
		propagateGroup(c, c.Args[1], c.Args[2], cl.g)
	}
	cl.finish()
	return nil
}

// tell tells the journal of an entry: its delivery, or that it is gone and no longer pending.
func (cl *claim) tell(p object.StreamPending) {
	cl.told++
	propagateClaim(cl.c, cl.c.Args[1], cl.c.Args[2], cl.g, p)
}

// finish tells the journal of a new consumer that was given nothing.
func (cl *claim) finish() {
	if cl.isNew && cl.written == 0 {
		propagateConsumer(cl.c, cl.c.Args[1], cl.c.Args[2], cl.c.Args[3])
	}
}

// take gives the entry of an ID to the consumer if it may. It returns false out of memory.
func (cl *claim) take(id object.StreamID) bool {
	p, isPending := cl.g.Find(id)
	if !cl.s.Has(id) {
		if isPending {
			cl.tell(p)
			cl.g.Remove(p)
			cl.c.Dirty++
		}
		return true
	}
	switch {
	case isPending && cl.minIdle > 0 && cl.c.Now-p.Delivered() < cl.minIdle:
		return true
	case isPending:
		if !cl.g.Move(p, cl.k) {
			return false
		}
	case cl.force:
		var ok bool
		if p, ok = cl.g.Add(id, cl.k, cl.deliver, 1); !ok {
			return false
		}
	default:
		return true
	}
	cl.give(p)
	return true
}

// give notes the delivery of an entry that is pending with the consumer already, and writes it.
func (cl *claim) give(p object.StreamPending) {
	count := p.Count()
	if cl.retries >= 0 {
		count = uint64(cl.retries)
	} else if !cl.justID {
		count++
	}
	p.Deliver(cl.deliver, count)
	cl.k.SetActive(cl.c.Now)
	if cl.justID {
		writeID(cl.c.W, p.ID())
	} else {
		writeOne(cl.c.W, cl.s, p.ID())
	}
	cl.written++
	cl.c.Dirty++
	cl.tell(p)
}

// attempts is how many pending entries XAUTOCLAIM looks at for each that it may claim.
const attempts = 10

// maxClaims is the most that XAUTOCLAIM's COUNT may be.
const maxClaims = math.MaxInt64 / 16

func xautoclaim(c *command.Call) error {
	cl := claim{c: c, retries: -1, deliver: c.Now}
	var err error
	if cl.minIdle, err = number(c.Args[4], errAutoIdle); err != nil {
		return err
	}
	from, err := parseStart(c.Args[5])
	if err != nil {
		return err
	}
	count := int64(100)
	for i := 6; i < len(c.Args); i++ {
		switch opt := c.Args[i]; {
		case i+1 < len(c.Args) && command.Is(opt, "count"):
			i++
			if count, err = number(c.Args[i], errAutoCount); err != nil || count < 1 || count > maxClaims {
				return errAutoCount
			}
		case command.Is(opt, "justid"):
			cl.justID = true
		default:
			return command.ErrSyntax
		}
	}
	if cl.s, cl.g, err = claimGroup(c); err != nil {
		return err
	}
	if cl.k, cl.isNew, err = consumerOf(c, c.DB(c.Args[1]), cl.g, c.Args[1], c.Args[3]); err != nil {
		return err
	}
	c.Propagate() // only what is said below
	cl.scan(from, count)
	cl.finish()
	return nil
}

// scan claims at most count of the entries from an ID on, and writes the reply. What was deleted meanwhile counts too.
func (cl *claim) scan(from object.StreamID, count int64) {
	w := cl.c.W
	w.Array(3)
	start := len(w.B)
	mark := w.Defer()
	var deleted []object.StreamID
	walk := cl.g.PendingFrom(from)
	more := walk.Next()
	for tries := count * attempts; more && tries > 0 && count > 0; tries-- {
		p := walk.Pending()
		id := p.ID()
		switch {
		case !cl.s.Has(id):
			cl.tell(p)
			cl.g.Remove(p)
			cl.c.Dirty++
			deleted = append(deleted, id)
			count--
			walk = cl.g.PendingFrom(id)
		case cl.minIdle > 0 && cl.c.Now-p.Delivered() < cl.minIdle:
		default:
			if !cl.g.Move(p, cl.k) {
				tries = 0
				continue
			}
			cl.give(p)
			count--
		}
		more = walk.Next()
	}
	w.DoneArray(mark, cl.written)
	var cursor object.StreamID
	if more {
		cursor = walk.Pending().ID()
	}
	writeIDAt(w, start, cursor)
	w.Array(len(deleted))
	for _, id := range deleted {
		writeID(w, id)
	}
}

// writeIDAt writes an ID before what was written from a place on.
func writeIDAt(w *resp.Writer, at int, id object.StreamID) {
	end := len(w.B)
	writeID(w, id)
	var text [2 * object.MaxStreamIDText]byte
	n := copy(text[:], w.B[end:])
	copy(w.B[at+n:], w.B[at:end])
	copy(w.B[at:], text[:n])
}
