package streamcmd

import (
	"math"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

// writeID writes an ID as a bulk string.
func writeID(w *resp.Writer, id object.StreamID) {
	var text [object.MaxStreamIDText]byte
	w.Bulk(id.AppendTo(text[:0]))
}

// entryWriter writes entries one after the other, and remembers what the next one is likely to have in common with them: the ms of
// the ID, and the fields.
type entryWriter struct {
	w        *resp.Writer
	ms       uint64
	prefix   int             // bytes of text that are ms and the hyphen; 0: nothing is remembered
	node     object.StreamID // whose fields are remembered
	knows    bool
	from, to [cachedFields]int // where they stand in w.B
	text     [idTextBytes]byte // of the last ID
}

const (
	cachedFields = 8
	idTextBytes  = object.MaxStreamIDText
)

// id writes an ID.
func (e *entryWriter) id(id object.StreamID) {
	if e.prefix == 0 || id.Ms != e.ms {
		if id.Ms > math.MaxInt64 || id.Seq > math.MaxInt64 {
			writeID(e.w, id)
			return
		}
		e.ms = id.Ms
		e.prefix = len(append(resp.AppendInt(e.text[:0], int64(id.Ms)), '-'))
	}
	if id.Seq > math.MaxInt64 {
		writeID(e.w, id)
		return
	}
	e.w.Bulk(resp.AppendInt(e.text[:e.prefix], int64(id.Seq)))
}

// entry writes the entry that a walk is at: its ID, and fields and values.
func (e *entryWriter) entry(r *object.StreamRange) {
	w, n := e.w, r.Fields()
	w.Array(2)
	e.id(r.ID())
	w.Array(2 * n)
	if !r.IsSame() || n > cachedFields {
		for range n {
			command.Bulk(w, r.Field())
			command.Bulk(w, r.Value())
		}
		return
	}
	if node, _, _ := r.Node(); !e.knows || e.node != node {
		e.node, e.knows = node, true
		e.learn(r, n)
		return
	}
	for i := range n {
		w.Raw(w.B[e.from[i%cachedFields]:e.to[i%cachedFields]])
		command.Bulk(w, r.Value())
	}
}

// learn writes the pairs of an entry and remembers where the fields stand.
func (e *entryWriter) learn(r *object.StreamRange, n int) {
	for i := range n {
		e.from[i] = len(e.w.B)
		command.Bulk(e.w, r.Field())
		e.to[i] = len(e.w.B)
		command.Bulk(e.w, r.Value())
	}
}

// writeEntry writes one entry.
func writeEntry(w *resp.Writer, r *object.StreamRange) {
	e := entryWriter{w: w}
	e.entry(r)
}

// writeRange writes at most count entries of a walk, all for 0. How many there are is seen on the way.
func writeRange(c *command.Call, r *object.StreamRange, count int64) error {
	mark, n := c.W.Defer(), int64(0)
	e := entryWriter{w: c.W}
	for r.Next() {
		e.entry(r)
		if n++; n == count {
			break
		}
		if c.IsLong(int(n)) {
			return command.TooLong
		}
	}
	c.W.DoneArray(mark, int(n))
	return nil
}

// writeOne writes the entry of an ID, and says whether there is one.
func writeOne(w *resp.Writer, s object.Stream, id object.StreamID) bool {
	r := s.Range(id, id, false)
	if !r.Next() {
		return false
	}
	writeEntry(w, &r)
	return true
}
