package hashcmd

import (
	"math"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

const (
	errValueNotInt   command.Error = "ERR hash value is not an integer"
	errValueNotFloat command.Error = "ERR hash value is not a float"
	errNotFinite     command.Error = "ERR value is NaN or Infinity"
)

// maxInt is the length of the longest integer.
const maxInt = len("-9223372036854775808")

func hincrby(c *command.Call) error {
	by, ok := command.ParseInt(c.Args[3])
	if !ok {
		return command.ErrNotInt
	}
	t, old, ok, err := operand(c)
	if err != nil {
		return err
	}
	n := int64(0)
	if ok {
		if n = old.Int; !old.IsInt {
			if n, ok = command.ParseInt(old.Bytes); !ok {
				return errValueNotInt
			}
		}
	}
	if (by < 0 && n < math.MinInt64-by) || (by > 0 && n > math.MaxInt64-by) {
		return command.ErrOverflow
	}
	n += by
	var text [maxInt]byte
	value := resp.AppendInt(text[:0], n)
	if err := t.put(c.Args[2], value, "hincrby"); err != nil {
		return err
	}
	c.Dirty++
	if t.HasFieldExpiry() { // whether the field is still there then, a replica can't know
		t.becameValue(c, value)
	}
	c.W.Int(n)
	return nil
}

func hincrbyfloat(c *command.Call) error {
	by, ok := command.ParseExtended(c.Args[3])
	if !ok {
		return command.ErrNotFloat
	}
	if by.IsInf() {
		return errNotFinite
	}
	t, old, ok, err := operand(c)
	if err != nil {
		return err
	}
	var value command.Extended
	if ok {
		if value, ok = command.ParseExtended(old.AppendTo(nil)); !ok {
			return errValueNotFloat
		}
	}
	if value, ok = value.Add(by); !ok {
		return command.ErrNaN
	}
	sum := value.AppendTo(nil)
	if err := t.put(c.Args[2], sum, "hincrbyfloat"); err != nil {
		return err
	}
	c.Dirty++
	t.becameValue(c, sum)
	c.W.Bulk(sum)
	return nil
}

// operand finds the value of the field that an increment is for. Hash or field may be missing.
func operand(c *command.Call) (t target, v packed.Value, ok bool, err error) {
	if t, err = lookUp(c); err == nil && t.Exists() {
		v, ok = t.Get(c.Args[2])
	}
	return t, v, ok, err
}

// put gives a field a new value, and lets it keep its expiry.
func (t *target) put(field, value []byte, event string) error {
	if err := t.make(); err != nil {
		return err
	}
	switch t.Set(field, value, object.KeepExpiry) {
	case object.Failed:
		return t.fail()
	case object.Revived:
		t.wasSet(event, 1)
	default:
		t.changed(event)
	}
	return nil
}
