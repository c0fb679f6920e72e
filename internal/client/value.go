package client

import (
	"fmt"
	"strconv"
	"strings"
)

// Kind is the first byte of a reply.
type Kind byte

// The kinds of RESP2 and RESP3.
const (
	Status    Kind = '+'
	Error     Kind = '-'
	Int       Kind = ':'
	Bulk      Kind = '$'
	Array     Kind = '*'
	Null      Kind = '_'
	Bool      Kind = '#'
	Double    Kind = ','
	BigNumber Kind = '('
	BulkError Kind = '!'
	Verbatim  Kind = '='
	Map       Kind = '%'
	Set       Kind = '~'
	Push      Kind = '>'
	Attribute Kind = '|'
)

// Value is a reply as a tree.
type Value struct {
	Kind  Kind
	Nil   bool    // $-1 and *-1
	Text  string  // the payload of what has no elements
	Elems []Value // of a Map: key, value, key, value …; of an Attribute: its pairs, then the reply
}

// IsNil reports a null of any form.
func (v Value) IsNil() bool { return v.Nil || v.Kind == Null }

// IsError reports an error reply.
func (v Value) IsError() bool { return v.Kind == Error || v.Kind == BulkError }

// String is the value on one line, in the form that Parse reads: +OK -ERR… :1 "bulk" nil [a b] %{k v} ~[a] >[a].
func (v Value) String() string {
	var b strings.Builder
	v.write(&b)
	return b.String()
}

func (v Value) write(b *strings.Builder) {
	switch {
	case v.Nil && v.Kind == Array:
		b.WriteString("nil*")
	case v.Nil:
		b.WriteString("nil")
	case v.Kind == Null:
		b.WriteByte('_')
	case v.Kind == Bulk:
		b.WriteString(Quote(v.Text))
	case v.Kind == Verbatim || v.Kind == BulkError:
		b.WriteByte(byte(v.Kind))
		b.WriteString(Quote(v.Text))
	case v.Kind == Array:
		v.writeElems(b, "[", "]")
	case v.Kind == Map:
		v.writeElems(b, "%{", "}")
	case v.Kind == Attribute:
		v.writeElems(b, "|{", "}")
	case v.Kind == Set:
		v.writeElems(b, "~[", "]")
	case v.Kind == Push:
		v.writeElems(b, ">[", "]")
	default:
		b.WriteByte(byte(v.Kind))
		b.WriteString(v.Text)
	}
}

func (v Value) writeElems(b *strings.Builder, open, end string) {
	b.WriteString(open)
	for i, e := range v.Elems {
		if i > 0 {
			b.WriteByte(' ')
		}
		e.write(b)
	}
	b.WriteString(end)
}

// Parse reads the form that String writes. Status, error and number tokens inside an aggregate
// end at a space; on the top level they reach to the end of the line.
func Parse(s string) (Value, error) {
	p := literal{rest: strings.TrimSpace(s)}
	v, err := p.value(true)
	if err != nil {
		return v, fmt.Errorf("reply %q: %w", s, err)
	}
	if strings.TrimSpace(p.rest) != "" {
		return v, fmt.Errorf("reply %q: %q is left over", s, p.rest)
	}
	return v, nil
}

type literal struct{ rest string }

func (p *literal) value(top bool) (Value, error) {
	p.rest = strings.TrimLeft(p.rest, " ")
	if p.rest == "" {
		return Value{}, fmt.Errorf("a value is missing")
	}
	switch first := p.rest[0]; {
	case strings.HasPrefix(p.rest, "nil"):
		p.rest = p.rest[3:]
		if strings.HasPrefix(p.rest, "*") {
			p.rest = p.rest[1:]
			return Value{Kind: Array, Nil: true}, nil
		}
		return Value{Kind: Bulk, Nil: true}, nil
	case first == '"':
		return p.quoted(Bulk)
	case first == '=' || first == '!':
		p.rest = p.rest[1:]
		return p.quoted(Kind(first))
	case first == '[':
		return p.elems(Array, 1, ']')
	case first == '%' || first == '|':
		return p.elems(Kind(first), 2, '}')
	case first == '~' || first == '>':
		return p.elems(Kind(first), 2, ']')
	case strings.IndexByte("+-:_#,(", first) >= 0:
		end := len(p.rest)
		if !top {
			if i := strings.IndexAny(p.rest, " ]}"); i >= 0 {
				end = i
			}
		}
		v := Value{Kind: Kind(first), Text: p.rest[1:end]}
		p.rest = p.rest[end:]
		return v, nil
	}
	return Value{}, fmt.Errorf("unknown form at %q", p.rest)
}

