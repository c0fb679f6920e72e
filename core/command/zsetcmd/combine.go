package zsetcmd

import (
	"math"
	"slices"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

const (
	errWeight   command.Error = "ERR weight value is not a float"
	errLimitNeg command.Error = "ERR LIMIT can't be negative"
)

func combineRows() []command.Command {
	const (
		read = command.RO | command.Access
		cost = "O(N)+O(M log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number of elements in the resulting sorted set."
		most = "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of input sorted sets and M being the number of elements in the resulting sorted set."
		diff = "O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size of the first set, and K is the size of the result set."
	)
	in, to := spec(command.KeyNum(1, read)), spec(command.Key(1, command.OW|command.Update), command.KeyNum(2, read))
	return []command.Command{
		{Name: "zunion", Arity: -3, Flags: reading, Keys: in, Since: "6.2.0", Complexity: cost,
			Summary: "Returns the union of multiple sorted sets.", Run: zunion},
		{Name: "zunionstore", Arity: -4, Flags: growing, Keys: to, Since: "2.0.0", Complexity: cost,
			Summary: "Stores the union of multiple sorted sets in a key.", Run: zunionstore},
		{Name: "zinter", Arity: -3, Flags: reading, Keys: in, Since: "6.2.0", Complexity: most,
			Summary: "Returns the intersect of multiple sorted sets.", Run: zinter},
		{Name: "zinterstore", Arity: -4, Flags: growing, Keys: to, Since: "2.0.0", Complexity: most,
			Summary: "Stores the intersect of multiple sorted sets in a key.", Run: zinterstore},
		{Name: "zintercard", Arity: -3, Flags: reading, Keys: in, Since: "7.0.0",
			Complexity: "O(N*K) worst case with N being the smallest input sorted set, K being the number of input sorted sets.",
			Summary:    "Returns the number of members of the intersect of multiple sorted sets.", Run: zintercard},
		{Name: "zdiff", Arity: -3, Flags: reading, Keys: in, Since: "6.2.0", Complexity: diff,
			Summary: "Returns the difference between multiple sorted sets.", Run: zdiff},
		{Name: "zdiffstore", Arity: -4, Flags: growing, Keys: to, Since: "6.2.0", Complexity: diff,
			Summary: "Stores the difference of multiple sorted sets in a key.", Run: zdiffstore},
	}
}

// operation is what is done to the inputs.
type operation uint8

const (
	union operation = iota
	inter
	diff
)

// aggregate is how two scores of one member become one.
type aggregate uint8

const (
	sum aggregate = iota
	least
	largest
)

// join returns the score of a member that has x so far and y in one more input.
func (a aggregate) join(x, y float64) float64 {
	switch a {
	case least:
		if y < x {
			return y
		}
		return x
	case largest:
		if y > x {
			return y
		}
		return x
	}
	return numberOr0(x + y)
}

// numberOr0 is f, or 0 if f is not a number, as where opposite infinities meet.
func numberOr0(f float64) float64 {
	if math.IsNaN(f) {
		return 0
	}
	return f
}

// combination is a call of one of the commands.
type combination struct {
	op         operation
	isStore    bool // the first argument is the destination
	countOnly  bool // ZINTERCARD
	withScores bool
	aggregate  aggregate
	limit      int64 // of the count; 0: none
	inputs     []input
}

// read reads the arguments from the number of keys on, and looks the keys up.
func (q *combination) read(c *command.Call, args [][]byte) error {
	n, ok := command.ParseInt(args[0])
	switch {
	case !ok:
		return command.ErrNotInt
	case n < 1:
		return command.Error("ERR at least 1 input key is needed for '" + c.Cmd.Full + "' command")
	case n > int64(len(args)-1):
		return command.ErrSyntax
	}
	keys, options := args[1:1+n], args[1+n:]
	q.inputs = make([]input, len(keys))
	for i, key := range keys {
		if err := q.inputs[i].find(c, key); err != nil {
			return err
		}
	}
	return q.readOptions(options)
}

func (q *combination) readOptions(args [][]byte) error {
	scored := q.op != diff && !q.countOnly
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case scored && len(args) >= len(q.inputs) && command.Is(arg, "weights"):
			for i := range q.inputs {
				f, ok := parseScore(args[i])
				if !ok {
					return errWeight
				}
				q.inputs[i].weight = f
			}
			args = args[len(q.inputs):]
		case scored && len(args) > 0 && command.Is(arg, "aggregate"):
			if !q.readAggregate(args[0]) {
				return command.ErrSyntax
			}
			args = args[1:]
		case !q.isStore && !q.countOnly && command.Is(arg, "withscores"):
			q.withScores = true
		case q.countOnly && len(args) > 0 && command.Is(arg, "limit"):
			n, ok := command.ParseInt(args[0])
			if !ok || n < 0 {
				return errLimitNeg
			}
			q.limit, args = n, args[1:]
		default:
			return command.ErrSyntax
		}
	}
	return nil
}

func (q *combination) readAggregate(arg []byte) bool {
	switch {
	case command.Is(arg, "sum"):
		q.aggregate = sum
	case command.Is(arg, "min"):
		q.aggregate = least
	case command.Is(arg, "max"):
		q.aggregate = largest
	default:
		return false
	}
	return true
}

