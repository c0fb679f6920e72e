package packed

// An item is an entry without its back. Who reads in one direction only, as streams do, keeps items one behind the other.

// MaxItemHead is what an item needs at most beyond the length of its text. A number needs no more than its text and that.
const MaxItemHead = 5

// PutItem writes the item of v to the head of dst, which has room for it, and returns its size.
func PutItem(dst []byte, v Value) int {
	if n := len(v.Bytes); !v.IsInt && n <= maxText6 {
		dst[0] = text6 | byte(n)
		return 1 + copy(dst[1:], v.Bytes)
	}
	var h [headMax]byte
	n := putHead(&h, v)
	copy(dst, h[:n])
	if !v.IsInt {
		n += copy(dst[n:], v.Bytes)
	}
	return n
}

// ItemAt returns the item at the head of b, which is a view, and its size.
func ItemAt(b []byte) (Value, int) {
	h := b[0]
	if h&0xc0 == text6 {
		end := 1 + int(h&maxText6)
		return Value{Bytes: b[1:end:end]}, end
	}
	if h < text6 {
		return Value{Int: int64(h), IsInt: true}, 1
	}
	return longItem(b)
}

// longItem is ItemAt for a text of more than 63 bytes or a number of more than 7 bits.
func longItem(b Block) (Value, int) {
	if n := int(sizes[b[0]]); n != 0 {
		return Value{Int: b.number(0), IsInt: true}, n - 1
	}
	head, n := b.longText(0)
	end := head + n
	return Value{Bytes: b[head:end:end]}, end
}

// ItemSize returns the size of the item at the head of b.
func ItemSize(b []byte) int {
	if n := int(sizes[b[0]]); n != 0 {
		return n - 1
	}
	head, n := Block(b).longText(0)
	return head + n
}

// EntrySize returns the size of the entry of an item.
func EntrySize(item int) int { return item + backBytes(item) }

// IsItem says whether the item at the head of b has the given text, and returns its size if so.
func IsItem(b, text []byte) (size int, ok bool) {
	if n := len(text); n <= maxText6 && b[0] == text6|byte(n) {
		return 1 + n, string(b[1:1+n]) == string(text)
	}
	v, size := ItemAt(b)
	return size, v.Equal(Encode(text))
}
