package object

import (
	"fmt"
	"math"
	"strconv"
	"sync/atomic"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

// Collections: lists, sets, sorted sets, hashes and streams.
//
// The entry of a collection holds one reference, its root. What stands there is the type's own affair, told by
// the encoding: a packed block, or a block that holds the value of a table, a tree and the like. The rest of the program knows of a
// collection what the functions of its kind say.

// Limits are the directives that say when a collection changes its encoding. They may be changed at any time, by any goroutine.
type Limits struct {
	HashEntries, HashValue          atomic.Int64 // hash-max-listpack-entries, -value
	SetIntset, SetEntries, SetValue atomic.Int64 // set-max-intset-entries, set-max-listpack-entries, -value
	ZSetEntries, ZSetValue          atomic.Int64 // zset-max-listpack-entries, -value
	ListSize, ListCompress          atomic.Int64 // list-max-listpack-size, list-compress-depth
	StreamBytes, StreamEntries      atomic.Int64 // stream-node-max-bytes, -entries
}

// SetDefaults gives the limits the values that the directives have by default.
func (l *Limits) SetDefaults() {
	l.HashEntries.Store(512)
	l.HashValue.Store(64)
	l.SetIntset.Store(512)
	l.SetEntries.Store(128)
	l.SetValue.Store(64)
	l.ZSetEntries.Store(128)
	l.ZSetValue.Store(64)
	l.ListSize.Store(-2)
	l.ListCompress.Store(0)
	l.StreamBytes.Store(4096)
	l.StreamEntries.Store(100)
}

// Env is what collections need to know of the process they live in.
type Env struct {
	Seed   uint64 // of the hash of fields and members, the same for all partitions
	Limits *Limits
}

// NewEnv returns an environment with the default limits.
func NewEnv(seed uint64) *Env {
	env := &Env{Seed: seed, Limits: &Limits{}}
	env.Limits.SetDefaults()
	return env
}

// kind is what the rest of the program can do with a collection whatever its type. A root of 0 is an empty collection.
type kind struct {
	// free frees about limit elements and returns what is left to be freed, 0 when nothing is.
	free func(a *arena.Arena, enc Encoding, root arena.Ref, limit int) arena.Ref
	// copy makes a deep copy, maybe into another arena. It returns false, with nothing left allocated, if that is out of memory.
	copy func(from *arena.Arena, enc Encoding, root arena.Ref, to *arena.Arena, env *Env) (arena.Ref, bool)
	// len returns the number of elements.
	len func(a *arena.Arena, enc Encoding, root arena.Ref) int
	// size returns the bytes in the arena, estimated from so many samples; exact for 0.
	size func(a *arena.Arena, enc Encoding, root arena.Ref, samples int) int
	// sane checks the invariants.
	sane func(a *arena.Arena, enc Encoding, root arena.Ref, env *Env) error
}

// kindOf returns the functions of a type of collections. It is no table, as the functions of one kind may use it.
func kindOf(t Type) kind {
	switch t {
	case TypeList:
		return listKind
	case TypeSet:
		return setKind
	case TypeZSet:
		return zsetKind
	case TypeHash:
		return hashKind
	case TypeStream:
		return streamKind()
	}
	panic("object: " + t.String() + " is no collection")
}

// rootBytes is the size of a collection's body.
const rootBytes = arena.RefBytes

// NewCollection builds an entry for an empty collection. It returns the zero Entry if the arena is out of memory.
func NewCollection(a *arena.Arena, key []byte, t Type, enc Encoding, expireAt int64, access uint32) Entry {
	flag := expiryFlag(expireAt)
	size := headSize(key) + int(slotSize[flag]) + rootBytes
	ref := a.Alloc(size, arena.PurposeEntry)
	if ref == 0 {
		return Entry{}
	}
	b := a.Bytes(ref, size)
	at := putHead(b, t, enc, flag, access, key)
	at += putExpiry(b[at:], flag, expireAt)
	arena.PutRef(b[at:], 0)
	return Entry{a, ref}
}

// Root returns the reference of a collection's root, 0 if it is empty.
func (e Entry) Root() arena.Ref {
	at := e.bodyAt()
	return arena.GetRef(e.a.Bytes(e.ref, at+rootBytes)[at:])
}

// SetRoot makes root the collection's root and enc its encoding. What the old root held is the caller's.
func (e Entry) SetRoot(enc Encoding, root arena.Ref) {
	h := e.head()
	h[offKind] = h[offKind]&15 | byte(enc)<<4
	at := e.bodyAt()
	arena.PutRef(e.a.Bytes(e.ref, at+rootBytes)[at:], root)
}

// Count returns the number of elements of a collection.
func (e Entry) Count() int {
	if root := e.Root(); root != 0 {
		return kindOf(e.Type()).len(e.a, e.Encoding(), root)
	}
	return 0
}

// CollectionSize returns the bytes of a collection in the arena but for the entry, estimated from so many samples; exact for 0.
func (e Entry) CollectionSize(samples int) int {
	if root := e.Root(); root != 0 {
		return kindOf(e.Type()).size(e.a, e.Encoding(), root, samples)
	}
	return 0
}

// Remains is a collection without its entry, on its way to be freed.
type Remains struct {
	typ  Type
	enc  Encoding
	root arena.Ref
}

// Remains returns what has to be freed besides the entry's own block: nothing (false) for a string and for a collection of
// at most small elements, which Free frees in no time.
func (e Entry) Remains(small int) (Remains, bool) {
	if e.Type() == TypeString || e.Count() <= small {
		return Remains{}, false
	}
	return Remains{e.Type(), e.Encoding(), e.Root()}, true
}

// Free frees about limit elements and says whether there are more.
func (r *Remains) Free(a *arena.Arena, limit int) (more bool) {
	if r.root != 0 {
		r.root = kindOf(r.typ).free(a, r.enc, r.root, limit)
	}
	return r.root != 0
}

// freeCollection frees all but the entry's own block.
func (e Entry) freeCollection() {
	r := Remains{e.Type(), e.Encoding(), e.Root()}
	for r.Free(e.a, math.MaxInt32) {
		continue
	}
}

// ownCopy gives e, which shares the root of from, a copy of its own. Out of memory, it frees e and returns the zero Entry.
func (e Entry) ownCopy(from Entry, env *Env) Entry {
	root, enc := from.Root(), from.Encoding()
	if root == 0 {
		return e
	}
	twin, ok := kindOf(e.Type()).copy(from.a, enc, root, e.a, env)
	if !ok {
		e.Drop()
		return Entry{}
	}
	e.SetRoot(enc, twin)
	return e
}

func (e Entry) saneCollection(env *Env) error {
	if e.Root() == 0 {
		return fmt.Errorf("an empty %v", e.Type())
	}
	return kindOf(e.Type()).sane(e.a, e.Encoding(), e.Root(), env)
}

// textOf returns the text of an element of a packed block, in buf if it is an integer.
func textOf(v packed.Value, buf *[maxIntText]byte) []byte {
	if v.IsInt {
		return strconv.AppendInt(buf[:0], v.Int, 10)
	}
	return v.Bytes
}
