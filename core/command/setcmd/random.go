package setcmd

import (
	"math"
	"math/rand/v2"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

const (
	errSampleRange command.Error = "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"
	errSamples     command.Error = "ERR value is out of range"

	// maxSamples bounds SRANDMEMBER with a negative count, whose reply is as long as the client wants.
	maxSamples = 1 << 26
	// keepFactor: SPOP of more than so many times what remains chooses what remains, instead of what goes.
	keepFactor = 5
	// skipFactor: SRANDMEMBER of more than a part of so many walks over the whole set, instead of drawing.
	skipFactor = 3
	// effectMembers is how many members one SREM that stands for a part of an SPOP has at most.
	effectMembers = 1024
	// digitsMax is the length of the longest integer.
	digitsMax = 20
)

// rnd returns 64 random bits.
func rnd() uint64 {
	return rand.Uint64() // #nosec G404 -- a sample, not a secret
}

// below returns a random number in [0, n).
func below(n int) int {
	return rand.IntN(n) // #nosec G404 -- a sample, not a secret
}

func spop(c *command.Call) error {
	if len(c.Args) == 3 {
		return spopCount(c)
	}
	if len(c.Args) > 3 {
		return command.ErrSyntax
	}
	key := c.Args[1]
	db, e, err := writing(c, key)
	if err != nil {
		return err
	}
	if !e.Exists() {
		c.W.Null()
		return nil
	}
	set := db.SetOf(e)
	m := set.Random(rnd())
	command.Bulk(c.W, m.Value)
	var digits [digitsMax]byte
	text := m.Bytes
	if m.IsInt {
		text = m.AppendTo(digits[:0])
	}
	c.Propagate([]byte("SREM"), key, text)
	c.Dirty++
	db.Notify(keyspace.ClassSet, "spop", key)
	if set.Len() == 1 {
		remove(db, e, key)
		return nil
	}
	set.RemoveAt(m)
	db.Changed(e)
	return nil
}

func spopCount(c *command.Call) error {
	count, ok := command.ParseInt(c.Args[2])
	if !ok || count < 0 {
		return command.ErrNotPositive
	}
	key := c.Args[1]
	db, e, err := writing(c, key)
	if err != nil {
		return err
	}
	if !e.Exists() || count == 0 {
		c.W.Set(0)
		return nil
	}
	set := db.SetOf(e)
	size := set.Len()
	if c.IsLong(int(min(count, int64(size)))) {
		return command.TooLong
	}
	p := popped{c: c, key: key}
	switch n := int(min(count, int64(size))); {
	case n == size:
		p.all(set)
		c.PropagateDeletion(key, keyspace.Replaced)
		db.Notify(keyspace.ClassSet, "spop", key)
		remove(db, e, key)
		return nil
	case (size-n)*keepFactor > n:
		p.some(set, n)
	default:
		if err := p.most(db, set, size-n); err != nil {
			return err
		}
	}
	p.flush()
	db.Changed(e)
	db.Notify(keyspace.ClassSet, "spop", key)
	return nil
}

// popped is an SPOP of several members on its way.
type popped struct {
	c      *command.Call
	key    []byte
	effect [][]byte // members of the next SREM: what the journal will get
}

// all writes all members.
func (p *popped) all(set object.Set) {
	p.c.W.Set(set.Len())
	set.Each(func(v packed.Value) bool {
		command.Bulk(p.c.W, v)
		p.c.Dirty++
		return true
	})
}

// some draws n members one by one.
func (p *popped) some(set object.Set, n int) {
	p.c.W.Set(n)
	for range n {
		m := set.Random(rnd())
		p.take(m.Value)
		set.RemoveAt(m)
	}
}

// most leaves only so many members, chosen by lot, in the set.
func (p *popped) most(db *keyspace.DB, set object.Set, remain int) error {
	enc := object.EncListpack
	if set.Encoding() == object.EncIntset {
		enc = object.EncIntset
	}
	kept := object.NewSetDraft(db.Space().Arena(), db.Space().Env(), enc)
	for range remain {
		m := set.Random(rnd())
		if _, ok := kept.Add(m.Value); !ok {
			p.restore(set, &kept)
			return command.ErrOOM
		}
		set.RemoveAt(m)
	}
	p.c.W.Set(set.Len())
	set.Each(func(v packed.Value) bool {
		p.take(v)
		return true
	})
	set.Adopt(&kept)
	return nil
}

// restore puts back what was taken out of the set, into the room that it had.
func (p *popped) restore(set object.Set, kept *object.SetDraft) {
	var digits [digitsMax]byte
	kept.Each(func(v packed.Value) bool {
		text := v.Bytes
		if v.IsInt {
			text = v.AppendTo(digits[:0])
		}
		_, ok := set.Add(text)
		return ok
	})
	kept.Free()
}

// take writes a member that goes.
func (p *popped) take(v packed.Value) {
	w := p.c.W
	command.Bulk(w, v)
	p.c.Dirty++
	if !p.c.Propagates() {
		return
	}
	// The text is in the reply. Even if that moves, the old bytes stay what they are until the command is done.
	end := len(w.B) - len("\r\n")
	p.effect = append(p.effect, w.B[end-v.Len():end])
	if len(p.effect) == effectMembers {
		p.flush()
	}
}

// flush hands the effect so far to the journal.
func (p *popped) flush() {
	if len(p.effect) > 0 {
		p.c.PropagateList(p.effect, []byte("SREM"), p.key)
	}
	p.effect = p.effect[:0]
}

func srandmember(c *command.Call) error {
	if len(c.Args) == 3 {
		return srandmemberCount(c)
	}
	if len(c.Args) > 3 {
		return command.ErrSyntax
	}
	set, err := reading(c, c.Args[1])
	if err != nil {
		return err
	}
	if set.Len() == 0 {
		c.W.Null()
		return nil
	}
	command.Bulk(c.W, set.Random(rnd()).Value)
	return nil
}

func srandmemberCount(c *command.Call) error {
	count, ok := command.ParseInt(c.Args[2])
	if !ok {
		return command.ErrNotInt
	}
	if count == math.MinInt64 {
		return errSampleRange
	}
	set, err := reading(c, c.Args[1])
	if err != nil {
		return err
	}
	size := int64(set.Len())
	switch {
	case size == 0 || count == 0:
		c.W.Array(0)
	case count < -maxSamples:
		return errSamples
	case count < 0 && c.IsLong(int(-count)), count > 1 && c.IsLong(int(min(count, size))):
		return command.TooLong
	case count < 0:
		repeated(c, set, int(-count))
	case count == 1:
		repeated(c, set, 1)
	case count*skipFactor > size || count >= size || set.Encoding() == object.EncListpack:
		spread(c, set, int(min(count, size)))
	default:
		drawn(c, set, int(count))
	}
	return nil
}

// repeated writes n members, which may be the same.
func repeated(c *command.Call, set object.Members, n int) {
	c.W.Array(n)
	for range n {
		command.Bulk(c.W, set.Random(rnd()).Value)
	}
}

// spread writes n different members in the order of the set: each is taken with the chance that makes all choices equally likely.
func spread(c *command.Call, set object.Members, n int) {
	c.W.Array(n)
	left := set.Len()
	set.Each(func(v packed.Value) bool {
		if n >= left || below(left) < n {
			command.Bulk(c.W, v)
			n--
		}
		left--
		return n > 0
	})
}

// drawn writes n different members, drawn until they are enough: few among many.
func drawn(c *command.Call, set object.Members, n int) {
	c.W.Array(n)
	var local [128]uint64
	seen := placeSet{slots: local[:]}
	if 2*n > len(local) {
		size := len(local)
		for size < 2*n {
			size *= 2
		}
		seen.slots = make([]uint64, size)
	}
	for n > 0 {
		if m := set.Random(rnd()); seen.add(m.Place()) {
			command.Bulk(c.W, m.Value)
			n--
		}
	}
}

// placeSet is a set of places of members, at most half full.
type placeSet struct{ slots []uint64 }

// add says whether the place is new.
func (s *placeSet) add(place uint64) bool {
	place++ // 0 is a free slot
	mask := uint64(len(s.slots) - 1)
	for i := place * 0x9e3779b97f4a7c15 >> 20; ; i++ {
		switch slot := &s.slots[i&mask]; *slot {
		case 0:
			*slot = place
			return true
		case place:
			return false
		}
	}
}
