package object

import (
	"encoding/binary"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

// streamNodeHead begins a node: a block of entries, in the order of their IDs.
//
//	node   head ┊ field … field ┊ entry … entry
//	entry  flags 1 ┊ ms ┊ seq ┊ (same: value …; else: number of fields ┊ field ┊ value …) ┊ length
//
// The fields of the first entry stand in front of all. Another entry that has the same ones, in the same order, says so with a flag and
// holds values only.
//
// ms is a uvarint, the difference to the node's. seq is one too: the difference to the node's if the ms are equal, else itself.
// The length of what stands before it comes last, seven bits a byte with the lowest ones in the last, to be read from behind:
// all bytes but the first have their high bit set. So entries can be walked both ways.
//
// A deleted entry keeps its place until its node goes.
type streamNodeHead struct {
	used     uint32   // bytes of the block that are in use, the head among them
	start    uint32   // where the first entry begins
	live     uint32   // entries that aren't deleted
	dead     uint32   // entries that are
	listpack uint32   // bytes of Valkey's listpack for the same, but for its head and the two counts
	fields   uint32   // how many fields stand in front
	id       StreamID // of the first entry, deleted or not
}

const (
	streamEntryDead = 1 << 0 // the entry was deleted
	streamEntrySame = 1 << 1 // its fields are those of the node

	// streamEntryHead is the most that flags, ID and number of fields take, and streamEntryTail the same of the length.
	streamEntryHead = 1 + 2*binary.MaxVarintLen64 + binary.MaxVarintLen32
	streamEntryTail = 5

	listpackHead = 7 // head and end of a listpack

	// MaxStreamNode is the longest listpack that a node may stand for, and the most that fields and values of one entry may
	// have together.
	MaxStreamNode = 1 << 30
)

// streamNode is a view of a node. It lives until the node's block is freed; b is what was in use when it was made.
type streamNode struct {
	*streamNodeHead
	ref arena.Ref
	b   []byte
}

func streamNodeAt(a *arena.Arena, ref arena.Ref) streamNode {
	h := streamNodeHeadAt(a, ref)
	return streamNode{h, ref, a.Bytes(ref, int(h.used))}
}

// listpackBytes returns what a listpack for the node has.
func (h *streamNodeHead) listpackBytes() int {
	return listpackHead + listpackInt(int64(h.live)) + listpackInt(int64(h.dead)) + int(h.listpack)
}

// listpackInt returns what a number takes in a listpack.
func listpackInt(n int64) int { return packed.IntValue(n).Size() }

// streamEntry is a decoded entry: its offsets are in its node's bytes.
type streamEntry struct {
	id     StreamID
	at     int    // flags
	body   int    // first value, or first field
	fields uint32 // how many
	isSame bool
	isDead bool
}

// entry decodes the entry that begins at an offset.
func (n *streamNode) entry(at int) streamEntry {
	b := n.b
	flags := b[at]
	e := streamEntry{id: n.id, at: at, fields: n.fields, isSame: flags&streamEntrySame != 0, isDead: flags&streamEntryDead != 0}
	ms, at := uvarintAt(b, at+1)
	seq, at := uvarintAt(b, at)
	if ms == 0 {
		e.id.Seq += seq
	} else {
		e.id.Ms += ms
		e.id.Seq = seq
	}
	if !e.isSame {
		var k uint64
		k, at = uvarintAt(b, at)
		e.fields = uint32(k)
	}
	e.body = at
	return e
}

// uvarintAt reads a uvarint at an offset and returns the offset behind it.
func uvarintAt(b []byte, at int) (uint64, int) {
	if c := b[at]; c < 0x80 {
		return uint64(c), at + 1
	}
	v, w := binary.Uvarint(b[at:])
	return v, at + w
}

// skip returns the offset behind so many items.
func (n *streamNode) skip(at, items int) int {
	b := n.b
	for range items {
		at += packed.ItemSize(b[at:])
	}
	return at
}

// items returns how many items stand in the body of an entry.
func (e *streamEntry) items() int {
	if e.isSame {
		return int(e.fields)
	}
	return 2 * int(e.fields)
}

// after returns where the entry behind e begins.
func (n *streamNode) after(e *streamEntry) int { return afterEntry(e.at, n.skip(e.body, e.items())) }

// afterEntry returns the end of an entry whose items end at an offset.
func afterEntry(at, end int) int { return end + tailSize(end-at) }

// tailSize returns the bytes of an entry's length.
func tailSize(n int) int {
	w := 1
	for n >>= 7; n > 0; n >>= 7 {
		w++
	}
	return w
}

// putTail writes an entry's length and returns its bytes.
func putTail(b []byte, n int) int {
	w := tailSize(n)
	for i := w - 1; i >= 0; i-- {
		b[i] = byte(n) | 0x80
		n >>= 7
	}
	b[0] &^= 0x80
	return w
}

// before returns where the entry begins that ends at an offset.
func (n *streamNode) before(end int) int {
	size, at := 0, end
	for shift := 0; ; shift += 7 {
		at--
		size |= int(n.b[at]&0x7f) << shift
		if n.b[at] < 0x80 {
			return at - size
		}
	}
}

// lastID returns the ID of the last entry, deleted or not.
func (n *streamNode) lastID() StreamID {
	return n.entry(n.before(int(n.used))).id
}

// newStreamNode returns a node without entries that has the fields of the given pairs and room for so many bytes behind them, in a block of
// at least so many bytes. It returns false if the arena is out of memory.
func newStreamNode(a *arena.Arena, id StreamID, pairs [][]byte, room, least int) (streamNode, bool) {
	head := streamNodeHeadBytes
	for i := 0; i < len(pairs); i += 2 {
		head += packed.MaxItemHead + len(pairs[i])
	}
	ref := a.Alloc(max(head+room, least), arena.PurposePacked)
	if ref == 0 {
		return streamNode{}, false
	}
	h := streamNodeHeadAt(a, ref)
	*h = streamNodeHead{id: id, fields: uint32(len(pairs) / 2)}
	b := a.Bytes(ref, a.Cap(ref))
	at := streamNodeHeadBytes
	list := listpackInt(int64(h.fields)) + listpackInt(0)
	for i := 0; i < len(pairs); i += 2 {
		w := packed.PutItem(b[at:], packed.Encode(pairs[i]))
		at += w
		list += packed.EntrySize(w)
	}
	h.used, h.start, h.listpack = uint32(at), uint32(at), uint32(list)
	return streamNode{h, ref, b[:at]}, true
}

// hasFields says whether the node's fields are those of the given pairs.
func (n *streamNode) hasFields(pairs [][]byte) bool {
	if int(n.fields) != len(pairs)/2 {
		return false
	}
	at := streamNodeHeadBytes
	for i := 0; i < len(pairs); i += 2 {
		w, ok := packed.IsItem(n.b[at:], pairs[i])
		if !ok {
			return false
		}
		at += w
	}
	return true
}

// entryRoom returns what an entry takes at most.
func entryRoom(pairs [][]byte) int {
	n := streamEntryHead + streamEntryTail + packed.MaxItemHead*len(pairs)
	for _, p := range pairs {
		n += len(p)
	}
	return n
}

// put appends an entry to a node whose block has room for it.
func (n *streamNode) put(a *arena.Arena, id StreamID, pairs [][]byte, isDead bool) {
	h := n.streamNodeHead
	isSame := n.hasFields(pairs)
	b := a.Bytes(n.ref, a.Cap(n.ref))
	from := int(h.used)
	at := from + putStreamID(b[from:], h.id, id, isSame, isDead)
	list := listpackInt(0) + listpackInt(int64(id.Ms-h.id.Ms)) + listpackInt(int64(id.Seq-h.id.Seq))
	pieces, i, step := 3+len(pairs)/2, 1, 2
	if !isSame {
		at += putUvarint(b[at:], len(pairs)/2)
		list += listpackInt(int64(len(pairs) / 2))
		pieces, i, step = 3+len(pairs)+1, 0, 1
	}
	for ; i < len(pairs); i += step {
		w := packed.PutItem(b[at:], packed.Encode(pairs[i]))
		at += w
		list += packed.EntrySize(w)
	}
	list += listpackInt(int64(pieces))
	at += putTail(b[at:], at-from)
	h.used = uint32(at)
	h.listpack += uint32(list)
	if isDead {
		h.dead++
	} else {
		h.live++
	}
	n.b = b[:at]
}

// putStreamID writes flags and ID of an entry and returns their size.
func putStreamID(b []byte, base, id StreamID, isSame, isDead bool) int {
	b[0] = 0
	if isSame {
		b[0] |= streamEntrySame
	}
	if isDead {
		b[0] |= streamEntryDead
	}
	ms, seq := id.Ms-base.Ms, id.Seq
	if ms == 0 {
		seq -= base.Seq
	}
	at := 1 + binary.PutUvarint(b[1:], ms)
	return at + binary.PutUvarint(b[at:], seq)
}

// kill marks the entry that begins at an offset as deleted.
func (n *streamNode) kill(at int) {
	n.b[at] |= streamEntryDead
	n.live--
	n.dead++
}
