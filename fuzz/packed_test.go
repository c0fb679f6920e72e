package fuzz

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

// FuzzPacked runs a program of operations on a packed block and on a slice of strings and compares them. Every three bytes
// are an operation: what, where, and with which text.
func FuzzPacked(f *testing.F) {
	f.Add([]byte{0, 0, 1, 0, 0, 200, 0, 1, 70, 1, 0, 0, 2, 1, 9, 3, 0, 1, 4, 0, 3})
	f.Add(bytes.Repeat([]byte{0, 9, 255, 2, 3, 64, 1, 5, 1}, 30))
	f.Fuzz(func(t *testing.T, program []byte) {
		s := &strip{t: t, b: packed.Init(make([]byte, packed.EmptyBytes))}
		for ; len(program) >= 3; program = program[3:] {
			s.step(program[0], int(program[1]), textOf(program[2]))
		}
		s.sane()
	})
}

// FuzzPackedBytes takes the input for a block from outside: either it is refused, or everything in it can be read, and
// its entries written anew are a block that says the same.
func FuzzPackedBytes(f *testing.F) {
	s := &strip{b: packed.Init(make([]byte, packed.EmptyBytes))}
	for i := range 256 {
		s.step(0, i, textOf(byte(i)))
		if i%16 == 0 {
			f.Add(bytes.Clone(s.b[:s.b.Used()]))
		}
	}
	f.Add([]byte{10, 0, 0, 0, 1, 0, 0x81, '5', 2, 0xff}) // an integer as text
	f.Fuzz(func(t *testing.T, in []byte) {
		if packed.Validate(in) != nil {
			return
		}
		b := packed.Block(in)
		c := packed.Init(make([]byte, len(in)*2))
		var texts []string
		for at := b.First(); at >= 0; at = b.Next(at) {
			texts = append(texts, string(b.Get(at).AppendTo(nil)))
			c.Append(packed.Encode([]byte(texts[len(texts)-1])))
		}
		if len(texts) != b.Len() {
			t.Fatalf("%d entries, Len says %d", len(texts), b.Len())
		}
		for at := b.Last(); at >= 0; at = b.Prev(at) {
			last := len(texts) - 1
			if got := string(b.Get(at).AppendTo(nil)); last < 0 || got != texts[last] {
				t.Fatalf("read backwards, entry %d is %q", last, got)
			}
			texts = texts[:last]
		}
		if len(texts) != 0 {
			t.Fatalf("%d entries more read forwards than backwards", len(texts))
		}
		if err := c.Sane(); err != nil {
			t.Fatal(err)
		}
		if isCopy := bytes.Equal(c[:c.Used()], in); b.IsCanonical() != isCopy && b.Len() < 1<<16-1 && bytes.Equal(c[4:6], in[4:6]) {
			t.Fatalf("canonical: %v, but written anew the same bytes: %v", b.IsCanonical(), isCopy)
		}
	})
}

// textOf makes a text of a byte: numbers of all sizes, texts of all kinds of head.
func textOf(c byte) string {
	switch n := int(c) / 4; c % 4 {
	case 0:
		return strconv.FormatInt(1<<n-1, 10)
	case 1:
		return strconv.FormatInt(-1<<n, 10)
	case 2:
		return strings.Repeat("t", n*2)
	default:
		return strings.Repeat("u", n*n*5)
	}
}

// strip is a block and the texts that it should hold.
type strip struct {
	t    *testing.T
	b    packed.Block
	want []string
}

func (s *strip) step(op byte, i int, text string) {
	i %= len(s.want) + 1
	at := s.b.End()
	if i < len(s.want) {
		at = s.b.At(i)
	}
	v := packed.Encode([]byte(text))
	if s.b.Room() < v.Size() {
		s.b = append(bytes.Clone(s.b[:s.b.Used()]), make([]byte, v.Size()+int(op))...)
	}
	switch {
	case op%4 == 0:
		s.b.Insert(at, v)
		s.want = slices.Insert(s.want, i, text)
	case op%4 == 1:
		s.b.Delete(at, len(text))
		s.want = slices.Delete(s.want, i, min(i+len(text), len(s.want)))
	case op%4 == 2 && i < len(s.want):
		s.b.Replace(at, v)
		s.want[i] = text
	case op%4 == 3:
		s.find(i, at, text)
	}
}

func (s *strip) find(i, at int, text string) {
	want := -1
	if k := slices.Index(s.want[i:], text); k >= 0 {
		want = s.b.At(i + k)
	}
	if got := s.b.Find(at, packed.Encode([]byte(text)), 0); got != want {
		s.t.Fatalf("Find(%.40q) from entry %d = %d, want %d", text, i, got, want)
	}
}

func (s *strip) sane() {
	if err := s.b.Sane(); err != nil {
		s.t.Fatal(err)
	}
	if s.b.Len() != len(s.want) {
		s.t.Fatalf("%d entries, want %d", s.b.Len(), len(s.want))
	}
	for i, at := 0, s.b.First(); at >= 0; i, at = i+1, s.b.Next(at) {
		if got := string(s.b.Get(at).AppendTo(nil)); got != s.want[i] {
			s.t.Fatalf("entry %d is %.40q, want %.40q", i, got, s.want[i])
		}
	}
}
