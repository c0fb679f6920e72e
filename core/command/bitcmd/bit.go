package bitcmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/datastruct/bitops"
)

const (
	errBit      command.Error = "ERR bit is not an integer or out of range"
	errBitValue command.Error = "ERR The bit argument must be 1 or 0."
)

func (g *group) setbit(c *command.Call) error {
	at, err := g.offset(c.Args[2], 0)
	if err != nil {
		return err
	}
	bit, ok := command.ParseInt(c.Args[3])
	if !ok || bit&^1 != 0 {
		return errBit
	}
	key := c.Args[1]
	db := c.DB(key)
	b, grown, err := writable(c, db, key, int(at>>3)+1)
	if err != nil {
		return err
	}
	old := bitops.Get(b, at)
	if grown || old != byte(bit) {
		bitops.Put(b, at, byte(bit))
		changed(c, db, key)
	}
	c.W.Int(int64(old))
	return nil
}

func (g *group) getbit(c *command.Call) error {
	at, err := g.offset(c.Args[2], 0)
	if err != nil {
		return err
	}
	e, err := find(c, c.Args[1])
	if err != nil {
		return err
	}
	var d digits
	c.W.Int(int64(bitops.Get(text(e, &d), at)))
	return nil
}

// span is a range of bytes or bits as BITCOUNT and BITPOS take it: both ends belong to it, negative ones count from the end.
type span struct {
	start, end  int64
	ended, bits bool
}

// parse reads [start [end [BIT|BYTE]]].
func (s *span) parse(args [][]byte) error {
	s.end = -1
	if len(args) == 0 {
		return nil
	}
	if len(args) > 3 {
		return command.ErrSyntax
	}
	var ok bool
	if s.start, ok = command.ParseInt(args[0]); !ok {
		return command.ErrNotInt
	}
	if len(args) == 3 {
		if s.bits = command.Is(args[2], "bit"); !s.bits && !command.Is(args[2], "byte") {
			return command.ErrSyntax
		}
	}
	if len(args) >= 2 {
		if s.end, ok = command.ParseInt(args[1]); !ok {
			return command.ErrNotInt
		}
		s.ended = true
	}
	return nil
}

// resolve returns the range as positions of bits in a string of size bytes, to not included. It is empty if from isn't below to.
func (s *span) resolve(size int) (from, to int64) {
	total, unit := int64(size), int64(8)
	if s.bits {
		total, unit = total*8, 1
	}
	start, end := s.start, s.end
	if start < 0 {
		start = max(start+total, 0)
	}
	if end < 0 && s.ended {
		end = max(end+total, 0)
	}
	if end >= total || !s.ended {
		end = total - 1
	}
	if start > end {
		return 0, 0
	}
	return start * unit, (end + 1) * unit
}

func bitcount(c *command.Call) error {
	var s span
	if err := s.parse(c.Args[2:]); err != nil {
		return err
	}
	e, err := find(c, c.Args[1])
	if err != nil {
		return err
	}
	var d digits
	b := text(e, &d)
	from, to := s.resolve(len(b))
	if s.start < 0 && s.end < 0 && s.start > s.end {
		to = from // where resolve would meet at the first byte
	}
	c.W.Int(bitops.CountRange(b, from, to))
	return nil
}

func bitpos(c *command.Call) error {
	bit, ok := command.ParseInt(c.Args[2])
	switch {
	case !ok:
		return command.ErrNotInt
	case bit&^1 != 0:
		return errBitValue
	}
	var s span
	if err := s.parse(c.Args[3:]); err != nil {
		return err
	}
	e, err := find(c, c.Args[1])
	if err != nil {
		return err
	}
	if !e.Exists() {
		c.W.Int(-bit) // a row of zeros without end
		return nil
	}
	var d digits
	b := text(e, &d)
	from, to := s.resolve(len(b))
	at := bitops.First(b, byte(bit), from, to)
	if at < 0 && bit == 0 && !s.ended && from < to {
		at = to // the first zero behind the string
	}
	c.W.Int(at)
	return nil
}
