package tracking

import (
	"encoding/binary"
	"sync/atomic"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/datastruct/table"
)

// Table is which readers have read which keys of one partition since they were last told. It lies in an arena of its own, so that it costs the
// collector nothing and a flush lets go of it as a whole. The lease of the partition protects it.
//
// An entry is one block:
//
//	bytes 0–3   length of the key
//	bytes 4–7   number of readers
//	then        the key, padded to a multiple of 8
//	then        the readers' IDs in ascending order, 8 bytes each; the block may have room for more
type Table struct {
	server *Server
	memory *arena.Range
	seed   uint64
	arena  *arena.Arena // nil until used
	table  table.Table
	rnd    uint64
	// self is the session that runs under the lease, if it is one with NOLOOP; else 0.
	self   uint64
	hashOf func(arena.Ref) uint64

	keys, items atomic.Int64                // of this table, for those without the lease
	shown       atomic.Pointer[arena.Arena] // likewise
	_           [64]byte
}

const (
	entryHead = 8
	idBytes   = 8
)

func (t *Table) init(s *Server, memory *arena.Range, seed uint64) {
	t.server, t.memory, t.seed, t.rnd = s, memory, seed, seed|1
	t.hashOf = func(r arena.Ref) uint64 { return object.HashOf(t.seed, t.at(r).key()) }
}

// entry is a view of a block.
type entry []byte

func (t *Table) at(r arena.Ref) entry { return t.arena.Bytes(r, t.arena.Cap(r)) }

func (e entry) keyBytes() int   { return int(binary.LittleEndian.Uint32(e)) }
func (e entry) key() []byte     { return e[entryHead : entryHead+e.keyBytes()] }
func (e entry) readers() int    { return int(binary.LittleEndian.Uint32(e[4:])) }
func (e entry) ids() []byte     { return e[idsAt(e.keyBytes()):] }
func (e entry) id(i int) uint64 { return binary.LittleEndian.Uint64(e.ids()[i*idBytes:]) }

func (e entry) setReaders(n int) { binary.LittleEndian.PutUint32(e[4:], uint32(n)) } // #nosec G115 -- counts sessions

// idsAt is where the IDs of a key of this length begin.
func idsAt(keyBytes int) int { return (entryHead + keyBytes + idBytes - 1) &^ (idBytes - 1) }

// find returns where an ID stands, or would.
func (e entry) find(id uint64) (at int, found bool) {
	from, to := 0, e.readers()
	for from < to {
		if mid := (from + to) / 2; e.id(mid) < id {
			from = mid + 1
		} else {
			to = mid
		}
	}
	return from, from < e.readers() && e.id(from) == id
}

func (t *Table) find(h uint64, key []byte) arena.Ref {
	for p := t.table.Find(t.arena, h); ; {
		r, ok := p.Next()
		if !ok || string(t.at(r).key()) == string(key) {
			return r
		}
	}
}

// Empty says that no key is remembered.
func (t *Table) Empty() bool { return t.table.Len() == 0 }

// Used returns the bytes that the table takes. Atomic.
func (t *Table) Used() int64 {
	if a := t.shown.Load(); a != nil {
		return a.Used()
	}
	return 0
}

// SetSelf says which session runs under the lease, 0 for one that wants to hear of its own changes.
func (t *Table) SetSelf(id uint64) { t.self = id }

// Remember notes that f's session has read key.
func (t *Table) Remember(f *Feed, key []byte) {
	if t.arena == nil {
		t.arena = arena.New(t.memory)
		t.shown.Store(t.arena)
	}
	h := object.HashOf(t.seed, key)
	r := t.find(h, key)
	var ok bool
	if r == 0 {
		ok = t.add(h, key, f.ID)
	} else {
		at, found := t.at(r).find(f.ID)
		if found {
			return
		}
		ok = t.addReader(h, r, at, f.ID)
	}
	if !ok { // out of memory: it is told at once, as if the key had been forgotten
		f.send(note{kind: noteKey, key: string(key)})
		return
	}
	t.items.Add(1)
}

