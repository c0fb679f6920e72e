package lua

import (
	"math"
	"strings"

	"github.com/sleipnirdb/sleipnir/internal/unsafestr"
)

// OpenString adds the library string, and makes it the index of all strings.
func (s *State) OpenString() {
	lib := s.OpenLibrary("string", []Entry{
		{"byte", stringByte},
		{"char", stringChar},
		{"dump", stringDump},
		{"find", stringFind},
		{"format", stringFormat},
		{"gfind", stringGfind},
		{"gmatch", stringGmatch},
		{"gsub", stringGsub},
		{"len", stringLen},
		{"lower", stringLower},
		{"match", stringMatch},
		{"rep", stringRep},
		{"reverse", stringReverse},
		{"sub", stringSub},
		{"upper", stringUpper},
	})
	// The reference replaces gfind, which was the name of gmatch once.
	must(lib.SetString("gfind", lib.GetString("gmatch")))
	meta := s.NewTable(0, 1)
	must(meta.SetString("__index", lib.Value()))
	s.SetStringMetatable(meta)
}

// bytesPerStep is how many bytes a library function copies or looks at for one step of the script's budget.
const bytesPerStep = 32

// position turns a position counted from 1, or from the end if it is negative, into one counted from 1; 0 is before the string.
func position(i, length int) int {
	if i < 0 {
		i += length + 1
	}
	return max(i, 0)
}

// CheckInt32 is argument i as the reference's int.
func (c *Frame) CheckInt32(i int) (int, error) {
	n, err := c.CheckInt(i)
	return int(int32(n)), err //nolint:gosec // the upper bits are lost in the reference too
}

// OptInt32 is CheckInt32, and def for nil or none.
func (c *Frame) OptInt32(i, def int) (int, error) {
	if c.Arg(i).IsNil() {
		return def, nil
	}
	return c.CheckInt32(i)
}

func stringLen(c *Frame) error {
	s, err := c.CheckString(0)
	if err != nil {
		return err
	}
	return c.Return(Number(float64(len(s))))
}

func stringSub(c *Frame) error {
	s, err := c.CheckString(0)
	if err != nil {
		return err
	}
	start, err := c.CheckInt(1)
	if err != nil {
		return err
	}
	end, err := c.OptInt(2, -1)
	if err != nil {
		return err
	}
	start = max(position(start, len(s)), 1)
	end = min(position(end, len(s)), len(s))
	if start > end {
		return c.Return(c.state.String(""))
	}
	return c.Return(c.state.piece(s[start-1:end], s))
}

// piece is a part of a string. A small one is copied: it would keep the whole alive, which nobody accounts for.
func (s *State) piece(part, whole string) Value {
	if len(part) <= 1 {
		return s.String(oneByte(part))
	}
	if 2*len(part) < len(whole) {
		part = strings.Clone(part)
	}
	return s.String(part)
}

// allBytes has every byte at its own place, so that a string of one byte is a part of it.
const allBytes = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f" +
	" !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~\x7f" +
	"\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\x96\x97\x98\x99\x9a\x9b\x9c\x9d\x9e\x9f" +
	"\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\xac\xad\xae\xaf\xb0\xb1\xb2\xb3\xb4\xb5\xb6\xb7\xb8\xb9\xba\xbb\xbc\xbd\xbe\xbf" +
	"\xc0\xc1\xc2\xc3\xc4\xc5\xc6\xc7\xc8\xc9\xca\xcb\xcc\xcd\xce\xcf\xd0\xd1\xd2\xd3\xd4\xd5\xd6\xd7\xd8\xd9\xda\xdb\xdc\xdd\xde\xdf" +
	"\xe0\xe1\xe2\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xeb\xec\xed\xee\xef\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa\xfb\xfc\xfd\xfe\xff"

// oneByte is a string of no or one byte that keeps nothing alive.
func oneByte(s string) string {
	if s == "" {
		return ""
	}
	return allBytes[int(s[0]) : int(s[0])+1]
}

func stringByte(c *Frame) error {
	s, err := c.CheckString(0)
	if err != nil {
		return err
	}
	start, err := c.OptInt(1, 1)
	if err != nil {
		return err
	}
	start = position(start, len(s))
	end, err := c.OptInt(2, start)
	if err != nil {
		return err
	}
	end = min(position(end, len(s)), len(s))
	start = max(start, 1)
	if start > end {
		return nil
	}
	if n := end - start + 1; n > math.MaxInt32 {
		return c.Errorf(1, "string slice too long")
	} else if !c.CanPush(n) {
		return c.Errorf(1, "stack overflow (string slice too long)")
	}
	for i := start - 1; i < end; i++ {
		c.Push(Number(float64(s[i])))
	}
	return nil
}

