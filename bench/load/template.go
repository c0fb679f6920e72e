package load

import (
	"fmt"
	"strconv"
	"strings"
)

// Template is a request that was rendered once; sending it means copying its bytes and patching digits.
//
// It is written as the command's words. Braces hold what varies:
//
//	{key}        a key of Shape.KeySize bytes, drawn from Config.Keys
//	{value}      Shape.ValueSize bytes; {value:100} as many as said
//	{num}        a decimal number of Shape.ValueSize digits, {num:8} of 8; it never begins with 0
//	{rand:N}     a number below N with leading zeros to the width of N-1
//	{field}      short for field:{rand:100}
//	{a,b*10}     the list a b, ten times over: MSET {key,value*10}, MGET {key*10}
//
// A placeholder may stand inside a word: user:{rand:1000}:name.
type Template struct {
	text  string
	wire  []byte
	holes []hole
}

// Shape is the sizes that a template's placeholders take.
type Shape struct {
	KeySize   int    // default 16
	KeyPrefix string // default "key:"
	ValueSize int    // default 16
	RandBelow uint64 // what __rand_int__ is below; 0 leaves that word alone
}

const (
	maxRepeat  = 1 << 20
	maxWire    = 512 << 20
	randDigits = 12 // the width of redis-benchmark's __rand_int__
	randWord   = "__rand_int__"
	dataWord   = "__data__"
)

type holeKind uint8

const (
	holeKey  holeKind = iota // digits of a key from the key source
	holeRand                 // digits of a random number below a bound
	holeNum                  // as holeRand, the first digit never 0
)

// hole is a run of digits inside wire.
type hole struct {
	at    int
	width int
	kind  holeKind
	below uint64
}

// Compile renders text for a shape.
func Compile(text string, shape Shape) (*Template, error) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return nil, fmt.Errorf("load: template is empty")
	}
	return CompileArgs(words, shape)
}

// MustCompile is Compile for templates that are constants of a program.
func MustCompile(text string, shape Shape) *Template {
	t, err := Compile(text, shape)
	if err != nil {
		panic(err)
	}
	return t
}

// CompileArgs is Compile for a command that is already cut into words, which may then hold spaces.
func CompileArgs(words []string, shape Shape) (*Template, error) {
	shape.normalize()
	c := compiler{shape: shape}
	for _, w := range words {
		if err := c.word(w); err != nil {
			return nil, fmt.Errorf("load: template %q: %w", strings.Join(words, " "), err)
		}
	}
	t := &Template{text: strings.Join(words, " ")}
	t.wire = append(t.wire, '*')
	t.wire = strconv.AppendInt(t.wire, int64(len(c.args)), 10)
	t.wire = append(t.wire, '\r', '\n')
	for _, a := range c.args {
		t.wire = append(t.wire, '$')
		t.wire = strconv.AppendInt(t.wire, int64(len(a.bytes)), 10)
		t.wire = append(t.wire, '\r', '\n')
		for _, h := range a.holes {
			h.at += len(t.wire)
			t.holes = append(t.holes, h)
		}
		t.wire = append(t.wire, a.bytes...)
		t.wire = append(t.wire, '\r', '\n')
		if len(t.wire) > maxWire {
			return nil, fmt.Errorf("load: template %.40q renders to more than %d bytes", t.text, maxWire)
		}
	}
	return t, nil
}

// CompileInline makes a template of a request that is sent as it stands, with CRLF after it.
func CompileInline(line string) *Template {
	return &Template{text: line, wire: []byte(line + "\r\n")}
}

// Len is the bytes of one request on the wire.
func (t *Template) Len() int { return len(t.wire) }

// String is the text that the template was made of.
func (t *Template) String() string { return t.text }

func (s *Shape) normalize() {
	if s.KeySize <= 0 {
		s.KeySize = 16
	}
	if s.KeyPrefix == "" {
		s.KeyPrefix = "key:"
	}
	if s.ValueSize <= 0 {
		s.ValueSize = 16
	}
}

type arg struct {
	bytes []byte
	holes []hole // at is relative to bytes
}

type compiler struct {
	shape Shape
	args  []arg
}

