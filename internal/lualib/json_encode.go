package lualib

import (
	"math"

	"github.com/sleipnirdb/sleipnir/internal/lua"
)

// An encoder is one call of cjson.encode.
type encoder struct {
	*jsonConfig
	c   *lua.Frame
	out []byte

	depth int32
	slots int // of the stack that the reference would use: it has a limit too
}

// stackSlots is how many values a C function of the reference may have on the stack (LUAI_MAXCSTACK).
const stackSlots = 8000

func (j *jsonConfig) encode(c *lua.Frame) error {
	if c.Count() != 1 {
		return c.ArgError(0, "expected 1 argument")
	}
	e := encoder{jsonConfig: j, c: c, out: c.State().TakeBuffer(), slots: 1}
	if err := e.value(c.Arg(0)); err != nil {
		return err
	}
	return finish(c, e.out)
}

func (e *encoder) fail(v lua.Value, reason string) error {
	return e.c.Errorf(1, "Cannot serialise %s: %s", v.TypeName(), reason)
}

func (e *encoder) value(v lua.Value) error {
	switch v.Kind() {
	case lua.KindString:
		s, _ := v.AsString()
		return e.text(s)
	case lua.KindNumber:
		return e.number(v)
	case lua.KindBool:
		if v.Truthy() {
			e.out = append(e.out, "true"...)
		} else {
			e.out = append(e.out, "false"...)
		}
	case lua.KindNil:
		e.out = append(e.out, "null"...)
	case lua.KindTable:
		return e.table(v.AsTable())
	default:
		if v != null {
			return e.fail(v, "type not supported")
		}
		e.out = append(e.out, "null"...)
	}
	return nil
}

// hexDigits are those of escapes.
const hexDigits = "0123456789abcdef"

// escapes has the letter behind the backslash for each byte that needs one: 'u' for a number, 0 for none.
var escapes = func() (t [256]byte) {
	for c := range 0x20 {
		t[c] = 'u'
	}
	t[0x7f] = 'u'
	t['\b'], t['\t'], t['\n'], t['\f'], t['\r'] = 'b', 't', 'n', 'f', 'r'
	t['"'], t['\\'], t['/'] = '"', '\\', '/'
	return t
}()

func (e *encoder) text(s string) error {
	if err := e.c.State().Room(int64(len(e.out) + len(s) + 2)); err != nil {
		return err
	}
	if err := e.c.State().Work(len(s) / bytesPerStep); err != nil {
		return err
	}
	e.out = append(e.out, '"')
	from := 0
	for i := range len(s) {
		letter := escapes[s[i]]
		if letter == 0 {
			continue
		}
		e.out = append(e.out, s[from:i]...)
		from = i + 1
		e.out = append(e.out, '\\', letter)
		if letter == 'u' {
			e.out = append(e.out, '0', '0', hexDigits[s[i]>>4], hexDigits[s[i]&15])
		}
	}
	e.out = append(e.out, s[from:]...)
	e.out = append(e.out, '"')
	return nil
}

func (e *encoder) number(v lua.Value) error {
	n, _ := v.AsNumber()
	if n != n || math.IsInf(n, 0) {
		switch {
		case e.encodeInvalid == invalidRefused:
			return e.fail(v, "must not be NaN or Inf")
		case e.encodeInvalid == invalidNull:
			e.out = append(e.out, "null"...)
			return nil
		case n != n:
			e.out = append(e.out, "nan"...)
			return nil
		}
	}
	if e.precision == 14 {
		e.out = lua.AppendNumber(e.out, n)
	} else {
		e.out = lua.AppendPrecision(e.out, n, int(e.precision))
	}
	return nil
}

func (e *encoder) table(t *lua.Table) error {
	e.depth++
	if e.depth > e.encodeDepth || e.slots+3 > stackSlots {
		return e.c.Errorf(1, "Cannot serialise, excessive nesting (%d)", e.depth)
	}
	length, err := e.arrayLength(t)
	if err != nil {
		return err
	}
	if length > 0 {
		err = e.array(t, length)
	} else {
		err = e.object(t)
	}
	e.depth--
	return err
}

// arrayLength is the largest key of a table whose keys are all positive whole numbers, and -1 for others.
func (e *encoder) arrayLength(t *lua.Table) (int32, error) {
	largest, count := int32(0), int64(0)
	for key, _, _ := t.Next(lua.Nil); !key.IsNil(); key, _, _ = t.Next(key) {
		n, ok := key.AsNumber()
		if !ok || n < 1 || n != math.Floor(n) {
			return -1, nil
		}
		if n > float64(largest) {
			largest = toInt32(n)
		}
		count++
		if err := e.c.State().Work(1); err != nil {
			return 0, err
		}
	}
	if e.sparseRatio > 0 && int64(largest) > count*int64(e.sparseRatio) && largest > e.sparseSafe {
		if !e.sparseConvert {
			return 0, e.fail(t.Value(), "excessively sparse array")
		}
		return -1, nil
	}
	return largest, nil
}

// toInt32 is n > 0 as C's int on x86-64: what doesn't fit becomes the smallest one.
func toInt32(n float64) int32 {
	if n < 1<<31 {
		return int32(n)
	}
	return math.MinInt32
}

// next is between two elements of a table.
func (e *encoder) next(first bool) error {
	if !first {
		e.out = append(e.out, ',')
	}
	if err := e.c.State().Room(int64(len(e.out))); err != nil {
		return err
	}
	return e.c.State().Work(1)
}

func (e *encoder) array(t *lua.Table, length int32) error {
	e.out = append(e.out, '[')
	e.slots++
	for i := range int(length) {
		if err := e.next(i == 0); err != nil {
			return err
		}
		if err := e.value(t.GetInt(i + 1)); err != nil {
			return err
		}
	}
	e.slots--
	e.out = append(e.out, ']')
	return nil
}

func (e *encoder) object(t *lua.Table) error {
	e.out = append(e.out, '{')
	e.slots += 2
	first := true
	for key, v, _ := t.Next(lua.Nil); !key.IsNil(); key, v, _ = t.Next(key) {
		if err := e.next(first); err != nil {
			return err
		}
		first = false
		if err := e.key(key); err != nil {
			return err
		}
		e.out = append(e.out, ':')
		if err := e.value(v); err != nil {
			return err
		}
	}
	e.slots -= 2
	e.out = append(e.out, '}')
	return nil
}

func (e *encoder) key(key lua.Value) error {
	switch key.Kind() {
	case lua.KindString:
		s, _ := key.AsString()
		return e.text(s)
	case lua.KindNumber:
		e.out = append(e.out, '"')
		if err := e.number(key); err != nil {
			return err
		}
		e.out = append(e.out, '"')
		return nil
	}
	return e.fail(key, "table key must be a number or string")
}
