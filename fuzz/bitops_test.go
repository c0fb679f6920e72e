package fuzz

import (
	"math/bits"
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/bitops"
)

// FuzzBits compares counting and searching in bit ranges, and reading and writing of fields, with a bit at a time.
func FuzzBits(f *testing.F) {
	f.Add([]byte{0xff, 0, 0x81}, uint16(3), uint16(20), uint8(7), uint64(5))
	f.Add(make([]byte, 200), uint16(100), uint16(1500), uint8(63), ^uint64(0))
	f.Add([]byte{}, uint16(0), uint16(0), uint8(0), uint64(0))
	f.Fuzz(func(t *testing.T, b []byte, x, y uint16, width uint8, value uint64) {
		size := int64(len(b)) * 8
		from, to := min(int64(x), size), min(int64(y), size)
		ones, first := int64(0), [2]int64{-1, -1}
		for i := from; i < to; i++ {
			bit := bitops.Get(b, i)
			ones += int64(bit)
			if first[bit] < 0 {
				first[bit] = i
			}
		}
		if got := bitops.CountRange(b, from, to); got != ones {
			t.Errorf("CountRange %d to %d = %d, want %d", from, to, got, ones)
		}
		for bit := range byte(2) {
			if got := bitops.First(b, bit, from, to); got != first[bit] {
				t.Errorf("First %d from %d to %d = %d, want %d", bit, from, to, got, first[bit])
			}
		}
		fuzzField(t, b, bitops.Field{Offset: int64(x), Width: uint(width)%64 + 1, Signed: true}, value)
	})
}

func fuzzField(t *testing.T, b []byte, f bitops.Field, value uint64) {
	t.Helper()
	want := uint64(0)
	for i := range int64(f.Width) {
		want = want<<1 | uint64(bitops.Get(b, f.Offset+i))
	}
	unused := 64 - f.Width
	if got := f.Get(b); got != uint64(int64(want<<unused)>>unused) {
		t.Errorf("%+v Get = %x, want %x", f, got, want)
	}
	if f.Offset+int64(f.Width) > int64(len(b))*8 {
		return
	}
	before := bitops.Count(b)
	f.Put(b, value)
	changed := int64(bits.OnesCount64(value<<unused) - bits.OnesCount64(want))
	if got := f.Get(b); got != uint64(int64(value<<unused)>>unused) || bitops.Count(b) != before+changed {
		t.Errorf("%+v Put %x: reads %x, %d ones became %d", f, value, got, before, bitops.Count(b))
	}
}
