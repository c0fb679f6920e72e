package fuzz

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// FuzzKeyspace runs a program of commands on two partitions of three databases in a small range, which may run out of memory,
// and checks each answer against a naive twin, the invariants now and then, and that all memory comes back in the end.
//
// Every five bytes are an operation: what, where, key, and two of argument.
func FuzzKeyspace(f *testing.F) {
	f.Add([]byte{0, 0, 1, 2, 3, 7, 0, 1, 0, 9, 9, 0, 0, 50, 0, 10, 0, 0, 0, 0})
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{100, 2000, 10000} {
		program := make([]byte, n)
		for i := range program {
			program[i] = byte(r.Uint32())
		}
		f.Add(program)
	}
	f.Add(bytes.Repeat([]byte{4, 0, 7, 255, 255}, 400)) // appends until the memory is used up
	f.Fuzz(func(t *testing.T, program []byte) {
		mem, err := arena.NewRange(8 << 20)
		if err != nil {
			t.Fatal(err)
		}
		defer mem.Close()
		p := &partitions{t: t, now: 1 << 40}
		for i := range p.spaces {
			p.spaces[i] = keyspace.NewSpace(keyspace.Config{Databases: 3, Range: mem, Seed: 5})
			p.spaces[i].SetNow(p.now)
			for j := range p.twins[i] {
				p.twins[i][j] = map[string]*twinValue{}
			}
		}
		for n := 0; len(program) >= 5; program, n = program[5:], n+1 {
			p.step(program[0]%16, int(program[1]&1), int(program[1]>>1)%3, program[2], int(program[3])|int(program[4])<<8)
			if n%32 == 0 {
				p.sane()
			}
		}
		p.finish(mem)
	})
}

// partitions is what the program runs on.
type partitions struct {
	t      *testing.T
	spaces [2]*keyspace.Space
	twins  [2][3]map[string]*twinValue
	now    int64
}

type twinValue struct {
	text     []byte
	enc      object.Encoding
	expireAt int64
}

// keyOf makes a key of one of 64: most are short, some longer than 127 or 1,000 bytes.
func keyOf(b byte) []byte {
	k := []byte{'k', b & 63}
	switch {
	case b&63 == 62:
		return bytes.Repeat(k, 70)
	case b&63 == 63:
		return bytes.Repeat(k, 700)
	}
	return k
}

// valueOf makes a value: an integer, or text of up to some 64 KiB.
func valueOf(arg int) ([]byte, keyspace.Value) {
	var v keyspace.Value
	switch arg & 3 {
	case 0:
		v = object.Encode(fmt.Appendf(nil, "%d", (arg>>2)-1000))
		return fmt.Appendf(nil, "%d", (arg>>2)-1000), v
	case 1:
		v = object.Raw(make([]byte, arg>>2))
	case 2:
		v = object.Text(bytes.Repeat([]byte("x"), arg>>10))
	case 3:
		v = object.Encode(bytes.Repeat([]byte{'0' + byte(arg>>2&7)}, arg>>5&127))
		if v.Enc == object.EncInt {
			return fmt.Appendf(nil, "%d", v.Int), v
		}
	}
	return bytes.Clone(v.Bytes), v
}

// expiryOf makes an expiry: often none, else soon, past, or beyond 48 bits.
func (p *partitions) expiryOf(arg int) int64 {
	switch arg % 5 {
	case 0:
		return p.now + int64(arg/5%50)
	case 1:
		return p.now - 1
	case 2:
		return 1<<48 + int64(arg)
	}
	return 0
}

// twin returns what a live key should hold, nil if it shouldn't be there.
func (p *partitions) twin(i, j int, key []byte) *twinValue {
	v := p.twins[i][j][string(key)]
	if v != nil && v.expireAt != 0 && v.expireAt < p.now {
		delete(p.twins[i][j], string(key))
		return nil
	}
	return v
}

func (p *partitions) compare(what string, e keyspace.Entry, v *twinValue) {
	p.t.Helper()
	switch {
	case e.Exists() != (v != nil):
		p.t.Fatalf("%s: exists: %v, want %v", what, e.Exists(), v != nil)
	case v == nil:
	case !bytes.Equal(e.AppendValue(nil), v.text) || e.Encoding() != v.enc || e.ExpireAt() != v.expireAt:
		p.t.Fatalf("%s: %v of %d bytes, expires at %d; want %v of %d bytes, %d", what,
			e.Encoding(), e.Len(), e.ExpireAt(), v.enc, len(v.text), v.expireAt)
	}
}

// failed says whether the operation ran out of memory; any other error is a fault.
func (p *partitions) failed(err error) bool {
	p.t.Helper()
	if err != nil && !errors.Is(err, keyspace.ErrNoMemory) {
		p.t.Fatal(err)
	}
	return err != nil
}