// word turns one word into one argument, or into many if it is a repeated list.
func (c *compiler) word(w string) error {
	if list, n, ok := repeated(w); ok {
		if n < 1 || n > maxRepeat {
			return fmt.Errorf("repeat count in %q is not in 1…%d", w, maxRepeat)
		}
		for range n {
			for _, p := range list {
				if err := c.one("{" + p + "}"); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return c.one(w)
}

// repeated splits {a,b*10}. A list without a count stands once.
func repeated(w string) (list []string, n int, ok bool) {
	if len(w) < 3 || w[0] != '{' || w[len(w)-1] != '}' || strings.ContainsAny(w[1:len(w)-1], "{}") {
		return nil, 0, false
	}
	body, n := w[1:len(w)-1], 1
	if i := strings.LastIndexByte(body, '*'); i > 0 {
		k, err := strconv.Atoi(body[i+1:])
		if err != nil {
			return nil, 0, false
		}
		body, n = body[:i], k
	}
	return strings.Split(body, ","), n, true
}

func (c *compiler) one(w string) error {
	var a arg
	for w != "" {
		i := strings.IndexByte(w, '{')
		j := strings.Index(w, randWord)
		k := strings.Index(w, dataWord)
		if c.shape.RandBelow == 0 {
			j = -1
		}
		switch {
		case j >= 0 && (i < 0 || j < i) && (k < 0 || j < k):
			a.bytes = append(a.bytes, w[:j]...)
			a.digits(holeRand, randDigits, c.shape.RandBelow)
			w = w[j+len(randWord):]
		case k >= 0 && (i < 0 || k < i):
			a.bytes = append(a.bytes, w[:k]...)
			a.bytes = append(a.bytes, strings.Repeat("x", c.shape.ValueSize)...)
			w = w[k+len(dataWord):]
		case i < 0:
			a.bytes = append(a.bytes, w...)
			w = ""
		default:
			a.bytes = append(a.bytes, w[:i]...)
			end := strings.IndexByte(w[i:], '}')
			if end < 0 {
				return fmt.Errorf("brace without end in %q", w)
			}
			if err := c.placeholder(&a, w[i+1:i+end]); err != nil {
				return err
			}
			w = w[i+end+1:]
		}
	}
	c.args = append(c.args, a)
	return nil
}

func (c *compiler) placeholder(a *arg, p string) error {
	name, param, has := strings.Cut(p, ":")
	n := c.shape.ValueSize
	if has {
		v, err := strconv.Atoi(param)
		if err != nil || v < 1 || v > maxWire {
			return fmt.Errorf("bad number in {%s}", p)
		}
		n = v
	}
	switch name {
	case "key":
		width := c.shape.KeySize - len(c.shape.KeyPrefix)
		if width < 1 {
			return fmt.Errorf("key of %d bytes has no room behind prefix %q", c.shape.KeySize, c.shape.KeyPrefix)
		}
		a.bytes = append(a.bytes, c.shape.KeyPrefix...)
		a.digits(holeKey, width, 0)
	case "value":
		a.bytes = append(a.bytes, strings.Repeat("x", n)...)
	case "num":
		if n > maxDigits {
			return fmt.Errorf("number of %d digits, the limit is %d", n, maxDigits)
		}
		a.digits(holeNum, n, pow10(n))
	case "rand":
		if !has {
			return fmt.Errorf("{rand} needs a bound: {rand:1000}")
		}
		a.digits(holeRand, len(strconv.Itoa(n-1)), uint64(n)) // #nosec G115 -- n is positive
	case "field":
		a.bytes = append(a.bytes, "field:"...)
		a.digits(holeRand, 2, 100)
	default:
		return fmt.Errorf("unknown placeholder {%s}", p)
	}
	return nil
}

const maxDigits = 18

func pow10(n int) uint64 {
	p := uint64(1)
	for range n {
		p *= 10
	}
	return p
}

func (a *arg) digits(kind holeKind, width int, below uint64) {
	a.holes = append(a.holes, hole{at: len(a.bytes), width: width, kind: kind, below: below})
	a.bytes = append(a.bytes, strings.Repeat("0", width)...)
}

// appendTo renders one request with fresh keys and numbers.
func (t *Template) appendTo(dst []byte, s *source) []byte {
	base := len(dst)
	dst = append(dst, t.wire...)
	for i := range t.holes {
		h := &t.holes[i]
		field := dst[base+h.at : base+h.at+h.width]
		switch h.kind {
		case holeKey:
			putDigits(field, s.next())
		case holeRand:
			putDigits(field, s.rnd.below(h.below))
		case holeNum:
			putDigits(field, s.rnd.below(h.below))
			if field[0] == '0' {
				field[0] = '1'
			}
		}
	}
	return dst
}

const digitPairs = "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899"

// putDigits writes v right-aligned; the bytes before are zeros and are left alone once v is used up. The
// field is a fresh copy of the template, whose digits are zeros.
func putDigits(field []byte, v uint64) {
	i := len(field)
	for v >= 10 && i >= 2 {
		q := v / 100
		r := (v - q*100) * 2
		i -= 2
		field[i+1] = digitPairs[r+1]
		field[i] = digitPairs[r]
		v = q
	}
	if v > 0 && i > 0 {
		field[i-1] = byte('0' + v%10)
	}
}
