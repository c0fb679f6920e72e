package lualib

import (
	"strings"
	"unicode/utf8"

	"github.com/sleipnirdb/sleipnir/internal/lua"
)

// A token is what the decoder reads next.
type token struct {
	kind   tokenKind
	at     int // where it is, for messages
	text   string
	number float64
	on     bool
	// problem is what is wrong with the input, for tokenError.
	problem string
}

type tokenKind uint8

const (
	tokenError tokenKind = iota
	tokenObject
	tokenObjectEnd
	tokenArray
	tokenArrayEnd
	tokenString
	tokenNumber
	tokenBool
	tokenNull
	tokenColon
	tokenComma
	tokenEnd
)

// tokenNames are those that messages show.
var tokenNames = [...]string{
	"T_ERROR", "T_OBJ_BEGIN", "T_OBJ_END", "T_ARR_BEGIN", "T_ARR_END", "T_STRING", "T_NUMBER", "T_BOOLEAN", "T_NULL", "T_COLON", "T_COMMA", "T_END",
}

// A decoder is one call of cjson.decode. As in the reference, what is being built lies on Lua's stack, a few values for each level of
// nesting: so the accounting sees it, and the stack's limit is one of the nesting too.
type decoder struct {
	*jsonConfig
	c     *lua.Frame
	in    string // up to its first zero byte
	at    int
	tmp   []byte // of strings with escapes
	depth int32
}

func (j *jsonConfig) decode(c *lua.Frame) error {
	if c.Count() != 1 {
		return c.ArgError(0, "expected 1 argument")
	}
	in, err := c.CheckString(0)
	if err != nil {
		return err
	}
	if len(in) >= 2 && (in[0] == 0 || in[1] == 0) {
		return c.Errorf(1, "JSON parser does not support UTF-16 or UTF-32")
	}
	d := decoder{jsonConfig: j, c: c, in: cString(in)}
	t := d.next()
	if err := d.value(&t); err != nil {
		return err
	}
	if t = d.next(); t.kind != tokenEnd {
		return d.fail("the end", &t)
	}
	return nil
}

func (d *decoder) fail(expected string, t *token) error {
	found := t.problem
	if t.kind != tokenError {
		found = tokenNames[t.kind]
	}
	return d.c.Errorf(1, "Expected %s but found %s at character %d", expected, found, t.at+1)
}

// value pushes the value that begins with t.
func (d *decoder) value(t *token) error {
	if err := d.c.State().Work(1); err != nil {
		return err
	}
	switch t.kind {
	case tokenString:
		return d.pushText(t.text)
	case tokenNumber:
		d.c.Push(lua.Number(t.number))
	case tokenBool:
		d.c.Push(lua.Bool(t.on))
	case tokenNull:
		d.c.Push(null)
	case tokenObject:
		return d.object()
	case tokenArray:
		return d.array()
	default:
		return d.fail("value", t)
	}
	return nil
}

func (d *decoder) pushText(text string) error {
	s := d.c.State()
	if err := s.Room(int64(len(text))); err != nil {
		return err
	}
	if err := s.Work(len(text) / bytesPerStep); err != nil {
		return err
	}
	d.c.Push(s.String(strings.Clone(text)))
	return nil
}

// descend begins a table, which needs so many places of the stack.
func (d *decoder) descend(slots int) (*lua.Table, error) {
	if d.depth++; d.depth > d.decodeDepth || !d.c.CanPush(slots) {
		return nil, d.c.Errorf(1, "Found too many nested data structures (%d) at character %d", d.depth, d.at)
	}
	s := d.c.State()
	if err := s.Room(0); err != nil {
		return nil, err
	}
	t := s.NewTable(0, 0)
	d.c.Push(t.Value())
	return t, nil
}

func (d *decoder) object() error {
	table, err := d.descend(3)
	if err != nil {
		return err
	}
	t := d.next()
	if t.kind == tokenObjectEnd {
		d.depth--
		return nil
	}
	for {
		if t.kind != tokenString {
			return d.fail("object key string", &t)
		}
		if err := d.pushText(t.text); err != nil {
			return err
		}
		if t = d.next(); t.kind != tokenColon {
			return d.fail("colon", &t)
		}
		t = d.next()
		if err := d.value(&t); err != nil {
			return err
		}
		if err := table.Set(d.c.Pushed(-2), d.c.Pushed(-1)); err != nil {
			return err
		}
		d.c.Drop(2)
		switch t = d.next(); t.kind {
		case tokenObjectEnd:
			d.depth--
			return nil
		case tokenComma:
			t = d.next()
		default:
			return d.fail("comma or object end", &t)
		}
	}
}

func (d *decoder) array() error {
	table, err := d.descend(2)
	if err != nil {
		return err
	}
	t := d.next()
	if t.kind == tokenArrayEnd {
		d.depth--
		return nil
	}
	for i := 1; ; i++ {
		if err := d.value(&t); err != nil {
			return err
		}
		if err := table.SetInt(i, d.c.Pushed(-1)); err != nil {
			return err
		}
		d.c.Drop(1)
		switch t = d.next(); t.kind {
		case tokenArrayEnd:
			d.depth--
			return nil
		case tokenComma:
			t = d.next()
		default:
			return d.fail("comma or array end", &t)
		}
	}
}

