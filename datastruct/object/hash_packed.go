package object

import (
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

// setPacked is Set for a packed hash. Field and value are short enough for it.
func (h Hash) setPacked(field, value []byte) Done {
	f, v := packed.Encode(field), packed.Encode(value)
	root := h.Root()
	if root == 0 {
		return h.addPacked(0, field, value, f, v)
	}
	b := roomyBlock(h.a, root)
	at := b.Find(packed.HeaderBytes, f, 1)
	if at < 0 {
		return h.addPacked(root, field, value, f, v)
	}
	at += b.Size(at)
	more := v.Size() - b.Size(at)
	if b, root = h.grown(root, b, more); b == nil {
		return Failed
	}
	b.Replace(at, v)
	if more < 0 {
		h.shrink(root, b)
	}
	return Changed
}

// addPacked adds a field to a packed hash, or to what it becomes.
func (h Hash) addPacked(root arena.Ref, field, value []byte, f, v packed.Value) Done {
	fields := 0
	if root != 0 {
		fields = hashBlock(h.a, root).Len() / 2
	}
	if int64(fields) >= h.env.Limits.HashEntries.Load() {
		if !h.convert() {
			return Failed
		}
		return hashRootAt(h.a, h.Root()).set(h, field, value, 0)
	}
	var b packed.Block
	if root == 0 {
		if b = h.newBlock(packed.EmptyBytes + f.Size() + v.Size()); b == nil {
			return Failed
		}
	} else if b, _ = h.grown(root, roomyBlock(h.a, root), f.Size()+v.Size()); b == nil {
		return Failed
	}
	b.Append(f)
	b.Append(v)
	return Added
}

// newBlock gives the hash an empty packed block; nil if the arena is out of memory.
func (h Hash) newBlock(need int) packed.Block {
	root := h.a.Alloc(need, arena.PurposePacked)
	if root == 0 {
		return nil
	}
	h.SetRoot(EncListpack, root)
	return packed.Init(roomyBlock(h.a, root))
}

// grown returns the block with room for so many bytes more, and its place; nil, with nothing changed, if the arena is out of memory.
func (h Hash) grown(root arena.Ref, b packed.Block, more int) (packed.Block, arena.Ref) {
	if more <= b.Room() {
		return b, root
	}
	return h.moved(root, b, b.Used()+more)
}

// moved moves the block to one of a size.
func (h Hash) moved(root arena.Ref, b packed.Block, size int) (packed.Block, arena.Ref) {
	fresh := h.a.Alloc(size, arena.PurposePacked)
	if fresh == 0 {
		return nil, root
	}
	n := roomyBlock(h.a, fresh)
	copy(n, b[:b.Used()])
	h.a.Free(root, arena.PurposePacked)
	h.SetRoot(EncListpack, fresh)
	return n, fresh
}

// shrink gives the unused bytes of the block back once they are a quarter of it.
func (h Hash) shrink(root arena.Ref, b packed.Block) {
	if b.Room() > len(b)/4 {
		h.moved(root, b, b.Used())
	}
}

func (h Hash) deletePacked(root arena.Ref, field []byte) bool {
	b := roomyBlock(h.a, root)
	at := b.Find(packed.HeaderBytes, packed.Encode(field), 1)
	if at < 0 {
		return false
	}
	b.Delete(at, 2)
	if b.IsEmpty() {
		h.a.Free(root, arena.PurposePacked)
		h.SetRoot(EncListpack, 0)
		return true
	}
	h.shrink(root, b)
	return true
}

// convert makes a hashtable of a packed hash. It returns false, with nothing changed, if the arena is out of memory.
func (h Hash) convert() bool {
	old := h.Root()
	root := h.a.Alloc(hashRootBytes, arena.PurposeObject)
	if root == 0 {
		return false
	}
	r := hashRootAt(h.a, root)
	*r = hashRoot{}
	if old != 0 {
		if !r.fill(h, hashBlock(h.a, old)) {
			freeHash(h.a, EncHashtable, root, 1<<30)
			return false
		}
		h.a.Free(old, arena.PurposePacked)
	}
	h.SetRoot(EncHashtable, root)
	return true
}

// fill adds the fields of a packed block to an empty hashtable.
func (r *hashRoot) fill(h Hash, b packed.Block) bool {
	var texts [2][maxIntText]byte
	for at, end := packed.HeaderBytes, b.End(); at < end; {
		var f, v packed.Value
		f, at = b.Read(at)
		v, at = b.Read(at)
		if r.add(h, textOf(f, &texts[0]), textOf(v, &texts[1]), 0) == Failed {
			return false
		}
	}
	return true
}
