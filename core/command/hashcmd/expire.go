package hashcmd

import (
	"math"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
)

const errFieldCount command.Error = "ERR numfields should be greater than 0 and match the provided number of fields"

// What a command about expiries says of a field.
const (
	noField      = -2
	noExpiry     = -1
	notMet       = 0 // a condition isn't met
	done         = 1
	fieldDeleted = 2 // the expiry lies in the past
)

func hexpire(c *command.Call) error    { return setExpiry(c, c.Now, 1000) }
func hpexpire(c *command.Call) error   { return setExpiry(c, c.Now, 1) }
func hexpireat(c *command.Call) error  { return setExpiry(c, 0, 1000) }
func hpexpireat(c *command.Call) error { return setExpiry(c, 0, 1) }

// fieldsWord finds the word FIELDS from the argument at i on, with the number behind it. The arguments after these are at rest; words must
// stand there for each field. options are what stands in front.
func fieldsWord(c *command.Call, i, words int, options func([][]byte) error) (rest [][]byte, err error) {
	count := int64(0)
	from := i
	for ; i < len(c.Args)-1; i++ {
		if !command.Is(c.Args[i], "fields") {
			continue
		}
		if err := options(c.Args[from:i]); err != nil {
			return nil, err
		}
		var ok bool
		if count, ok = command.ParseInt(c.Args[i+1]); !ok {
			return nil, command.ErrNotInt
		}
		i += 2
		break
	}
	return counted(c, i, count, words)
}

// counted returns the arguments from i on, which must be words for each of count fields.
func counted(c *command.Call, i int, count int64, words int) ([][]byte, error) {
	if rest := len(c.Args) - i; count <= 0 || count > int64(rest) || int(count)*words != rest {
		return nil, errFieldCount
	}
	return c.Args[i:], nil
}

// plainFields returns the fields of a command without options: FIELDS, which may be any word, a number and the fields.
func plainFields(c *command.Call) ([][]byte, error) {
	count, ok := command.ParseInt(c.Args[3])
	if !ok {
		return nil, command.ErrNotInt
	}
	return counted(c, 4, count, 1)
}

// instant reads an expiry in units of ms from base on.
func instant(c *command.Call, arg []byte, base, unit int64) (int64, error) {
	at, ok := command.ParseInt(arg)
	if !ok {
		return 0, command.ErrNotInt
	}
	if at < 0 || at > math.MaxInt64/unit || at*unit > math.MaxInt64-base {
		return 0, command.InvalidExpire(c.Cmd.Full)
	}
	return at*unit + base, nil
}

// setExpiry is HEXPIRE and its kin: the argument counts units of ms from base.
func setExpiry(c *command.Call, base, unit int64) error {
	var cond command.Condition
	fields, err := fieldsWord(c, 3, 1, cond.Parse)
	if err != nil {
		return err
	}
	at, err := instant(c, c.Args[2], base, unit)
	if err != nil {
		return err
	}
	t, err := lookUp(c)
	if err != nil {
		return err
	}
	undo, isPast := len(c.W.B), c.Past(t.db, at)
	c.W.Array(len(fields))
	deleted, changed := 0, 0
	var few [fewFields][]byte
	effect := few[:0] // the fields that changed
	for _, field := range fields {
		code, err := t.expireField(field, at, isPast, &cond)
		if err != nil {
			c.W.B = c.W.B[:undo]
			return err
		}
		switch code {
		case done:
			changed++
			effect = noted(c, effect, field)
		case fieldDeleted:
			deleted++
			effect = noted(c, effect, field)
		}
		c.W.Int(int64(code))
	}
	c.Dirty += int64(deleted + changed)
	switch {
	case deleted > 0:
		t.db.CountExpiredFields(deleted)
		t.removed("hexpired")
		t.becameHDel(c, effect)
	case changed > 0:
		t.timed("hexpire")
		t.becameExpiry(c, at, effect)
	}
	return nil
}

// expireField gives one field an expiry and returns what HEXPIRE says of it.
func (t *target) expireField(field []byte, at int64, isPast bool, cond *command.Condition) (int, error) {
	if !t.Exists() {
		return noField, nil
	}
	old, ok := t.Expiry(field)
	switch {
	case !ok:
		return noField, nil
	case !cond.Allows(old, at):
		return notMet, nil
	case isPast:
		t.Delete(field)
		return fieldDeleted, nil
	}
	if t.db.TrackFields(t.Entry, at) != nil || !t.SetExpiry(field, at) {
		t.db.SettleFields(t.Entry)
		return 0, command.ErrOOM
	}
	return done, nil
}

// timed tells that expiries were set or taken away.
func (t *target) timed(event string) {
	t.db.SettleFields(t.Entry)
	t.changed(event)
}

// expired counts fields whose time had come, and tells of them.
func (t *target) expired(n int) {
	if n > 0 {
		t.db.CountExpiredFields(n)
		t.db.Notify(keyspace.ClassHash, "hexpired", t.key)
	}
}

func hpersist(c *command.Call) error {
	fields, err := plainFields(c)
	if err != nil {
		return err
	}
	t, err := lookUp(c)
	if err != nil {
		return err
	}
	c.W.Array(len(fields))
	changed := int64(0)
	var few [fewFields][]byte
	effect := few[:0] // the fields that changed
	for _, field := range fields {
		code := t.persist(field)
		if code == done {
			changed++
			effect = noted(c, effect, field)
		}
		c.W.Int(int64(code))
	}
	if changed > 0 {
		c.Dirty += changed
		t.timed("hpersist")
		t.becamePersist(c, effect)
	}
	return nil
}

// persist takes the expiry of a field away and returns what HPERSIST says of it.
func (t *target) persist(field []byte) int {
	if !t.Exists() {
		return noField
	}
	at, ok := t.Expiry(field)
	switch {
	case !ok:
		return noField
	case at == 0 || !t.SetExpiry(field, 0):
		return noExpiry
	}
	return done
}

func httl(c *command.Call) error {
	return lifetimes(c, func(at int64) int64 { return roundSeconds(max(at-c.Now, 0)) })
}

func hpttl(c *command.Call) error {
	return lifetimes(c, func(at int64) int64 { return max(at-c.Now, 0) })
}

func hexpiretime(c *command.Call) error { return lifetimes(c, roundSeconds) }

func hpexpiretime(c *command.Call) error {
	return lifetimes(c, func(at int64) int64 { return at })
}

// roundSeconds rounds milliseconds, of which there may be as many as an int64 holds.
func roundSeconds(ms int64) int64 { return int64((uint64(ms) + 500) / 1000) }

// lifetimes writes the expiries of fields as f counts them, or why there is none.
func lifetimes(c *command.Call, f func(at int64) int64) error {
	fields, err := plainFields(c)
	if err == errFieldCount {
		return command.ErrSyntax
	}
	if err != nil {
		return err
	}
	h, ok, err := find(c)
	if err != nil {
		return err
	}
	c.W.Array(len(fields))
	for _, field := range fields {
		at, there := int64(0), ok
		if there {
			at, there = h.Expiry(field)
		}
		switch {
		case !there:
			c.W.Int(noField)
		case at == 0:
			c.W.Int(noExpiry)
		default:
			c.W.Int(f(at))
		}
	}
	return nil
}
