package object

import (
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/tree"
)

// timedFields is what a hash has besides as soon as a field has an expiry. It lives in a block of the arena.
type timedFields struct {
	order   tree.Tree // of the pairs that have an expiry, by that
	tracked int64     // where the keyspace has the hash in its own order, see Tracked
}

const timedFieldsBytes = 40

func timedFieldsAt(a *arena.Arena, ref arena.Ref) *timedFields { return (*timedFields)(a.Ptr(ref)) }

// HasFieldExpiry says whether the entry is a hash with fields that have an expiry. Then the keyspace must know when the first one
// is due.
func (e Entry) HasFieldExpiry() bool { return e.head()[offFlags]&flagFieldExpiry != 0 }

// HasFieldExpiry is the entry's.
func (h Head) HasFieldExpiry() bool { return h>>(8*offFlags)&flagFieldExpiry != 0 }

// timed returns what the hash knows of expiries, nil if none has been there.
func (h Hash) timed() *timedFields {
	if !h.HasFieldExpiry() {
		return nil
	}
	return timedFieldsAt(h.a, hashRootAt(h.a, h.Root()).timed)
}

// Track makes the hash one whose fields may have an expiry. It returns false, with nothing changed but maybe the encoding, if the
// arena is out of memory.
func (h Hash) Track() bool {
	if h.HasFieldExpiry() {
		return true
	}
	if h.isPacked() && !h.convert() {
		return false
	}
	ref := h.a.Alloc(timedFieldsBytes, arena.PurposeObject)
	if ref == 0 {
		return false
	}
	*timedFieldsAt(h.a, ref) = timedFields{order: tree.New(arena.PurposeTree)}
	hashRootAt(h.a, h.Root()).timed = ref
	h.head()[offFlags] |= flagFieldExpiry
	return true
}

// Untrack undoes Track. No field has an expiry, and the keyspace doesn't know the hash any more.
func (h Hash) Untrack() {
	r := hashRootAt(h.a, h.Root())
	h.a.Free(r.timed, arena.PurposeObject)
	r.timed = 0
	h.head()[offFlags] &^= flagFieldExpiry
}

// Tracked returns the instant at which the keyspace has noted the hash for the first of its expiries, 0 if it hasn't. It isn't later
// than that expiry.
func (h Hash) Tracked() int64 {
	if t := h.timed(); t != nil {
		return t.tracked
	}
	return 0
}

// SetTracked notes what Tracked shall return.
func (h Hash) SetTracked(at int64) { h.timed().tracked = at }

// FirstExpiry returns the earliest expiry of a field, 0 if none has one.
func (h Hash) FirstExpiry() int64 {
	t := h.timed()
	if t == nil {
		return 0
	}
	it, _ := t.order.First(h.a)
	return int64(it.Key)
}

// Timed returns the number of fields with an expiry.
func (h Hash) Timed() int {
	if t := h.timed(); t != nil {
		return t.order.Len()
	}
	return 0
}

// Expired returns the number of fields whose time has come.
func (h Hash) Expired() int {
	if t := h.timed(); t != nil && h.now > 0 {
		return t.order.RankKey(h.a, uint64(h.now))
	}
	return 0
}

// Expiry returns the expiry of a field, 0 if it has none; false if the field isn't there.
func (h Hash) Expiry(field []byte) (at int64, ok bool) {
	if h.isPacked() {
		_, ok = h.Get(field)
		return 0, ok
	}
	ref := hashRootAt(h.a, h.Root()).find(h, field)
	if ref == 0 {
		return 0, false
	}
	p := pairAt(h.a, ref)
	return p.expireAt(), !h.hides(p)
}

// SetExpiry gives a field that is there an expiry in unix ms, for which Track has said yes, or takes it away for 0. It returns false, with nothing
// changed, if the arena is out of memory.
func (h Hash) SetExpiry(field []byte, at int64) bool {
	if h.isPacked() {
		return at == 0
	}
	r := hashRootAt(h.a, h.Root())
	ref := r.find(h, field)
	p := pairAt(h.a, ref)
	was := p.expireAt()
	if was == at {
		return true
	}
	if was != 0 && at != 0 {
		if !r.reorder(h.a, was, ref, at, ref) {
			return false
		}
		p.setExpireAt(at)
		return true
	}
	fresh := p.retimed(at)
	if fresh == 0 {
		return false
	}
	if !r.reorder(h.a, was, ref, at, fresh) {
		pairAt(h.a, fresh).drop()
		return false
	}
	r.table.Replace(h.a, HashOf(h.env.Seed, field), ref, fresh)
	p.drop()
	return true
}

// reorder notes that the pair old with the expiry was has become fresh with the expiry at. Each may be 0 for none. It returns false, with nothing
// changed, if the arena is out of memory, which can't happen if at is 0.
func (r *hashRoot) reorder(a *arena.Arena, was int64, old arena.Ref, at int64, fresh arena.Ref) bool {
	if was == 0 && at == 0 {
		return true
	}
	order := &timedFieldsAt(a, r.timed).order
	if was == at {
		return old == fresh || order.Replace(a, uint64(at), old, fresh, nil)
	}
	if at != 0 && !order.Insert(a, uint64(at), fresh, nil) {
		return false
	}
	if was != 0 && !order.Delete(a, uint64(was), old, nil) {
		panic("object: an expiry isn't in its order")
	}
	return true
}

// AppendExpired appends up to limit fields whose time has come, the longest due first. They are views.
func (h Hash) AppendExpired(dst [][]byte, limit int) [][]byte {
	t := h.timed()
	if t == nil {
		return dst
	}
	for c := t.order.Begin(h.a); limit > 0 && c.Valid() && int64(c.Item().Key) < h.now; c.Next(h.a) {
		dst = append(dst, pairAt(h.a, c.Item().Ref).field())
		limit--
	}
	return dst
}

// TakeExpired removes up to limit fields whose time has come, the longest due first, and returns how many.
func (h Hash) TakeExpired(limit int) int {
	t := h.timed()
	if t == nil {
		return 0
	}
	r, n := hashRootAt(h.a, h.Root()), 0
	for ; n < limit; n++ {
		it, ok := t.order.First(h.a)
		if !ok || int64(it.Key) >= h.now {
			break
		}
		t.order.PopFirst(h.a)
		p := pairAt(h.a, it.Ref)
		r.unlink(h, HashOf(h.env.Seed, p.field()), p)
	}
	return n
}
