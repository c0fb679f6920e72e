package script

import (
	"math"
	"strings"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/internal/lua"
	"github.com/sleipnirdb/sleipnir/internal/unsafestr"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

// From a value of Lua's to the client's reply: the table of reply.go, read from right to left, in the client's version of the protocol. Besides, a
// number loses its fraction, true is 1 and false the null unless the script has asked for RESP3, and what is no data is the null.

// maxReplyDepth is how deep the tables of a reply may nest, about as deep as the reference's stack lets them.
const maxReplyDepth = 7900

// errDepth stands in a reply where its tables nest too deep.
const errDepth = "ERR reached lua stack limit"

// answer writes a value.
func (m *Machine) answer(w *resp.Writer, v lua.Value, depth int) {
	if depth > maxReplyDepth {
		w.Error(errDepth)
		return
	}
	switch v.Kind() {
	case lua.KindString:
		s, _ := v.AsString()
		w.BulkString(s)
	case lua.KindNumber:
		d, _ := v.AsNumber()
		w.Int(truncate(d))
	case lua.KindBool:
		switch {
		case m.script.W.Resp3:
			w.Bool(v.Truthy())
		case v.Truthy():
			w.Int(1)
		default:
			w.Null()
		}
	case lua.KindTable:
		m.answerTable(w, v.AsTable(), depth)
	default:
		w.Null()
	}
}

// truncate cuts the fraction off. What doesn't fit becomes the smallest integer, as the reference's processor has it.
func truncate(d float64) int64 {
	if d >= -(1<<63) && d < 1<<63 {
		return int64(d)
	}
	return math.MinInt64
}

// answerTable writes a table, whose fields tell what it stands for.
func (m *Machine) answerTable(w *resp.Writer, t *lua.Table, depth int) {
	if text, ok := m.get(t, "err").AsString(); ok {
		w.Error(command.Echo(unsafestr.Bytes(text)))
		return
	}
	if text, ok := m.get(t, "ok").AsString(); ok {
		w.Status(command.Echo(unsafestr.Bytes(text)))
		return
	}
	if d, ok := m.get(t, "double").AsNumber(); ok {
		w.Double(d)
		return
	}
	if text, ok := m.get(t, "big_number").AsString(); ok {
		w.BigNumber(oneLine.Replace(text))
		return
	}
	if v := m.get(t, "verbatim_string").AsTable(); v != nil {
		format, isFormat := m.get(v, "format").AsString()
		text, isText := m.get(v, "string").AsString()
		if isFormat && isText {
			w.Verbatim(format, text)
			return
		}
	}
	if pairs := m.get(t, "map").AsTable(); pairs != nil {
		mark, n := w.Defer(), 0
		for k, v, _ := pairs.Next(lua.Nil); !k.IsNil(); k, v, _ = pairs.Next(k) {
			m.answer(w, k, depth+1)
			m.answer(w, v, depth+1)
			n++
		}
		w.DoneMap(mark, n)
		return
	}
	if members := m.get(t, "set").AsTable(); members != nil {
		mark, n := w.Defer(), 0
		for k, _, _ := members.Next(lua.Nil); !k.IsNil(); k, _, _ = members.Next(k) {
			m.answer(w, k, depth+1)
			n++
		}
		w.DoneSet(mark, n)
		return
	}
	m.answerArray(w, t, depth)
}

// answerArray writes the elements of a table up to the first that is nil.
func (m *Machine) answerArray(w *resp.Writer, t *lua.Table, depth int) {
	n := t.Len()
	for i := range n {
		if t.GetInt(i + 1).IsNil() { // a border behind a hole
			n = i
			break
		}
	}
	w.Array(n)
	for i := range n {
		m.answer(w, t.GetInt(i+1), depth+1)
	}
}

// oneLine makes blanks of line ends.
var oneLine = strings.NewReplacer("\r", " ", "\n", " ")

// get returns a field, without asking a metatable.
func (m *Machine) get(t *lua.Table, name string) lua.Value { return t.GetString(name) }
