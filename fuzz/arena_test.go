package fuzz

import (
	"bytes"
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

// FuzzArena runs a program of allocations and frees on two arenas of one small range, and checks that blocks
// keep their contents, that the accounts are right, and that all comes back in the end.
//
// Every three bytes are an operation: what, and two of argument.
func FuzzArena(f *testing.F) {
	f.Add([]byte{0, 5, 0, 1, 100, 0, 2, 0, 1, 3, 0, 0, 4, 1, 0})
	f.Add(bytes.Repeat([]byte{0, 40, 0, 0, 41, 0, 3, 0, 0}, 300))
	f.Add(append(bytes.Repeat([]byte{6, 255, 255, 4, 8, 0}, 50), bytes.Repeat([]byte{3, 0, 0, 4, 1, 0}, 60)...))
	f.Add(append(bytes.Repeat([]byte{1, 17, 3}, 200), 5, 0, 0, 1, 1, 1, 5, 1, 0))
	f.Fuzz(func(t *testing.T, program []byte) {
		r, err := arena.NewRange(16 << 20)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		h := &heap{t: t, arenas: [2]*arena.Arena{arena.New(r), arena.New(r)}}
		for ; len(program) >= 3; program = program[3:] {
			h.step(program[0], int(program[1])|int(program[2])<<8)
		}
		h.finish()
		if err := r.Sane(); err != nil || r.Handed() != 0 {
			t.Fatalf("range: %v, %d bytes handed out", err, r.Handed())
		}
	})
}

// heap is two arenas and what they should hold.
type heap struct {
	t      *testing.T
	arenas [2]*arena.Arena
	blocks [2][]heapBlock
	fill   byte
}

type heapBlock struct {
	ref  arena.Ref
	n    int
	p    arena.Purpose
	fill byte
}

func (h *heap) step(op byte, arg int) {
	k := int(op>>7) & 1
	a := h.arenas[k]
	switch op & 0x7f % 7 {
	case 0:
		h.alloc(k, arg%300)
	case 1:
		h.alloc(k, arg)
	case 2, 3:
		if len(h.blocks[k]) > 0 {
			h.free(k, arg%len(h.blocks[k]))
		}
	case 4:
		a.Trim(arg)
	case 5:
		h.sane(k)
		if arg%4 == 0 {
			for a.Dispose(1 + arg%100) {
			}
			h.blocks[k] = nil
		}
	case 6:
		h.alloc(k, arg*64)
	}
}

func (h *heap) alloc(k, n int) {
	p := arena.Purpose(n) % arena.PurposeCount
	ref := h.arenas[k].Alloc(n, p)
	if ref == 0 {
		return
	}
	if n%64 == 0 && n <= 4096 && n > 0 && ref%8 != 0 {
		h.t.Fatalf("block of %d at %#x isn't aligned", n, ref)
	}
	h.fill++
	for i := range ends(n) {
		h.arenas[k].Bytes(ref, n)[i] = h.fill
	}
	h.blocks[k] = append(h.blocks[k], heapBlock{ref, n, p, h.fill})
}

func (h *heap) free(k, i int) {
	b := h.blocks[k][i]
	view := h.arenas[k].Bytes(b.ref, b.n)
	for i := range ends(b.n) {
		if view[i] != b.fill {
			h.t.Fatalf("block %#x of %d: byte %d is %d, want %d", b.ref, b.n, i, view[i], b.fill)
		}
	}
	h.arenas[k].Free(b.ref, b.p)
	last := len(h.blocks[k]) - 1
	h.blocks[k][i] = h.blocks[k][last]
	h.blocks[k] = h.blocks[k][:last]
}

// ends yields some positions of a block of n bytes: all of a short one, the ends of a long one.
func ends(n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i := 0; i < n; i++ {
			if i == 64 && n > 128 {
				i = n - 64
			}
			if !yield(i) {
				return
			}
		}
	}
}

func (h *heap) sane(k int) {
	a := h.arenas[k]
	if err := a.Sane(); err != nil {
		h.t.Fatal(err)
	}
	used := int64(0)
	for _, b := range h.blocks[k] {
		used += int64(a.Cap(b.ref))
	}
	if used != a.Used() {
		h.t.Fatalf("Used() = %d, want %d", a.Used(), used)
	}
}

func (h *heap) finish() {
	for k, a := range h.arenas {
		h.sane(k)
		for len(h.blocks[k]) > 0 {
			h.free(k, len(h.blocks[k])-1)
		}
		for range 6 {
			for a.Trim(1) {
			}
		}
		h.sane(k)
		if a.Used() != 0 || a.Committed() != 0 {
			h.t.Fatalf("Used() = %d, Committed() = %d at the end", a.Used(), a.Committed())
		}
	}
}
