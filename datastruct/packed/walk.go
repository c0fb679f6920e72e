package packed

// First returns the position of the first entry, or -1 if there is none.
func (b Block) First() int {
	if b.IsEmpty() {
		return -1
	}
	return HeaderBytes
}

// Last returns the position of the last entry, or -1 if there is none.
func (b Block) Last() int { return b.Prev(b.End()) }

// End returns the position behind the last entry, where an insertion appends.
func (b Block) End() int { return b.Used() - 1 }

// Next returns the position of the entry behind the one at a position, or -1 if that was the last.
func (b Block) Next(at int) int {
	if at += b.Size(at); at < b.End() {
		return at
	}
	return -1
}

// Prev returns the position of the entry in front of a position, which may be End; -1 if there is none.
func (b Block) Prev(at int) int {
	if at <= HeaderBytes {
		return -1
	}
	if n := int(b[at-1]); n < 0x80 {
		return at - 1 - n
	}
	n, width := b.back(at)
	return at - width - n
}

// At returns the position of the entry with an index, counted from 0 or, if it is negative, from the end: -1 is the
// last. It returns -1 if there is no such entry, and walks from the nearer side.
func (b Block) At(index int) int {
	n := b.Len()
	if index < 0 {
		index += n
	}
	if index < 0 || index >= n {
		return -1
	}
	if index > n/2 {
		at := b.End()
		for range n - index {
			at = b.Prev(at)
		}
		return at
	}
	return b.Skip(HeaderBytes, index)
}

// Skip returns the position n entries further on, at most End.
func (b Block) Skip(at, n int) int {
	end := b.End()
	for ; n > 0 && at < end; n-- {
		at += b.Size(at)
	}
	return at
}

// Find returns the position of the first entry that equals v, from the one at a position on, looking at every
// (skip+1)th; or -1. A position of -1, as First returns it, finds nothing.
//
// The block's entries must be canonical: it compares bytes.
func (b Block) Find(at int, v Value, skip int) int {
	if at < 0 {
		return -1
	}
	var h [headMax]byte
	head := h[:putHead(&h, v)]
	text := v.Bytes
	if v.IsInt {
		text = nil
	}
	n := len(head) + len(text)
	last := head[len(head)-1]
	if len(text) > 0 {
		last = text[len(text)-1] // texts of a block often begin alike
	}
	used := b[:b.End()]
	for at < len(used) {
		c := used[at]
		if c == head[0] && len(used)-at > n && used[at+n-1] == last && used.has(at, head, text) {
			return at
		}
		at += used.sizeOf(c, at)
		for i := 0; i < skip && at < len(used); i++ {
			at += used.sizeOf(used[at], at)
		}
	}
	return -1
}

// has says whether an entry begins with a head and a text.
func (b Block) has(at int, head, text []byte) bool {
	e := b[at : at+len(head)+len(text)]
	return string(e[:len(head)]) == string(head) && string(e[len(head):]) == string(text)
}
