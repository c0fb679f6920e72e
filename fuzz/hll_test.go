package fuzz

import (
	"bytes"
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/hll"
)

// FuzzHLL hands bytes that a client may have written to everything that reads and changes HyperLogLogs. Where the registers don't add
// up there is an error; where they do, all agree, and a change is seen by all.
func FuzzHLL(f *testing.F) {
	head := "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80"
	f.Add([]byte(head+"\x7f\xff"), uint16(5), uint8(3))
	f.Add([]byte(head+"\x80\x84\x88\x8c\x00\x3f\x7f\xb6"), uint16(2), uint8(7))
	f.Add([]byte(head+"\x83\x83\x83\x87\x7f\xef"), uint16(6), uint8(1))
	f.Add([]byte(head+"\x7f\xff\x7f\xff\xff\xff"), uint16(16383), uint8(32))
	f.Add([]byte(head+"\x7f\xfe\x40"), uint16(16383), uint8(33))
	f.Add([]byte(head), uint16(0), uint8(51))
	f.Add(append([]byte("HYLL\x00"), bytes.Repeat([]byte{0x41}, hll.DenseBytes-5)...), uint16(77), uint8(63))
	f.Fuzz(func(t *testing.T, b []byte, index uint16, rank uint8) {
		if !hll.Valid(b) {
			return
		}
		at, rank := int(index)%hll.Registers, rank%51+1
		before, sound := registers(t, b)
		b, changed, err := raise(b, at, rank)
		if !sound {
			return // an error, or a change of what was there
		}
		after, _ := registers(t, b)
		if err != nil || changed != (rank > before[at]) {
			t.Fatalf("register %d from %d to %d: %v %v", at, before[at], rank, changed, err)
		}
		if before[at] = max(before[at], rank); after != before {
			t.Fatal("other registers than the one were changed")
		}
	})
}

// registers reads a value in all ways and says whether it is a sound one.
func registers(t *testing.T, b []byte) (ranks [hll.Registers]uint8, sound bool) {
	t.Helper()
	var u hll.Union
	err := u.Raise(b)
	n, err2 := hll.Estimate(b)
	if (err != nil) != (err2 != nil) {
		t.Fatalf("Raise says %v, Estimate %v", err, err2)
	}
	if hll.Sparse(b) {
		hll.AppendRuns(nil, b)
		dense := make([]byte, hll.DenseBytes)
		if err3 := hll.Densify(dense, b); (err != nil) != (err3 != nil) {
			t.Fatalf("Raise says %v, Densify %v", err, err3)
		}
		b = dense
	}
	if err != nil {
		return ranks, false
	}
	if m := u.Estimate(); m != n {
		t.Fatalf("the value estimates %d, the union %d", n, m)
	}
	for i := range ranks {
		if ranks[i] = hll.DenseGet(b, i); ranks[i] != u.Rank(i) {
			t.Fatalf("register %d is %d, in the union %d", i, ranks[i], u.Rank(i))
		}
	}
	return ranks, true
}

// raise raises a register as PFADD does.
func raise(b []byte, index int, rank uint8) ([]byte, bool, error) {
	if !hll.Sparse(b) {
		return b, hll.DenseRaise(b, index, rank), nil
	}
	var edit hll.Edit
	verdict, err := hll.Plan(b, index, rank, 3000, &edit)
	switch {
	case err != nil || verdict == hll.Same:
		return b, false, err
	case verdict == hll.Dense:
		dense := make([]byte, hll.DenseBytes)
		if err := hll.Densify(dense, b); err != nil {
			return b, false, err
		}
		return dense, hll.DenseRaise(dense, index, rank), nil
	}
	size := len(b)
	b = append(b, make([]byte, max(edit.Growth(), 0))...)
	edit.Apply(b, size)
	return b[:size+edit.Growth()], true, nil
}
