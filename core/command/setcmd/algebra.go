package setcmd

import (
	"slices"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

const (
	errNumKeys  command.Error = "ERR numkeys should be greater than 0"
	errManyKeys command.Error = "ERR Number of keys can't be greater than number of args"
	errLimit    command.Error = "ERR LIMIT can't be negative"
)

// fewSets is for how many sets an operation needs no memory of Go's heap.
const fewSets = 8

// operands looks up the sets at keys and appends them to sets. A missing one has no members.
func operands(c *command.Call, keys [][]byte, sets []object.Members) ([]object.Members, error) {
	c.Prefetch(keys, 1)
	for _, key := range keys {
		set, err := reading(c, key)
		if err != nil {
			return nil, err
		}
		sets = append(sets, set)
	}
	return sets, nil
}

func sinter(c *command.Call) error {
	var room [fewSets]object.Members
	sets, err := operands(c, c.Args[1:], room[:0])
	if err != nil {
		return err
	}
	if c.IsLong(inter.work(sets)) {
		return command.TooLong
	}
	mark, n := c.W.Defer(), 0
	intersect(sets, func(v packed.Value) bool {
		command.Bulk(c.W, v)
		n++
		return true
	})
	c.W.DoneSet(mark, n)
	return nil
}

func sintercard(c *command.Call) error {
	n, ok := command.ParseInt(c.Args[1])
	if !ok || n <= 0 {
		return errNumKeys
	}
	if n > int64(len(c.Args)-2) {
		return errManyKeys
	}
	limit := int64(0)
	for i := 2 + int(n); i < len(c.Args); i += 2 {
		if !command.Is(c.Args[i], "limit") || i+1 == len(c.Args) {
			return command.ErrSyntax
		}
		if limit, ok = command.ParseInt(c.Args[i+1]); !ok || limit < 0 {
			return errLimit
		}
	}
	var room [fewSets]object.Members
	sets, err := operands(c, c.Args[2:2+n], room[:0])
	if err != nil {
		return err
	}
	if c.IsLong(inter.work(sets)) {
		return command.TooLong
	}
	count := int64(0)
	intersect(sets, func(packed.Value) bool {
		count++
		return count != limit
	})
	c.W.Int(count)
	return nil
}

func sinterstore(c *command.Call) error {
	var room [fewSets]object.Members
	sets, err := operands(c, c.Args[2:], room[:0])
	if err != nil {
		return err
	}
	if c.IsLong(inter.work(sets)) {
		return command.TooLong
	}
	bySize(sets)
	enc := object.EncListpack // it grows faster than an intset does
	if sets[0].Encoding() == object.EncIntset {
		enc = object.EncIntset
	}
	result := newResult(c, enc)
	isOK, onlyInts := true, true
	intersect(sets, func(v packed.Value) bool {
		onlyInts = onlyInts && (v.IsInt || packed.Encode(v.Bytes).IsInt)
		_, isOK = result.Add(v)
		return isOK
	})
	if onlyInts && isOK {
		result.ToIntset()
	}
	return store(c, &result, isOK, "sinterstore")
}

// bySize sorts sets, the smallest first.
func bySize(sets []object.Members) {
	slices.SortStableFunc(sets, func(a, b object.Members) int { return a.Len() - b.Len() })
}

// intersect visits what all sets have, until visit returns false. It sorts the sets.
func intersect(sets []object.Members, visit func(packed.Value) bool) {
	bySize(sets)
	first, others := sets[0], sets[1:]
	if first.Len() == 0 {
		return
	}
	first.Each(func(v packed.Value) bool {
		for i := range others {
			if !others[i].Has(v) {
				return true
			}
		}
		return visit(v)
	})
}

func sunion(c *command.Call) error {
	var room [fewSets]object.Members
	sets, err := operands(c, c.Args[1:], room[:0])
	if err != nil {
		return err
	}
	if c.IsLong(union.work(sets)) {
		return command.TooLong
	}
	if len(sets) > fewSets || onlyIntsets(sets) {
		return gathered(c, sets, union)
	}
	// Without a copy: what an earlier set has too has been written.
	mark, n := c.W.Defer(), 0
	for i := range sets {
		sets[i].Each(func(v packed.Value) bool {
			for k := range i {
				if sets[k].Has(v) {
					return true
				}
			}
			command.Bulk(c.W, v)
			n++
			return true
		})
	}
	c.W.DoneSet(mark, n)
	return nil
}

// onlyIntsets says whether the union is to be in order, as that of intsets is.
func onlyIntsets(sets []object.Members) bool {
	for i := range sets {
		if sets[i].Len() > 0 && sets[i].Encoding() != object.EncIntset {
			return false
		}
	}
	return true
}

func sdiff(c *command.Call) error {
	var room [fewSets]object.Members
	sets, err := operands(c, c.Args[1:], room[:0])
	if err != nil {
		return err
	}
	if c.IsLong(difference.work(sets)) {
		return command.TooLong
	}
	if !isShortDiff(sets) {
		return gathered(c, sets, difference)
	}
	mark, n := c.W.Defer(), 0
	subtract(sets, func(v packed.Value) bool {
		command.Bulk(c.W, v)
		n++
		return true
	})
	c.W.DoneSet(mark, n)
	return nil
}

// isShortDiff says whether to ask all other sets for each member of the first is less work than to take the members of all others out of a
// copy of the first.
func isShortDiff(sets []object.Members) bool {
	ask, total := 0, 0
	for i := range sets {
		if n := sets[i].Len(); n > 0 {
			ask += sets[0].Len()
			total += n
		}
	}
	return ask/2 <= total // a question costs less than a change
}

// subtract visits what only the first set has, until visit returns false. It sorts the others.
func subtract(sets []object.Members, visit func(packed.Value) bool) {
	others := sets[1:]
	// The largest is the most likely to have something.
	slices.SortStableFunc(others, func(a, b object.Members) int { return b.Len() - a.Len() })
	if slices.Contains(others, sets[0]) {
		return
	}
	sets[0].Each(func(v packed.Value) bool {
		for i := range others {
			if others[i].Has(v) {
				return true
			}
		}
		return visit(v)
	})
}

func sunionstore(c *command.Call) error { return stored(c, union, "sunionstore") }
func sdiffstore(c *command.Call) error  { return stored(c, difference, "sdiffstore") }

// operation is one of set algebra.
type operation uint8

const (
	union operation = iota
	difference
	inter
)

// work returns how many members an operation looks at, at most.
func (op operation) work(sets []object.Members) int {
	least, total := sets[0].Len(), 0
	for i := range sets {
		least = min(least, sets[i].Len())
		total += sets[i].Len()
	}
	switch op {
	case inter:
		return least * len(sets)
	case difference:
		return min(total, sets[0].Len()*len(sets))
	}
	return total
}

// gather adds the result of a union or a difference to a draft. It returns false if there is no memory for it.
func (op operation) gather(sets []object.Members, result *object.SetDraft) bool {
	if op == union {
		return gatherUnion(sets, result)
	}
	return gatherDiff(sets, result)
}

func gatherUnion(sets []object.Members, result *object.SetDraft) bool {
	isOK := true
	for i := range sets {
		sets[i].Each(func(v packed.Value) bool {
			_, isOK = result.Add(v)
			return isOK
		})
		if !isOK {
			break
		}
	}
	return isOK
}

func gatherDiff(sets []object.Members, result *object.SetDraft) bool {
	isOK := true
	add := func(v packed.Value) bool {
		_, isOK = result.Add(v)
		return isOK
	}
	if isShortDiff(sets) {
		subtract(sets, add)
		return isOK
	}
	sets[0].Each(add)
	for i := 1; i < len(sets) && isOK && result.Len() > 0; i++ {
		sets[i].Each(func(v packed.Value) bool {
			result.Remove(v)
			return result.Len() > 0
		})
	}
	return isOK
}

// gathered writes the result of an operation that needs a copy.
func gathered(c *command.Call, sets []object.Members, op operation) error {
	enc := object.EncHashtable
	if onlyIntsets(sets) {
		enc = object.EncIntset
	}
	space := c.DB(c.Args[1]).Space()
	result := object.NewSetDraft(space.Arena(), space.Env(), enc)
	defer result.Free()
	if !op.gather(sets, &result) {
		return command.ErrOOM
	}
	c.W.Set(result.Len())
	result.Each(func(v packed.Value) bool {
		command.Bulk(c.W, v)
		return true
	})
	return nil
}

// stored stores the result of an operation.
func stored(c *command.Call, op operation, event string) error {
	var room [fewSets]object.Members
	sets, err := operands(c, c.Args[2:], room[:0])
	if err != nil {
		return err
	}
	if c.IsLong(op.work(sets)) {
		return command.TooLong
	}
	result := newResult(c, object.EncIntset)
	return store(c, &result, op.gather(sets, &result), event)
}

// newResult returns a draft where the destination of a STORE is.
func newResult(c *command.Call, enc object.Encoding) object.SetDraft {
	space := c.DB(c.Args[1]).Space()
	return object.NewSetDraft(space.Arena(), space.Env(), enc)
}

// store makes the result the value of the command's destination, which goes if there is none. It frees a result that isn't complete.
func store(c *command.Call, result *object.SetDraft, isComplete bool, event string) error {
	key := c.Args[1]
	db := c.DB(key)
	n := result.Len()
	if !isComplete || n == 0 {
		result.Free()
	}
	if !isComplete {
		return command.ErrOOM
	}
	e := db.FindWrite(key)
	if n == 0 {
		if e.Exists() {
			remove(db, e, key)
			c.Dirty++
		}
		c.W.Int(0)
		return nil
	}
	var err error
	if e.Exists() {
		e, err = db.Renew(e, object.TypeSet)
	} else {
		e, err = db.Create(key, object.TypeSet)
	}
	if err != nil {
		result.Free()
		return command.ErrOOM
	}
	db.SetOf(e).Adopt(result)
	db.Changed(e)
	db.Notify(keyspace.ClassSet, event, key)
	c.Dirty++
	c.W.Int(int64(n))
	return nil
}
