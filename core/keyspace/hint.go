package keyspace

import (
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/datastruct/table"
	"github.com/sleipnirdb/sleipnir/internal/invariant"
)

// Hint is what HintBucket tells HintEntry. The zero value is for nothing.
type Hint struct {
	home arena.Ref
	hash uint64
}

// HintBucket starts loading what a look-up in database db of the key will need first. It may be called without the lease: it
// is a guess that changes nothing. Builds with assertions leave it out.
func (s *Space) HintBucket(db int, key []byte) (h Hint) {
	if invariant.Enabled {
		return h
	}
	if d := s.dbs[db]; d != nil {
		h.hash = object.HashOf(d.seed, key)
		h.home = d.table.HintBucket(d.arena, h.hash)
	}
	return h
}

// HintEntry starts loading the entry itself, once what HintBucket asked for has come.
func (s *Space) HintEntry(h Hint) {
	if h.home != 0 {
		table.HintHit(s.arena, h.home, h.hash)
	}
}
