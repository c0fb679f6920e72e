package stringcmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

const (
	errLCSType   command.Error = "ERR The specified keys must contain string values"
	errLCSBoth   command.Error = "ERR If you want both the length and indexes, please just use IDX."
	errLCSMemory command.Error = "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"
)

// lcsOptions are LEN, IDX, MINMATCHLEN and WITHMATCHLEN.
type lcsOptions struct {
	length, indexes, withLength bool
	minLength                   int64
}

func (o *lcsOptions) parse(args [][]byte) error {
	for i := 0; i < len(args); i++ {
		switch arg := args[i]; {
		case command.Is(arg, "idx"):
			o.indexes = true
		case command.Is(arg, "len"):
			o.length = true
		case command.Is(arg, "withmatchlen"):
			o.withLength = true
		case command.Is(arg, "minmatchlen") && i+1 < len(args):
			i++
			n, ok := command.ParseInt(args[i])
			if !ok {
				return command.ErrNotInt
			}
			o.minLength = max(n, 0)
		default:
			return command.ErrSyntax
		}
	}
	if o.length && o.indexes {
		return errLCSBoth
	}
	return nil
}

// lcsSteps is how many fields of the table take as long as the reading of one element.
const lcsSteps = 32

func (g *group) lcs(c *command.Call) error {
	var texts [2][]byte
	for i, key := range c.Args[1:3] {
		e := c.DB(key).Find(key)
		if !e.Exists() {
			continue
		}
		if e.Type() != object.TypeString {
			return errLCSType
		}
		texts[i] = e.AppendValue(nil)
	}
	var o lcsOptions
	if err := o.parse(c.Args[3:]); err != nil {
		return err
	}
	a, b := texts[0], texts[1]
	if int64(len(a)+1)*int64(len(b)+1) > g.limits.MaxBulk()/4 {
		return errLCSMemory
	}
	if c.IsLong((len(a) + 1) * (len(b) + 1) / lcsSteps) {
		return command.TooLong
	}
	m := newMatches(a, b)
	switch {
	case o.length:
		c.W.Int(int64(m.length()))
	case o.indexes:
		m.writeRanges(c, &o)
	default:
		c.W.Bulk(m.common())
	}
	return nil
}

// matches is the table of the textbook dynamic programme: at(i, j) is the
// length of the longest common subsequence of a[:i] and b[:j].
type matches struct {
	a, b  []byte
	table []uint32
}

func newMatches(a, b []byte) *matches {
	m := &matches{a, b, make([]uint32, (len(a)+1)*(len(b)+1))}
	width := len(b) + 1
	for i := 1; i <= len(a); i++ {
		row, above := m.table[i*width:(i+1)*width], m.table[(i-1)*width:i*width]
		for j := 1; j <= len(b); j++ {
			if a[i-1] == b[j-1] {
				row[j] = above[j-1] + 1
			} else {
				row[j] = max(above[j], row[j-1])
			}
		}
	}
	return m
}

func (m *matches) at(i, j int) uint32 { return m.table[i*(len(m.b)+1)+j] }

func (m *matches) length() int { return int(m.at(len(m.a), len(m.b))) }

// walk visits the positions of the matching bytes from the end.
func (m *matches) walk(visit func(i, j int)) {
	for i, j := len(m.a), len(m.b); i > 0 && j > 0; {
		switch {
		case m.a[i-1] == m.b[j-1]:
			i--
			j--
			visit(i, j)
		case m.at(i-1, j) > m.at(i, j-1):
			i--
		default:
			j--
		}
	}
}

func (m *matches) common() []byte {
	text := make([]byte, m.length())
	at := len(text)
	m.walk(func(i, _ int) {
		at--
		text[at] = m.a[i]
	})
	return text
}

// span is a run of matching bytes: a[a:a+n] == b[b:b+n].
type span struct{ a, b, n int }

func (m *matches) spans() []span {
	var spans []span
	m.walk(func(i, j int) {
		if k := len(spans) - 1; k >= 0 && spans[k].a == i+1 && spans[k].b == j+1 {
			spans[k] = span{i, j, spans[k].n + 1}
			return
		}
		spans = append(spans, span{i, j, 1})
	})
	return spans
}

func (m *matches) writeRanges(c *command.Call, o *lcsOptions) {
	kept := m.spans()
	n := 0
	for _, s := range kept {
		if int64(s.n) >= o.minLength {
			kept[n] = s
			n++
		}
	}
	c.W.Map(2)
	c.W.BulkString("matches")
	c.W.Array(n)
	for _, s := range kept[:n] {
		if o.withLength {
			c.W.Array(3)
		} else {
			c.W.Array(2)
		}
		for _, at := range [2]int{s.a, s.b} {
			c.W.Array(2)
			c.W.Int(int64(at))
			c.W.Int(int64(at + s.n - 1))
		}
		if o.withLength {
			c.W.Int(int64(s.n))
		}
	}
	c.W.BulkString("len")
	c.W.Int(int64(m.length()))
}
