package keycmd

import (
	"bytes"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/internal/crc"
)

const (
	errSortBy  command.Error = "ERR BY option of SORT denied due to insufficient ACL permissions."
	errSortGet command.Error = "ERR GET option of SORT denied due to insufficient ACL permissions."
)

const errWeight command.Error = "ERR One or more scores can't be converted into double"

// sortRows returns SORT and SORT_RO.
//
// The keys that their patterns reach are told by the elements, so they are no keys of the call, and can lie anywhere: then the
// call takes all partitions, and leaves the loop, as it may take long.
func sortRows() []command.Command {
	const of = command.CatSet | command.CatSortedSet | command.CatList | command.CatDangerous
	key := command.Key(1, command.RO|command.Access)
	patterns := command.Unknown(command.RO | command.Access)
	return []command.Command{
		{Name: "sort", Arity: -2, Flags: command.Write | command.DenyOOM | command.OffLoop, ACL: of, Since: "1.0.0",
			Keys:     []command.KeySpec{key, patterns, command.Unknown(command.OW | command.Update)},
			FindKeys: findSortKeys, Scope: command.ScopeRoute, Route: routeSort, Long: hasSortPattern,
			Complexity: "O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the number of returned elements.",
			Summary:    "Sorts the elements in a list, a set, or a sorted set, optionally storing the result.", Run: sortKey},
		{Name: "sort_ro", Arity: -2, Flags: command.ReadOnly | command.OffLoop, ACL: of, Since: "7.0.0",
			Keys:     []command.KeySpec{key, patterns},
			FindKeys: findSortKeys, Scope: command.ScopeRoute, Route: routeSort, Long: hasSortPattern,
			Complexity: "O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the number of returned elements.",
			Summary:    "Returns the sorted elements of a list, a set, or a sorted set.", Run: sortKey},
	}
}

// sorting is what the arguments of a SORT ask for.
type sorting struct {
	isDesc, isAlpha bool
	isAsIs          bool // BY without a *: the elements stay in the order that they have
	start, count    int64
	by              []byte   // nil: by the elements themselves
	gets            [][]byte // none: the elements themselves
	store           []byte   // nil: the result is the reply
}

// It may look keys up by patterns only if mayReadAll.
func (o *sorting) parse(args [][]byte, isReadOnly, mayReadAll bool) error {
	*o = sorting{count: -1}
	for i := 2; i < len(args); i++ {
		left := len(args) - i - 1
		switch arg := args[i]; {
		case command.Is(arg, "asc"):
			o.isDesc = false
		case command.Is(arg, "desc"):
			o.isDesc = true
		case command.Is(arg, "alpha"):
			o.isAlpha = true
		case command.Is(arg, "limit") && left >= 2:
			var okStart, okCount bool
			o.start, okStart = command.ParseInt(args[i+1])
			o.count, okCount = command.ParseInt(args[i+2])
			if !okStart || !okCount {
				return command.ErrNotInt
			}
			i += 2
		case command.Is(arg, "store") && left >= 1 && !isReadOnly:
			i++
			o.store = args[i]
		case command.Is(arg, "by") && left >= 1:
			i++
			o.by = args[i]
			if !mayReadAll && bytes.IndexByte(o.by, '*') >= 0 {
				return errSortBy
			}
			// Once it was said, it holds, as in Valkey.
			o.isAsIs = o.isAsIs || bytes.IndexByte(o.by, '*') < 0
		case command.Is(arg, "get") && left >= 1:
			if !mayReadAll {
				return errSortGet
			}
			i++
			o.gets = append(o.gets, args[i])
		default:
			return command.ErrSyntax
		}
	}
	return nil
}

func isReadOnly(cmd *command.Command) bool { return cmd.Flags&command.Write == 0 }

// span returns which of n sorted elements are asked for: from start to end, which isn't one of them.
func (o *sorting) span(n int) (start, end int) {
	start = int(min(max(o.start, 0), int64(n)))
	if o.count < 0 {
		return start, n
	}
	return start, start + int(min(o.count, int64(n-start)))
}

// eachPattern visits the patterns by which the call looks keys up.
func (o *sorting) eachPattern(visit func(pattern []byte)) {
	if o.by != nil && !o.isAsIs {
		visit(o.by)
	}
	for _, p := range o.gets {
		if bytes.IndexByte(p, '*') >= 0 {
			visit(p)
		}
	}
}

