package hashcmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// exOptions are the options of HSETEX and HGETEX.
type exOptions struct {
	isSet bool // HSETEX

	nx, xx, fnx, fxx bool
	keep, persist    bool
	expiry           []byte // the number behind EX and its kin; nil = none
	unit             int64  // of it, in ms
	isAbsolute       bool
	word             byte // which of EX, PX, EXAT and PXAT
}

// parse reads the options.
func (o *exOptions) parse(args [][]byte) error {
	for i := 0; i < len(args); i++ {
		switch arg := args[i]; {
		case o.isSet && command.Is(arg, "nx") && !o.xx:
			o.nx = true
		case o.isSet && command.Is(arg, "xx") && !o.nx:
			o.xx = true
		case o.isSet && command.Is(arg, "fnx") && !o.fxx:
			o.fnx = true
		case o.isSet && command.Is(arg, "fxx") && !o.fnx:
			o.fxx = true
		case o.isSet && command.Is(arg, "keepttl") && o.expiry == nil:
			o.keep = true
		case !o.isSet && command.Is(arg, "persist") && o.expiry == nil:
			o.persist = true
		default:
			word := expiryWord(arg)
			if word == 0 || o.keep || o.persist || o.word != 0 && o.word != word || i+1 == len(args) {
				return command.ErrSyntax
			}
			i++
			o.word, o.expiry = word, args[i]
			o.isAbsolute = word == 'E' || word == 'P'
			if o.unit = 1; word == 'e' || word == 'E' {
				o.unit = 1000
			}
		}
	}
	return nil
}

// expiryWord returns a letter for EX, PX (small) and EXAT, PXAT (large), 0 for another word.
func expiryWord(arg []byte) byte {
	switch {
	case command.Is(arg, "ex"):
		return 'e'
	case command.Is(arg, "px"):
		return 'p'
	case command.Is(arg, "exat"):
		return 'E'
	case command.Is(arg, "pxat"):
		return 'P'
	}
	return 0
}

// at returns the expiry that the options ask for, 0 for none.
func (o *exOptions) at(c *command.Call) (int64, error) {
	if o.expiry == nil {
		return 0, nil
	}
	base := c.Now
	if o.isAbsolute {
		base = 0
	}
	return instant(c, o.expiry, base, o.unit)
}

func hsetex(c *command.Call) error {
	o := exOptions{isSet: true}
	pairs, err := fieldsWord(c, 2, 2, o.parse)
	if err != nil {
		return err
	}
	t, err := lookUp(c)
	if err != nil {
		return err
	}
	if o.nx && t.Exists() || o.xx && !t.Exists() {
		c.W.Int(0)
		return nil
	}
	at, err := o.at(c)
	if err != nil {
		return err
	}
	if !t.meets(&o, pairs) {
		c.W.Int(0)
		return nil
	}
	switch {
	case o.keep:
		at = object.KeepExpiry
	case o.expiry != nil && c.Past(t.db, at):
		t.setExpired(c, pairs)
		c.W.Int(1)
		return nil
	}
	if err := t.setTimed(c, pairs, at); err != nil {
		return err
	}
	c.W.Int(1)
	return nil
}

// meets says whether the fields are there, or not, as the options ask.
func (t *target) meets(o *exOptions, pairs [][]byte) bool {
	if !o.fnx && !o.fxx {
		return true
	}
	for i := 0; i < len(pairs); i += 2 {
		ok := false
		if t.Exists() {
			_, ok = t.Get(pairs[i])
		}
		if ok != o.fxx {
			return false
		}
	}
	return true
}

// setTimed sets fields with an expiry, 0 for none or KeepExpiry.
func (t *target) setTimed(c *command.Call, pairs [][]byte, at int64) error {
	if err := t.make(); err != nil {
		return err
	}
	if at > 0 && t.db.TrackFields(t.Entry, at) != nil {
		return t.fail()
	}
	var revived [][]byte
	for i := 0; i < len(pairs); i += 2 {
		switch t.Set(pairs[i], pairs[i+1], at) {
		case object.Failed:
			if t.Len() > 0 {
				t.db.SettleFields(t.Entry)
			}
			return t.fail()
		case object.Revived:
			revived = append(revived, pairs[i])
		}
	}
	c.Dirty += int64(len(pairs) / 2)
	t.wasSet("hset", len(revived))
	if at == object.KeepExpiry && len(revived) > 0 {
		t.becameHDel(c, revived) // or a replica might keep an expiry that is over here
	}
	t.becameSet(c, pairs, at)
	if at > 0 {
		t.db.Notify(keyspace.ClassHash, "hexpire", t.key)
	}
	return nil
}

