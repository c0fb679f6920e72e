package script

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/sleipnirdb/sleipnir/internal/lua"
	"github.com/sleipnirdb/sleipnir/internal/unsafestr"
)

// From a command's reply to a value of Lua's.
//
//	RESP               Lua
//	integer            number
//	bulk, status       string, {ok=…}
//	error              {err=…}
//	array              table, from 1
//	null of RESP2      false
//	null of RESP3      nil
//	boolean            boolean
//	double             {double=number}
//	big number         {big_number=string}
//	verbatim string    {verbatim_string={string=…, format=…}}
//	map, set           {map={key=value}}, {set={member=true}}
//
// The bytes are our own writer's, so nothing about them can be wrong.

// reader reads replies.
type reader struct {
	m *Machine
	b []byte // what is left
}

// read returns the first reply in b as a value.
func (m *Machine) read(b []byte) lua.Value {
	r := reader{m, b}
	return r.value()
}

// line takes the line at the front, without its kind and end.
func (r *reader) line() []byte {
	end := bytes.IndexByte(r.b, '\r')
	line := r.b[1:end]
	r.b = r.b[end+2:]
	return line
}

// length takes the line at the front, which is a number.
func (r *reader) length() int64 {
	line := r.line()
	if len(line) == 1 {
		return int64(line[0] - '0')
	}
	n, _ := strconv.ParseInt(unsafestr.String(line), 10, 64)
	return n
}

// take takes n bytes and the line end after them.
func (r *reader) take(n int64) []byte {
	b := r.b[:n]
	r.b = r.b[n+2:]
	return b
}

func (r *reader) value() lua.Value {
	s := r.m.state
	switch r.b[0] {
	case ':':
		return lua.Number(float64(r.length()))
	case '$':
		n := r.length()
		if n < 0 {
			return lua.Bool(false)
		}
		return s.Bytes(r.take(n))
	case '+':
		return r.m.field("ok", s.Bytes(r.line()))
	case '-':
		return r.m.failure("-"+string(r.line()), true)
	case '*', '>':
		return r.array()
	case '_':
		r.line()
		return lua.Nil
	case '#':
		return lua.Bool(r.line()[0] == 't')
	}
	return r.typed()
}

// typed reads what only RESP3 has.
func (r *reader) typed() lua.Value {
	s := r.m.state
	switch r.b[0] {
	case ',':
		d, _ := strconv.ParseFloat(unsafestr.String(r.line()), 64)
		return r.m.field("double", lua.Number(d))
	case '(':
		return r.m.field("big_number", s.Bytes(r.line()))
	case '=':
		text := r.take(r.length())
		const format = len("txt")
		t := s.NewTable(0, 2)
		r.m.set(t, "string", s.Bytes(text[format+1:]))
		r.m.set(t, "format", s.Bytes(text[:format]))
		return r.m.field("verbatim_string", t.Value())
	case '%':
		n := r.length()
		t := s.NewTable(0, int(n))
		for range n {
			k := r.value()
			_ = t.Set(k, r.value()) // a key is neither nil nor NaN
		}
		return r.m.field("map", t.Value())
	case '~':
		n := r.length()
		t := s.NewTable(0, int(n))
		for range n {
			_ = t.Set(r.value(), lua.Bool(true))
		}
		return r.m.field("set", t.Value())
	}
	// Attributes are not shown to scripts.
	for range 2 * r.length() {
		r.value()
	}
	return r.value()
}

func (r *reader) array() lua.Value {
	n := r.length()
	if n < 0 {
		return lua.Bool(false)
	}
	t := r.m.state.NewTable(int(n), 0)
	for i := range n {
		_ = t.SetInt(int(i)+1, r.value())
	}
	return t.Value()
}

// set sets a field of a table that is ours.
func (m *Machine) set(t *lua.Table, name string, v lua.Value) { _ = t.Set(m.name(name), v) }

// field makes a table of one field.
func (m *Machine) field(name string, v lua.Value) lua.Value {
	t := m.state.NewTable(0, 1)
	m.set(t, name, v)
	return t.Value()
}

// failure makes the table that stands for an error. A text that begins with "-" begins with the error's code; any other gets the general one. isCounted:
// the error has been counted already.
func (m *Machine) failure(text string, isCounted bool) lua.Value {
	t := m.state.NewTable(0, 4) // with room for where it happened
	m.set(t, "err", m.state.String(errorText(text)))
	if isCounted {
		m.set(t, "ignore_error_stats_update", lua.Bool(true))
	}
	return t.Value()
}

func errorText(text string) string {
	code := "ERR"
	if coded, ok := strings.CutPrefix(text, "-"); ok {
		text = coded
		if first, rest, isTwo := strings.Cut(coded, " "); isTwo {
			code, text = first, rest
		}
	}
	return code + " " + strings.Trim(text, "\r\n")
}
