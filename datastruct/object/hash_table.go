package object

import (
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

// set is Hash.Set for a hashtable.
func (r *hashRoot) set(h Hash, field, value []byte, expireAt int64) Done {
	ref := r.find(h, field)
	if ref == 0 {
		return r.add(h, field, value, max(expireAt, 0))
	}
	p, done := pairAt(h.a, ref), Changed
	was := p.expireAt()
	if h.hides(p) {
		done = Revived
	}
	if expireAt == KeepExpiry {
		expireAt = was
		if done == Revived {
			expireAt = 0
		}
	}
	if was == expireAt && p.overwrite(value) {
		return done
	}
	fresh := newPair(h.a, field, value, expireAt)
	if fresh == 0 {
		return Failed
	}
	if !r.reorder(h.a, was, ref, expireAt, fresh) {
		pairAt(h.a, fresh).free()
		return Failed
	}
	r.table.Replace(h.a, HashOf(h.env.Seed, field), ref, fresh)
	p.free()
	return done
}

// add adds a field that isn't there.
func (r *hashRoot) add(h Hash, field, value []byte, expireAt int64) Done {
	ref := newPair(h.a, field, value, expireAt)
	if ref == 0 {
		return Failed
	}
	if expireAt != 0 && !r.reorder(h.a, 0, 0, expireAt, ref) {
		pairAt(h.a, ref).free()
		return Failed
	}
	if !r.table.Insert(h.a, HashOf(h.env.Seed, field), ref, h.hashOf()) {
		r.reorder(h.a, expireAt, ref, 0, 0)
		pairAt(h.a, ref).free()
		return Failed
	}
	return Added
}

// remove removes a pair, whose field has this hash.
func (r *hashRoot) remove(h Hash, hash uint64, ref arena.Ref) {
	p := pairAt(h.a, ref)
	r.reorder(h.a, p.expireAt(), ref, 0, 0)
	r.unlink(h, hash, p)
}

// unlink removes a pair that isn't in the order of expiries.
func (r *hashRoot) unlink(h Hash, hash uint64, p hashPair) {
	if !r.table.Delete(h.a, hash, p.ref, h.hashOf()) {
		panic("object: a pair isn't in its hash")
	}
	p.free()
}

// hashOf returns the function that tells the table the hash of a pair. It is small enough to be inlined, so that the function stays on
// the caller's stack.
func (h Hash) hashOf() func(arena.Ref) uint64 {
	a, seed := h.a, h.env.Seed
	return func(ref arena.Ref) uint64 { return HashOf(seed, pairAt(a, ref).field()) }
}