// setExpired sets fields with an expiry in the past: all that comes of it is that they are gone, and the events.
func (t *target) setExpired(c *command.Call, pairs [][]byte) {
	removed := int64(0)
	var few [fewFields][]byte
	effect := few[:0] // the fields that changed
	if t.Exists() {
		all := t.All()
		for i := 0; i < len(pairs); i += 2 {
			if all.Delete(pairs[i]) {
				effect = noted(c, effect, pairs[i])
				removed++
			}
		}
	}
	t.db.CountExpiredFields(len(pairs) / 2)
	c.Dirty += removed
	isEmpty := !t.Exists() || t.Len() == 0
	switch {
	case t.Exists() && isEmpty:
		t.db.Remove(t.Entry)
	case removed > 0:
		t.db.SettleFields(t.Entry)
		t.db.Changed(t.Entry)
	}
	if removed > 0 {
		t.becameHDel(c, effect)
	}
	for _, event := range [...]string{"hset", "hexpire", "hexpired"} {
		t.db.Notify(keyspace.ClassHash, event, t.key)
	}
	if isEmpty {
		t.db.Notify(keyspace.ClassGeneric, "del", t.key)
	}
}

func hgetex(c *command.Call) error {
	var o exOptions
	fields, err := fieldsWord(c, 2, 1, o.parse)
	if err != nil {
		return err
	}
	t := target{db: c.DB(c.Args[1]), key: c.Args[1]}
	h, ok, err := find(c)
	if err != nil {
		return err
	}
	if ok {
		t.Hash = h
	}
	at, err := o.at(c)
	if err != nil {
		return err
	}
	undo := len(c.W.B)
	c.W.Array(len(fields))
	var few [fewFields][]byte
	changed, effect := int64(0), few[:0]
	isPast := o.expiry != nil && c.Past(t.db, at)
	for _, field := range fields {
		t.reply(c, field)
		did := false
		switch {
		case !t.Exists():
		case isPast:
			did = t.Delete(field)
		case o.expiry != nil:
			code, err := t.expireField(field, at, false, &command.Condition{})
			if err != nil {
				c.W.B = c.W.B[:undo]
				return err
			}
			did = code == done
		case o.persist:
			did = t.persist(field) == done
		}
		if did {
			changed++
			effect = noted(c, effect, field)
		}
	}
	if changed == 0 {
		return nil
	}
	c.Dirty += changed
	switch {
	case isPast:
		t.db.CountExpiredFields(int(changed))
		t.removed("hexpired")
		t.becameHDel(c, effect)
	case o.persist:
		t.timed("hpersist")
		t.becamePersist(c, effect)
	default:
		t.timed("hexpire")
		t.becameExpiry(c, at, effect)
	}
	return nil
}

// reply writes the value of a field, or null.
func (t *target) reply(c *command.Call, field []byte) {
	if t.Exists() {
		if v, ok := t.Get(field); ok {
			command.Bulk(c.W, v)
			return
		}
	}
	c.W.Null()
}

func hgetdel(c *command.Call) error {
	fields, err := plainFields(c)
	if err != nil {
		return err
	}
	t, err := lookUp(c)
	if err != nil {
		return err
	}
	c.W.Array(len(fields))
	var few [fewFields][]byte
	removed, effect := int64(0), few[:0]
	for _, field := range fields {
		t.reply(c, field)
		if t.Exists() && t.Delete(field) {
			removed++
			effect = noted(c, effect, field)
		}
	}
	if removed > 0 {
		c.Dirty += removed
		t.removed("hdel")
		t.becameHDel(c, effect)
	}
	return nil
}
