package keyspace

import (
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/datastruct/table"
	"github.com/sleipnirdb/sleipnir/internal/invariant"
)

// Hint is what one hint tells the next. The zero value is for nothing.
type Hint struct {
	home  arena.Ref
	hash  uint64
	entry arena.Ref
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

// HintEntry starts loading the entry itself, once what HintBucket asked for has come; and the member, once what HintMember asked for
// has.
func (s *Space) HintEntry(h *Hint) {
	if h.home != 0 {
		h.entry = table.HintHit(s.arena, h.home, h.hash)
	}
}

// HintMember starts loading what the look-up of a member or field in the collection will need first, once the entry has come.
func (s *Space) HintMember(h *Hint, member []byte) {
	if h.home = 0; h.entry != 0 {
		h.home, h.hash = object.HintMember(s.arena, h.entry, s.seed, member)
	}
}
