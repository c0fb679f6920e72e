package rdb

import (
	"encoding/binary"
	"strconv"

	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// Encoders of the forms that nobody writes any more.

// blob writes a value that is one string.
func blob(t Type, b []byte) []byte {
	var w writer
	w.byte(byte(t))
	w.length(uint64(len(b)))
	w.raw(b)
	return w.buf
}

// ziplistOf makes a ziplist. Texts of integers become integers, as they did.
func ziplistOf(items ...string) []byte {
	b := make([]byte, ziplistHead)
	previous, tail := 0, ziplistHead
	for _, s := range items {
		start := len(b)
		tail = start
		if previous < longPrevious {
			b = append(b, byte(previous))
		} else {
			b = binary.LittleEndian.AppendUint32(append(b, longPrevious), uint32(previous))
		}
		b = appendZiplistItem(b, s)
		previous = len(b) - start
	}
	b = append(b, ziplistEnd)
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	binary.LittleEndian.PutUint32(b[4:], uint32(tail))
	binary.LittleEndian.PutUint16(b[8:], uint16(min(len(items), ziplistUnknown)))
	return b
}

func appendZiplistItem(b []byte, s string) []byte {
	if n, ok := object.ParseInt([]byte(s)); ok {
		switch {
		case n >= 0 && n <= 12:
			return append(b, 0xf1+byte(n))
		case n >= -1<<7 && n < 1<<7:
			return appendSigned(append(b, 0xfe), uint64(n), 1)
		case n >= -1<<15 && n < 1<<15:
			return appendSigned(append(b, 0xc0), uint64(n), 2)
		case n >= -1<<23 && n < 1<<23:
			return appendSigned(append(b, 0xf0), uint64(n), 3)
		case n >= -1<<31 && n < 1<<31:
			return appendSigned(append(b, 0xd0), uint64(n), 4)
		}
		return appendSigned(append(b, 0xe0), uint64(n), 8)
	}
	switch n := len(s); {
	case n < 1<<6:
		b = append(b, byte(n))
	case n < 1<<14:
		b = append(b, 0x40|byte(n>>8), byte(n))
	default:
		b = binary.BigEndian.AppendUint32(append(b, 0x80), uint32(n))
	}
	return append(b, s...)
}

// zipmapOf makes a zipmap, each value with some free bytes behind it.
func zipmapOf(free int, items ...string) []byte {
	b := []byte{byte(min(len(items)/2, zipmapUnknown))}
	for i, s := range items {
		if len(s) < zipmapLong {
			b = append(b, byte(len(s)))
		} else {
			b = binary.LittleEndian.AppendUint32(append(b, zipmapLong), uint32(len(s)))
		}
		if i%2 == 1 {
			b = append(b, byte(free))
		}
		b = append(b, s...)
		if i%2 == 1 {
			b = append(b, make([]byte, free)...)
		}
	}
	return append(b, zipmapEnd)
}

// listpackOf makes a listpack.
func listpackOf(items ...string) []byte {
	var p packer
	p.reset()
	for _, s := range items {
		p.text([]byte(s))
	}
	return append([]byte(nil), p.bytes()...)
}

// intsetOf makes an intset of the narrowest width that does.
func intsetOf(numbers ...int64) []byte {
	width := 2
	for _, n := range numbers {
		width = max(width, intWidth(n))
	}
	b := appendIntsetHead(nil, width, len(numbers))
	for _, n := range numbers {
		b = appendSigned(b, uint64(n), width)
	}
	return b
}

// texts makes a value of plain strings behind its number of elements.
func texts(t Type, count int, items ...string) []byte {
	w := writer{}
	w.byte(byte(t))
	w.count(count)
	for _, s := range items {
		w.text([]byte(s))
	}
	return w.buf
}

// streamNodeOf makes a node of a stream, its fields being shared by the entries that say so.
func streamNodeOf(fields []string, live, deleted int, entries ...[]string) []byte {
	items := []string{strconv.Itoa(live), strconv.Itoa(deleted), strconv.Itoa(len(fields))}
	items = append(items, fields...)
	items = append(items, "0")
	for _, e := range entries {
		items = append(items, e...)
	}
	return listpackOf(items...)
}
