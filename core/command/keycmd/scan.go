package keycmd

import (
	"bytes"
	"math/rand/v2"
	"strconv"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/internal/crc"
	"github.com/sleipnirdb/sleipnir/internal/glob"
)

// A cursor of SCAN holds the partition in its low bits and, above, where to go
// on in it. Partitions are walked in order; 0 is the start and the end.
const partitionBits = 10

const (
	_ = uint(partition.MaxCount - 1<<partitionBits)
	_ = uint(1<<partitionBits - partition.MaxCount)
)

const (
	defaultScanCount = 10
	// minScanSpan is how many partitions a call of SCAN may look into, so that
	// a small keyspace does not take a call for each.
	minScanSpan = 16
)

// scanPlace splits a cursor into the partition and the position in it.
func scanPlace(cursor uint64) (p int, position uint64) {
	return int(cursor & (1<<partitionBits - 1)), cursor &^ (1<<partitionBits - 1)
}

// routeScan picks the partitions that a call may visit: the next ones that hold
// keys, as many as the count may need.
func routeScan(c *command.Call, m *partition.Mask) {
	cursor, _ := command.ParseCursor(c.Args[1])
	span := minScanSpan
	for i := 2; i+1 < len(c.Args); i++ {
		if n, ok := command.ParseInt(c.Args[i+1]); ok && command.Is(c.Args[i], "count") {
			span = max(span, int(min(n, partition.MaxCount)))
		}
	}
	for p, _ := scanPlace(cursor); p < c.Set.Len() && span > 0; p++ {
		if !c.Set.Space(p).Empty() {
			m.Add(p)
			span--
		}
	}
}

// nextPopulated returns the first partition from p on that holds keys, or 0 and
// false. A key that was there during the whole scan is not overlooked: its
// partition was never empty.
func nextPopulated(c *command.Call, p int) (int, bool) {
	for ; p < c.Set.Len(); p++ {
		if !c.Set.Space(p).Empty() {
			return p, true
		}
	}
	return 0, false
}

// scanFilter is what SCAN's options ask for.
type scanFilter struct {
	count   int
	pattern []byte // nil: all
	kind    []byte // nil: any
}

func (f *scanFilter) parse(args [][]byte) error {
	f.count = defaultScanCount
	for i := 0; i < len(args); i += 2 {
		if i+1 >= len(args) {
			return command.ErrSyntax
		}
		switch value := args[i+1]; {
		case command.Is(args[i], "count"):
			n, ok := command.ParseInt(value)
			if !ok {
				return command.ErrNotInt
			}
			if n < 1 {
				return command.ErrSyntax
			}
			f.count = int(min(n, 1<<30))
		case command.Is(args[i], "match"):
			f.pattern = value
			if string(value) == "*" {
				f.pattern = nil
			}
		case command.Is(args[i], "type"):
			if !isType(value) {
				return command.Error("ERR unknown type name '" + command.Echo(value) + "'")
			}
			f.kind = value
		default:
			return command.ErrSyntax
		}
	}
	return nil
}

// isType tells whether a word names a type of values, in any case.
func isType(word []byte) bool {
	for _, name := range [...]string{"string", "list", "set", "zset", "hash", "stream"} {
		if command.Is(word, name) {
			return true
		}
	}
	return false
}

func (f *scanFilter) passes(c *command.Call, e keyspace.Entry) bool {
	if f.kind != nil && !command.Is(f.kind, e.Type().String()) {
		return false
	}
	return (f.pattern == nil || glob.Match(f.pattern, e.Key(), false)) && c.Shows(e.Key())
}

func scan(c *command.Call) error {
	cursor, err := command.ParseCursor(c.Args[1])
	if err != nil {
		return err
	}
	var f scanFilter
	if err := f.parse(c.Args[2:]); err != nil {
		return err
	}
	start, position := scanPlace(cursor)
	next := uint64(0)
	var keys [][]byte
	visited := 0
	for p := c.Held.Next(start); p >= 0; p = c.Held.Next(p + 1) {
		if p != start {
			position = 0
		}
		for visited < f.count {
			position = c.Set.Space(p).DB(c.Session.DB).Scan(position, f.count-visited, func(e keyspace.Entry) bool {
				visited++
				return f.passes(c, e)
			}, func(e keyspace.Entry) { keys = append(keys, append([]byte(nil), e.Key()...)) })
			if position == 0 {
				break
			}
		}
		start = p + 1
		if position != 0 {
			next = position | uint64(p) // #nosec G115 -- an index
			break
		}
		if visited >= f.count {
			break
		}
	}
	if next == 0 {
		if more, ok := nextPopulated(c, start); ok {
			next = uint64(more) // #nosec G115 -- an index
		}
	}
	c.W.Array(2)
	c.W.BulkString(strconv.FormatUint(next, 10))
	c.W.Array(len(keys))
	for _, key := range keys {
		c.W.Bulk(key)
	}
	return nil
}

// keysStep is how much of a table one step of KEYS visits.
const keysStep = 1 << 12

// routeKeys picks the partition of the keys that can match, or all.
func routeKeys(c *command.Call, m *partition.Mask) {
	if pattern := c.Args[1]; isOfOneTag(pattern) {
		m.Add(c.Set.Of(crc.Slot(pattern)))
	} else {
		m.Fill(c.Set.Len())
	}
}

// isOfOneTag reports whether all keys that match a pattern have the same hash
// tag: it stands in the pattern with nothing special in it or before it.
func isOfOneTag(pattern []byte) bool {
	from := bytes.IndexByte(pattern, '{')
	if from < 0 {
		return false
	}
	n := bytes.IndexByte(pattern[from+1:], '}')
	return n > 0 && !bytes.ContainsAny(pattern[:from+1+n], `*?[\`)
}

func keys(c *command.Call) error {
	pattern := c.Args[1]
	all := string(pattern) == "*"
	mark, n := c.W.Defer(), 0
	for p := c.Held.Next(0); p >= 0; p = c.Held.Next(p + 1) {
		db := c.Set.Space(p).DB(c.Session.DB)
		for position := uint64(0); ; {
			position = db.Scan(position, keysStep, nil, func(e keyspace.Entry) {
				if key := e.Key(); (all || glob.Match(pattern, key, false)) && c.Shows(key) {
					c.W.Bulk(key)
					n++
				}
			})
			if position == 0 {
				break
			}
		}
	}
	c.W.DoneArray(mark, n)
	return nil
}

// maxRandomTries bounds how often RANDOMKEY draws a partition whose key turns
// out to be expired, or isn't to be shown.
const maxRandomTries = 100

func randomkey(c *command.Call) error {
	for range maxRandomTries {
		total := 0
		for p := range c.Set.Len() {
			total += c.Set.Space(p).DB(c.Session.DB).Len()
		}
		if total == 0 {
			break
		}
		at := rand.IntN(total) // #nosec G404 -- a sample, not a secret
		for p := range c.Set.Len() {
			db := c.Set.Space(p).DB(c.Session.DB)
			if at -= db.Len(); at >= 0 {
				continue
			}
			if e := db.Random(); e.Exists() && c.Shows(e.Key()) {
				c.W.Bulk(e.Key())
				return nil
			}
			break
		}
	}
	c.W.Null()
	return nil
}
