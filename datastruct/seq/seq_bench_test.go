package seq

import (
	"fmt"
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

func long(b *testing.B, n int) Seq {
	s := seed(b, newArena(b, 256<<20), packed.Encode([]byte("a value of 16 by")))
	for range n - 1 {
		s.PushLast(packed.Encode([]byte("a value of 16 by")), -2)
	}
	return s
}

func BenchmarkEnds(b *testing.B) {
	for _, n := range []int{1000, 1000000} {
		s := long(b, n)
		v := packed.Encode([]byte("a value of 16 by"))
		b.Run(fmt.Sprint("push first, drop last/", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.PushFirst(v, -2)
				s.DropLast()
			}
		})
		b.Run(fmt.Sprint("push last, drop first/", n), func(b *testing.B) {
			for b.Loop() {
				s.PushLast(v, -2)
				s.DropFirst()
			}
		})
	}
}

func BenchmarkRun(b *testing.B) {
	for _, n := range []int{1000, 1000000} {
		s := long(b, n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			i := 0
			for b.Loop() {
				i = (i + 7919*31) % n
				s.Run(i)
			}
		})
	}
}

func BenchmarkInsert(b *testing.B) {
	s := long(b, 1000000)
	v := packed.Encode([]byte("a value of 16 by"))
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		i = (i + 7919*31) % s.Len()
		s.Insert(i, v, -2)
		s.Delete(i, 1, -2)
	}
}
