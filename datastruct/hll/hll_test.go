package hll

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// value is a HyperLogLog in a slice that grows: what the server does with strings.
type value struct {
	b     []byte
	limit int
}

func newValue(limit int) *value {
	v := &value{make([]byte, EmptyBytes), limit}
	Init(v.b)
	return v
}

func (v *value) raise(index int, rank uint8) (bool, error) {
	if !Sparse(v.b) {
		return DenseRaise(v.b, index, rank), nil
	}
	var e Edit
	verdict, err := Plan(v.b, index, rank, v.limit, &e)
	switch {
	case err != nil || verdict == Same:
		return false, err
	case verdict == Dense:
		dense := make([]byte, DenseBytes)
		if err := Densify(dense, v.b); err != nil {
			return false, err
		}
		v.b = dense
		return DenseRaise(v.b, index, rank), nil
	}
	size := len(v.b)
	v.b = append(v.b, make([]byte, max(e.Growth(), 0))...)
	before := bytes.Clone(v.b)
	e.Apply(v.b, size)
	if e.Growth() <= 0 {
		e.Revert(v.b, size)
		if !bytes.Equal(v.b[HeaderBytes:], before[HeaderBytes:]) {
			return false, errors.New("Revert left other bytes")
		}
		e.Apply(v.b, size)
	}
	v.b = v.b[:size+e.Growth()]
	return true, nil
}

// sparseRanks reads all registers of a sparse value.
func sparseRanks(t *testing.T, b []byte) []uint8 {
	t.Helper()
	var ranks []uint8
	for b = b[HeaderBytes:]; len(b) > 0; {
		r := readRun(b)
		ranks = append(ranks, slices.Repeat([]uint8{r.rank}, r.length)...)
		b = b[r.bytes:]
	}
	if len(ranks) != Registers {
		t.Fatalf("%d registers", len(ranks))
	}
	return ranks
}

// TestTwin raises random registers and compares with an array.
func TestTwin(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			v := newValue([]int{3000, 100, 1 << 20, 0}[seed%4])
			var twin [Registers]uint8
			within := []int{Registers, 40, 300}[seed%3]
			for i := range 3000 {
				index, rank := r.IntN(within), uint8(1+min(r.IntN(maxSparseRank), r.IntN(12)))
				if seed%4 == 2 && i == 2900 {
					rank = maxRank
				}
				changed, err := v.raise(index, rank)
				if want := rank > twin[index]; changed != want || err != nil {
					t.Fatalf("raise register %d from %d to %d: %v %v", index, twin[index], rank, changed, err)
				}
				twin[index] = max(twin[index], rank)
				if i%50 == 0 {
					compare(t, v.b, &twin)
				}
			}
			compare(t, v.b, &twin)
		})
	}
}

