package fuzz

import (
	"bytes"
	"cmp"
	"slices"
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/tree"
)

// FuzzTree runs a program of operations on a tree and on a sorted slice and compares them.
//
// The first byte says whether refs of equal keys are ordered by number or by a compare function; then every four
// bytes are an operation: what, how often, and two for the key.
func FuzzTree(f *testing.F) {
	f.Add([]byte{0, 0, 255, 0, 0, 1, 255, 1, 0, 5, 0, 0, 0})
	f.Add(append([]byte{1}, bytes.Repeat([]byte{0, 100, 7, 1, 2, 10, 7, 1, 3, 90, 1, 0}, 40)...))
	f.Add(append([]byte{0}, bytes.Repeat([]byte{0, 250, 1, 0, 1, 200, 9, 3, 4, 80, 77, 0}, 40)...))
	f.Fuzz(func(t *testing.T, program []byte) {
		if len(program) == 0 {
			return
		}
		r, err := arena.NewRange(16 << 20)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		s := &sorted{t: t, a: arena.New(r), tree: tree.New(arena.PurposeTree)}
		if program[0]&1 != 0 {
			s.cmp = func(x, y arena.Ref) int { return cmp.Compare(y, x) }
		}
		for program = program[1:]; len(program) >= 4; program = program[4:] {
			s.step(program[0], int(program[1]), uint64(program[2])|uint64(program[3])<<8)
		}
		s.sane()
		for s.tree.Free(s.a, 50, nil) {
		}
		if s.a.Used() != 0 {
			t.Fatalf("%d bytes in use by an empty tree", s.a.Used())
		}
	})
}

// sorted is a tree and the slice that it should equal.
type sorted struct {
	t     *testing.T
	a     *arena.Arena
	tree  tree.Tree
	items []tree.Item
	cmp   tree.Compare
}

func (s *sorted) order(x, y tree.Item) int {
	if c := cmp.Compare(x.Key, y.Key); c != 0 || s.cmp == nil {
		return cmp.Or(c, cmp.Compare(x.Ref, y.Ref))
	}
	return s.cmp(x.Ref, y.Ref)
}

func (s *sorted) step(op byte, count int, key uint64) {
	switch op % 8 {
	case 0: // rising keys
		for i := range count {
			s.insert(tree.Item{Key: key + uint64(i), Ref: arena.Ref(1 + i%7)})
		}
	case 1: // scattered keys
		for i := range count {
			s.insert(tree.Item{Key: (key + uint64(i)*7919) % 5000, Ref: arena.Ref(key%97 + 1)})
		}
	case 2: // one key
		for i := range count {
			s.insert(tree.Item{Key: key % 4, Ref: arena.Ref(key + uint64(i) + 1)})
		}
	case 3:
		for i := range count {
			if len(s.items) > 0 {
				s.delete(s.items[(int(key)+i*31)%len(s.items)])
			}
		}
		s.delete(tree.Item{Key: key, Ref: 3})
	case 4:
		s.deleteRange(int(key)%(len(s.items)+1), count)
	case 5:
		s.sane()
	case 6:
		for range count {
			it, ok := s.tree.PopFirst(s.a)
			if ok != (len(s.items) > 0) || ok && it != s.items[0] {
				s.t.Fatalf("PopFirst = %v, %v", it, ok)
			}
			s.items = s.items[min(1, len(s.items)):]
		}
	case 7:
		s.look(tree.Item{Key: key, Ref: arena.Ref(count + 1)})
	}
}

func (s *sorted) insert(it tree.Item) {
	i, found := slices.BinarySearchFunc(s.items, it, s.order)
	if found {
		return
	}
	if !s.tree.Insert(s.a, it.Key, it.Ref, s.cmp) {
		s.t.Fatalf("Insert(%v) failed", it)
	}
	s.items = slices.Insert(s.items, i, it)
}

func (s *sorted) delete(it tree.Item) {
	i, found := slices.BinarySearchFunc(s.items, it, s.order)
	if got := s.tree.Delete(s.a, it.Key, it.Ref, s.cmp); got != found {
		s.t.Fatalf("Delete(%v) = %v, want %v", it, got, found)
	}
	if found {
		s.items = slices.Delete(s.items, i, i+1)
	}
}

func (s *sorted) deleteRange(rank, count int) {
	end := min(rank+count, len(s.items))
	var got []tree.Item
	s.tree.DeleteRange(s.a, rank, count, func(it tree.Item) { got = append(got, it) })
	if !slices.Equal(got, s.items[rank:end]) {
		s.t.Fatalf("DeleteRange(%d, %d) gave %v, want %v", rank, count, got, s.items[rank:end])
	}
	s.items = slices.Delete(s.items, rank, end)
}

func (s *sorted) look(it tree.Item) {
	i, found := slices.BinarySearchFunc(s.items, it, s.order)
	if rank, ok := s.tree.Rank(s.a, it.Key, it.Ref, s.cmp); rank != i || ok != found {
		s.t.Fatalf("Rank(%v) = %d, %v, want %d, %v", it, rank, ok, i, found)
	}
	c := s.tree.Seek(s.a, it.Key, it.Ref, s.cmp)
	if c.Valid() != (i < len(s.items)) || c.Valid() && c.Item() != s.items[i] {
		s.t.Fatalf("Seek(%v) is not at item %d", it, i)
	}
}

func (s *sorted) sane() {
	if err := s.tree.Sane(s.a, s.cmp); err != nil {
		s.t.Fatal(err)
	}
	i := 0
	for c := s.tree.Begin(s.a); c.Valid(); c.Next(s.a) {
		if i >= len(s.items) || c.Item() != s.items[i] {
			s.t.Fatalf("item %d is %v", i, c.Item())
		}
		i++
	}
	if i != len(s.items) || i != s.tree.Len() {
		s.t.Fatalf("%d items, Len says %d, want %d", i, s.tree.Len(), len(s.items))
	}
}
