package packed

import "github.com/sleipnirdb/sleipnir/internal/invariant"

// Insert puts an entry in front of the one at a position; at End it appends.
//
// The caller has made sure that there is room for v.Size bytes. v may not be a view of this block.
func (b Block) Insert(at int, v Value) {
	b.open(at, v.Size())
	put(b[at:], v)
	b.addCount(1)
}

// Append puts an entry behind the last one. There must be room for it.
func (b Block) Append(v Value) { b.Insert(b.End(), v) }

// Prepend puts an entry in front of the first one. There must be room for it.
func (b Block) Prepend(v Value) { b.Insert(HeaderBytes, v) }

// open makes place for n bytes at a position.
func (b Block) open(at, n int) {
	used := b.Used()
	invariant.Check(at >= HeaderBytes && at < used, "packed: insertion outside of the entries")
	invariant.Check(len(b)-used >= n && used+n <= MaxUsed, "packed: no room for the entry")
	if at == used-1 {
		b[at+n] = EndByte
	} else {
		copy(b[at+n:used+n], b[at:used])
	}
	b.setUsed(used + n)
}

// Delete removes n entries from the one at a position on, or as many as there are.
func (b Block) Delete(at, n int) {
	to, end := at, b.End()
	count := 0
	for ; count < n && to < end; count++ {
		to += b.Size(to)
	}
	b.Cut(at, to, count)
}

// Cut removes the entries between two positions, of which there are count.
func (b Block) Cut(from, to, count int) {
	used := b.Used()
	invariant.Check(HeaderBytes <= from && from <= to && to < used, "packed: deletion outside of the entries")
	copy(b[from:], b[to:used])
	b.setUsed(used - (to - from))
	b.addCount(-count)
}

// Replace puts another value into the place of the entry at a position. What is needed above the room of the block must
// come out of the old entry: Room() + Size(at) >= v.Size(). v may not be a view of this block.
func (b Block) Replace(at int, v Value) {
	used, was, is := b.Used(), b.Size(at), v.Size()
	if was != is {
		invariant.Check(len(b)-used >= is-was && used+is-was <= MaxUsed, "packed: no room for the entry")
		copy(b[at+is:], b[at+was:used])
		b.setUsed(used + is - was)
	}
	put(b[at:], v)
}

// InsertFrom copies the entries between two positions of another block, of which there are count, in front of the entry
// at a position. There must be room for to-from bytes.
func (b Block) InsertFrom(at int, src Block, from, to, count int) {
	b.open(at, to-from)
	copy(b[at:], src[from:to])
	b.addCount(count)
}

// Shift removes the count entries in front of a position without moving the others: the block that is left begins later in
// the same bytes.
func (b Block) Shift(to, count int) Block {
	n := to - HeaderBytes
	used, c := b.Used(), b.count()
	rest := b[n:]
	rest.setUsed(used - n)
	rest.setCount(c)
	rest.addCount(-count)
	return rest
}

// Unshift puts an entry in front of a block that begins at an offset of buf, without moving the others: it returns the offset
// where the longer block begins. The caller has made sure that start >= v.Size().
func Unshift(buf []byte, start int, v Value) int {
	old := Block(buf[start:])
	used, c, size := old.Used(), old.count(), v.Size()
	invariant.Check(start >= size && used+size <= MaxUsed, "packed: no room in front of the block")
	start -= size
	b := Block(buf[start:])
	b.setUsed(used + size)
	b.setCount(c)
	b.addCount(1)
	put(b[HeaderBytes:], v)
	return start
}
