package streamcmd

import (
	"slices"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

const (
	errGroupOption command.Error = "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead."
	errNoAckOption command.Error = "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead."
	errNoGroup     command.Error = "ERR Missing GROUP option for XREADGROUP"
	errDollar      command.Error = "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set."
	errPlus        command.Error = "ERR The + ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The + ID would just return an empty result set."
	errGreater     command.Error = "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option."
	errPlusZero    command.Error = "ERR the stream last element ID is 0-0"
)

// reading is what XREAD and XREADGROUP are told.
type reading struct {
	isGroup  bool
	hasGroup bool
	group    []byte
	consumer []byte
	noAck    bool
	blocks   bool
	untilMs  int64
	count    int64
	keys     [][]byte
	ids      [][]byte
}

// findStreams finds the keys of XREAD and XREADGROUP as parse does: STREAMS may be the name of a group, a consumer or a key as well.
func findStreams(args [][]byte, dst []command.KeyRef) ([]command.KeyRef, error) {
	for i := 1; i < len(args); i++ {
		switch {
		case command.Is(args[i], "block"), command.Is(args[i], "count"):
			i++
		case command.Is(args[i], "group"):
			i += 2
		case command.Is(args[i], "noack"):
		case command.Is(args[i], "streams"):
			for pos := i + 1; pos <= i+(len(args)-i-1)/2; pos++ {
				dst = append(dst, command.KeyRef{Pos: pos, Flags: command.RO | command.Access})
			}
			return dst, nil
		default:
			return dst, nil
		}
	}
	return dst, nil
}

func (r *reading) parse(c *command.Call) error {
	args := c.Args
	for i := 1; i < len(args) && r.keys == nil; i++ {
		var err error
		more := len(args) - i - 1
		switch opt := args[i]; {
		case more > 0 && command.Is(opt, "block"):
			i++
			r.blocks = true
			r.untilMs, err = command.ParseTimeout(c, args[i], true)
		case more > 0 && command.Is(opt, "count"):
			i++
			r.count, err = number(args[i], command.ErrNotInt)
			r.count = max(r.count, 0)
		case more > 0 && command.Is(opt, "streams"):
			err = r.setStreams(c, args[i+1:])
		case more > 1 && command.Is(opt, "group"):
			if !r.isGroup {
				return errGroupOption
			}
			r.hasGroup, r.group, r.consumer = true, args[i+1], args[i+2]
			i += 2
		case command.Is(opt, "noack"):
			if !r.isGroup {
				return errNoAckOption
			}
			r.noAck = true
		default:
			err = command.ErrSyntax
		}
		if err != nil {
			return err
		}
	}
	if r.keys == nil {
		return command.ErrSyntax
	}
	if r.isGroup && !r.hasGroup {
		return errNoGroup
	}
	return nil
}

func (r *reading) setStreams(c *command.Call, list [][]byte) error {
	n := len(list) / 2
	if len(list)%2 != 0 {
		symbol := "$"
		if r.isGroup {
			symbol = ">"
		}
		return command.Error("ERR Unbalanced '" + c.Cmd.Full + "' list of streams: for each stream key an ID or '" + symbol + "' must be specified.")
	}
	r.keys, r.ids = list[:n], list[n:]
	return nil
}

func xread(c *command.Call) error {
	var r reading
	if err := r.parse(c); err != nil {
		return err
	}
	var few [fewIDs]object.StreamID
	after, err := r.resolve(c, few[:0])
	if err != nil {
		return err
	}
	mark, served := c.W.Defer(), 0
	for i, key := range r.keys {
		s, ok, _ := read(c, key)
		if !ok || s.Len() == 0 {
			continue
		}
		if last, _ := s.LastEntryID(); !after[i].Less(last) {
			continue
		}
		served++
		startStream(c, key)
		from, _ := after[i].Next()
		entries := s.Range(from, object.MaxStreamID, false)
		if err := writeRange(c, &entries, r.count); err != nil {
			return err
		}
	}
	if served > 0 {
		return finishStreams(c, mark, served)
	}
	c.W.B = c.W.B[:mark]
	return r.wait(c, after)
}

// startStream begins what is written of one stream.
func startStream(c *command.Call, key []byte) {
	if !c.W.Resp3 {
		c.W.Array(2)
	}
	c.W.Bulk(key)
}

// finishStreams ends the reply.
func finishStreams(c *command.Call, mark resp.Mark, served int) error {
	if c.W.Resp3 {
		c.W.DoneMap(mark, served)
	} else {
		c.W.DoneArray(mark, served)
	}
	return nil
}

// resolve reads the IDs behind which to read; $ and + depend on where their stream is.
func (r *reading) resolve(c *command.Call, dst []object.StreamID) ([]object.StreamID, error) {
	for i, key := range r.keys {
		s, ok, err := read(c, key)
		if err != nil {
			return nil, err
		}
		var id object.StreamID
		switch arg := r.ids[i]; string(arg) {
		case "$":
			if ok {
				id = s.LastID()
			}
		case "+":
			if ok {
				if id, ok = s.LastID().Prev(); !ok {
					return nil, errPlusZero
				}
			}
		case ">":
			return nil, errGreater
		default:
			if id, err = parseID(arg, 0); err != nil {
				return nil, err
			}
		}
		dst = append(dst, id)
	}
	return dst, nil
}

// wait lets the call wait for entries, if it is to. What $ stood for is kept.
func (r *reading) wait(c *command.Call, after []object.StreamID) error {
	if !r.blocks || c.InExec {
		c.W.NullArray()
		return nil
	}
	args := c.Args
	for i, arg := range r.ids {
		if string(arg) != "$" || c.Again {
			continue
		}
		if &args[0] == &c.Args[0] {
			args = slices.Clone(args)
		}
		args[len(args)-len(r.ids)+i] = after[i].AppendTo(nil)
	}
	return c.Wait(r.keys, r.untilMs, command.NullArrayReply, args...)
}

func xreadgroup(c *command.Call) error {
	r := reading{isGroup: true}
	if err := r.parse(c); err != nil {
		return err
	}
	var few [fewIDs]object.StreamID
	after, err := r.checkGroups(c, few[:0])
	if err != nil {
		return err
	}
	c.Propagate() // only what is said below
	mark, served := c.W.Defer(), 0
	for i, key := range r.keys {
		s, _, _ := read(c, key)
		g, _ := s.Group(r.group)
		k, made, err := consumerOf(c, c.DB(key), g, key, r.consumer)
		if err != nil {
			return r.outOfMemory(c, mark, served)
		}
		wantsNews := after[i] == object.MaxStreamID
		news := wantsNews && hasNews(s, g)
		if made && (r.noAck || !news) {
			propagateConsumer(c, key, r.group, r.consumer) // of others the claim of the first entry tells
		}
		if wantsNews && !news {
			continue
		}
		served++
		startStream(c, key)
		if news {
			err = r.deliver(c, s, g, k, key)
		} else {
			r.repeat(c, s, k, after[i])
		}
		c.Dirty++
		if err != nil {
			return r.outOfMemory(c, mark, served)
		}
	}
	if served > 0 {
		return finishStreams(c, mark, served)
	}
	c.W.B = c.W.B[:mark]
	return r.wait(c, nil)
}

// hasNews says whether the stream has entries that the group wasn't given.
func hasNews(s object.Stream, g object.StreamGroup) bool {
	last, ok := s.LastEntryID()
	return ok && g.LastID().Less(last)
}

// checkGroups refuses keys without the group, and reads the IDs behind which to read: the largest stands for what the group wasn't
// given yet.
func (r *reading) checkGroups(c *command.Call, dst []object.StreamID) ([]object.StreamID, error) {
	for i, key := range r.keys {
		s, ok, err := read(c, key)
		if err != nil {
			return nil, err
		}
		if ok {
			_, ok = s.Group(r.group)
		}
		if !ok {
			return nil, command.Error("NOGROUP No such key '" + command.Echo(key) + "' or consumer group '" +
				command.Echo(r.group) + "' in XREADGROUP with GROUP option")
		}
		id := object.MaxStreamID
		switch arg := r.ids[i]; string(arg) {
		case "$":
			return nil, errDollar
		case "+":
			return nil, errPlus
		case ">":
		default:
			if id, err = parseID(arg, 0); err != nil {
				return nil, err
			}
		}
		dst = append(dst, id)
	}
	return dst, nil
}

// outOfMemory ends the reply of a call that can't deliver any more: with an error if nothing was.
func (r *reading) outOfMemory(c *command.Call, mark resp.Mark, served int) error {
	if served > 0 {
		return finishStreams(c, mark, served)
	}
	c.W.B = c.W.B[:mark]
	return errNoSpace
}

// consumerOf returns the consumer of a name, which is made if it isn't there, and has now been heard of.
func consumerOf(c *command.Call, db *keyspace.DB, g object.StreamGroup, key, name []byte) (k object.StreamConsumer, made bool, err error) {
	k, ok := g.Consumer(name)
	if !ok {
		if k, made = g.AddConsumer(name, c.Now); !made {
			return k, false, errNoSpace
		}
		c.Dirty++
		db.Notify(keyspace.ClassStream, "xgroup-createconsumer", key)
	}
	k.SetSeen(c.Now)
	return k, made, nil
}

// deliver writes the entries that the group wasn't given yet, and makes them pending with the consumer. Out of memory, it ends early.
func (r *reading) deliver(c *command.Call, s object.Stream, g object.StreamGroup, k object.StreamConsumer, key []byte) error {
	from, _ := g.LastID().Next()
	mark, n := c.W.Defer(), int64(0)
	var err error
	for entries := s.Range(from, object.MaxStreamID, false); entries.Next(); {
		id := entries.ID()
		var p object.StreamPending
		if !r.noAck {
			var ok bool
			if p, ok = pend(g, k, id, c.Now); !ok {
				err = errNoSpace
				break
			}
			k.SetActive(c.Now)
		}
		s.Delivered(g, id)
		if !r.noAck {
			propagateClaim(c, key, r.group, g, p)
		}
		writeEntry(c.W, &entries)
		if n++; n == r.count {
			break
		}
	}
	if n > 0 {
		propagateGroup(c, key, r.group, g)
	}
	c.W.DoneArray(mark, int(n))
	return err
}

// pend makes an entry pending with a consumer, whether it was with another already or not. It returns false out of memory.
func pend(g object.StreamGroup, k object.StreamConsumer, id object.StreamID, now int64) (object.StreamPending, bool) {
	if last, ok := g.LastPending(); ok && !last.ID().Less(id) {
		if p, ok := g.Find(id); ok {
			if !g.Move(p, k) {
				return p, false
			}
			p.Deliver(now, 1)
			return p, true
		}
	}
	return g.Add(id, k, now, 1)
}

// repeat writes the entries that are pending with the consumer, behind an ID. Of one that was deleted there is only the ID left.
func (r *reading) repeat(c *command.Call, s object.Stream, k object.StreamConsumer, after object.StreamID) {
	mark, n := c.W.Defer(), int64(0)
	from, _ := after.Next()
	for w := k.PendingFrom(from); (r.count == 0 || n < r.count) && w.Next(); n++ {
		p := w.Pending()
		if writeOne(c.W, s, p.ID()) {
			p.Deliver(c.Now, p.Count()+1)
			continue
		}
		c.W.Array(2)
		writeID(c.W, p.ID())
		c.W.NullArray()
	}
	c.W.DoneArray(mark, int(n))
}
