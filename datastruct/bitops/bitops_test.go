package bitops

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// seeds gives each subtest a source of its own; a failure names the seed.
func eachSeed(t *testing.T, count uint64, run func(t *testing.T, r *rand.Rand)) {
	t.Helper()
	for seed := range count {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) { run(t, rand.New(rand.NewPCG(seed, 7))) })
	}
}

// bitmap draws bytes with long runs of equal ones, as bitmaps have them.
func bitmap(r *rand.Rand, most int) []byte {
	b := make([]byte, r.IntN(most+1))
	for i := 0; i < len(b); {
		fill := [...]byte{0, 0xff, byte(r.UintN(256)), 1, 0x80}[r.IntN(5)]
		for end := min(len(b), i+1+r.IntN(most/2+1)); i < end; i++ {
			b[i] = fill
		}
	}
	return b
}

func slowCount(b []byte, from, to int64) int64 {
	n := int64(0)
	for i := from; i < to; i++ {
		n += int64(Get(b, i))
	}
	return n
}

func slowFirst(b []byte, bit byte, from, to int64) int64 {
	for i := from; i < to; i++ {
		if Get(b, i) == bit {
			return i
		}
	}
	return -1
}

func TestRanges(t *testing.T) {
	eachSeed(t, 40, func(t *testing.T, r *rand.Rand) {
		b := bitmap(r, 300)
		size := int64(len(b)) * 8
		if got, want := Count(b), slowCount(b, 0, size); got != want {
			t.Fatalf("Count(%x) = %d, want %d", b, got, want)
		}
		for range 200 {
			from := r.Int64N(size + 1)
			to := from + r.Int64N(size-from+1)
			bit := byte(r.IntN(2))
			if got, want := CountRange(b, from, to), slowCount(b, from, to); got != want {
				t.Fatalf("CountRange(%x, %d, %d) = %d, want %d", b, from, to, got, want)
			}
			if got, want := First(b, bit, from, to), slowFirst(b, bit, from, to); got != want {
				t.Fatalf("First(%x, %d, %d, %d) = %d, want %d", b, bit, from, to, got, want)
			}
		}
	})
}

func TestGetPut(t *testing.T) {
	b := make([]byte, 3)
	for _, at := range []int64{0, 7, 8, 23} {
		if old := Put(b, at, 1); old != 0 || Get(b, at) != 1 {
			t.Errorf("bit %d: was %d, is %d", at, old, Get(b, at))
		}
	}
	if want := []byte{0x81, 0x80, 0x01}; !bytes.Equal(b, want) {
		t.Errorf("got %x, want %x", b, want)
	}
	if old := Put(b, 7, 0); old != 1 || b[0] != 0x80 {
		t.Errorf("clearing bit 7: was %d, byte %x", old, b[0])
	}
	if Get(b, 24) != 0 || Get(nil, 0) != 0 || Get(b, math.MaxInt64) != 0 {
		t.Error("a bit behind the end isn't zero")
	}
}

func TestCombine(t *testing.T) {
	eachSeed(t, 60, func(t *testing.T, r *rand.Rand) {
		op := Op(r.IntN(4))
		sources := make([][]byte, 1+r.IntN(5))
		if op == Not {
			sources = sources[:1]
		}
		longest := 0
		for i := range sources {
			sources[i] = bitmap(r, []int{3, 100, 3 * chunk}[r.IntN(3)])
			longest = max(longest, len(sources[i]))
		}
		got := bitmap(r, 2*longest+1) // what was there before doesn't matter
		got = append(got, make([]byte, longest)...)[:longest]
		Combine(op, got, sources)
		for i := range got {
			if want := slowCombine(op, sources, i); got[i] != want {
				t.Fatalf("op %d over %d sources: byte %d is %x, want %x", op, len(sources), i, got[i], want)
			}
		}
	})
}

func slowCombine(op Op, sources [][]byte, i int) byte {
	at := func(b []byte) byte {
		if i < len(b) {
			return b[i]
		}
		return 0
	}
	v := at(sources[0])
	for _, src := range sources[1:] {
		switch op {
		case And:
			v &= at(src)
		case Or:
			v |= at(src)
		case Xor:
			v ^= at(src)
		}
	}
	if op == Not {
		return ^v
	}
	return v
}

func TestField(t *testing.T) {
	eachSeed(t, 40, func(t *testing.T, r *rand.Rand) {
		b := bitmap(r, 40)
		b = append(b, make([]byte, 9)...)
		for range 200 {
			f := Field{Width: 1 + r.UintN(64), Signed: true}
			if r.IntN(2) == 0 && f.Width < 64 {
				f.Signed = false
			}
			f.Offset = r.Int64N(int64(len(b)*8) - int64(f.Width) + 1)
			old := bytes.Clone(b)
			v := r.Uint64()
			f.Put(b, v)
			for i := range int64(len(b) * 8) {
				want := Get(old, i)
				if k := i - f.Offset; k >= 0 && k < int64(f.Width) {
					want = byte(v >> (int64(f.Width) - 1 - k) & 1)
				}
				if Get(b, i) != want {
					t.Fatalf("%+v Put %x into %x gives %x: bit %d is wrong", f, v, old, b, i)
				}
			}
			want := v << (64 - f.Width) >> (64 - f.Width)
			if f.Signed {
				want = uint64(int64(v) << (64 - f.Width) >> (64 - f.Width))
			}
			if got := f.Get(b); got != want {
				t.Fatalf("%+v Get from %x = %x, want %x", f, b, got, want)
			}
		}
	})
}

