package hashcmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

func hset(c *command.Call) error {
	added, err := set(c)
	if err != nil {
		return err
	}
	c.W.Int(added)
	return nil
}

func hmset(c *command.Call) error {
	if _, err := set(c); err != nil {
		return err
	}
	c.W.OK()
	return nil
}

// set sets fields and returns how many are new.
func set(c *command.Call) (added int64, err error) {
	if len(c.Args)%2 != 0 {
		return 0, command.WrongArity(c.Cmd.Full)
	}
	t, err := lookUp(c)
	if err != nil {
		return 0, err
	}
	if err := t.make(); err != nil {
		return 0, err
	}
	pairs := c.Args[2:]
	if !t.Fit(pairs) {
		return 0, t.fail()
	}
	revived := 0
	for i := 0; i < len(pairs); i += 2 {
		switch t.Set(pairs[i], pairs[i+1], 0) {
		case object.Failed:
			return 0, t.fail()
		case object.Revived:
			revived++
			added++
		case object.Added:
			added++
		}
	}
	t.wasSet("hset", revived)
	c.Dirty += int64(len(pairs) / 2)
	return added, nil
}

// wasSet tells of a change after which there may be fewer expiries; revived fields are counted as expired, as they had been by then.
func (t *target) wasSet(event string, revived int) {
	if t.HasFieldExpiry() {
		t.db.SettleFields(t.Entry)
		t.expired(revived)
	}
	t.changed(event)
}

func hsetnx(c *command.Call) error {
	t, err := lookUp(c)
	if err != nil {
		return err
	}
	if t.Exists() {
		if _, ok := t.Get(c.Args[2]); ok {
			c.W.Int(0)
			return nil
		}
	}
	if err := t.make(); err != nil {
		return err
	}
	if !t.Fit(c.Args[2:]) {
		return t.fail()
	}
	revived := 0
	switch t.Set(c.Args[2], c.Args[3], 0) {
	case object.Failed:
		return t.fail()
	case object.Revived:
		revived = 1
	}
	if t.HasFieldExpiry() {
		t.becameSet(c, c.Args[2:], 0)
	}
	t.wasSet("hset", revived)
	c.Dirty++
	c.W.Int(1)
	return nil
}

func hdel(c *command.Call) error {
	t, err := lookUp(c)
	if err != nil {
		return err
	}
	if !t.Exists() {
		c.W.Int(0)
		return nil
	}
	var few [fewFields][]byte
	n, effect := int64(0), few[:0]
	isTimed := t.HasFieldExpiry()
	for _, field := range c.Args[2:] {
		if t.Delete(field) {
			effect = noted(c, effect, field)
			if n++; t.Len() == 0 {
				break
			}
		}
	}
	if n > 0 {
		t.removed("hdel")
		c.Dirty += n
		if isTimed { // those whose time has come are still there
			t.becameHDel(c, effect)
		}
	}
	c.W.Int(n)
	return nil
}

// removed tells that fields were removed.
func (t *target) removed(event string) {
	if t.HasFieldExpiry() {
		t.db.SettleFields(t.Entry)
	}
	t.shrunk(event)
}
