package hashcmd

import (
	"math"
	"math/rand/v2"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

const (
	errRandomRange command.Error = "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"
	errOutOfRange  command.Error = "ERR value is out of range"
)

// maxDraws is how many fields that may be the same are drawn at most, so that a reply is bounded.
const maxDraws = 1 << 26

func hrandfield(c *command.Call) error {
	if len(c.Args) == 2 {
		return randomField(c)
	}
	count, ok := command.ParseInt(c.Args[2])
	switch {
	case !ok:
		return command.ErrNotInt
	case count == math.MinInt64:
		return errRandomRange
	case len(c.Args) > 4 || len(c.Args) == 4 && !command.Is(c.Args[3], "withvalues"):
		return command.ErrSyntax
	case len(c.Args) == 4 && (count < -math.MaxInt64/2 || count > math.MaxInt64/2):
		return errOutOfRange
	}
	h, ok, err := find(c)
	switch {
	case err != nil:
		return err
	case !ok || count == 0:
		c.W.Array(0)
		return nil
	case count < -maxDraws:
		return errOutOfRange
	case count < 0 && c.IsLong(int(-count)), count > 0 && c.IsLong(h.Len()):
		return command.TooLong
	}
	randomFields(c, h, count, len(c.Args) == 4)
	return nil
}

// randomField answers with one field.
func randomField(c *command.Call) error {
	h, ok, err := find(c)
	if err != nil {
		return err
	}
	var field packed.Value
	if ok {
		field, _, ok = h.Random(rand.Uint64)
	}
	if !ok {
		c.W.Null()
		return nil
	}
	command.Bulk(c.W, field)
	return nil
}

// randomFields answers with count different fields, or with -count that may be the same. With RESP3, each pair of a field and its value is an
// array.
func randomFields(c *command.Call, h object.Hash, count int64, withValues bool) {
	nested := withValues && c.W.Resp3
	mark, n := c.W.Defer(), 0
	visit := func(field, value packed.Value) {
		n++
		if nested {
			c.W.Array(2)
		}
		if command.Bulk(c.W, field); withValues {
			command.Bulk(c.W, value)
		}
	}
	if count > 0 {
		h.Sample(int(min(count, math.MaxInt32)), rand.Uint64, visit)
	}
	for ; count < 0; count++ {
		field, value, ok := h.Random(rand.Uint64)
		if !ok {
			break
		}
		visit(field, value)
	}
	if withValues && !nested {
		n *= 2
	}
	c.W.DoneArray(mark, n)
}
