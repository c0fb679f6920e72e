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