// work returns how many members the inputs make it look at, at most.
func (q *combination) work() int {
	least, total := q.inputs[0].len(), 0
	for i := range q.inputs {
		least = min(least, q.inputs[i].len())
		total += q.inputs[i].len()
	}
	switch q.op {
	case inter:
		return least * len(q.inputs)
	case diff:
		return min(total, q.inputs[0].len()*len(q.inputs))
	}
	return total
}

// run puts the result into to, which becomes a large set: as in the reference, only such keep the sign of a zero. It returns
// false if there is no memory.
func (q *combination) run(to *object.LooseZSet) bool {
	if !to.Expand() {
		return false
	}
	switch q.op {
	case union:
		q.sort()
		return q.union(to)
	case inter:
		q.sort()
		ok := true
		q.inter(func(member []byte, score float64) bool {
			_, r := to.Add(member, score, 0)
			ok = r != object.AddNoMemory
			return ok
		})
		return ok
	}
	return q.diff(to)
}

// sort brings the smallest input to the front. Scores are added in this order, and their sum may depend on it.
func (q *combination) sort() {
	slices.SortStableFunc(q.inputs, func(x, y input) int { return x.len() - y.len() })
}

func (q *combination) union(to *object.LooseZSet) bool {
	ok := true
	for i := range q.inputs {
		in := &q.inputs[i]
		in.each(func(member []byte, score float64) bool {
			score = numberOr0(score * in.weight)
			if i > 0 {
				if old, has := to.Score(member); has {
					score = q.aggregate.join(old, score)
				}
			}
			_, r := to.Add(member, score, 0)
			ok = r != object.AddNoMemory
			return ok
		})
		if !ok {
			return false
		}
	}
	return true
}

// inter calls visit for each member that all inputs have, until it returns false.
func (q *combination) inter(visit func(member []byte, score float64) bool) {
	for i := range q.inputs {
		if q.inputs[i].len() == 0 {
			return
		}
	}
	in := &q.inputs[0]
	in.each(func(member []byte, own float64) bool {
		score := numberOr0(own * in.weight)
		for i := 1; i < len(q.inputs); i++ {
			other := &q.inputs[i]
			f, ok := other.score(member)
			if !ok {
				return true
			}
			score = q.aggregate.join(score, f*other.weight)
		}
		return visit(member, score)
	})
}

// diff takes from the first input what none of the others has. What is cheaper: to ask the others for each of its
// members, or to take the members of the others out of a copy.
func (q *combination) diff(to *object.LooseZSet) bool {
	in, all := &q.inputs[0], 0
	for i := range q.inputs {
		all += q.inputs[i].len()
		if i > 0 && q.inputs[i].isSame(in) {
			return true
		}
	}
	asks := in.len() * len(q.inputs) / 2
	ok := true
	in.each(func(member []byte, score float64) bool {
		if asks <= all && q.othersHave(member) {
			return true
		}
		_, r := to.Add(member, score, 0)
		ok = r != object.AddNoMemory
		return ok
	})
	if asks <= all || !ok {
		return ok
	}
	for i := 1; i < len(q.inputs) && to.Len() > 0; i++ {
		q.inputs[i].each(func(member []byte, _ float64) bool {
			to.Remove(member)
			return to.Len() > 0
		})
	}
	return true
}

func (q *combination) othersHave(member []byte) bool {
	for i := 1; i < len(q.inputs); i++ {
		if _, ok := q.inputs[i].score(member); ok {
			return true
		}
	}
	return false
}

func zunion(c *command.Call) error { return combined(c, union) }

func zinter(c *command.Call) error { return combined(c, inter) }

func zdiff(c *command.Call) error { return combined(c, diff) }

// combined is the commands that answer with the members. The result is put together in the arena of the first key.
func combined(c *command.Call, op operation) error {
	q := combination{op: op}
	if err := q.read(c, c.Args[1:]); err != nil {
		return err
	}
	if c.IsLong(q.work()) {
		return command.TooLong
	}
	result := loose(c.DB(c.Args[2]))
	defer result.Free()
	if !q.run(&result) {
		return command.ErrOOM
	}
	n := result.Len()
	writePairs(c, result.Walk(0, n, false), n, q.withScores)
	return nil
}

func loose(db *keyspace.DB) object.LooseZSet {
	return object.NewLooseZSet(db.Space().Arena(), db.Space().Env())
}

func zunionstore(c *command.Call) error { return storeCombined(c, union, "zunionstore") }

func zinterstore(c *command.Call) error { return storeCombined(c, inter, "zinterstore") }

func zdiffstore(c *command.Call) error { return storeCombined(c, diff, "zdiffstore") }

func storeCombined(c *command.Call, op operation, event string) error {
	q := combination{op: op, isStore: true}
	if err := q.read(c, c.Args[2:]); err != nil {
		return err
	}
	if c.IsLong(q.work()) {
		return command.TooLong
	}
	db := c.DB(c.Args[1])
	result := loose(db)
	defer result.Free()
	if !q.run(&result) {
		return command.ErrOOM
	}
	result.Pack()
	return store(c, db, c.Args[1], &result, event)
}

func zintercard(c *command.Call) error {
	q := combination{op: inter, countOnly: true}
	if err := q.read(c, c.Args[1:]); err != nil {
		return err
	}
	if c.IsLong(q.work()) {
		return command.TooLong
	}
	q.sort()
	n := int64(0)
	q.inter(func([]byte, float64) bool {
		n++
		return n != q.limit
	})
	c.W.Int(n)
	return nil
}
