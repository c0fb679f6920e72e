package zsetcmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

const (
	errNaN        command.Error = "ERR resulting score is not a number (NaN)"
	errNXandXX    command.Error = "ERR XX and NX options at the same time are not compatible"
	errGTandLT    command.Error = "ERR GT, LT, and/or NX options at the same time are not compatible"
	errIncrSingle command.Error = "ERR INCR option supports a single increment-element pair"
)

func zadd(c *command.Call) error { return add(c, 0) }

func zincrby(c *command.Call) error { return add(c, object.AddIncr) }

// addOptions are the options of ZADD, and where the scores begin.
type addOptions struct {
	how         object.AddFlags
	showChanged bool
	at          int
}

func (o *addOptions) parse(args [][]byte) error {
	for o.at = 2; o.at < len(args) && o.take(args[o.at]); o.at++ {
	}
	has := func(f object.AddFlags) bool { return o.how&f == f }
	switch n := len(args) - o.at; {
	case n == 0 || n%2 != 0:
		return command.ErrSyntax
	case has(object.AddNX | object.AddXX):
		return errNXandXX
	case has(object.AddNX | object.AddGT), has(object.AddNX | object.AddLT), has(object.AddGT | object.AddLT):
		return errGTandLT
	case has(object.AddIncr) && n > 2:
		return errIncrSingle
	}
	return nil
}

// take reads one option and says whether it was one.
func (o *addOptions) take(arg []byte) bool {
	switch {
	case len(arg) < 2 || arg[0] < 'A': // a number: most often there are no options
		return false
	case command.Is(arg, "nx"):
		o.how |= object.AddNX
	case command.Is(arg, "xx"):
		o.how |= object.AddXX
	case command.Is(arg, "gt"):
		o.how |= object.AddGT
	case command.Is(arg, "lt"):
		o.how |= object.AddLT
	case command.Is(arg, "incr"):
		o.how |= object.AddIncr
	case command.Is(arg, "ch"):
		o.showChanged = true
	default:
		return false
	}
	return true
}

// localScores is how many scores are kept on the stack.
const localScores = 16

// scores reads the scores of score-member pairs and the length of the longest member.
func scores(dst []float64, args [][]byte) (_ []float64, longest int, err error) {
	for i := 0; i < len(args); i += 2 {
		f, ok := parseScore(args[i])
		if !ok {
			return dst, 0, command.ErrNotFloat
		}
		dst = append(dst, f)
		longest = max(longest, len(args[i+1]))
	}
	return dst, longest, nil
}

// add is ZADD and ZINCRBY.
func add(c *command.Call, how object.AddFlags) error {
	o := addOptions{how: how, at: 2}
	if how == 0 {
		if err := o.parse(c.Args); err != nil {
			return err
		}
	}
	args := c.Args[o.at:]
	var local [localScores]float64
	list, longest, err := scores(local[:0], args)
	if err != nil {
		return err
	}
	key := c.Args[1]
	db, z, e, err := foundWrite(c, key)
	if err != nil {
		return err
	}
	if !e.Exists() {
		if o.how&object.AddXX != 0 {
			o.reply(c, &tally{})
			return nil
		}
		if e, err = command.Create(db, key, object.TypeZSet); err != nil {
			return err
		}
		z = db.ZSet(e)
	}
	z.Prepare(len(list), longest)
	var t tally
	for i := 0; i < len(list) && err == nil; i++ {
		err = t.add(z, args[2*i+1], list[i], o.how)
	}
	if t.added+t.updated > 0 {
		c.Dirty += t.added + t.updated
		db.Changed(e)
		event := "zadd"
		if o.how&object.AddIncr != 0 {
			event = "zincr"
		}
		db.Notify(keyspace.ClassZSet, event, key)
	} else if z.Len() == 0 {
		db.Remove(e) // there was no memory for the first member
	}
	if err != nil {
		return err
	}
	o.reply(c, &t)
	return nil
}

// tally is what was done to the members of a call so far.
type tally struct {
	added, updated, done int64
	last                 float64 // the score of the last one
}

// add adds one member.
func (t *tally) add(z object.ZSet, member []byte, score float64, how object.AddFlags) error {
	score, result := z.Add(member, score, how)
	switch result {
	case object.AddNaN:
		return errNaN
	case object.AddNoMemory:
		return command.ErrOOM
	case object.AddSkipped:
		return nil
	case object.AddNew:
		t.added++
	case object.AddUpdated:
		t.updated++
	case object.AddSame:
	}
	t.done++
	t.last = score
	return nil
}

func (o *addOptions) reply(c *command.Call, t *tally) {
	switch {
	case o.how&object.AddIncr != 0 && t.done > 0:
		c.W.Double(t.last)
	case o.how&object.AddIncr != 0:
		c.W.Null()
	case o.showChanged:
		c.W.Int(t.added + t.updated)
	default:
		c.W.Int(t.added)
	}
}
