package keyspace

import "github.com/sleipnirdb/sleipnir/datastruct/arena"

// Detached is an arena with all that was in it, after a flush.
type Detached struct{ arena *arena.Arena }

// Dispose gives the next few chunks of memory back and says whether there are more. No lease is needed: nobody else knows
// the arena any more. It is for a goroutine of the caller's, off the loops.
func (o *Detached) Dispose(maxChunks int) (more bool) { panic("not yet") }

// FlushAll removes all keys of all databases at once and returns how many there were. The old arena, nil if it was unused, is the caller's to
// dispose of.
func (s *Space) FlushAll() (removed int, old *Detached) { panic("not yet") }

// FlushDB removes all keys of database i and returns how many there were. If no other database has keys, the arena is replaced and old is to be
// disposed of as with FlushAll; else old is nil and FreeSlice frees the keys.
func (s *Space) FlushDB(i int) (removed int, old *Detached) { panic("not yet") }

// SwapDB exchanges the keys of two databases. Watchers and the names of the databases stay where they are.
func (s *Space) SwapDB(i, j int) { panic("not yet") }

// FreeSlice frees what was unlinked or flushed, until nothing is left or about budgetNanos have passed (0 means the default), and says whether
// more is left.
func (s *Space) FreeSlice(budgetNanos int64) (more bool) { panic("not yet") }

// Garbage says how many keys and values wait for FreeSlice, about.
func (s *Space) Garbage() int { panic("not yet") }

type garbage struct{}
