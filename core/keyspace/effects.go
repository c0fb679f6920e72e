package keyspace

import "github.com/sleipnirdb/sleipnir/core/journal"

// Removal says why a key was removed without a command that said so.
type Removal uint8

// The reasons.
const (
	// Expired: its time had come, or a command gave it an expiry in the past.
	Expired Removal = iota
	// Evicted: its memory was needed.
	Evicted
	// Replaced: a command left nothing in its place.
	Replaced

	removals
)

// Effects gathers for the journal what happens to the data: the commands that repeat what is done under one set of leases. What the
// keyspace removes by itself it adds on its own, when it happens; so a removal stands before what the command that met it did.
//
// It belongs to the executor that holds the leases.
type Effects struct {
	journal.Unit
	// Unlinks says that removals for a reason are told as UNLINK, not DEL (the directives lazyfree-lazy-*).
	Unlinks [removals]bool

	fields [][]byte // scratch
}

// Delete adds the removal of a key.
func (f *Effects) Delete(db int, key []byte, why Removal) {
	if f.Unlinks[why] {
		f.Add(db, []byte("UNLINK"), key)
		return
	}
	f.Add(db, []byte("DEL"), key)
}

// deleteFields adds the removal of fields of a hash, which with the last of them goes too.
func (f *Effects) deleteFields(db int, key []byte, fields [][]byte) {
	if len(fields) > 0 {
		f.AddList(db, fields, []byte("HDEL"), key)
	}
	clear(fields)
	f.fields = fields[:0]
}

// Gather sets where the effects of whoever holds the lease go; nil while no journal is on.
func (s *Space) Gather(f *Effects) {
	if s.effects != f {
		s.effects = f
	}
}

// Gathers says whether effects go to f.
func (s *Space) Gathers(f *Effects) bool { return s.effects == f }

// gone tells the journal that a key is being removed.
func (d *DB) gone(key []byte, why Removal) {
	if f := d.space.effects; f != nil {
		f.Delete(d.number, key, why)
	}
}
