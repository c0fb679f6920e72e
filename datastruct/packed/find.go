package packed

import "encoding/binary"

// needle is what an entry must begin with to equal a value. It lives on the stack.
type needle struct {
	h    [headMax]byte
	n    int    // length of the head
	text []byte // what follows it
	tail uint64 // the last eight bytes of the text, or the last one of a shorter text or of a number: texts of a block often begin alike
}

// set makes the needle that of a value.
func (d *needle) set(v Value) {
	d.n = putHead(&d.h, v)
	d.tail = uint64(d.h[d.n-1])
	if v.IsInt {
		return
	}
	d.text = v.Bytes
	if n := len(d.text); n >= 8 {
		d.tail = binary.LittleEndian.Uint64(d.text[n-8:])
	} else if n > 0 {
		d.tail = uint64(d.text[n-1])
	}
}

// mayBe says whether the eight bytes at a position are the needle's last, if it has as many: the cheaper half of isAt.
func (d *needle) mayBe(used []byte, at int) bool {
	return len(d.text) < 8 || at+8 <= len(used) && binary.LittleEndian.Uint64(used[at:]) == d.tail
}

// isAt says whether the entry at a position of a block's used part is the one. The caller has compared the first byte.
func (d *needle) isAt(used []byte, at int) bool {
	n := d.n + len(d.text)
	if len(used)-at <= n {
		return false
	}
	e := used[at : at+n]
	if len(d.text) < 8 {
		if uint64(e[n-1]) != d.tail {
			return false
		}
	} else if binary.LittleEndian.Uint64(e[n-8:]) != d.tail {
		return false
	}
	return string(e[:d.n]) == string(d.h[:d.n]) && string(e[d.n:]) == string(d.text)
}

// Find returns the position of the first entry that equals v, from the one at a position on, looking at every
// (skip+1)th; or -1. A position of -1, as First returns it, finds nothing.
//
// The block's entries must be canonical: it compares bytes.
func (b Block) Find(at int, v Value, skip int) int {
	if at < 0 {
		return -1
	}
	if n := len(v.Bytes); skip != 1 && !v.IsInt && wordBytes <= n && n <= maxText6 {
		return b.findText(at, v.Bytes, skip)
	}
	var d needle
	d.set(v)
	used, h := b[:b.End()], d.h[0]
	if skip == 1 {
		return d.findField(used, at)
	}
	for at < len(used) {
		c := used[at]
		if c == h && d.isAt(used, at) {
			return at
		}
		at += used.sizeOf(c, at)
		for i := 0; i < skip && at < len(used); i++ {
			at += used.sizeOf(used[at], at)
		}
	}
	return -1
}

const wordBytes = 8

// findText is Find for a text of 8 to 63 bytes: names and members as they usually are, and often many of one length.
//
// It compares their last eight bytes, as one word: texts of a block often begin alike. And where an entry has the length of the text, the
// next position isn't computed from what was read, but guessed and confirmed by a branch: so the processor has several entries
// in work at a time.
func (b Block) findText(at int, text []byte, skip int) int {
	n := len(text)
	h, tail := byte(text6|n), binary.LittleEndian.Uint64(text[n-wordBytes:])
	used := b[:b.End()]
	for at < len(used) {
		if c := used[at]; c != h {
			at += used.sizeOf(c, at)
		} else {
			e := used[at+1 : at+1+n]
			if binary.LittleEndian.Uint64(e[n-wordBytes:]) == tail && string(e) == string(text) {
				return at
			}
			at += n + 2
		}
		for i := 0; i < skip && at < len(used); i++ {
			at += used.sizeOf(used[at], at)
		}
	}
	return -1
}

// findField is Find among the first entries of pairs, in the used part of a block.
//
// Where an entry begins is known only when the one before was read, so a plain walk waits for memory at each. But the pairs of
// one hash are often of one size. The walk goes on as far as the last pair was long before it knows that this is right: the
// processor takes the branch that says so for granted, and loads ahead.
func (d *needle) findField(used Block, at int) int {
	h, last := d.h[0], 0
	tail := d.n + len(d.text) - 8 // where the last eight bytes are
	for at < len(used) {
		c := used[at]
		if c == h && d.mayBe(used, at+tail) && d.isAt(used, at) {
			return at
		}
		next := at + used.sizeOf(c, at)
		if next >= len(used) {
			break
		}
		next += used.sizeOf(used[next], next)
		if next-at == last {
			at += last
			continue
		}
		last = next - at
		at = next
	}
	return -1
}

// FindNext is Find without skipping, that also says how many entries it passed before the one it found, or End.
func (b Block) FindNext(at int, v Value) (found, passed int) {
	var d needle
	d.set(v)
	used, h := b[:b.End()], d.h[0]
	for at < len(used) {
		c := used[at]
		if c == h && d.isAt(used, at) {
			return at, passed
		}
		at += used.sizeOf(c, at)
		passed++
	}
	return at, passed
}

// FindPrev is FindNext backwards: it looks at the entries in front of a position, which may be End. It returns -1 and the number of
// those entries if none equals v.
func (b Block) FindPrev(at int, v Value) (found, passed int) {
	var d needle
	d.set(v)
	used, h := b[:b.End()], d.h[0]
	for at = b.Prev(at); at >= 0; at = b.Prev(at) {
		if used[at] == h && d.isAt(used, at) {
			return at, passed
		}
		passed++
	}
	return -1, passed
}

// DeleteEqual removes the entries that equal v, at most limit of them, from the one at a position on, and returns how many these
// were. It moves every other entry once.
func (b Block) DeleteEqual(at int, v Value, limit int) int {
	var d needle
	d.set(v)
	used, h := b[:b.End()], d.h[0]
	to, kept, removed := at, at, 0 // [kept, at) is to be moved to to
	for at < len(used) && removed < limit {
		c := used[at]
		size := used.sizeOf(c, at)
		if c == h && d.isAt(used, at) {
			to += copy(b[to:], b[kept:at])
			kept = at + size
			removed++
		}
		at += size
	}
	if removed > 0 {
		copy(b[to:], b[kept:len(used)+1])
		b.setUsed(b.Used() - (kept - to))
		b.addCount(-removed)
	}
	return removed
}
