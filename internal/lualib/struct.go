package lualib

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"github.com/sleipnirdb/sleipnir/internal/lua"
)

func openStruct(s *lua.State) {
	s.OpenLibrary("struct", []lua.Entry{
		{Name: "pack", Run: structPack}, {Name: "unpack", Run: structUnpack}, {Name: "size", Run: structSize},
	})
}

const (
	structMaxInt   = 32 // bytes of an integer
	structMaxAlign = 8
)

// A layout reads a format such as ">!4 i2 c0", option by option.
//
//	> <      byte order, big or little; the machine's is little
//	![n]     alignment
//	x        a byte of padding
//	b h l i[n]   integers of 1, 2, 8 and n bytes; in upper case without a sign
//	T        as L
//	f d      floating point
//	c[n] s   strings: of n bytes, ended by a zero byte
type layout struct {
	c      *lua.Frame
	format string // what is left, up to its first zero byte
	big    bool
	align  uint64
	at     uint64 // offset, wrapping as the reference's
}

func newLayout(c *lua.Frame) (*layout, error) {
	format, err := c.CheckString(0)
	return &layout{c: c, format: cString(format), align: 1}, err
}

// next takes the next option with the size of its value, and tells how many bytes of padding come before it.
func (l *layout) next() (option byte, size, padding uint64, err error) {
	option = l.format[0]
	l.format = l.format[1:]
	if size, err = l.size(option); err != nil {
		return option, size, 0, err
	}
	if size > 0 && option != 'c' {
		unit := min(size, l.align)
		padding = (unit - l.at&(unit-1)) & (unit - 1)
		l.at += padding
	}
	return option, size, padding, l.c.State().Work(1)
}

func (l *layout) size(option byte) (uint64, error) {
	switch option {
	case 'B', 'b', 'x':
		return 1, nil
	case 'H', 'h':
		return 2, nil
	case 'f':
		return 4, nil
	case 'L', 'l', 'T', 'd':
		return 8, nil
	case 'c':
		return l.number(1)
	case 'i', 'I':
		n, err := l.number(4)
		if err == nil && n > structMaxInt {
			err = l.c.Errorf(1, "integral size %d is larger than limit of %d", n, structMaxInt)
		}
		return n, err
	}
	return 0, nil
}

