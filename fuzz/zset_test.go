package fuzz

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// FuzzZSet runs a program of operations on a sorted set and on a sorted slice and compares them. The first two bytes are the
// limits of the encodings; then every four bytes are an operation: what, a member, and two of argument.
func FuzzZSet(f *testing.F) {
	f.Add(append([]byte{200, 64}, bytes.Repeat([]byte{0, 1, 7, 1, 1, 3, 9, 6, 2, 200, 1, 4}, 20)...))
	f.Add(append([]byte{4, 20}, bytes.Repeat([]byte{0, 0, 5, 0, 0, 1, 90, 2, 1, 0, 5, 5, 3, 0, 8, 1}, 20)...))
	f.Add(append([]byte{0, 0}, bytes.Repeat([]byte{0, 2, 100, 5, 0, 0, 9, 60, 4, 5, 0, 0}, 30)...))
	f.Fuzz(func(t *testing.T, program []byte) {
		if len(program) < 2 || len(program) > 800 {
			return
		}
		r, err := arena.NewRange(16 << 20)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		env := object.NewEnv(uint64(program[0]))
		env.Limits.ZSetEntries.Store(int64(program[0]))
		env.Limits.ZSetValue.Store(int64(program[1]))
		a := arena.New(r)
		e := object.NewCollection(a, []byte("k"), object.TypeZSet, object.EncListpack, 0, 0)
		x := &zsetRun{t: t, z: e.AsZSet(env)}
		for program = program[2:]; len(program) >= 4; program = program[4:] {
			x.step(program[0], memberOf(int(program[1])), int(program[2])|int(program[3])<<8)
			x.compare()
		}
		e.Free()
		if a.Used() != 0 {
			t.Fatalf("%d bytes are left", a.Used())
		}
	})
}

// zsetRun is a sorted set and what it should hold.
type zsetRun struct {
	t    *testing.T
	z    object.ZSet
	want []scored
}

type scored struct {
	member string
	score  float64
}

// scoreOf makes a score of an argument: small integers, fractions, large ones and infinities.
func scoreOf(arg int) float64 {
	f := float64(int16(arg)>>3) / 4
	switch arg & 7 {
	case 0:
		return math.Inf(arg&8 - 4)
	case 1:
		return f * 1e300
	case 2:
		return math.Trunc(f)
	}
	return f
}

func (x *zsetRun) step(op byte, member string, arg int) {
	switch op % 6 {
	case 0, 1, 2:
		x.add(member, scoreOf(arg), object.AddFlags(op>>4)&^object.AddNX)
	case 3:
		i := x.find(member)
		if x.z.Remove([]byte(member)) != (i >= 0) {
			x.t.Fatalf("remove %q: was there %v", member, i >= 0)
		}
		if i >= 0 {
			x.want = slices.Delete(x.want, i, i+1)
		}
	case 4:
		rank := arg & 0xff % (len(x.want) + 1)
		n := min(arg>>8, len(x.want)-rank)
		x.z.RemoveRange(rank, n)
		x.want = slices.Delete(x.want, rank, rank+n)
	case 5:
		r := object.ScoreRange{Min: scoreOf(arg), Max: scoreOf(arg >> 1), MinOpen: op&64 != 0, MaxOpen: op&128 != 0}
		rank, n := x.z.ScoreSpan(r, math.MaxInt)
		for c := x.z.WalkScores(r); c.Next(); n-- {
			if got := (scored{string(c.Member()), c.Score()}); n <= 0 || got != x.want[rank] {
				x.t.Fatalf("%+v: rank %d is %v", r, rank, got)
			}
			rank++
		}
		if n != 0 {
			x.t.Fatalf("%+v: %d too few", r, n)
		}
	}
}

func (x *zsetRun) find(member string) int {
	return slices.IndexFunc(x.want, func(s scored) bool { return s.member == member })
}

func (x *zsetRun) add(member string, score float64, how object.AddFlags) {
	got, result := x.z.Add([]byte(member), score, how)
	i := x.find(member)
	switch result {
	case object.AddNew:
		if i >= 0 {
			x.t.Fatalf("%q is new, but was there", member)
		}
		x.want = append(x.want, scored{member, got})
	case object.AddUpdated, object.AddSame:
		if i < 0 || (x.want[i].score == got) != (result == object.AddSame) {
			x.t.Fatalf("%q got %v, result %v", member, got, result)
		}
		x.want[i].score = got
	case object.AddNoMemory:
		x.t.Fatal("no memory")
	default:
	}
	slices.SortFunc(x.want, func(p, q scored) int {
		return cmp.Or(cmp.Compare(p.score, q.score), cmp.Compare(p.member, q.member))
	})
}

func (x *zsetRun) compare() {
	i := 0
	for c := x.z.Walk(0, len(x.want)+1, false); c.Next(); i++ {
		if got := (scored{string(c.Member()), c.Score()}); i == len(x.want) || got != x.want[i] {
			x.t.Fatalf("rank %d is %v of %v", i, got, x.want)
		}
	}
	if i != len(x.want) || x.z.Len() != i {
		x.t.Fatalf("%d members, Len says %d, want %d", i, x.z.Len(), len(x.want))
	}
	for rank, s := range x.want {
		if got, score, ok := x.z.Rank([]byte(s.member)); !ok || got != rank || score != s.score {
			x.t.Fatalf("%q has rank %d, %v, %v; want %d", s.member, got, score, ok, rank)
		}
	}
}