func stringChar(c *Frame) error {
	var room [64]byte
	b := room[:0]
	for i := range c.Count() {
		n, err := c.CheckInt32(i)
		if err != nil {
			return err
		}
		if n < 0 || n > 255 {
			return c.ArgError(i, "invalid value")
		}
		b = append(b, byte(n))
	}
	return c.Return(c.state.Bytes(b))
}

// stringDump answers as the reference does for what it can't dump: there is no bytecode that could be loaded.
func stringDump(c *Frame) error {
	if _, err := c.CheckFunction(0); err != nil {
		return err
	}
	return c.Errorf(1, "unable to dump given function")
}

func stringGfind(c *Frame) error {
	return c.Errorf(1, "'string.gfind' was renamed to 'string.gmatch'")
}

func stringLower(c *Frame) error { return mapped(c, toLower) }
func stringUpper(c *Frame) error { return mapped(c, toUpper) }

// mapped answers with argument 0 with f applied to each byte.
func mapped(c *Frame, f func(byte) byte) error {
	s, err := c.CheckString(0)
	if err != nil {
		return err
	}
	b, err := c.state.newBytes(len(s))
	if err != nil {
		return err
	}
	for i := range len(s) {
		b = append(b, f(s[i]))
	}
	return c.Return(c.state.taken(b))
}

func stringReverse(c *Frame) error {
	s, err := c.CheckString(0)
	if err != nil {
		return err
	}
	b, err := c.state.newBytes(len(s))
	if err != nil {
		return err
	}
	for i := len(s) - 1; i >= 0; i-- {
		b = append(b, s[i])
	}
	return c.Return(c.state.taken(b))
}

func stringRep(c *Frame) error {
	s, err := c.CheckString(0)
	if err != nil {
		return err
	}
	n, err := c.CheckInt32(1)
	if err != nil {
		return err
	}
	if n <= 0 || s == "" {
		return c.Return(c.state.String(""))
	}
	if n > maxString/len(s) {
		return c.Errorf(1, "string length overflow")
	}
	b, err := c.state.newBytes(n * len(s))
	if err != nil {
		return err
	}
	b = append(b, s...)
	for len(b) < n*len(s) {
		b = append(b, b[:min(len(b), n*len(s)-len(b))]...)
	}
	return c.Return(c.state.taken(b))
}

func stringFind(c *Frame) error  { return find(c, true) }
func stringMatch(c *Frame) error { return find(c, false) }

// find is string.find, which tells where the match is, or string.match.
func find(c *Frame, places bool) error {
	s, err := c.CheckString(0)
	if err != nil {
		return err
	}
	pattern, err := c.CheckString(1)
	if err != nil {
		return err
	}
	init, err := c.OptInt(2, 1)
	if err != nil {
		return err
	}
	init = min(max(position(init, len(s))-1, 0), len(s))
	if places && (c.Arg(3).Truthy() || isPlain(pattern)) {
		i := strings.Index(s[init:], pattern)
		if i < 0 {
			return c.returnAfter(len(s)-init, Nil)
		}
		first := float64(init + i)
		return c.returnAfter(i, Number(first+1), Number(first+float64(len(pattern))))
	}
	var room [16]way
	pattern, anchored := cutAnchor(pattern)
	m := newMatcher(s, pattern, c.state, room[:0])
	start, end, err := m.find(init, anchored)
	if err == nil {
		err = m.pay()
	}
	if err != nil {
		return c.patternError(err)
	}
	if start < 0 {
		return c.Return(Nil)
	}
	if places {
		c.Push(Number(float64(start + 1)))
		c.Push(Number(float64(end)))
		if m.level == 0 {
			return nil
		}
	}
	return c.pushCaptures(&m, start, end)
}

// returnAfter returns values after having looked at so many bytes.
func (c *Frame) returnAfter(n int, results ...Value) error {
	if err := c.state.Work(n / bytesPerStep); err != nil {
		return err
	}
	return c.Return(results...)
}