func (p *literal) quoted(k Kind) (Value, error) {
	text, n, err := unquote(p.rest)
	if err != nil {
		return Value{}, err
	}
	p.rest = p.rest[n:]
	return Value{Kind: k, Text: text}, nil
}

func (p *literal) elems(k Kind, skip int, end byte) (Value, error) {
	if len(p.rest) < skip {
		return Value{}, fmt.Errorf("unfinished aggregate")
	}
	p.rest = p.rest[skip:]
	v := Value{Kind: k}
	for {
		p.rest = strings.TrimLeft(p.rest, " ")
		if p.rest == "" {
			return v, fmt.Errorf("%q is missing", end)
		}
		if p.rest[0] == end {
			p.rest = p.rest[1:]
			return v, nil
		}
		e, err := p.value(false)
		if err != nil {
			return v, err
		}
		v.Elems = append(v.Elems, e)
	}
}

// Format writes the value as redis-cli shows it on a terminal.
func (v Value) Format() string {
	var b strings.Builder
	v.format(&b, "")
	return b.String()
}

func (v Value) format(b *strings.Builder, indent string) {
	switch {
	case v.IsNil():
		b.WriteString("(nil)\n")
	case v.IsError():
		b.WriteString("(error) " + v.Text + "\n")
	case v.Kind == Int:
		b.WriteString("(integer) " + v.Text + "\n")
	case v.Kind == Double:
		b.WriteString("(double) " + v.Text + "\n")
	case v.Kind == Bool:
		b.WriteString(map[string]string{"t": "(true)\n", "f": "(false)\n"}[v.Text])
	case v.Kind == Bulk:
		b.WriteString(Quote(v.Text) + "\n")
	case v.Kind == Verbatim:
		b.WriteString(strings.TrimPrefix(v.Text, "txt:") + "\n")
	case v.Kind == Array:
		v.formatElems(b, indent, ")", "(empty array)\n")
	case v.Kind == Set:
		v.formatElems(b, indent, "~", "(empty set)\n")
	case v.Kind == Push:
		v.formatElems(b, indent, ">", "(empty push)\n")
	case v.Kind == Map:
		v.formatMap(b, indent)
	default:
		b.WriteString(v.Text + "\n")
	}
}

func (v Value) formatElems(b *strings.Builder, indent, mark, empty string) {
	if len(v.Elems) == 0 {
		b.WriteString(empty)
		return
	}
	width := len(strconv.Itoa(len(v.Elems)))
	for i, e := range v.Elems {
		if i > 0 {
			b.WriteString(indent)
		}
		fmt.Fprintf(b, "%*d%s ", width, i+1, mark)
		e.format(b, indent+strings.Repeat(" ", width+2))
	}
}

func (v Value) formatMap(b *strings.Builder, indent string) {
	if len(v.Elems) == 0 {
		b.WriteString("(empty hash)\n")
		return
	}
	width := len(strconv.Itoa(len(v.Elems) / 2))
	inner := indent + strings.Repeat(" ", width+2)
	for i := 0; i+1 < len(v.Elems); i += 2 {
		if i > 0 {
			b.WriteString(indent)
		}
		fmt.Fprintf(b, "%*d# ", width, i/2+1)
		var key strings.Builder
		v.Elems[i].format(&key, inner)
		b.WriteString(strings.TrimSuffix(key.String(), "\n") + " => ")
		v.Elems[i+1].format(b, inner+"   ")
	}
}