func (p *partitions) step(op byte, i, j int, keyByte byte, arg int) {
	s, key := p.spaces[i], keyOf(keyByte)
	d, v, twins := s.DB(j), p.twin(i, j, key), p.twins[i][j]
	switch op {
	case 0, 1, 2:
		text, value := valueOf(arg)
		at := p.expiryOf(arg >> 3)
		if !p.failed(d.Set(key, value, at)) {
			twins[string(key)] = &twinValue{text, value.Enc, at}
		}
	case 3:
		text, value := valueOf(arg)
		if e := d.FindWrite(key); e.Exists() {
			if _, err := d.Update(e, value); !p.failed(err) {
				v.text, v.enc = text, value.Enc
			}
		}
	case 4:
		if e := d.FindWrite(key); !e.Exists() {
			if _, err := d.EditNew(key, arg%2000); !p.failed(err) {
				twins[string(key)] = &twinValue{make([]byte, arg%2000), object.EncRaw, 0}
			}
		} else if _, err := d.Append(e, make([]byte, arg)); !p.failed(err) {
			v.text, v.enc = append(v.text, make([]byte, arg)...), object.EncRaw
		}
	case 5:
		if e := d.FindWrite(key); e.Exists() {
			if _, err := d.SetRange(e, arg, []byte("range")); !p.failed(err) {
				v.text = append(v.text, make([]byte, max(arg+5-len(v.text), 0))...)
				copy(v.text[arg:], "range")
				v.enc = object.EncRaw
			}
		}
	case 6:
		if e := d.FindWrite(key); e.Exists() {
			if _, err := d.SetExpiry(e, p.expiryOf(arg)); !p.failed(err) {
				v.expireAt = p.expiryOf(arg)
			}
		}
	case 7:
		if d.Delete(key) != (v != nil) {
			p.t.Fatalf("delete: want %v", v != nil)
		}
		delete(twins, string(key))
	case 8, 9:
		p.transfer(op == 8, i, j, key, v, arg)
	case 10:
		p.now += int64(arg % 40)
		p.spaces[0].SetNow(p.now)
		p.spaces[1].SetNow(p.now)
	case 11:
		s.ExpireSlice(1)
	case 12:
		s.FreeSlice(1)
	case 13:
		p.scan(i, j)
	case 14:
		p.flush(i, j, arg)
	case 15:
		if e := d.Random(); e.Exists() {
			p.compare("random", e, p.twin(i, j, bytes.Clone(e.Key())))
		}
	}
	p.compare("look-up", d.Find(key), p.twin(i, j, key))
}

func (p *partitions) transfer(isCopy bool, i, j int, key []byte, v *twinValue, arg int) {
	d := p.spaces[i].DB(j)
	e := d.FindWrite(key)
	if !e.Exists() {
		return
	}
	i2, j2, key2 := arg&1, (arg>>1&3)%3, keyOf(byte(arg>>8))
	to := p.spaces[i2].DB(j2)
	if isCopy {
		if p.failed(d.Copy(e, to, key2)) {
			p.twin(i2, j2, key2) // it may have expired
			return
		}
	} else {
		if p.failed(d.Rename(e, to, key2)) {
			return
		}
		delete(p.twins[i][j], string(key))
	}
	p.twins[i2][j2][string(key2)] = &twinValue{bytes.Clone(v.text), v.enc, v.expireAt}
	p.compare("transfer", to.Peek(key2), p.twin(i2, j2, key2))
}

func (p *partitions) scan(i, j int) {
	seen := map[string]int{}
	d := p.spaces[i].DB(j)
	for cursor := d.Scan(0, 5, nil, func(e keyspace.Entry) { seen[string(e.Key())]++ }); cursor != 0; {
		cursor = d.Scan(cursor, 5, nil, func(e keyspace.Entry) { seen[string(e.Key())]++ })
	}
	for b := range 64 {
		key := keyOf(byte(b))
		want := 0
		if p.twin(i, j, key) != nil {
			want = 1
		}
		if seen[string(key)] != want {
			p.t.Fatalf("the scan saw %.10q %d times, want %d", key, seen[string(key)], want)
		}
	}
}

func (p *partitions) flush(i, j, arg int) {
	s := p.spaces[i]
	var old *keyspace.Detached
	switch arg % 16 {
	case 0:
		_, old = s.FlushAll()
		for j := range p.twins[i] {
			clear(p.twins[i][j])
		}
	case 1, 2, 3:
		_, old = s.FlushDB(j)
		clear(p.twins[i][j])
	case 4, 5, 6:
		j2 := (arg >> 4) % 3
		s.SwapDB(j, j2)
		p.twins[i][j], p.twins[i][j2] = p.twins[i][j2], p.twins[i][j]
	}
	for old != nil && old.Dispose(1) {
		continue
	}
}

func (p *partitions) sane() {
	p.t.Helper()
	for _, s := range p.spaces {
		if err := s.Sane(); err != nil {
			p.t.Fatal(err)
		}
	}
}

// finish compares all, deletes all, and looks whether anything is left.
func (p *partitions) finish(mem *arena.Range) {
	p.sane()
	for i, s := range p.spaces {
		for j, twins := range p.twins[i] {
			for b := range 64 {
				key := keyOf(byte(b))
				p.compare("end", s.DB(j).Peek(key), p.twin(i, j, key))
				s.DB(j).Delete(key)
			}
			clear(twins)
			if n := s.DB(j).Len(); n != 0 {
				p.t.Fatalf("%d keys are left in database %d", n, j)
			}
		}
		for s.FreeSlice(0) {
			continue
		}
		if n := s.Arena().Used(); n != 0 {
			p.t.Fatalf("%d bytes are left in an empty space", n)
		}
		_, old := s.FlushAll()
		for old != nil && old.Dispose(1) {
			continue
		}
	}
	if err := mem.Sane(); err != nil {
		p.t.Fatal(err)
	}
}
