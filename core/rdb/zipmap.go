package rdb

import (
	"encoding/binary"

	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

// A zipmap is what small hashes were before Redis 2.6:
//
//	pairs u8 (254 or more: count them) | length, field, length, free u8, value, free bytes … | 0xff
//
// A length is a byte below 254, or 254 and four bytes, little endian.
const (
	zipmapUnknown = 254
	zipmapLong    = 254
	zipmapEnd     = 255

	errZipmap Corrupt = "a zipmap is damaged"
)

// zipmap is a zipmap while it is read. Its items are field, value, field, value.
type zipmap struct {
	b     []byte
	at    int
	seen  int
	value bool // the next item is a value
}

// openZipmap checks the frame of a zipmap.
func openZipmap(b []byte) (zipmap, error) {
	if len(b) < 2 || b[len(b)-1] != zipmapEnd {
		return zipmap{}, errZipmap
	}
	return zipmap{b: b, at: 1}, nil
}

func (z *zipmap) total() uint64 { return uint64(z.b[0]) * 2 }

func (z *zipmap) next() (i packed.Value, ok bool, err error) {
	last := len(z.b) - 1
	if !z.value && z.at == last {
		// An empty one was never written.
		if z.seen == 0 || (z.b[0] < zipmapUnknown && int(z.b[0]) != z.seen) {
			return packed.Value{}, false, errZipmap
		}
		return packed.Value{}, false, nil
	}
	n, head := zipmapLength(z.b[z.at:last])
	if head == 0 {
		return packed.Value{}, false, errZipmap
	}
	z.at += head
	free := 0
	if z.value {
		if z.at == last {
			return packed.Value{}, false, errZipmap
		}
		free = int(z.b[z.at])
		z.at++
	}
	if n > last-z.at || free > last-z.at-n {
		return packed.Value{}, false, errZipmap
	}
	i = packed.Value{Bytes: z.b[z.at : z.at+n]}
	z.at += n + free
	if z.value {
		z.seen++
	}
	z.value = !z.value
	return i, true, nil
}

// zipmapLength reads a length and returns its own size, 0 if it is damaged.
func zipmapLength(b []byte) (n, size int) {
	switch {
	case len(b) == 0 || b[0] == zipmapEnd:
		return 0, 0
	case b[0] != zipmapLong:
		return int(b[0]), 1
	case len(b) < 5:
		return 0, 0
	}
	return int(binary.LittleEndian.Uint32(b[1:])), 5
}
