package check

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sleipnirdb/sleipnir/core/aof"
)

// commandStats are the commands of append-only files.
type commandStats struct {
	names       map[string]*commandCount
	first, last int64 // unix s of the annotations, 0 for none
}

type commandCount struct{ calls, bytes int64 }

// Bounds of what hostile files can make the statistics hold.
const (
	maxNames       = 1 << 12
	maxNameBytes   = 64
	otherNames     = "(others)"
	bulkOverhead   = 5 // at least, of each argument
	timestampStyle = "2006-01-02 15:04:05 MST"
)

func (s *commandStats) add(rec aof.Record) {
	if at, ok := rec.Time(); ok {
		if s.first == 0 {
			s.first = at
		}
		s.last = at
	}
	if len(rec.Args) == 0 {
		return
	}
	if s.names == nil {
		s.names = make(map[string]*commandCount)
	}
	name := otherNames
	if len(rec.Args[0]) <= maxNameBytes {
		name = strings.ToUpper(string(rec.Args[0]))
	}
	n := s.names[name]
	if n == nil && len(s.names) >= maxNames {
		name = otherNames
		n = s.names[name]
	}
	if n == nil {
		n = &commandCount{}
		s.names[name] = n
	}
	n.calls++
	for _, a := range rec.Args {
		n.bytes += int64(len(a)) + bulkOverhead
	}
}

func (s *commandStats) print(t Tool) {
	if s.first != 0 {
		t.say("[stats] written from %s to %s\n", time.Unix(s.first, 0).UTC().Format(timestampStyle), time.Unix(s.last, 0).UTC().Format(timestampStyle))
	}
	t.say("[stats] %-24s %12s %15s\n", "command", "calls", "bytes")
	names := slices.SortedFunc(maps.Keys(s.names), func(a, b string) int {
		return cmp.Or(cmp.Compare(s.names[b].bytes, s.names[a].bytes), cmp.Compare(a, b))
	})
	for _, name := range names {
		t.say("[stats] %-24q %12d %15d\n", name, s.names[name].calls, s.names[name].bytes)
	}
}
