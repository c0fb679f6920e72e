//go:build unix

package streamcmd

import (
	"fmt"
	"testing"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

// newStream returns a stream of n entries with one field, some of them in each ms.
func newStream(tb testing.TB, n int) object.Stream {
	tb.Helper()
	r, err := arena.NewRange(1 << 30)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(r.Close)
	e := object.NewCollection(arena.New(r), []byte("key"), object.TypeStream, object.EncStream, 0, 0)
	s := e.AsStream(object.NewEnv(1))
	if !s.Init() {
		tb.Fatal("no room")
	}
	for i := range n {
		id := object.StreamID{Ms: 1526919030474 + uint64(i)/3, Seq: uint64(i) % 3}
		if !s.Append(id, [][]byte{[]byte("field"), fmt.Appendf(nil, "entry:%012d", i)}) {
			tb.Fatal("no room")
		}
	}
	return s
}

func BenchmarkRange(b *testing.B) {
	s := newStream(b, 100_000)
	for _, isBack := range []bool{false, true} {
		b.Run(fmt.Sprintf("back %v", isBack), func(b *testing.B) {
			var w resp.Writer
			b.ReportAllocs()
			defer cpuTime(b)()
			for b.Loop() {
				w.B = w.B[:0]
				r := s.Range(object.StreamID{}, object.MaxStreamID, isBack)
				_ = writeRange(&command.Call{W: &w}, &r, 100)
			}
		})
	}
}
