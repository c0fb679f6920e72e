package lualib

import (
	"encoding/binary"
	"errors"
	"math"
	"strings"

	"github.com/sleipnirdb/sleipnir/internal/lua"
)

// Problems of packed input.
var (
	errMissing   = errors.New("Missing bytes in input.")
	errBadFormat = errors.New("Bad data format in input.")
)

// An unpacker is one call of cmsgpack.unpack. What it builds lies on Lua's stack, as in the reference, whose limit
// is that of the nesting.
type unpacker struct {
	c  *lua.Frame
	in string // what is left
}

func msgpackUnpack(c *lua.Frame) error { return unpack(c, 0, 0) }

func msgpackUnpackOne(c *lua.Frame) error {
	offset, err := c.OptInt(1, 0)
	if err != nil {
		return err
	}
	return unpack(c, 1, offset)
}

func msgpackUnpackLimit(c *lua.Frame) error {
	limit, err := c.CheckInt(1)
	if err != nil {
		return err
	}
	offset, err := c.OptInt(2, 0)
	if err != nil {
		return err
	}
	return unpack(c, limit, offset)
}

// unpack unpacks up to limit values from offset on, behind the offset of the next one; all of them and nothing else if both are 0.
func unpack(c *lua.Frame, limit, offset int) error {
	in, err := c.CheckString(0)
	if err != nil {
		return err
	}
	if offset < 0 || limit < 0 {
		return c.Errorf(1, "Invalid request to unpack with offset of %d and limit of %d.", asInt(offset), asInt(len(in)))
	}
	if offset > len(in) {
		return c.Errorf(1, "Start offset %d greater than input length %d.", asInt(offset), asInt(len(in)))
	}
	all := limit == 0 && offset == 0
	if all {
		limit = math.MaxInt32
	} else {
		c.Push(lua.Nil) // the place of the next offset
	}
	u := unpacker{c: c, in: in[offset:]}
	for n := 0; u.in != "" && n < limit; n++ {
		if err := u.value(); err != nil {
			return u.wrapped(err)
		}
	}
	if !all {
		next := len(in) - len(u.in)
		if u.in == "" {
			next = -1
		}
		c.SetResult(0, lua.Number(float64(next)))
	}
	return nil
}

// asInt is n as the reference's messages show it.
func asInt(n int) int32 { return int32(n) } //nolint:gosec // the upper bits are lost there too

// wrapped gives what is wrong with the input a position.
func (u *unpacker) wrapped(err error) error {
	if err == errMissing || err == errBadFormat {
		return u.c.Errorf(1, "%s", err)
	}
	return err
}

// take takes n bytes off the input.
func (u *unpacker) take(n int) (string, error) {
	if len(u.in) < n {
		return "", errMissing
	}
	b := u.in[:n]
	u.in = u.in[n:]
	return b, nil
}

// number takes a number of n bytes, most significant one first.
func (u *unpacker) number(n int) (uint64, error) {
	b, err := u.take(n)
	if err != nil {
		return 0, err
	}
	var room [8]byte
	copy(room[8-n:], b)
	return binary.BigEndian.Uint64(room[:]), nil
}

// value pushes the next value.
func (u *unpacker) value() error {
	if u.in == "" {
		return errMissing
	}
	if !u.c.CanPush(1) {
		return u.c.Errorf(1, "stack overflow (too many return values at once; use unpack_one or unpack_limit instead.)")
	}
	if err := u.c.State().Work(1); err != nil {
		return err
	}
	head := u.in[0]
	u.in = u.in[1:]
	switch {
	case head < 0x80:
		u.c.Push(lua.Number(float64(head)))
		return nil
	case head >= 0xe0:
		u.c.Push(lua.Number(float64(head) - 0x100))
		return nil
	case head < 0x90:
		return u.table(int(head&15), true)
	case head < 0xa0:
		return u.table(int(head&15), false)
	case head < 0xc0:
		return u.text(uint64(head & 31))
	}
	return u.long(head)
}

// long pushes a value whose first byte says its kind only.
func (u *unpacker) long(head byte) error {
	switch head {
	case 0xc0:
		u.c.Push(lua.Nil)
	case 0xc2, 0xc3:
		u.c.Push(lua.Bool(head == 0xc3))
	case 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf, 0xd0, 0xd1, 0xd2, 0xd3:
		return u.scalar(head)
	case 0xd9, 0xda, 0xdb:
		n, err := u.number(1 << (head - 0xd9))
		if err != nil {
			return err
		}
		return u.text(n)
	case 0xdc, 0xdd, 0xde, 0xdf:
		n, err := u.number(2 << (head & 1))
		if err != nil {
			return err
		}
		return u.table(int(n), head >= 0xde) //nolint:gosec // 32 bits
	default:
		return errBadFormat
	}
	return nil
}

// scalar pushes a number.
func (u *unpacker) scalar(head byte) error {
	size := 1 << (head & 3) // of 0xcc … and 0xd0 …
	if head == 0xca || head == 0xcb {
		size = 4 << (head & 1)
	}
	n, err := u.number(size)
	if err != nil {
		return err
	}
	var v float64
	switch head {
	case 0xca:
		v = float64(math.Float32frombits(uint32(n))) //nolint:gosec // 32 bits
	case 0xcb:
		v = math.Float64frombits(n)
	case 0xcf:
		v = float64(int64(n)) //nolint:gosec // the reference reads it with a sign too
	default:
		v = float64(n)
		if head >= 0xd0 {
			shift := 64 - 8*size
			v = float64(int64(n<<shift) >> shift) //nolint:gosec // sign extension
		}
	}
	u.c.Push(lua.Number(v))
	return nil
}

func (u *unpacker) text(n uint64) error {
	if n > uint64(len(u.in)) {
		return errMissing
	}
	b, err := u.take(int(n)) //nolint:gosec // at most the input's length
	if err != nil {
		return err
	}
	s := u.c.State()
	if err := s.Room(int64(len(b))); err != nil {
		return err
	}
	if err := s.Work(len(b) / bytesPerStep); err != nil {
		return err
	}
	u.c.Push(s.String(strings.Clone(b)))
	return nil
}

// table pushes a table of n values, or of n keys and values. The count isn't believed: what is there decides.
func (u *unpacker) table(n int, pairs bool) error {
	s := u.c.State()
	if err := s.Room(0); err != nil {
		return err
	}
	t := s.NewTable(0, 0)
	u.c.Push(t.Value())
	if !pairs && !u.c.CanPush(1) {
		return u.c.Errorf(1, "stack overflow (in function mp_decode_to_lua_array)")
	}
	for i := range n {
		if pairs {
			if err := u.value(); err != nil {
				return err
			}
		} else {
			u.c.Push(lua.Number(float64(i + 1)))
		}
		if err := u.value(); err != nil {
			return err
		}
		if err := setPair(u.c, t); err != nil {
			return err
		}
	}
	return nil
}

// setPair takes a key and a value off the stack, and puts them into t.
func setPair(c *lua.Frame, t *lua.Table) error {
	key := c.Pushed(-2)
	n, isNumber := key.AsNumber()
	switch {
	case key.IsNil():
		return c.Errorf(0, "table index is nil")
	case isNumber && n != n:
		return c.Errorf(0, "table index is NaN")
	}
	if err := t.Set(key, c.Pushed(-1)); err != nil {
		return err
	}
	c.Drop(2)
	return nil
}
