package zsetcmd

import (
	"math"
	"slices"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

const (
	errLimit  command.Error = "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"
	errScores command.Error = "ERR syntax error, WITHSCORES not supported in combination with BYLEX"
)

func rangeRows() []command.Command {
	const read = command.RO | command.Access
	const complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements returned."
	return []command.Command{
		{Name: "zrange", Arity: -4, Flags: reading, Keys: first(read), Since: "1.2.0", Complexity: complexity,
			Summary: "Returns members in a sorted set within a range of indexes.", Run: zrange},
		{Name: "zrangestore", Arity: -5, Flags: growing, Since: "6.2.0",
			Keys:       spec(command.Key(1, command.OW|command.Update), command.Key(2, read)),
			Complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements stored into the destination key.",
			Summary:    "Stores a range of members from sorted set in a key.", Run: zrangestore},
		{Name: "zrevrange", Arity: -4, Flags: reading, Keys: first(read), Since: "1.2.0", Complexity: complexity,
			Summary: "Returns members in a sorted set within a range of indexes in reverse order.", Run: zrevrange},
		{Name: "zrangebyscore", Arity: -4, Flags: reading, Keys: first(read), Since: "1.0.5", Complexity: complexity,
			Summary: "Returns members in a sorted set within a range of scores.", Run: zrangebyscore},
		{Name: "zrevrangebyscore", Arity: -4, Flags: reading, Keys: first(read), Since: "2.2.0", Complexity: complexity,
			Summary: "Returns members in a sorted set within a range of scores in reverse order.", Run: zrevrangebyscore},
		{Name: "zrangebylex", Arity: -4, Flags: reading, Keys: first(read), Since: "2.8.9", Complexity: complexity,
			Summary: "Returns members in a sorted set within a lexicographical range.", Run: zrangebylex},
		{Name: "zrevrangebylex", Arity: -4, Flags: reading, Keys: first(read), Since: "2.8.9", Complexity: complexity,
			Summary: "Returns members in a sorted set within a lexicographical range in reverse order.", Run: zrevrangebylex},
	}
}

// by says what the bounds of a range are.
type by uint8

const (
	byRank by = iota
	byScore
	byLex
	byOption // the arguments say it; ranks if they don't
)

// place is a part of a sorted set as the arguments describe it.
type place struct {
	by          by
	start, stop int64 // byRank: from the other end if negative
	scores      object.ScoreRange
	lex         object.LexRange
}

func (p *place) parseRanks(start, stop []byte) error {
	var okStart, okStop bool
	p.start, okStart = command.ParseInt(start)
	p.stop, okStop = command.ParseInt(stop)
	if !okStart || !okStop {
		return command.ErrNotInt
	}
	return nil
}

// span returns the rank of the first member of the part, and their number, or a smaller one that is at least most.
func (p *place) span(z object.ZSet, most int64) (rank, count int) {
	switch p.by {
	case byScore:
		return z.ScoreSpan(p.scores, int(most))
	case byLex:
		return z.LexSpan(p.lex)
	}
	n := int64(z.Len())
	start, stop := p.start, min(p.stop, n-1)
	if start < 0 {
		start = max(start+n, 0)
	}
	if stop < 0 {
		stop += n
	}
	if start > stop || start >= n {
		return 0, 0
	}
	return int(start), int(stop-start) + 1
}

// query is a call of one of the range commands.
type query struct {
	place
	isReverse     bool
	withScores    bool
	offset, limit int64 // limit < 0: none
}

// parse reads the bounds and options behind the key. what and isReverse are what the command's name says; only those that leave
// the kind of bounds to the options have an option REV.
func (q *query) parse(args [][]byte, what by, isReverse, isStore bool) (err error) {
	q.by, q.isReverse, q.limit = what, isReverse, -1
	for i := 2; i < len(args); i++ {
		switch arg := args[i]; {
		case !isStore && command.Is(arg, "withscores"):
			q.withScores = true
		case command.Is(arg, "limit") && len(args)-i > 2:
			if err := q.parseLimit(args[i+1], args[i+2]); err != nil {
				return err
			}
			i += 2
		case what == byOption && command.Is(arg, "rev"):
			if q.isReverse {
				return command.ErrSyntax
			}
			q.isReverse = true
		case q.by == byOption && command.Is(arg, "bylex"):
			q.by = byLex
		case q.by == byOption && command.Is(arg, "byscore"):
			q.by = byScore
		default:
			return command.ErrSyntax
		}
	}
	if q.by == byOption {
		q.by = byRank
	}
	switch {
	case q.limit != -1 && q.by == byRank:
		return errLimit
	case q.withScores && q.by == byLex:
		return errScores
	}
	lo, hi := args[0], args[1]
	if q.isReverse {
		lo, hi = hi, lo
	}
	switch q.by {
	case byScore:
		q.scores, err = parseScoreRange(lo, hi)
	case byLex:
		q.lex, err = parseLexRange(lo, hi)
	default:
		err = q.parseRanks(args[0], args[1])
	}
	return err
}

func (q *query) parseLimit(offset, limit []byte) error {
	var okOffset, okLimit bool
	q.offset, okOffset = command.ParseInt(offset)
	q.limit, okLimit = command.ParseInt(limit)
	if !okOffset || !okLimit {
		return command.ErrNotInt
	}
	return nil
}

// span returns the rank of the member where the reply begins, and how many it has.
func (q *query) span(z object.ZSet) (rank, count int) {
	rank, count = q.place.span(z, q.most())
	if q.by == byRank {
		if q.isReverse {
			rank = z.Len() - 1 - rank
		}
		return rank, count
	}
	if q.offset < 0 || q.offset >= int64(count) {
		return 0, 0
	}
	n := int64(count) - q.offset
	if q.isReverse {
		rank += int(n) - 1
	} else {
		rank += int(q.offset)
	}
	if q.limit >= 0 {
		n = min(n, q.limit)
	}
	return rank, int(n)
}

// most returns how many members of the part have to be counted.
func (q *query) most() int64 {
	if q.isReverse || q.limit < 0 || q.offset < 0 || q.limit > math.MaxInt64-q.offset {
		return math.MaxInt64
	}
	return q.offset + q.limit
}

func zrange(c *command.Call) error { return queryRange(c, byOption, false) }

func zrevrange(c *command.Call) error { return queryRange(c, byRank, true) }

func zrangebyscore(c *command.Call) error { return queryRange(c, byScore, false) }

func zrevrangebyscore(c *command.Call) error { return queryRange(c, byScore, true) }

func zrangebylex(c *command.Call) error { return queryRange(c, byLex, false) }

func zrevrangebylex(c *command.Call) error { return queryRange(c, byLex, true) }

func queryRange(c *command.Call, what by, isReverse bool) error {
	var q query
	if err := q.parse(c.Args[2:], what, isReverse, false); err != nil {
		return err
	}
	z, e, err := found(c, c.Args[1])
	if err != nil {
		return err
	}
	if !e.Exists() {
		c.W.Array(0)
		return nil
	}
	rank, n := q.span(z)
	if c.IsLong(n) {
		return command.TooLong
	}
	writePairs(c, z.Walk(rank, n, q.isReverse), n, q.withScores)
	return nil
}

// The output is made longer at once for so many members, of usual size.
const (
	reserved  = 4096
	usualBulk = 32
)

// writePairs writes n members in the form that most commands have.
func writePairs(c *command.Call, cur object.ZCursor, n int, withScores bool) {
	writeHeader(c, n, withScores)
	if withScores {
		for cur.Next() {
			writePair(c, &cur, true)
		}
		return
	}
	out := slices.Grow(c.W.B, min(n, reserved)*usualBulk)
	for cur.Next() {
		out = resp.AppendBulk(out, cur.Member())
	}
	c.W.B = out
}

// writeHeader begins a list of n members: with scores it is a flat array under RESP2 and one of pairs under RESP3.
func writeHeader(c *command.Call, n int, withScores bool) {
	if withScores && !c.W.Resp3 {
		n *= 2
	}
	c.W.Array(n)
}

// writePair writes a member of such a list.
func writePair(c *command.Call, cur *object.ZCursor, withScores bool) {
	if !withScores {
		c.W.Bulk(cur.Member())
		return
	}
	if c.W.Resp3 {
		c.W.Array(2)
	}
	c.W.Bulk(cur.Member())
	c.W.Double(cur.Score())
}

func zrangestore(c *command.Call) error {
	var q query
	if err := q.parse(c.Args[3:], byOption, false, true); err != nil {
		return err
	}
	z, e, err := found(c, c.Args[2])
	if err != nil {
		return err
	}
	db := c.DB(c.Args[1])
	result := loose(db)
	defer result.Free()
	if e.Exists() {
		rank, n := q.span(z)
		if c.IsLong(n) {
			return command.TooLong
		}
		if q.by == byRank {
			result.Prepare(n, 0)
		}
		for cur := z.Walk(rank, n, q.isReverse); cur.Next(); {
			if _, r := result.Add(cur.Member(), cur.Score(), 0); r == object.AddNoMemory {
				return command.ErrOOM
			}
		}
	}
	return store(c, db, c.Args[1], &result, "zrangestore")
}

// store puts a result in the place of whatever key holds, which is removed for an empty one, and writes the number of members.
func store(c *command.Call, db *keyspace.DB, key []byte, result *object.LooseZSet, event string) error {
	n := result.Len()
	if n == 0 {
		if db.Delete(key) {
			db.Notify(keyspace.ClassGeneric, "del", key)
			c.Dirty++
		}
		c.W.Int(0)
		return nil
	}
	if err := db.PutZSet(key, result); err != nil {
		return command.ErrOOM
	}
	db.Notify(keyspace.ClassZSet, event, key)
	c.Dirty++
	c.W.Int(int64(n))
	return nil
}