// patternError is an error of the matcher as the script gets it.
func (c *Frame) patternError(err error) error {
	if problem, ok := err.(patternError); ok { //nolint:errorlint // the matcher's own errors come unwrapped
		return c.Errorf(1, "%s", string(problem))
	}
	return err
}

// pushCaptures pushes all captures of a match, or the whole of it if there are none.
func (c *Frame) pushCaptures(m *matcher, start, end int) error {
	for i := range max(m.level, 1) {
		v, err := c.captureValue(m, i, start, end)
		if err != nil {
			return err
		}
		c.Push(v)
	}
	return nil
}

func (c *Frame) captureValue(m *matcher, i, start, end int) (Value, error) {
	text, position, isPosition, err := m.captured(i, start, end)
	switch {
	case err != nil:
		return Nil, c.patternError(err)
	case isPosition:
		return Number(float64(position)), nil
	}
	if err := c.state.Room(int64(len(text))); err != nil {
		return Nil, err
	}
	return c.state.piece(text, m.source), nil
}

// Upvalues of the iterator that string.gmatch gives.
const (
	gmatchSource = iota
	gmatchPattern
	gmatchPlace
)

func stringGmatch(c *Frame) error {
	s, err := c.CheckString(0)
	if err != nil {
		return err
	}
	pattern, err := c.CheckString(1)
	if err != nil {
		return err
	}
	return c.Return(c.state.holding("gmatch_aux", gmatchNext, c.state.stringOf(c.Arg(0), s), c.state.stringOf(c.Arg(1), pattern), Number(0)))
}

// stringOf is v, or the string s that it was turned into.
func (s *State) stringOf(v Value, text string) Value {
	if v.Kind() == KindString {
		return v
	}
	return s.String(text)
}

func gmatchNext(c *Frame) error {
	source, _ := c.upvalue(gmatchSource).AsString()
	pattern, _ := c.upvalue(gmatchPattern).AsString()
	from, _ := c.upvalue(gmatchPlace).AsNumber()
	var room [16]way
	m := newMatcher(source, pattern, c.state, room[:0])
	start, end, err := m.find(int(from), false)
	if err == nil {
		err = m.pay()
	}
	if err != nil {
		return c.patternError(err)
	}
	if start < 0 {
		return nil
	}
	next := end
	if end == start {
		next++ // an empty match: go on at the next place
	}
	c.setUpvalue(gmatchPlace, Number(float64(next)))
	return c.pushCaptures(&m, start, end)
}

func stringGsub(c *Frame) error {
	source, err := c.CheckString(0)
	if err != nil {
		return err
	}
	pattern, err := c.CheckString(1)
	if err != nil {
		return err
	}
	limit, err := c.OptInt32(3, len(source)+1)
	if err != nil {
		return err
	}
	switch c.Arg(2).Kind() {
	case KindNumber, KindString, KindTable, KindFunction:
	default:
		return c.ArgError(2, "string/function/table expected")
	}
	var room [16]way
	pattern, anchored := cutAnchor(pattern)
	m := newMatcher(source, pattern, c.state, room[:0])
	r := replacer{c: c, m: &m, by: c.Arg(2), out: c.state.TakeBuffer()}
	count, err := r.run(limit, anchored)
	if err != nil {
		return c.patternError(err)
	}
	result := c.Arg(0)
	if count > 0 || result.Kind() != KindString {
		result = c.state.Bytes(r.out)
	}
	c.state.GiveBuffer(r.out)
	return c.Return(result, Number(float64(count)))
}

// A replacer is one call of string.gsub.
type replacer struct {
	c   *Frame
	m   *matcher
	by  Value  // what a match is replaced by, looked up in or given to
	out []byte // the result so far
}

func (r *replacer) run(limit int, anchored bool) (count int, err error) {
	source, at := r.m.source, 0
	for count < limit {
		end, err := r.m.match(at)
		if err != nil {
			return count, err
		}
		if end >= 0 {
			count++
			if err := r.replace(at, end); err != nil {
				return count, err
			}
		}
		switch {
		case end > at:
			at = end
		case at < len(source):
			r.out = append(r.out, source[at])
			at++
		default:
			anchored = true
		}
		if anchored {
			break
		}
	}
	if err := r.m.step((len(source) - at) / bytesPerStep); err != nil {
		return count, err
	}
	r.out = append(r.out, source[at:]...)
	if err := r.m.pay(); err != nil {
		return count, err
	}
	return count, r.c.state.Room(int64(len(r.out)))
}

