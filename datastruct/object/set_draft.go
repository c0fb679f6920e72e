package object

import (
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

// SetDraft is a set that isn't at a key yet: the result of a command on its way, or what a file holds. It is used up by Set.Adopt, or
// freed.
type SetDraft struct{ Members }

// NewSetDraft returns a draft without members that takes its memory from a.
func NewSetDraft(a *arena.Arena, env *Env, enc Encoding) SetDraft {
	return SetDraft{Members{a, env, enc, 0}}
}

// Add adds a member, a view of something else, and says whether it is new. ok is false if the arena is out of memory.
func (d *SetDraft) Add(v packed.Value) (added, ok bool) { return d.Members.add(v) }

// Remove takes a member out and says whether it was there.
func (d *SetDraft) Remove(v packed.Value) bool { return d.root != 0 && d.Members.remove(v) }

// ToIntset makes an intset of a draft of which all members are integers, if the limits allow that.
func (d *SetDraft) ToIntset() { d.toIntset() }

// Free gives the draft's memory back.
func (d *SetDraft) Free() { d.free() }

// Adopt makes the draft, which is of the same arena and has members, the content of the set. What the set held is freed.
func (s Set) Adopt(d *SetDraft) {
	old := s.Members()
	s.SetRoot(d.enc, d.root)
	d.root = 0
	old.free()
}