func compare(t *testing.T, b []byte, twin *[Registers]uint8) {
	t.Helper()
	if !Valid(b) {
		t.Fatalf("not valid: %d bytes, %x", len(b), b[:HeaderBytes])
	}
	dense := b
	if Sparse(b) {
		if ranks := sparseRanks(t, b); !slices.Equal(ranks, twin[:]) {
			t.Fatal("sparse registers differ")
		}
		dense = make([]byte, DenseBytes)
		if err := Densify(dense, b); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range twin {
		if got := DenseGet(dense, i); got != want {
			t.Fatalf("register %d is %d, want %d", i, got, want)
		}
	}
	var u Union
	if err := u.Raise(b); err != nil || !slices.Equal(u.registers[:], twin[:]) {
		t.Fatal("the union differs", err)
	}
	packed := make([]byte, DenseBytes)
	copy(packed, dense[:HeaderBytes])
	if u.PutDense(packed); !bytes.Equal(packed, dense) {
		t.Fatal("PutDense makes other bytes")
	}
	one, err := Estimate(b)
	two, err2 := Estimate(dense)
	if err != nil || err2 != nil || one != two || u.Estimate() != one {
		t.Fatalf("estimates: %d %v, dense %d %v, union %d", one, err, two, err2, u.Estimate())
	}
}

// TestError checks that estimates are as good as 16384 registers can give: a standard error of 0.81 %.
func TestError(t *testing.T) {
	v := newValue(3000)
	check := 1
	var element [8]byte
	for i := 1; i <= 1_000_000; i++ {
		binary.LittleEndian.PutUint64(element[:], uint64(i)*0x9e3779b97f4a7c15)
		index, rank := Place(element[:])
		if _, err := v.raise(index, rank); err != nil {
			t.Fatal(err)
		}
		if i != check {
			continue
		}
		n, err := Estimate(v.b)
		if diff := max(int(n)-i, i-int(n)); err != nil || diff > i*5/100 {
			t.Errorf("after %d elements: %d %v", i, n, err)
		}
		check *= 10
	}
}

// TestPlace holds registers and ranks to their bounds for elements of all lengths.
func TestPlace(t *testing.T) {
	for n := range 4000 {
		element := bytes.Repeat([]byte{byte(n)}, n/8)
		if i, rank := Place(element); i < 0 || i >= Registers || rank < 1 || rank > maxRank {
			t.Errorf("Place(%x) = %d, %d", element, i, rank)
		}
	}
}

func TestCache(t *testing.T) {
	v := newValue(3000)
	if n, ok := Cached(v.b); n != 0 || !ok {
		t.Errorf("a new value remembers %d %v", n, ok)
	}
	if _, err := v.raise(5, 3); err != nil {
		t.Fatal(err)
	}
	if _, ok := Cached(v.b); ok {
		t.Error("a change didn't invalidate the cardinality")
	}
	Remember(v.b, 17)
	if n, ok := Cached(v.b); n != 17 || !ok {
		t.Errorf("remembers %d %v", n, ok)
	}
}

// TestValid is about headers.
func TestValid(t *testing.T) {
	sparse := func(edit func(b []byte) []byte) []byte { return edit(bytes.Clone(newValue(0).b)) }
	tests := []struct {
		name string
		b    []byte
		want bool
	}{
		{"empty", nil, false},
		{"short", []byte("HYLL"), false},
		{"header only", sparse(func(b []byte) []byte { return b[:HeaderBytes] }), true},
		{"new", newValue(0).b, true},
		{"magic", sparse(func(b []byte) []byte { b[3] = 'l'; return b }), false},
		{"encoding", sparse(func(b []byte) []byte { b[4] = 2; return b }), false},
		{"dense of another length", sparse(func(b []byte) []byte { b[4] = 0; return b }), false},
		{"dense", make([]byte, DenseBytes), false},
	}
	for _, test := range tests {
		if got := Valid(test.b); got != test.want {
			t.Errorf("%s: Valid = %v", test.name, got)
		}
	}
}

// TestCorrupt feeds runs that don't add up: registers too many (CVE-2025-32023) or too few, and a run cut in two.
func TestCorrupt(t *testing.T) {
	header := string(newValue(0).b[:HeaderBytes])
	tests := []struct {
		name, runs string
	}{
		{"none", ""},
		{"too few", "\x7f\xfe"},
		{"too many zeros", "\x7f\xff\x7f\xff\x00"},
		{"values behind the end", "\x7f\xff\xff\xff\xff"},
		{"wraps 32 bits", string(bytes.Repeat([]byte("\x7f\xff"), 1<<18)) + "\xff\xff"},
		{"xzero without its second byte", "\x7f"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := []byte(header + test.runs)
			if !Valid(b) {
				t.Fatal("the header is valid")
			}
			var u Union
			if err := u.Raise(b); err != ErrCorrupt {
				t.Errorf("Raise: %v", err)
			}
			if _, err := Estimate(b); err != ErrCorrupt {
				t.Errorf("Estimate: %v", err)
			}
			if err := Densify(make([]byte, DenseBytes), b); err != ErrCorrupt {
				t.Errorf("Densify: %v", err)
			}
			for _, index := range []int{0, 1, 100, Registers - 1} {
				v := value{bytes.Clone(b), 1 << 20}
				_, _ = v.raise(index, 7) // no panic
				_, _ = v.raise(index, 40)
			}
		})
	}
}

func TestNoAllocations(t *testing.T) {
	v := newValue(3000)
	for i := range 500 {
		if _, err := v.raise(Registers/500*i, 3); err != nil {
			t.Fatal(err)
		}
	}
	var e Edit
	n := testing.AllocsPerRun(100, func() {
		index, rank := Place([]byte("element"))
		_, _ = Plan(v.b, index, rank, 3000, &e)
		_, _ = Plan(v.b, 777, 31, 3000, &e)
		_, _ = Estimate(v.b)
		var u Union
		_ = u.Raise(v.b)
		u.Estimate()
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkPlan(b *testing.B) {
	v := newValue(1 << 20)
	r := rand.New(rand.NewPCG(1, 1))
	for len(v.b) < 2900 {
		if _, err := v.raise(r.IntN(Registers), uint8(1+r.IntN(6))); err != nil {
			b.Fatal(err)
		}
	}
	var e Edit
	b.ReportAllocs()
	for b.Loop() {
		_, _ = Plan(v.b, r.IntN(Registers), 8, 3000, &e)
	}
}

func BenchmarkEstimateDense(b *testing.B) {
	v := newValue(0)
	for i := range 100000 {
		if _, err := v.raise(Place(fmt.Append(nil, i))); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		_, _ = Estimate(v.b)
	}
}

// TestSkip compares skip with reading run by run, on bytes of every kind.
func TestSkip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		b := make([]byte, HeaderBytes+r.IntN(120))
		kinds := r.IntN(3)
		for i := HeaderBytes; i < len(b); i++ {
			b[i] = []byte{byte(r.Uint32()), xzeroBit | byte(r.IntN(64)), valueBit | byte(r.IntN(128)), byte(r.IntN(256))}[r.IntN(kinds+2)]
		}
		index := r.IntN(Registers)
		at, first, prev := skip(b, HeaderBytes, 0, index)
		wantAt, wantFirst, wantPrev := HeaderBytes, 0, HeaderBytes
		for wantAt < at {
			run := readRun(b[wantAt:])
			wantFirst, wantPrev, wantAt = wantFirst+run.length, wantAt, wantAt+run.bytes
		}
		if at != wantAt || first != wantFirst || prev != wantPrev || first > index {
			t.Fatalf("skip(%x, %d) = %d, %d, %d; want %d, %d, %d", b, index, at, first, prev, wantAt, wantFirst, wantPrev)
		}
	}
}
