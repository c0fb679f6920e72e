package check

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"github.com/sleipnirdb/sleipnir/core/rdb"
)

// record is one key as the statistics see it.
type record struct {
	database uint64
	key      []byte
	form     rdb.Type
	bytes    int64 // that the value takes in the file
	elements int64
}

// biggest is how many of the largest keys are told.
const biggest = 10

// maxShownKey is how much of a key is told.
const maxShownKey = 128

// keyStats are the keys by form, and the largest ones.
type keyStats struct {
	forms map[rdb.Type]*formStats
	top   []record // the largest first
}

type formStats struct{ keys, bytes, elements int64 }

func (s *keyStats) add(r record) {
	if s.forms == nil {
		s.forms = make(map[rdb.Type]*formStats)
	}
	f := s.forms[r.form]
	if f == nil {
		f = &formStats{}
		s.forms[r.form] = f
	}
	f.keys++
	f.bytes += r.bytes
	f.elements += r.elements
	if len(s.top) == biggest && s.top[biggest-1].bytes >= r.bytes {
		return
	}
	at, _ := slices.BinarySearchFunc(s.top, r.bytes, func(t record, n int64) int { return cmp.Compare(n, t.bytes) })
	r.key = bytes.Clone(r.key[:min(len(r.key), maxShownKey)])
	s.top = slices.Insert(s.top, at, r)
	s.top = s.top[:min(len(s.top), biggest)]
}

func (s *keyStats) print(t Tool) {
	t.say("[stats] %-18s %12s %15s %15s %15s\n", "type", "keys", "elements", "bytes", "bytes a key")
	for _, form := range slices.Sorted(maps.Keys(s.forms)) {
		f := s.forms[form]
		t.say("[stats] %-18s %12d %15d %15d %15.1f\n", form, f.keys, f.elements, f.bytes, float64(f.bytes)/float64(f.keys))
	}
	for i, r := range s.top {
		t.say("[stats] biggest %2d: db %d, key '%s', %s, %d bytes, %d elements\n", i+1, r.database, r.key, r.form, r.bytes, r.elements)
	}
}
