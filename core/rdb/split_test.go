package rdb

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// cutter writes down what it is told, and joins the pieces.
type cutter struct {
	notebook
	value  []byte
	pieces int
	at     int64
}

func (c *cutter) Value(k *KeyInfo, offset int64, piece []byte, isLast bool) error {
	if c.pieces == 0 {
		c.at = offset
	}
	if want := c.at + int64(len(c.value)); offset != want {
		return fmt.Errorf("a piece is at %d, not %d", offset, want)
	}
	c.pieces++
	c.value = append(c.value, piece...)
	if !isLast {
		return nil
	}
	err := c.say("key %s type %d until %d idle %d freq %d at %d: %x", k.Key, k.Type, k.ExpireAt, k.IdleSeconds, k.Frequency, c.at, c.value)
	c.value, c.pieces = c.value[:0], 0
	return err
}

// TestSplit cuts a file of every form of value: each has just the bytes that it was written with.
func TestSplit(t *testing.T) {
	file := []byte("REDIS0011\xfe\x02")
	want := []string{"database 2"}
	values := samples()
	values["module"] = []byte("\x07\x81\x25\x2a\x9c\x5e\xf3\x50\x0e\xeb\x02\x01\x05\x01x\x03abcd\x04abcdefgh\x00")
	values["empty"] = []byte{byte(TypeList), 0}
	values["no score"] = []byte{byte(TypeZSet), 1, 1, 'a', scoreNaN}
	for name, b := range values {
		file = append(file, opFreq, 7, b[0], byte(len(name)))
		file = append(append(file, name...), b[1:]...)
		want = append(want, fmt.Sprintf("key %s type %d until 0 idle -1 freq 7 at %d: %x", name, b[0], len(file)-len(b)+1, b[1:]))
	}
	file = append(file, opEOF, 0, 0, 0, 0, 0, 0, 0, 0)
	for how, in := range map[string]io.Reader{"whole": bytes.NewReader(file), "by bytes": iotest.OneByteReader(bytes.NewReader(file))} {
		var d Decoder
		var c cutter
		if err := d.Split(in, LoadOptions{Checksum: true}, &c); err != nil || d.Offset() != int64(len(file)) {
			t.Errorf("%s: at %d: %v", how, d.Offset(), err)
		}
		if !slices.Equal(c.said, want) {
			t.Errorf("%s: got %q, want %q", how, c.said, want)
		}
	}
	for n := range file {
		var d Decoder
		if err := d.Split(bytes.NewReader(file[:n]), LoadOptions{}, &cutter{}); err == nil || !strings.Contains(err.Error(), "at byte ") {
			t.Errorf("the first %d of %d bytes do: %v", n, len(file), err)
		}
	}
}

// pieceCounter counts pieces, and adds up their sizes.
type pieceCounter struct {
	cutter
	largest int
}

func (c *pieceCounter) Value(_ *KeyInfo, _ int64, piece []byte, _ bool) error {
	c.pieces++
	c.largest = max(c.largest, len(piece))
	c.value = append(c.value, piece...)
	return nil
}

// TestSplitLarge cuts a large string and a long list: they come in pieces, and the buffer stays small.
func TestSplitLarge(t *testing.T) {
	var w writer
	w.raw([]byte("REDIS0011"))
	text := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
	w.byte(byte(TypeString))
	w.text([]byte("string"))
	w.text(text)
	w.byte(byte(TypeList))
	w.text([]byte("list"))
	const elements = 100_000
	w.count(elements)
	for range elements {
		w.text(text[:100])
	}
	w.byte(opEOF)
	w.uint64(0)
	var d Decoder
	var c pieceCounter
	if err := d.Split(bytes.NewReader(w.buf), LoadOptions{Checksum: true}, &c); err != nil {
		t.Fatal(err)
	}
	if c.pieces < 50 || c.largest > 2*pieceBytes {
		t.Errorf("%d pieces, the largest of %d bytes", c.pieces, c.largest)
	}
	if got := cap(d.r.plain); got > keptBytes {
		t.Errorf("the scratch has %d bytes", got)
	}
	if len(c.value) != 5+len(text)+5+elements*102 || !bytes.Contains(c.value, text) {
		t.Errorf("%d bytes", len(c.value))
	}
}

func TestSplitDamage(t *testing.T) {
	for name, test := range map[string]struct {
		b    string
		want error
	}{
		"old module":      {"\x06\x01k\x01", errModuleOld},
		"part of module":  {"\x07\x01k\x01\x09", errModule},
		"unknown string":  {"\x00\x01k\xc4", errSpecial},
		"length":          {"\x01\x01k\xc0", errLength},
		"more than there": {"\x00\x01k\x81\xff\xff\xff\xff\xff\xff\xff\xffx", errShort},
		"count":           {"\x01\x01k\x81\xff\xff\xff\xff\xff\xff\xff\xff\x01x", errShort},
	} {
		var d Decoder
		err := d.Split(strings.NewReader("REDIS0011"+test.b), LoadOptions{}, &cutter{})
		if err == nil || !strings.Contains(err.Error(), test.want.Error()) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
}