// number reads a number in the format, standard if there is none.
func (l *layout) number(standard uint64) (uint64, error) {
	if l.format == "" || !isDigit(l.format[0]) {
		return standard, nil
	}
	n := uint64(0)
	for l.format != "" && isDigit(l.format[0]) {
		n = n*10 + uint64(l.format[0]-'0')
		if n > math.MaxInt32 {
			return 0, l.c.Errorf(1, "integral size overflow")
		}
		l.format = l.format[1:]
	}
	return n, nil
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// control is an option without a value.
func (l *layout) control(option byte) error {
	switch option {
	case ' ':
	case '>':
		l.big = true
	case '<':
		l.big = false
	case '!':
		n, err := l.number(structMaxAlign)
		if err != nil {
			return err
		}
		if n == 0 || n&(n-1) != 0 {
			return l.c.Errorf(1, "alignment %d is not a power of 2", n)
		}
		l.align = n
	default:
		return l.c.ArgError(0, fmt.Sprintf("invalid format option '%s'", string([]byte{option})))
	}
	return nil
}

func structPack(c *lua.Frame) error {
	l, err := newLayout(c)
	if err != nil {
		return err
	}
	p := structPacker{layout: l, arg: 1, out: c.State().TakeBuffer()}
	for l.format != "" {
		option, size, padding, err := l.next()
		if err != nil {
			return err
		}
		for range padding {
			p.out = append(p.out, 0)
		}
		if err := p.value(option, size); err != nil {
			return err
		}
		if err := c.State().Room(int64(len(p.out))); err != nil {
			return err
		}
	}
	return finish(c, p.out)
}

type structPacker struct {
	*layout
	arg int // the next one
	out []byte
}

// value appends what the option asks for.
func (p *structPacker) value(option byte, size uint64) error {
	switch option {
	case 'b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I', 'f', 'd':
		n, err := p.number64()
		if err != nil {
			return err
		}
		p.append(option, n, int(size)) //nolint:gosec // at most 32
	case 'x':
		p.out = append(p.out, 0)
	case 'c', 's':
		n, err := p.text(option, size)
		if err != nil {
			return err
		}
		size = n
	default:
		return p.control(option)
	}
	p.at += size
	return nil
}

// number64 takes the next argument, a number. Behind the arguments the reference finds a nil.
func (p *structPacker) number64() (float64, error) {
	i := p.arg
	p.arg++
	if i >= p.c.Count() {
		return 0, p.c.ArgError(i, "number expected, got nil")
	}
	return p.c.CheckNumber(i)
}

func (p *structPacker) append(option byte, n float64, size int) {
	start := len(p.out)
	switch option {
	case 'f':
		p.out = binary.LittleEndian.AppendUint32(p.out, math.Float32bits(float32(n)))
	case 'd':
		p.out = binary.LittleEndian.AppendUint64(p.out, math.Float64bits(n))
	default:
		bits := integerBits(n)
		for range size {
			p.out = append(p.out, byte(bits))
			bits >>= 8
		}
	}
	if p.big {
		reverse(p.out[start:])
	}
}

// integerBits is n as C's long if it is negative, else as its unsigned long.
func integerBits(n float64) uint64 {
	if n < 0 {
		return uint64(lua.ToInteger(n)) //nolint:gosec // bits
	}
	return lua.ToUnsigned(n)
}

func reverse(b []byte) {
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
}

// text appends a string, all of it for size 0, and returns how many bytes that took.
func (p *structPacker) text(option byte, size uint64) (uint64, error) {
	i := p.arg
	p.arg++
	if i >= p.c.Count() {
		return 0, p.c.ArgError(i, "string expected, got nil")
	}
	s, err := p.c.CheckString(i)
	if err != nil {
		return 0, err
	}
	if size == 0 {
		size = uint64(len(s))
	}
	if uint64(len(s)) < size {
		return 0, p.c.ArgError(p.arg, "string too short") // the next argument's number, as in the reference
	}
	if err := p.c.State().Room(int64(len(p.out) + len(s))); err != nil {
		return 0, err
	}
	p.out = append(p.out, s[:size]...)
	if option == 's' {
		p.out = append(p.out, 0)
		size++
	}
	return size, nil
}

func structUnpack(c *lua.Frame) error {
	l, err := newLayout(c)
	if err != nil {
		return err
	}
	in, err := c.CheckString(1)
	if err != nil {
		return err
	}
	at, err := c.OptInt(2, 1)
	if err != nil {
		return err
	}
	if at == 0 {
		return c.ArgError(2, "offset must be 1 or greater")
	}
	l.at = uint64(at) - 1 //nolint:gosec // a negative one is far behind the end, as in the reference
	u := structUnpacker{layout: l, in: in}
	for l.format != "" {
		option, size, _, err := l.next()
		if err != nil {
			return err
		}
		if err := u.check(size); err != nil {
			return err
		}
		if !c.CanPush(2) {
			return c.Errorf(1, "stack overflow (too many results)")
		}
		if err := u.value(option, size); err != nil {
			return err
		}
	}
	return c.Return(lua.Number(float64(int64(l.at + 1)))) //nolint:gosec // as above
}

type structUnpacker struct {
	*layout
	in    string
	count int // values so far
}

// check fails if fewer than size bytes are left.
func (u *structUnpacker) check(size uint64) error {
	if n := uint64(len(u.in)); size > n || u.at > n-size {
		return u.c.ArgError(1, "data string too short")
	}
	return nil
}

// value pushes what the option says is there.
func (u *structUnpacker) value(option byte, size uint64) error {
	var v lua.Value
	switch option {
	case 'b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I', 'f', 'd':
		v = lua.Number(u.numberAt(option, u.in[u.at:u.at+size]))
	case 'x':
		u.at += size
		return nil
	case 'c':
		if size == 0 {
			var err error
			if size, err = u.lastNumber(); err != nil {
				return err
			}
		}
		return u.push(u.in[u.at:u.at+size], size)
	case 's':
		end := strings.IndexByte(u.in[u.at:], 0)
		if end < 0 {
			return u.c.Errorf(1, "unfinished string in data")
		}
		return u.push(u.in[u.at:u.at+uint64(end)], uint64(end)+1)
	default:
		return u.control(option)
	}
	u.c.Push(v)
	u.count++
	u.at += size
	return nil
}

// push pushes a string that took size bytes.
func (u *structUnpacker) push(text string, size uint64) error {
	s := u.c.State()
	if err := s.Work(len(text) / bytesPerStep); err != nil {
		return err
	}
	if err := s.Room(int64(len(text))); err != nil {
		return err
	}
	u.c.Push(s.String(strings.Clone(text)))
	u.count++
	u.at += size
	return nil
}

// lastNumber takes the last value back: it is the length of the string for "c0".
func (u *structUnpacker) lastNumber() (uint64, error) {
	if u.count == 0 {
		return 0, u.c.Errorf(1, "format 'c0' needs a previous size")
	}
	n, ok := u.c.Pushed(-1).ToNumber()
	if !ok {
		return 0, u.c.Errorf(1, "format 'c0' needs a previous size")
	}
	u.c.Drop(1)
	u.count--
	size := lua.ToUnsigned(n)
	return size, u.check(size)
}

// numberAt reads a number that takes all of b.
func (u *structUnpacker) numberAt(option byte, b string) float64 {
	n := uint64(0)
	for i := range len(b) {
		at := len(b) - 1 - i
		if u.big {
			at = i
		}
		n = n<<8 | uint64(b[at])
	}
	switch option {
	case 'f':
		return float64(math.Float32frombits(uint32(n))) //nolint:gosec // four bytes
	case 'd':
		return math.Float64frombits(n)
	}
	if option < 'a' {
		return float64(n)
	}
	// The reference shifts by the size in bits less one, and shifts on x86-64 are modulo 64: so more than eight bytes have
	// their sign somewhere else.
	mask := ^uint64(0) << ((uint(len(b))*8 - 1) & 63)
	if n&mask != 0 {
		n |= mask
	}
	return float64(int64(n)) //nolint:gosec // bits
}

func structSize(c *lua.Frame) error {
	l, err := newLayout(c)
	if err != nil {
		return err
	}
	for l.format != "" {
		option, size, _, err := l.next()
		if err != nil {
			return err
		}
		switch {
		case option == 's':
			return c.ArgError(0, "option 's' has no fixed size")
		case option == 'c' && size == 0:
			return c.ArgError(0, "option 'c0' has no fixed size")
		case !isDigit(option) && (option|0x20 < 'a' || option|0x20 > 'z'):
			if err := l.control(option); err != nil {
				return err
			}
		}
		l.at += size
	}
	return c.Return(lua.Number(float64(int64(l.at)))) //nolint:gosec // as the reference's
}
