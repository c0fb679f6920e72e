package bitcmd

import (
	"bytes"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/datastruct/bitops"
)

const (
	errFieldType command.Error = "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."
	errOverflow  command.Error = "ERR Invalid OVERFLOW type specified"
	errReadOnly  command.Error = "ERR BITFIELD_RO only supports the GET subcommand"

	maxSigned   = 64
	maxUnsigned = 63 // a reply is a signed number

	// fewSteps is how many subcommands are kept on the stack.
	fewSteps = 8
)

type verb uint8

const (
	get verb = iota
	set
	incrby
)

// step is one subcommand of BITFIELD.
type step struct {
	field    bitops.Field
	value    int64
	overflow bitops.Overflow
	verb     verb
}

func (g *group) bitfield(c *command.Call) error { return g.fields(c, false) }

func (g *group) bitfieldRO(c *command.Call) error { return g.fields(c, true) }

func (g *group) fields(c *command.Call, readOnly bool) error {
	var few [fewSteps]step
	steps, err := g.parseSteps(c.Args[2:], few[:0])
	if err != nil {
		return err
	}
	last := int64(-1) // the last bit that is written
	for i := range steps {
		if f := &steps[i].field; steps[i].verb != get {
			last = max(last, f.Offset+int64(f.Width)-1)
		}
	}
	if last < 0 {
		return readFields(c, steps)
	}
	if readOnly {
		return errReadOnly
	}
	return writeFields(c, steps, int(last>>3)+1)
}

// parseSteps appends what the arguments ask for to steps.
func (g *group) parseSteps(args [][]byte, steps []step) ([]step, error) {
	overflow := bitops.Wrap
	for len(args) > 0 {
		s, used := step{overflow: overflow}, 4
		switch more := len(args) - 1; {
		case command.Is(args[0], "get") && more >= 2:
			s.verb, used = get, 3
		case command.Is(args[0], "set") && more >= 3:
			s.verb = set
		case command.Is(args[0], "incrby") && more >= 3:
			s.verb = incrby
		case command.Is(args[0], "overflow") && more >= 1:
			var ok bool
			if overflow, ok = parseOverflow(args[1]); !ok {
				return nil, errOverflow
			}
			args = args[2:]
			continue
		default:
			return nil, command.ErrSyntax
		}
		if err := g.parseField(&s, args[1:used]); err != nil {
			return nil, err
		}
		steps, args = append(steps, s), args[used:]
	}
	return steps, nil
}

func parseOverflow(arg []byte) (bitops.Overflow, bool) {
	switch {
	case command.Is(arg, "wrap"):
		return bitops.Wrap, true
	case command.Is(arg, "sat"):
		return bitops.Saturate, true
	}
	return bitops.Fail, command.Is(arg, "fail")
}

// parseField reads type, offset and, unless it is for a GET, value.
func (g *group) parseField(s *step, args [][]byte) (err error) {
	if s.field, err = parseType(args[0]); err != nil {
		return err
	}
	if s.field.Offset, err = g.offset(args[1], int64(s.field.Width)); err != nil {
		return err
	}
	if s.verb != get {
		var ok bool
		if s.value, ok = command.ParseInt(args[2]); !ok {
			return command.ErrNotInt
		}
	}
	return nil
}

// parseType reads u1 to u63 and i1 to i64. What follows a zero byte isn't looked at, as in Valkey.
func parseType(arg []byte) (bitops.Field, error) {
	arg, _, _ = bytes.Cut(arg, []byte{0})
	if len(arg) == 0 || arg[0] != 'i' && arg[0] != 'u' {
		return bitops.Field{}, errFieldType
	}
	signed := arg[0] == 'i'
	n, ok := command.ParseInt(arg[1:])
	if !ok || n < 1 || n > maxSigned || n > maxUnsigned && !signed {
		return bitops.Field{}, errFieldType
	}
	return bitops.Field{Width: uint(n), Signed: signed}, nil
}

func readFields(c *command.Call, steps []step) error {
	e, err := find(c, c.Args[1])
	if err != nil {
		return err
	}
	var d digits
	b := text(e, &d)
	c.W.Array(len(steps))
	for i := range steps {
		c.W.Int(int64(steps[i].field.Get(b)))
	}
	return nil
}

// writeFields carries out steps that write, to a string of size bytes at least.
func writeFields(c *command.Call, steps []step, size int) error {
	key := c.Args[1]
	db := c.DB(key)
	b, grown, err := writable(c, db, key, size)
	if err != nil {
		return err
	}
	changes := int64(0)
	c.W.Array(len(steps))
	for i := range steps {
		if stored, differs := steps[i].run(c, b); stored && (differs || grown) {
			changes++
		}
	}
	if changes > 0 {
		changed(c, db, key)
		c.Dirty += changes - 1
	} else if grown {
		c.Dirty++ // by zeros, though nothing was stored
	}
	return nil
}

// run carries one step out and writes its reply. It says whether the field was stored, and whether it is another one than before.
func (s *step) run(c *command.Call, b []byte) (stored, differs bool) {
	old := s.field.Get(b)
	base, by := old, s.value
	switch s.verb {
	case get:
		c.W.Int(int64(old))
		return false, false
	case set:
		base, by = uint64(s.value), 0
	default:
	}
	next, bent := s.field.Add(base, by, s.overflow)
	if bent && s.overflow == bitops.Fail {
		c.W.Null()
		return false, false
	}
	reply := next
	if s.verb == set {
		reply = old
	}
	c.W.Int(int64(reply))
	s.field.Put(b, next)
	return true, next != old
}

// fieldsAccess says what BITFIELD does to its key: it only reads if all its subcommands are GET.
func fieldsAccess(args [][]byte) command.KeyFlags {
	for i := 2; i < len(args); i++ {
		switch left := len(args) - i - 1; {
		case command.Is(args[i], "get") && left >= 2:
			i += 2
		case command.Is(args[i], "overflow") && left >= 1:
			i++
		default:
			return command.RW | command.Access | command.Update
		}
	}
	return command.RO | command.Access
}
