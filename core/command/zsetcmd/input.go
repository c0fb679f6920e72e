package zsetcmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

// input is one of several sets that a command combines: a sorted set, a set, whose members have the score 1, or a key that
// is missing.
type input struct {
	entry  keyspace.Entry
	zset   object.ZSet
	set    object.Set
	weight float64
}

func (in *input) find(c *command.Call, key []byte) error {
	db := c.DB(key)
	in.entry, in.weight = db.Find(key), 1
	if !in.entry.Exists() {
		return nil
	}
	switch in.entry.Type() {
	case object.TypeZSet:
		in.zset = db.ZSet(in.entry)
	case object.TypeSet:
		in.set = db.SetOf(in.entry)
	default:
		return command.ErrWrongType
	}
	return nil
}

func (in *input) isZSet() bool { return in.zset.Entry.Exists() }

// isSame says whether two inputs are the same key, which exists.
func (in *input) isSame(other *input) bool {
	return in.entry.Exists() && in.entry == other.entry
}

func (in *input) len() int {
	if !in.entry.Exists() {
		return 0
	}
	return in.entry.Count()
}

// score returns the score of a member, and whether the input has it.
func (in *input) score(member []byte) (float64, bool) {
	switch {
	case !in.entry.Exists():
		return 0, false
	case in.isZSet():
		return in.zset.Score(member)
	}
	return 1, in.set.Has(member)
}

// each visits all members until visit returns false.
func (in *input) each(visit func(member []byte, score float64) bool) {
	if !in.entry.Exists() {
		return
	}
	if in.isZSet() {
		for cur := in.zset.Walk(0, in.zset.Len(), false); cur.Next(); {
			if !visit(cur.Member(), cur.Score()) {
				return
			}
		}
		return
	}
	var digits [20]byte
	in.set.Each(func(v packed.Value) bool {
		text := v.Bytes
		if v.IsInt {
			text = v.AppendTo(digits[:0])
		}
		return visit(text, 1)
	})
}
