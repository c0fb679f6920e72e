package packed

import (
	"fmt"
	"testing"
)

// fields returns a block like a hash's: names and values of 16 bytes.
func fields(n int) Block {
	b := Init(make([]byte, EmptyBytes+n*36))
	for i := range n {
		b.Append(Encode(fmt.Appendf(nil, "field:%010d", i)))
		b.Append(Encode(fmt.Appendf(nil, "value:%010d", i)))
	}
	return b
}

func BenchmarkFind(b *testing.B) {
	for _, n := range []int{8, 128} {
		p := fields(n)
		for _, tt := range []struct{ name, text string }{
			{"last", fmt.Sprintf("field:%010d", n-1)}, {"none", "field:none-at-al"}, {"other length", "field"}, {"integer", "5000"},
		} {
			b.Run(fmt.Sprintf("%d fields/%s", n, tt.name), func(b *testing.B) {
				b.ReportAllocs()
				v := Encode([]byte(tt.text))
				for b.Loop() {
					p.Find(HeaderBytes, v, 1)
				}
			})
		}
	}
}

// BenchmarkFindMember looks for members of a set of 100.
func BenchmarkFindMember(b *testing.B) {
	p := Init(make([]byte, 4096))
	for i := range 100 {
		p.Append(Encode(fmt.Appendf(nil, "elem%012d", i)))
	}
	for _, text := range []string{"elem000000000000", "elem000000000050", "elem000000000099", "elem000000000100", "short", "12345"} {
		b.Run(text, func(b *testing.B) {
			v := Encode([]byte(text))
			for b.Loop() {
				p.Find(HeaderBytes, v, 0)
			}
		})
	}
}

func BenchmarkRead(b *testing.B) {
	p := fields(50)
	b.ReportAllocs()
	for b.Loop() {
		for at, end := p.First(), p.End(); at < end; {
			_, at = p.Read(at)
		}
	}
}

func BenchmarkAt(b *testing.B) {
	p := fields(64)
	for _, i := range []int{0, 64, -1, -64} {
		b.Run(fmt.Sprint(i), func(b *testing.B) {
			for b.Loop() {
				p.At(i)
			}
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, text := range []string{"a value of 16 by", "12345678"} {
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			p := Init(make([]byte, 8192))
			s := []byte(text)
			for b.Loop() {
				v := Encode(s)
				if p.Room() < v.Size() {
					p = Init(p)
				}
				p.Append(v)
			}
		})
	}
}

// BenchmarkPopFirst is a queue: one in at the end, one out at the front of a full leaf.
func BenchmarkPopFirst(b *testing.B) {
	p := Init(make([]byte, 8192))
	v := Encode([]byte("a value of 16 by"))
	for p.Room() >= v.Size() {
		p.Append(v)
	}
	b.ReportAllocs()
	for b.Loop() {
		p.Delete(HeaderBytes, 1)
		p.Append(v)
	}
}

// BenchmarkFindMixed looks for the last field of a hash whose fields and values are of many lengths.
func BenchmarkFindMixed(b *testing.B) {
	p := Init(make([]byte, 1<<14))
	for i := range 100 {
		p.Append(Encode(fmt.Appendf(nil, "%0*d", 3+i*7%13, i)))
		p.Append(Encode(fmt.Appendf(nil, "%*d", 1+i*5%17, i)))
	}
	v := Encode([]byte("nosuchfield"))
	for b.Loop() {
		p.Find(HeaderBytes, v, 1)
	}
}
