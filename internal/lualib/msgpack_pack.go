package lualib

import (
	"encoding/binary"
	"math"

	"github.com/sleipnirdb/sleipnir/internal/lua"
)

// openMsgpack adds the library cmsgpack.
func openMsgpack(s *lua.State) {
	t := s.NewTable(0, 0)
	for _, e := range []lua.Entry{
		{Name: "pack", Run: msgpackPack}, {Name: "unpack", Run: msgpackUnpack}, {Name: "unpack_one", Run: msgpackUnpackOne}, {Name: "unpack_limit", Run: msgpackUnpackLimit},
	} {
		set(t, e.Name, s.Function(e.Name, e.Run))
	}
	set(t, "_NAME", s.String("cmsgpack"))
	set(t, "_VERSION", s.String("lua-cmsgpack 0.4.0"))
	set(t, "_COPYRIGHT", s.String("Copyright (C) 2012, Redis Ltd."))
	set(t, "_DESCRIPTION", s.String("MessagePack C implementation for Lua"))
	set(s.Globals(), "cmsgpack", t.Value())
}

// packDepth is how deep tables may be nested. Deeper ones become nil, as in the reference: cycles end there.
const packDepth = 16

// A packer is one call of cmsgpack.pack.
type packer struct {
	c   *lua.Frame
	out []byte
}

func msgpackPack(c *lua.Frame) error {
	if c.Count() == 0 {
		return c.ArgError(-1, "MessagePack pack needs input.")
	}
	if !c.CanPush(c.Count()) {
		return c.ArgError(-1, "Too many arguments for MessagePack pack.")
	}
	p := packer{c: c, out: c.State().TakeBuffer()}
	for i := range c.Count() {
		if err := p.value(c.Arg(i), 0); err != nil {
			return err
		}
	}
	return finish(c, p.out)
}

// value packs what can be packed, and nil for the rest.
func (p *packer) value(v lua.Value, depth int) error {
	if err := p.c.State().Work(1); err != nil {
		return err
	}
	switch v.Kind() {
	case lua.KindString:
		s, _ := v.AsString()
		if err := p.c.State().Work(len(s) / bytesPerStep); err != nil {
			return err
		}
		if err := p.c.State().Room(int64(len(p.out) + len(s))); err != nil {
			return err
		}
		p.out = appendPackedString(p.out, s)
	case lua.KindBool:
		if v.Truthy() {
			p.out = append(p.out, 0xc3)
		} else {
			p.out = append(p.out, 0xc2)
		}
	case lua.KindNumber:
		n, _ := v.AsNumber()
		p.out = appendPackedNumber(p.out, n)
	case lua.KindTable:
		if depth < packDepth {
			return p.table(v.AsTable(), depth+1)
		}
		p.out = append(p.out, 0xc0)
	default:
		p.out = append(p.out, 0xc0)
	}
	return p.c.State().Room(int64(len(p.out)))
}

// table packs an array if the keys are 1 … n without a gap, else a map.
func (p *packer) table(t *lua.Table, depth int) error {
	count, isArray, err := p.shape(t)
	if err != nil {
		return err
	}
	if isArray {
		p.out = appendPackedHead(p.out, count, 0x90, 0xdc)
		for i := range count {
			if err := p.value(t.GetInt(i+1), depth); err != nil {
				return err
			}
		}
		return nil
	}
	p.out = appendPackedHead(p.out, count, 0x80, 0xde)
	for key, v, _ := t.Next(lua.Nil); !key.IsNil(); key, v, _ = t.Next(key) {
		if err := p.value(key, depth); err != nil {
			return err
		}
		if err := p.value(v, depth); err != nil {
			return err
		}
	}
	return nil
}

func (p *packer) shape(t *lua.Table) (count int, isArray bool, err error) {
	largest := 0
	isArray = true
	for key, _, _ := t.Next(lua.Nil); !key.IsNil(); key, _, _ = t.Next(key) {
		if err := p.c.State().Work(1); err != nil {
			return 0, false, err
		}
		count++
		n, ok := key.AsNumber()
		if !ok || n < 1 || n > math.MaxInt32 || n != math.Floor(n) {
			isArray = false
			continue
		}
		largest = max(largest, int(n))
	}
	return count, isArray && largest == count, nil
}

// appendPackedHead begins an array or a map: short is the byte of a small one, long that of one with 16 bits for the
// count, and the next that of one with 32 bits.
func appendPackedHead(dst []byte, count int, short, long byte) []byte {
	switch {
	case count <= 15:
		return append(dst, short|byte(count))
	case count <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(dst, long), uint16(count)) //nolint:gosec // it fits
	}
	return binary.BigEndian.AppendUint32(append(dst, long+1), uint32(count)) //nolint:gosec // tables are smaller
}

func appendPackedString(dst []byte, s string) []byte {
	switch n := len(s); {
	case n < 32:
		dst = append(dst, 0xa0|byte(n))
	case n <= math.MaxUint8:
		dst = append(dst, 0xd9, byte(n))
	case n <= math.MaxUint16:
		dst = binary.BigEndian.AppendUint16(append(dst, 0xda), uint16(n)) //nolint:gosec // it fits
	default:
		dst = binary.BigEndian.AppendUint32(append(dst, 0xdb), uint32(n)) //nolint:gosec // strings are shorter
	}
	return append(dst, s...)
}

// appendPackedNumber packs a whole number as one, another as a float if that is exact, else as a double.
func appendPackedNumber(dst []byte, n float64) []byte {
	if n >= -1<<63 && n < 1<<63 && n == math.Trunc(n) {
		return appendPackedInt(dst, int64(n))
	}
	if f := float32(n); float64(f) == n {
		return binary.BigEndian.AppendUint32(append(dst, 0xca), math.Float32bits(f))
	}
	return binary.BigEndian.AppendUint64(append(dst, 0xcb), math.Float64bits(n))
}

// appendPackedInt takes the shortest form.
func appendPackedInt(dst []byte, n int64) []byte {
	bits := uint64(n) //nolint:gosec // the lower ones are taken
	switch {
	case n >= -32 && n <= math.MaxInt8:
		return append(dst, byte(bits))
	case n >= 0 && n <= math.MaxUint8:
		return append(dst, 0xcc, byte(bits))
	case n >= 0 && n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(dst, 0xcd), uint16(bits)) //nolint:gosec // as above
	case n >= 0 && n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(dst, 0xce), uint32(bits)) //nolint:gosec // as above
	case n >= 0:
		return binary.BigEndian.AppendUint64(append(dst, 0xcf), bits)
	case n >= math.MinInt8:
		return append(dst, 0xd0, byte(bits))
	case n >= math.MinInt16:
		return binary.BigEndian.AppendUint16(append(dst, 0xd1), uint16(bits)) //nolint:gosec // as above
	case n >= math.MinInt32:
		return binary.BigEndian.AppendUint32(append(dst, 0xd2), uint32(bits)) //nolint:gosec // as above
	}
	return binary.BigEndian.AppendUint64(append(dst, 0xd3), bits)
}