// TestFieldBehindTheEnd reads fields that lie partly or wholly behind the bytes.
func TestFieldBehindTheEnd(t *testing.T) {
	b := []byte{0xff, 0xff}
	tests := []struct {
		f    Field
		want uint64
	}{
		{Field{0, 16, false}, 0xffff},
		{Field{8, 16, false}, 0xff00},
		{Field{12, 64, true}, 0xf << 60},
		{Field{15, 2, true}, ^uint64(1)},
		{Field{16, 63, false}, 0},
		{Field{math.MaxInt64, 64, true}, 0},
	}
	for _, test := range tests {
		if got := test.f.Get(b); got != test.want {
			t.Errorf("%+v.Get(%x) = %#x, want %#x", test.f, b, got, test.want)
		}
	}
}

var edges = []int64{0, 1, -1, 2, -2, 127, 128, -128, -129, 255, 256, 1 << 31, -1 << 31, 1<<31 - 1, 1<<32 - 1, 1 << 62, -1 << 62,
	math.MaxInt64, math.MinInt64, math.MaxInt64 - 1, math.MinInt64 + 1}

// TestAdd compares with arithmetic that knows no limits.
func TestAdd(t *testing.T) {
	eachSeed(t, 20, func(t *testing.T, r *rand.Rand) {
		for range 2000 {
			f := Field{Width: 1 + r.UintN(64), Signed: true}
			if r.IntN(2) == 0 && f.Width < 64 {
				f.Signed = false
			}
			b := make([]byte, 8)
			Field{Width: 64}.Put(b, r.Uint64())
			if r.IntN(2) == 0 {
				Field{Width: 64}.Put(b, uint64(edges[r.IntN(len(edges))]))
			}
			value, by := f.Get(b), edges[r.IntN(len(edges))]
			if r.IntN(2) == 0 {
				by = int64(r.Uint64()) >> r.IntN(64)
			}
			for _, o := range []Overflow{Wrap, Saturate, Fail} {
				got, bent := f.Add(value, by, o)
				want, wantBent := slowAdd(f, value, by, o)
				if got != want || bent != wantBent {
					t.Fatalf("%+v.Add(%d, %d, %d) = %d %v, want %d %v", f, int64(value), by, o, int64(got), bent, int64(want), wantBent)
				}
			}
		}
	})
}

func slowAdd(f Field, value uint64, by int64, o Overflow) (sum uint64, bent bool) {
	exact := new(big.Int).SetUint64(value)
	low, high := new(big.Int), new(big.Int).Lsh(big.NewInt(1), f.Width)
	if f.Signed {
		exact.SetInt64(int64(value))
		high.Lsh(big.NewInt(1), f.Width-1)
		low.Neg(high)
	}
	high.Sub(high, big.NewInt(1))
	exact.Add(exact, big.NewInt(by))
	bits := func(v *big.Int) uint64 {
		return new(big.Int).And(v, new(big.Int).SetUint64(math.MaxUint64)).Uint64()
	}
	switch {
	case exact.Cmp(low) >= 0 && exact.Cmp(high) <= 0:
		return bits(exact), false
	case o == Saturate && exact.Sign() < 0:
		return bits(low), true
	case o == Saturate:
		return bits(high), true
	}
	b := make([]byte, 8)
	Field{Width: 64}.Put(b, bits(exact))
	return Field{Offset: int64(64 - f.Width), Width: f.Width, Signed: f.Signed}.Get(b), true
}

// TestFit puts numbers into fields as SET does, by adding nothing.
func TestFit(t *testing.T) {
	i8, u8 := Field{Width: 8, Signed: true}, Field{Width: 8}
	tests := []struct {
		f     Field
		value int64
		o     Overflow
		want  int64
		bent  bool
	}{
		{i8, 127, Wrap, 127, false},
		{i8, 128, Wrap, -128, true},
		{i8, 128, Saturate, 127, true},
		{i8, -129, Saturate, -128, true},
		{i8, -129, Fail, 127, true},
		{i8, math.MinInt64, Saturate, 127, true}, // the oddity
		{u8, -1, Saturate, 255, true},
		{u8, -1, Wrap, 255, true},
		{u8, 256, Wrap, 0, true},
		{Field{Width: 64, Signed: true}, math.MinInt64, Saturate, math.MinInt64, false},
	}
	for _, test := range tests {
		got, bent := test.f.Add(uint64(test.value), 0, test.o)
		if int64(got) != test.want || bent != test.bent {
			t.Errorf("%+v.Add(%d, 0, %d) = %d %v, want %d %v", test.f, test.value, test.o, int64(got), bent, test.want, test.bent)
		}
	}
}

func BenchmarkCount(b *testing.B) {
	buf := bitmap(rand.New(rand.NewPCG(1, 1)), 1<<20)
	buf = append(buf, make([]byte, 1<<20)...)[:1<<20]
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		Count(buf)
	}
}

func BenchmarkCombine(b *testing.B) {
	dst, x, y := make([]byte, 1<<20), make([]byte, 1<<20), make([]byte, 1<<20)
	b.SetBytes(int64(len(dst)))
	b.ReportAllocs()
	for b.Loop() {
		Combine(Xor, dst, [][]byte{x, y})
	}
}

func BenchmarkFirst(b *testing.B) {
	buf := make([]byte, 1<<20)
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		First(buf, 1, 0, int64(len(buf))*8)
	}
}
