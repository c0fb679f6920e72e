package packed

import (
	"encoding/binary"
	"errors"
	"fmt"
)

var (
	errShort = errors.New("packed: shorter than its header")
	errUsed  = errors.New("packed: the length in the header is wrong")
	errEnd   = errors.New("packed: no end byte")
	errCount = errors.New("packed: the count in the header is wrong")
)

// Validate tells whether bytes from outside are a block, all of it in use. After it has, no method reads beyond them.
//
// The entries may still not be in canonical form: see IsCanonical.
func Validate(b []byte) error {
	if len(b) < EmptyBytes {
		return errShort
	}
	p := Block(b)
	if uint64(binary.LittleEndian.Uint32(b)) != uint64(len(b)) || len(b) > MaxUsed {
		return errUsed
	}
	if b[len(b)-1] != EndByte {
		return errEnd
	}
	count := 0
	for at := HeaderBytes; at < len(b)-1; count++ {
		n, ok := entryAt(p[:len(b)-1], at)
		if !ok {
			return fmt.Errorf("packed: bad entry at offset %d", at)
		}
		at += n
	}
	if c := p.count(); c != countUnknown && c != count {
		return errCount
	}
	return nil
}

// ReadChecked is Read of bytes that may be anything, with the end mark of a block as their last. It returns false for what is no entry.
func (b Block) ReadChecked(at int) (v Value, next int, ok bool) {
	if _, ok := entryAt(b[:len(b)-1], at); !ok {
		return Value{}, at, false
	}
	v, next = b.Read(at)
	return v, next, true
}

// entryAt returns the size of what should be an entry in bytes that may be anything.
func entryAt(b Block, at int) (int, bool) {
	left := len(b) - at
	h := b[at]
	if n := int(sizes[h]); n != 0 {
		return n, n <= left && int(b[at+n-1]) == n-1
	}
	if h > int64b || left < 2 || h == text32 && left < 5 {
		return 0, false
	}
	head, text := b.longText(at)
	body := head + text
	width := backBytes(body)
	if body+width > left {
		return 0, false
	}
	n, w := b.back(at + body + width)
	return body + width, n == body && w == width
}

// IsCanonical says whether all entries have the form that the methods here write, which Find relies on. Dumps of the
// family have it; whoever loads one that doesn't writes its entries anew.
func (b Block) IsCanonical() bool {
	for at, end := HeaderBytes, b.End(); at < end; {
		v, next := b.Read(at)
		if !v.IsInt {
			v = Encode(v.Bytes)
		}
		if v.Size() != next-at || v.IsInt != isInt(b[at]) {
			return false
		}
		at = next
	}
	return true
}

func isInt(h byte) bool { return h < text6 || h&0xe0 == int13 || h > text32 }

// Sane checks the block, for tests.
func (b Block) Sane() error {
	if len(b) < EmptyBytes || b.Used() > len(b) {
		return errUsed
	}
	if err := Validate(b[:b.Used()]); err != nil {
		return err
	}
	if !b.IsCanonical() {
		return errors.New("packed: an entry is not in its canonical form")
	}
	return nil
}