func (t *Table) add(h uint64, key []byte, id uint64) bool {
	at := idsAt(len(key))
	r := t.arena.Alloc(at+idBytes, arena.PurposeOther)
	if r == 0 {
		return false
	}
	e := t.at(r)
	binary.LittleEndian.PutUint32(e, uint32(len(key))) // #nosec G115 -- keys are bounded by proto-max-bulk-len
	e.setReaders(1)
	copy(e[entryHead:], key)
	binary.LittleEndian.PutUint64(e[at:], id)
	if !t.table.Insert(t.arena, h, r, t.hashOf) {
		t.arena.Free(r, arena.PurposeOther)
		return false
	}
	t.keys.Add(1)
	return true
}

// addReader puts an ID at its place in the entry r.
func (t *Table) addReader(h uint64, r arena.Ref, at int, id uint64) bool {
	e := t.at(r)
	n := e.readers()
	if len(e.ids()) < (n+1)*idBytes {
		begin := idsAt(e.keyBytes())
		grown := t.arena.Alloc(begin+2*n*idBytes, arena.PurposeOther)
		if grown == 0 {
			return false
		}
		copy(t.at(grown), e[:begin+n*idBytes])
		if !t.table.Replace(t.arena, h, r, grown) {
			panic("tracking: an entry isn't in its table")
		}
		t.arena.Free(r, arena.PurposeOther)
		e = t.at(grown)
	}
	ids := e.ids()
	copy(ids[(at+1)*idBytes:(n+1)*idBytes], ids[at*idBytes:n*idBytes])
	binary.LittleEndian.PutUint64(ids[at*idBytes:], id)
	e.setReaders(n + 1)
	return true
}

// Changed tells everybody who wants to know that key was changed: by the session that runs under the lease, or by nobody (its time had come). It
// reports whether anybody still wants to hear of changes in this partition.
func (t *Table) Changed(key []byte, bySelf bool) (wanted bool) {
	self := uint64(0)
	if bySelf {
		self = t.self
	}
	listened := t.server.broadcast(key, self)
	if !t.Empty() {
		h := object.HashOf(t.seed, key)
		if r := t.find(h, key); r != 0 {
			t.forget(h, r, self)
		}
	}
	return listened || !t.Empty()
}

// forget removes an entry, and tells its readers.
func (t *Table) forget(h uint64, r arena.Ref, self uint64) {
	e := t.at(r)
	text := "" // one copy for all readers
	for i := range e.readers() {
		f, ok := t.server.feeds.Load(e.id(i))
		if !ok {
			continue
		}
		mode := f.mode.Load()
		if mode&(modeOn|modeBroadcast) != modeOn || mode&modeNoLoop != 0 && f.ID == self {
			continue
		}
		if text == "" {
			text = string(e.key())
		}
		f.send(note{kind: noteKey, key: text})
	}
	t.items.Add(-int64(e.readers()))
	t.keys.Add(-1)
	if !t.table.Delete(t.arena, h, r, t.hashOf) {
		panic("tracking: an entry isn't in its table")
	}
	t.arena.Free(r, arena.PurposeOther)
}

// Evict forgets up to n keys, any ones, and tells their readers. It returns how many it has forgotten.
func (t *Table) Evict(n int) int {
	for i := range n {
		if t.Empty() {
			return i
		}
		t.rnd = object.HashOf(t.rnd, nil)
		r := t.table.Random(t.arena, t.rnd)
		t.forget(t.hashOf(r), r, 0)
	}
	return n
}

// Clear forgets all keys and tells nobody. The old arena, nil if there was none, is the caller's to dispose of.
func (t *Table) Clear() *arena.Arena {
	old := t.arena
	if old == nil {
		return nil
	}
	old.Detach()
	t.arena, t.table = nil, table.Table{}
	t.shown.Store(nil)
	t.keys.Store(0)
	t.items.Store(0)
	return old
}

// Trim gives memory back that isn't used.
func (t *Table) Trim(maxPages int) (more bool) { return t.arena != nil && t.arena.Trim(maxPages) }