// hasSortPattern says whether the call looks keys up for its elements.
func hasSortPattern(args [][]byte) bool {
	for i := 2; i+1 < len(args); i++ {
		if (command.Is(args[i], "by") || command.Is(args[i], "get")) && bytes.IndexByte(args[i+1], '*') >= 0 {
			return true
		}
	}
	return false
}

// routeSort picks the partitions of the key, of the destination, and of what patterns reach: all, unless a hash tag tells.
func routeSort(c *command.Call, m *partition.Mask) {
	var o sorting
	if o.parse(c.Args, isReadOnly(c.Cmd), true) != nil {
		return
	}
	m.Add(c.Set.Of(crc.Slot(c.Args[1])))
	if o.store != nil {
		m.Add(c.Set.Of(crc.Slot(o.store)))
	}
	o.eachPattern(func(pattern []byte) {
		if hasFixedTag(pattern) {
			m.Add(c.Set.Of(crc.Slot(pattern)))
		} else {
			m.Fill(c.Set.Len())
		}
	})
}

// hasFixedTag says whether the hash tag of a pattern stands in front of its *, so that it is that of all keys.
func hasFixedTag(pattern []byte) bool {
	front := pattern[:bytes.IndexByte(pattern, '*')]
	from := bytes.IndexByte(front, '{')
	if from < 0 {
		return false
	}
	// An empty tag is none, and the whole key counts.
	return bytes.IndexByte(front[from+1:], '}') > 0
}

// findSortKeys finds the key and the last destination.
func findSortKeys(args [][]byte, dst []command.KeyRef) ([]command.KeyRef, error) {
	dst = append(dst, command.KeyRef{Pos: 1, Flags: command.RO | command.Access})
	store := 0
	for i := 2; i < len(args); i++ {
		left := len(args) - i - 1
		switch arg := args[i]; {
		case command.Is(arg, "limit"):
			i += 2
		case command.Is(arg, "by"), command.Is(arg, "get"):
			i++
		case command.Is(arg, "store") && left >= 1:
			i++
			store = i
		}
	}
	if store > 0 && command.Is(args[0], "sort") {
		dst = append(dst, command.KeyRef{Pos: store, Flags: command.OW | command.Update})
	}
	return dst, nil
}

func sortKey(c *command.Call) error {
	var o sorting
	if err := o.parse(c.Args, isReadOnly(c.Cmd), c.MayReadAll()); err != nil {
		return err
	}
	db := c.DB(c.Args[1])
	e := db.Find(c.Args[1])
	if e.Exists() && e.Type() != object.TypeList && e.Type() != object.TypeSet && e.Type() != object.TypeZSet {
		return command.ErrWrongType
	}
	if o.isAsIs && o.store != nil && e.Exists() && e.Type() == object.TypeSet {
		// The order of a set is nobody's business, and what is stored has to be the same everywhere.
		o.isAsIs, o.isAlpha, o.by = false, true, nil
	}
	s := sorter{c: c, sorting: &o}
	if e.Exists() {
		if c.IsLong(s.work(e.Count())) {
			return command.TooLong
		}
		s.load(db, e)
	}
	if !o.isAsIs {
		if err := s.weigh(); err != nil {
			return err
		}
		s.order()
	}
	if o.store != nil {
		return s.keep()
	}
	s.reply()
	return nil
}

// keep stores the result as a list.
func (s *sorter) keep() error {
	c, key := s.c, s.store
	result := s.result()
	db := c.DB(key)
	if len(result) == 0 {
		if db.Delete(key) {
			db.Notify(keyspace.ClassGeneric, "del", key)
			c.Dirty++
		}
		c.W.Int(0)
		return nil
	}
	space := db.Space()
	e := object.NewCollection(space.Arena(), key, object.TypeList, keyspace.EmptyEncoding(object.TypeList), keyspace.NoTTL, 0)
	if !e.Exists() {
		return command.ErrOOM
	}
	list := e.AsList(space.Env())
	isOK := list.Grow(result...)
	for i := 0; i < len(result) && isOK; i++ {
		isOK = list.PushLast(result[i])
	}
	if !isOK {
		e.Free()
		return command.ErrOOM
	}
	if db.Place(e, key) != nil {
		return command.ErrOOM
	}
	db.Notify(keyspace.ClassList, "sortstore", key)
	c.Dirty += int64(len(result))
	c.W.Int(int64(len(result)))
	return nil
}
