package object

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

func benchSets(b *testing.B, sets, members int) ([]ZSet, [][]byte) {
	b.Helper()
	env := NewEnv(1)
	r, err := arena.NewRange(1 << 30)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(r.Close)
	a := arena.New(r)
	names := make([][]byte, members)
	for i := range names {
		names[i] = fmt.Appendf(nil, "member2:%08d", i)
	}
	rnd := rand.New(rand.NewPCG(1, 1))
	list := make([]ZSet, sets)
	for i := range list {
		list[i] = NewCollection(a, fmt.Appendf(nil, "key%d", i), TypeZSet, EncListpack, 0, 0).AsZSet(env)
		for _, m := range names {
			list[i].Add(m, float64(rnd.IntN(1000000)), 0)
		}
	}
	return list, names
}

func BenchmarkZSet(b *testing.B) {
	for _, size := range []struct{ sets, members int }{{1000, 100}, {1, 1_000_000}} {
		sets, names := benchSets(b, size.sets, size.members)
		rnd := rand.New(rand.NewPCG(2, 2))
		pick := func() (ZSet, []byte) { return sets[rnd.IntN(len(sets))], names[rnd.IntN(len(names))] }
		run := func(name string, f func(z ZSet, m []byte)) {
			b.Run(fmt.Sprintf("%s/%d", name, size.members), func(b *testing.B) {
				b.ReportAllocs()
				for range b.N {
					f(pick())
				}
			})
		}
		run("add", func(z ZSet, m []byte) { z.Add(m, float64(rnd.IntN(1000000)), 0) })
		run("incr", func(z ZSet, m []byte) { z.Add(m, 1, AddIncr) })
		run("score", func(z ZSet, m []byte) { z.Score(m) })
		run("rank", func(z ZSet, m []byte) { z.Rank(m) })
		run("walk 100", func(z ZSet, m []byte) {
			for c := z.Walk(z.Len()/2-50, 100, false); c.Next(); {
				c.Member()
			}
		})
		run("span 10", func(z ZSet, m []byte) {
			rank, n := z.ScoreSpan(ScoreRange{Min: float64(rnd.IntN(900000)), Max: 1e9}, 10)
			n = min(n, 10)
			for c := z.Walk(rank, n, false); c.Next(); {
				c.Member()
			}
		})
	}
}