// replace appends what the match at [start, end) is replaced by.
func (r *replacer) replace(start, end int) error {
	var by Value
	switch r.by.Kind() {
	case KindTable:
		key, err := r.c.captureValue(r.m, 0, start, end)
		if err != nil {
			return err
		}
		if by, err = r.c.Index(r.by, key); err != nil {
			return err
		}
	case KindFunction:
		results, err := r.call(start, end)
		if err != nil {
			return err
		}
		if len(results) > 0 {
			by = results[0]
		}
	default:
		text, _ := r.by.ToString()
		before := len(r.out)
		var err error
		if r.out, err = r.m.appendReplaced(r.out, text, start, end); err != nil {
			return err
		}
		return r.paid(len(r.out) - before)
	}
	if !by.Truthy() {
		r.out = append(r.out, r.m.source[start:end]...)
		return r.paid(end - start)
	}
	text, ok := by.ToString()
	if !ok {
		return r.c.Errorf(1, "invalid replacement value (a %s)", by.TypeName())
	}
	if err := r.c.state.Room(int64(len(r.out) + len(text))); err != nil {
		return err
	}
	r.out = append(r.out, text...)
	return r.paid(len(text))
}

// call gives the captures to the script's function.
func (r *replacer) call(start, end int) ([]Value, error) {
	var room [4]Value
	args := room[:0]
	for i := range max(r.m.level, 1) {
		v, err := r.c.captureValue(r.m, i, start, end)
		if err != nil {
			return nil, err
		}
		args = append(args, v)
	}
	return r.c.Call(r.by, args...)
}

// paid pays for n bytes more of the result.
func (r *replacer) paid(n int) error {
	if err := r.m.step(n / bytesPerStep); err != nil {
		return err
	}
	return r.c.state.Room(int64(len(r.out)))
}

func stringFormat(c *Frame) error {
	format, err := c.CheckString(0)
	if err != nil {
		return err
	}
	out := c.state.TakeBuffer()
	arg := 0
	for format != "" {
		i := strings.IndexByte(format, '%')
		if i < 0 {
			i = len(format)
		}
		out = append(out, format[:i]...)
		if format = format[i:]; format == "" {
			break
		}
		if format = format[1:]; format != "" && format[0] == '%' {
			out, format = append(out, '%'), format[1:]
			continue
		}
		if arg++; arg >= c.Count() {
			return c.ArgError(arg, "no value")
		}
		d, n, problem := parseDirective(format)
		if problem != "" {
			return c.Errorf(1, "%s", problem)
		}
		format = format[n:]
		if out, err = c.appendItem(out, d, arg); err != nil {
			return err
		}
		if err := c.state.Room(int64(len(out))); err != nil {
			return err
		}
	}
	result := c.state.Bytes(out)
	n := len(out)
	c.state.GiveBuffer(out)
	return c.returnAfter(n, result)
}

// appendItem appends argument arg as its directive says.
func (c *Frame) appendItem(out []byte, d directive, arg int) ([]byte, error) {
	switch d.verb {
	case 'c', 'd', 'i', 'o', 'u', 'x', 'X', 'e', 'E', 'f', 'g', 'G':
		n, err := c.CheckNumber(arg)
		if err != nil {
			return out, err
		}
		return d.appendNumber(out, n), nil
	case 'q', 's':
		s, err := c.CheckString(arg)
		if err != nil {
			return out, err
		}
		if err := c.state.Room(int64(len(out) + len(s))); err != nil {
			return out, err
		}
		if d.verb == 'q' {
			return appendQuoted(out, s), nil
		}
		return d.appendString(out, s), nil
	}
	verb := ""
	if d.verb != 0 {
		verb = string([]byte{d.verb})
	}
	return out, c.Errorf(1, "invalid option '%%%s' to 'format'", verb)
}

// maxString bounds the length of a string that a library makes.
const maxString = math.MaxInt32

// newBytes is room for a string of n bytes that is about to be made, and the work of making it.
func (s *State) newBytes(n int) ([]byte, error) {
	if err := s.Work(n / bytesPerStep); err != nil {
		return nil, err
	}
	if err := s.Room(int64(n)); err != nil {
		return nil, err
	}
	return make([]byte, 0, n), nil
}

// taken is the string of b, which nobody may change any more.
func (s *State) taken(b []byte) Value {
	return s.String(unsafestr.String(b))
}
