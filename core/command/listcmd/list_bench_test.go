package listcmd

import (
	"fmt"
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

func newList(b *testing.B, n int) object.List {
	b.Helper()
	r, err := arena.NewRange(64 << 20)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(r.Close)
	e := object.NewCollection(arena.New(r), []byte("list"), object.TypeList, object.EncListpack, 0, 0)
	l := e.AsList(object.NewEnv(1))
	for range n {
		l.Grow([]byte("a value of 16 by"))
		l.PushLast([]byte("a value of 16 by"))
	}
	return l
}

func BenchmarkRange(b *testing.B) {
	for _, n := range []int{100, 1000000} {
		l := newList(b, n)
		for _, first := range []int{0, (n - 100) / 2} {
			b.Run(fmt.Sprintf("100 of %d from %d", n, first), func(b *testing.B) {
				var w resp.Writer
				b.ReportAllocs()
				for b.Loop() {
					w.B = w.B[:0]
					forward(&w, l, first, 100)
				}
			})
		}
	}
}

func BenchmarkPush(b *testing.B) {
	text := [][]byte{[]byte("a value of 16 by")}
	for _, n := range []int{100, 1000000} {
		l := newList(b, n)
		for _, to := range []side{left, right} {
			b.Run(fmt.Sprintf("%s, then drop, of %d", to.push(), n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					l.Grow(text...)
					put(l, to, text[0])
					drop(l, to)
				}
			})
		}
	}
}
