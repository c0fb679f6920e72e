package object

import (
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
	"github.com/sleipnirdb/sleipnir/datastruct/table"
)

// Hash is the view of an entry that holds a hash: fields with values, and maybe with expiries of their own.
//
// # Encodings
//
//	listpack   the root is a packed block: field, value, field, value, in the order in which the fields came
//	hashtable  the root is a hashRoot: a table of pairs (hash_pair.go), and the order of the fields that expire
//
// A hash begins as listpack and turns into a hashtable when it has more fields, or a field or value is longer, than the
// limits allow, or when a field gets an expiry. It never turns back.
//
// # Fields that expire
//
// An expiry stands in the field's pair. Besides, [timedFields] holds the order of a hash's expiries; a hash that never had one has
// no such order and pays nothing, not even a look: flagFieldExpiry is in the header that is read anyway, and the flag of a field in
// the byte that tells its length.
//
// A field whose time has come is there until [Hash.TakeExpired] takes it, but for the methods of a view with a clock it isn't: they
// don't find it, and they don't show it. Only Len counts it.
//
// Fields and values that are handed in are copied, and may not be views of the arena. What comes out is a view, valid until the hash
// is changed.
type Hash struct {
	Entry
	env *Env
	now int64 // unix ms; 0 shows the fields whose time has come
}

// AsHash returns the view of an entry that holds a hash, at an instant in unix ms: fields whose expiry lies before it are hidden. 0
// hides none.
func (e Entry) AsHash(env *Env, now int64) Hash { return Hash{e, env, now} }

// All returns the view that hides nothing.
func (h Hash) All() Hash { return Hash{h.Entry, h.env, 0} }

// hashRoot is the root of a hash that isn't packed. It lives in a block of the arena.
type hashRoot struct {
	table table.Table
	timed arena.Ref // a timedFields; 0 = no field has had an expiry
}

const hashRootBytes = 56

func hashRootAt(a *arena.Arena, root arena.Ref) *hashRoot { return (*hashRoot)(a.Ptr(root)) }

// KeepExpiry says that a field keeps the expiry that it has.
const KeepExpiry int64 = -1

// Done is what a change of a field came to.
type Done uint8

// What Set can have done.
const (
	Failed  Done = iota // out of memory: nothing has changed
	Added               // the field is new
	Changed             // the field has another value
	Revived             // the field's time had come; it is as if it were new
)

// Len returns the number of fields, those included whose time has come.
func (h Hash) Len() int {
	root := h.Root()
	switch {
	case root == 0:
		return 0
	case h.isPacked():
		return hashBlock(h.a, root).Len() / 2
	}
	return hashRootAt(h.a, root).table.Len()
}

// Live returns the number of fields whose time hasn't come.
func (h Hash) Live() int { return h.Len() - h.Expired() }

func (h Hash) isPacked() bool { return h.Encoding() == EncListpack }

// hashBlock returns what is used of the packed block at root.
func hashBlock(a *arena.Arena, root arena.Ref) packed.Block {
	used := packed.Block(a.Bytes(root, packed.HeaderBytes)).Used()
	return packed.Block(a.Bytes(root, used))
}

// roomyBlock returns the packed block at root with all its room.
func roomyBlock(a *arena.Arena, root arena.Ref) packed.Block {
	return packed.Block(a.Bytes(root, a.Cap(root)))
}

// Get returns the value of a field.
func (h Hash) Get(field []byte) (v packed.Value, ok bool) {
	root := h.Root()
	if root == 0 {
		return v, false
	}
	if h.isPacked() {
		b := hashBlock(h.a, root)
		at := b.Find(packed.HeaderBytes, packed.Encode(field), 1)
		if at < 0 {
			return v, false
		}
		return b.Get(at + b.Size(at)), true
	}
	ref := hashRootAt(h.a, root).find(h, field)
	if ref == 0 {
		return v, false
	}
	p := pairAt(h.a, ref)
	if p.flags != 0 && h.hides(p) {
		return v, false
	}
	return packed.Value{Bytes: p.value()}, true
}

// hides says whether the pair's time has come.
func (h Hash) hides(p hashPair) bool { return p.flags&pairTimed != 0 && p.expireAt() < h.now }

// find returns the pair with a field, 0 if there is none.
func (r *hashRoot) find(h Hash, field []byte) arena.Ref {
	p := r.table.Find(h.a, HashOf(h.env.Seed, field))
	for {
		ref, ok := p.Next()
		if !ok || hasField(h.a, ref, field) {
			return ref
		}
	}
}

// Fit makes the hash ready for fields and values to come, in turn: it becomes a hashtable if they are too many or one of them is too
// long for a packed one. It returns false if the arena is out of memory.
func (h Hash) Fit(words [][]byte) bool {
	if !h.isPacked() {
		return true
	}
	limits := h.env.Limits
	tooLarge := int64(len(words)/2) > limits.HashEntries.Load()
	most := limits.HashValue.Load()
	total := 0
	for _, w := range words {
		tooLarge = tooLarge || int64(len(w)) > most
		total += len(w)
	}
	if root := h.Root(); root != 0 && !tooLarge {
		tooLarge = hashBlock(h.a, root).Used()+total > packed.MaxUsed/2
	}
	return !tooLarge || h.convert()
}

// Set gives a field a value, and an expiry in unix ms: 0 for none, or KeepExpiry. Before a field gets an expiry, Track must have said
// yes.
func (h Hash) Set(field, value []byte, expireAt int64) Done {
	if h.isPacked() {
		most := h.env.Limits.HashValue.Load()
		if expireAt <= 0 && int64(len(field)) <= most && int64(len(value)) <= most {
			return h.setPacked(field, value)
		}
		if !h.convert() {
			return Failed
		}
	}
	return hashRootAt(h.a, h.Root()).set(h, field, value, expireAt)
}

// Delete removes a field and says whether it was there. It is for the caller to remove a hash without fields.
func (h Hash) Delete(field []byte) bool {
	root := h.Root()
	if root == 0 {
		return false
	}
	if h.isPacked() {
		return h.deletePacked(root, field)
	}
	r := hashRootAt(h.a, root)
	hash := HashOf(h.env.Seed, field)
	ref := r.find(h, field)
	if ref == 0 || h.hides(pairAt(h.a, ref)) {
		return false
	}
	r.remove(h, hash, ref)
	return true
}
