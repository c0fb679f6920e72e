package keyspace

import (
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/internal/invariant"
)

// Hash returns the key's hash, for the hints. Atomic.
func (s *Space) Hash(key []byte) uint64 { return object.HashOf(s.seed, key) }

// HintBucket starts loading what a look-up in database db of the key with this hash will need first. It may be called without the lease: it
// is a guess that changes nothing. Builds with assertions leave it out.
func (s *Space) HintBucket(db int, h uint64) {
	if invariant.Enabled {
		return
	}
	if d := s.dbs[db]; d != nil {
		d.table.HintBucket(d.arena, h)
	}
}

// HintEntry starts loading the entry itself, once what HintBucket asked for has come.
func (s *Space) HintEntry(db int, h uint64) {
	if invariant.Enabled {
		return
	}
	if d := s.dbs[db]; d != nil {
		d.table.HintHit(d.arena, h)
	}
}