// next reads a token.
func (d *decoder) next() token {
	for d.at < len(d.in) && isBlank(d.in[d.at]) {
		d.at++
	}
	t := token{at: d.at}
	if d.at == len(d.in) {
		t.kind = tokenEnd
		return t
	}
	switch c := d.in[d.at]; c {
	case '{':
		t.kind = tokenObject
	case '}':
		t.kind = tokenObjectEnd
	case '[':
		t.kind = tokenArray
	case ']':
		t.kind = tokenArrayEnd
	case ':':
		t.kind = tokenColon
	case ',':
		t.kind = tokenComma
	case '"':
		d.text(&t)
		return t
	default:
		d.word(&t, c)
		return t
	}
	d.at++
	return t
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// wrong makes t an error where the decoder is.
func (d *decoder) wrong(t *token, problem string) {
	t.kind, t.at, t.problem = tokenError, d.at, problem
}

// word reads a number, true, false or null.
func (d *decoder) word(t *token, c byte) {
	rest := d.in[d.at:]
	switch {
	case c == '-' || c >= '0' && c <= '9':
		if !d.decodeInvalid && isInvalidNumber(rest) {
			d.wrong(t, "invalid number")
			return
		}
		d.number(t)
	case strings.HasPrefix(rest, "true"):
		t.kind, t.on = tokenBool, true
		d.at += len("true")
	case strings.HasPrefix(rest, "false"):
		t.kind = tokenBool
		d.at += len("false")
	case strings.HasPrefix(rest, "null"):
		t.kind = tokenNull
		d.at += len("null")
	case d.decodeInvalid && strings.IndexByte("fiInNt+", c) >= 0 && isInvalidNumber(rest):
		d.number(t)
	default:
		d.wrong(t, "invalid token")
	}
}

// isInvalidNumber tells of what C reads as a number whether JSON doesn't.
func isInvalidNumber(s string) bool {
	if s[0] == '+' {
		return true
	}
	s = strings.TrimPrefix(s, "-")
	if s == "" {
		return false
	}
	if s[0] == '0' {
		return len(s) > 1 && (s[1]|0x20 == 'x' || s[1] >= '0' && s[1] <= '9')
	}
	if s[0] <= '9' || len(s) < 3 {
		return false
	}
	return strings.EqualFold(s[:3], "inf") || strings.EqualFold(s[:3], "nan")
}

func (d *decoder) number(t *token) {
	n, length := lua.ScanNumber(d.in[d.at:])
	if length == 0 {
		d.wrong(t, "invalid number")
		return
	}
	t.kind, t.number = tokenNumber, n
	d.at += length
}

// text reads a string: a view of the input if there is no escape in it, else one that lasts until the next.
func (d *decoder) text(t *token) {
	d.at++
	from := d.at
	for ; d.at < len(d.in); d.at++ {
		switch d.in[d.at] {
		case '"':
			t.kind, t.text = tokenString, d.in[from:d.at]
			d.at++
			return
		case '\\':
			d.tmp = append(d.tmp[:0], d.in[from:d.at]...)
			d.escaped(t)
			return
		}
	}
	d.wrong(t, "unexpected end of string")
}

// escaped reads the rest of a string behind its first escape.
func (d *decoder) escaped(t *token) {
	for d.at < len(d.in) {
		c := d.in[d.at]
		switch {
		case c == '"':
			t.kind, t.text = tokenString, string(d.tmp)
			d.at++
			return
		case c != '\\':
			d.tmp = append(d.tmp, c)
			d.at++
		case d.at+1 < len(d.in) && d.in[d.at+1] == 'u':
			if !d.unicode() {
				d.wrong(t, "invalid unicode escape code")
				return
			}
		default:
			if c = d.escape(); c == 0 {
				d.wrong(t, "invalid escape code")
				return
			}
			d.tmp = append(d.tmp, c)
			d.at += 2
		}
	}
	d.wrong(t, "unexpected end of string")
}

// escape is what the letter behind a backslash stands for, and 0 for nothing.
func (d *decoder) escape() byte {
	if d.at+1 == len(d.in) {
		return 0
	}
	switch c := d.in[d.at+1]; c {
	case '"', '\\', '/':
		return c
	case 'b':
		return '\b'
	case 't':
		return '\t'
	case 'n':
		return '\n'
	case 'f':
		return '\f'
	case 'r':
		return '\r'
	}
	return 0
}

// unicode reads "\uXXXX", two of them for what needs a surrogate pair.
func (d *decoder) unicode() bool {
	unit, ok := hex4(d.in, d.at+2)
	if !ok {
		return false
	}
	length := 6
	if unit&0xF800 == 0xD800 {
		if unit&0x400 != 0 || !strings.HasPrefix(d.in[d.at+6:], `\u`) {
			return false
		}
		low, ok := hex4(d.in, d.at+8)
		if !ok || low&0xFC00 != 0xDC00 {
			return false
		}
		unit = (unit&0x3FF<<10 | low&0x3FF) + 0x10000
		length = 12
	}
	d.tmp = utf8.AppendRune(d.tmp, rune(unit)) //nolint:gosec // 21 bits
	d.at += length
	return true
}

// hex4 is the number of four digits at s[i:].
func hex4(s string, i int) (n uint32, ok bool) {
	if len(s) < i+4 {
		return 0, false
	}
	for _, c := range []byte(s[i : i+4]) {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		n = n<<4 | uint32(c)
	}
	return n, true
}
