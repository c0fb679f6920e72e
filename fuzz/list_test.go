package fuzz

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

// FuzzList runs a program of operations on a list and on a slice of strings and compares them.
//
// The first byte is the limit of a leaf; then every three bytes are an operation: what, where, and with which element.
func FuzzList(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 1, 0, 2, 2, 1, 7, 3, 0, 9, 4, 1, 1, 5, 0, 2, 6, 1, 1, 7, 0, 1})
	for _, limit := range []byte{1, 2, 5, 251, 254, 255} {
		f.Add(append([]byte{limit}, strings.Repeat("\x00\x10\x33\x01\x20\x47\x02\x07\x9b\x03\x05\x62\x06\x03\x01\x07\x30\x33\x09\x02\x05", 20)...))
	}
	f.Fuzz(func(t *testing.T, program []byte) {
		if len(program) == 0 {
			return
		}
		r, err := arena.NewRange(256 << 20) // 3000 of the longest texts
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		env := object.NewEnv(1)
		env.Limits.ListSize.Store(int64(int8(program[0])))
		q := &queue{t: t, a: arena.New(r), env: env}
		q.begin()
		for program = program[1:]; len(program) >= 3; program = program[3:] {
			q.step(program[0], int(program[1]), textOf(program[2]))
		}
		q.sane()
		q.list.Free()
		if n := q.a.Used(); n != 0 {
			t.Fatalf("%d bytes are left", n)
		}
	})
}

// queue is a list and the texts that it should hold.
type queue struct {
	t    *testing.T
	a    *arena.Arena
	env  *object.Env
	list object.List
	want []string
}

func (q *queue) begin() {
	q.list = object.NewCollection(q.a, []byte("list"), object.TypeList, object.EncListpack, 0, 0).AsList(q.env)
}

func (q *queue) step(op byte, n int, text string) {
	if len(q.want) > 3000 {
		op = 5 // a list can't grow for ever
	}
	switch op % 10 {
	case 0, 1:
		for i := range min(n, 100) {
			q.push(op%10 == 0, text+strconv.Itoa(i%3))
		}
	case 2:
		q.push(true, text)
	default:
		if len(q.want) > 0 {
			q.change(op%10, n%len(q.want), n, text)
		}
	}
	if len(q.want) == 0 {
		q.list.Free()
		q.begin()
	}
}

func (q *queue) push(isLast bool, text string) {
	ok := q.list.Grow([]byte(text))
	if isLast {
		ok = ok && q.list.PushLast([]byte(text))
		q.want = append(q.want, text)
	} else {
		ok = ok && q.list.PushFirst([]byte(text))
		q.want = slices.Insert(q.want, 0, text)
	}
	q.must(ok)
}

// change does something at index i, n times or to n elements.
func (q *queue) change(op byte, i, n int, text string) {
	switch op {
	case 3:
		q.must(q.list.Insert(i, []byte(text)))
		q.want = slices.Insert(q.want, i, text)
	case 4:
		q.must(q.list.Set(i, []byte(text)))
		q.want[i] = text
	case 5:
		n = min(n, len(q.want)-i)
		q.list.Delete(i, n)
		q.want = slices.Delete(q.want, i, i+n)
	case 6:
		for range min(n, len(q.want)) {
			q.list.DropFirst()
			q.want = q.want[1:]
		}
	case 7:
		for range min(n, len(q.want)) {
			q.list.DropLast()
			q.want = q.want[:len(q.want)-1]
		}
	case 8:
		text = q.want[i]
		removed := len(q.want)
		q.want = slices.DeleteFunc(slices.Clone(q.want), func(s string) bool { return s == text })
		if got := q.list.Remove([]byte(text), math.MaxInt, n%2 == 0); got != removed-len(q.want) {
			q.t.Fatalf("Remove(%.40q) = %d, want %d", text, got, removed-len(q.want))
		}
	case 9:
		q.sane()
		walk := q.list.From(0)
		if got, ok := walk.FindNext(packed.Encode([]byte(text))); ok != slices.Contains(q.want, text) || ok && got != slices.Index(q.want, text) {
			q.t.Fatalf("FindNext(%.40q) = %d, %v", text, got, ok)
		}
	}
}

func (q *queue) must(ok bool) {
	if !ok {
		q.t.Fatal("out of memory")
	}
}

func (q *queue) sane() {
	if q.list.Len() != len(q.want) {
		q.t.Fatalf("%d elements, want %d", q.list.Len(), len(q.want))
	}
	if len(q.want) == 0 {
		return
	}
	if err := q.list.Sane(q.env); err != nil {
		q.t.Fatal(err)
	}
	walk := q.list.From(0)
	for i, want := range q.want {
		if v, ok := walk.Next(); !ok || string(v.AppendTo(nil)) != want {
			q.t.Fatalf("element %d is %.40q, want %.40q", i, v.AppendTo(nil), want)
		}
	}
}
