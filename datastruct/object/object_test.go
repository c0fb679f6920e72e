package object

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

func newArena(t testing.TB) *arena.Arena {
	t.Helper()
	r, err := arena.NewRange(32 << 20)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return arena.New(r)
}

func TestParseInt(t *testing.T) {
	tests := []struct {
		in   string
		want int64
		ok   bool
	}{
		{"0", 0, true}, {"1", 1, true}, {"-1", -1, true}, {"10", 10, true},
		{"9223372036854775807", math.MaxInt64, true}, {"-9223372036854775808", math.MinInt64, true},
		{"9223372036854775808", 0, false}, {"-9223372036854775809", 0, false},
		{"9999999999999999999", 0, false}, {"18446744073709551615", 0, false}, {"18446744073709551616", 0, false},
		{"99999999999999999999", 0, false}, {"100000000000000000000", 0, false}, {"-10000000000000000000", 0, false},
		{"", 0, false}, {"-", 0, false}, {"-0", 0, false}, {"00", 0, false}, {"01", 0, false}, {"-01", 0, false}, {"+1", 0, false},
		{" 1", 0, false}, {"1 ", 0, false}, {"1.0", 0, false}, {"1e3", 0, false}, {"0x1", 0, false}, {"/", 0, false}, {":", 0, false},
	}
	for _, tt := range tests {
		got, ok := ParseInt([]byte(tt.in))
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("ParseInt(%q) = %d, %v, want %d, %v", tt.in, got, ok, tt.want, tt.ok)
		}
	}
}

func FuzzParseInt(f *testing.F) {
	f.Add([]byte("-9223372036854775808"))
	f.Fuzz(func(t *testing.T, b []byte) {
		want, err := strconv.ParseInt(string(b), 10, 64)
		ok := err == nil && strconv.FormatInt(want, 10) == string(b)
		if got, is := ParseInt(b); is != ok || ok && got != want {
			t.Errorf("ParseInt(%q) = %d, %v, want %d, %v", b, got, is, want, ok)
		}
	})
}

func TestEncode(t *testing.T) {
	tests := []struct {
		in   string
		want Encoding
	}{
		{"", EncEmbstr}, {"12", EncInt}, {"012", EncEmbstr}, {"a", EncEmbstr},
		{string(make([]byte, 44)), EncEmbstr}, {string(make([]byte, 45)), EncRaw},
	}
	for _, tt := range tests {
		if got := Encode([]byte(tt.in)).Enc; got != tt.want {
			t.Errorf("Encode(%q) is %v, want %v", tt.in, got, tt.want)
		}
	}
}

// TestBudget holds the sizes that the memory figures hang on.
func TestBudget(t *testing.T) {
	a := newArena(t)
	key := []byte("key:000000000001")
	tests := []struct {
		name     string
		value    Value
		expireAt int64
		want     int
	}{
		{"16 bytes", Text(make([]byte, 16)), 0, 40},
		{"16 bytes and expiry", Text(make([]byte, 16)), 1_700_000_000_000, 48},
		{"100 bytes", Text(make([]byte, 100)), 0, 128},
		{"integer", Int(123456), 0, 32},
		{"integer and expiry", Int(123456), 1_700_000_000_000, 40},
	}
	for _, tt := range tests {
		if got := NewString(a, key, tt.value, tt.expireAt, 0).Size(); got != tt.want {
			t.Errorf("%s: %d bytes, want %d", tt.name, got, tt.want)
		}
	}
}

func TestFitsIsTheClassRule(t *testing.T) {
	a := newArena(t)
	last := 0 // the class below
	for n := 1; n < 300000; n += 1 + n/200 {
		ref := a.Alloc(n, arena.PurposeOther)
		c := a.Cap(ref)
		a.Free(ref, arena.PurposeOther)
		if !Fits(c, n) {
			t.Fatalf("%d bytes got a block of %d, which Fits denies", n, c)
		}
		if last < c && Fits(c, last) {
			t.Fatalf("Fits says that %d bytes belong in a block of %d, but there are blocks of %d", last, c, last)
		}
		last = c
	}
}

// shadow is the naive twin of an entry.
type shadow struct {
	key      []byte
	text     []byte
	enc      Encoding
	expireAt int64
	access   uint32
}

func (s shadow) check(e Entry) error {
	if err := e.Sane(nil); err != nil {
		return err
	}
	n, isInt := e.IsInt()
	switch {
	case !bytes.Equal(e.Key(), s.key):
		return fmt.Errorf("key %q, want %q", e.Key(), s.key)
	case !e.HasKey(s.key) || e.HasKey(append(s.key[:len(s.key):len(s.key)], 'x')):
		return fmt.Errorf("HasKey is wrong about %q", s.key)
	case e.Encoding() != s.enc || isInt != (s.enc == EncInt):
		return fmt.Errorf("encoding %v, want %v", e.Encoding(), s.enc)
	case e.ExpireAt() != s.expireAt:
		return fmt.Errorf("expires at %d, want %d", e.ExpireAt(), s.expireAt)
	case e.Access() != s.access:
		return fmt.Errorf("access field %#x, want %#x", e.Access(), s.access)
	case !bytes.Equal(e.AppendValue(nil), s.text):
		return fmt.Errorf("value %.40q, want %.40q", e.AppendValue(nil), s.text)
	case e.Len() != len(s.text):
		return fmt.Errorf("length %d, want %d", e.Len(), len(s.text))
	case isInt && strconv.FormatInt(n, 10) != string(s.text):
		return fmt.Errorf("integer %d, want %s", n, s.text)
	}
	return nil
}

func randomBytes(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// size returns lengths of all orders, and often one at an edge.
func size(r *rand.Rand) int {
	edges := []int{0, 1, 7, 8, 9, 16, 43, 44, 45, 126, 127, 128, 129, 130, 1023, 1024, 1025, 5000, 70000}
	if r.IntN(3) == 0 {
		return edges[r.IntN(len(edges))]
	}
	return r.IntN(1 << r.IntN(13))
}

func randomValue(r *rand.Rand) (Value, []byte) {
	switch r.IntN(4) {
	case 0:
		n := r.Int64() >> r.IntN(64)
		return Int(n), strconv.AppendInt(nil, n, 10)
	case 1:
		b := randomBytes(r, size(r))
		return Raw(b), b
	}
	b := randomBytes(r, size(r))
	return Text(b), b
}

func randomExpiry(r *rand.Rand) int64 {
	switch r.IntN(4) {
	case 0:
		return 0
	case 1:
		return maxNarrow - 1 + int64(r.IntN(3))
	case 2:
		return math.MaxInt64 >> r.IntN(60)
	}
	return 1 + r.Int64N(1<<42)
}

func TestRandomRewrites(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	a, b := newArena(t), newArena(t)
	ops := 20000
	if testing.Short() {
		ops = 4000
	}
	var e Entry
	var want shadow
	fresh := func() {
		key := randomBytes(r, size(r)%3000)
		v, text := randomValue(r)
		want = shadow{key, text, v.Enc, randomExpiry(r), uint32(r.IntN(1 << 24))}
		e = NewString(a, key, v, want.expireAt, want.access)
	}
	fresh()
	for i := range ops {
		op := r.IntN(9)
		switch op {
		case 0:
			e.Free()
			if u := a.Used(); u != 0 {
				t.Fatalf("seed %d, step %d: %d bytes left after the only entry was freed", seed, i, u)
			}
			fresh()
		case 1, 2:
			v, text := randomValue(r)
			if i%2 == 0 {
				want.expireAt = randomExpiry(r)
			}
			want.text, want.enc = text, v.Enc
			if want.expireAt == 0 && e.OverwritePlain(v) {
				break
			}
			if e.FitsValue(v, want.expireAt) {
				if !e.Overwrite(v, want.expireAt) {
					t.Fatal("no memory")
				}
			} else {
				n := NewString(a, e.Key(), v, want.expireAt, e.Access())
				e.Free()
				e = n
			}
		case 3:
			want.expireAt = randomExpiry(r)
			n := e.WithExpiry(want.expireAt)
			if n != e {
				e.Drop()
			}
			e = n
		case 4:
			tail := randomBytes(r, size(r)%300)
			n := e.Resized(len(want.text) + len(tail))
			if n != e {
				e.Free()
			}
			e = n
			copy(e.Writable()[len(want.text):], tail)
			want.text, want.enc = append(want.text[:len(want.text):len(want.text)], tail...), EncRaw
		case 8:
			want.text, want.enc = want.text[:r.IntN(len(want.text)+1)], EncRaw
			n := e.Resized(len(want.text))
			if n != e {
				e.Free()
			}
			e = n
		case 5:
			want.key = randomBytes(r, size(r)%3000)
			n := e.Rekeyed(a, want.key, want.expireAt, nil)
			e.Drop()
			e = n
		case 6:
			n := e.Copied(a, want.key, want.expireAt, nil)
			e.Free()
			e = n
		case 7:
			n := e.Rekeyed(b, want.key, want.expireAt, nil)
			e.Free()
			if u := a.Used(); u != 0 {
				t.Fatalf("seed %d, step %d: %d bytes left after the entry moved away", seed, i, u)
			}
			e = n
			a, b = b, a
		}
		if err := want.check(e); err != nil {
			t.Fatalf("seed %d, step %d, op %d: %v", seed, i, op, err)
		}
		if u := a.Used(); u != int64(e.Size()) {
			t.Fatalf("seed %d, step %d, op %d: %d bytes used, entry has %d", seed, i, op, u, e.Size())
		}
	}
}

func TestAppendIsAmortised(t *testing.T) {
	a := newArena(t)
	e := NewString(a, []byte("k"), Text(nil), 0, 0)
	blocks, last := 0, arena.Ref(0)
	for n := 1; n <= 1<<20; n += 16 {
		r := e.Resized(n)
		if r != e {
			e.Free()
		}
		e = r
		if n > MaxInline {
			if _, block := e.external(e.bodyAt()); block != last {
				blocks, last = blocks+1, block
			}
		}
	}
	if blocks > 16 {
		t.Errorf("a value that grew to a mebibyte moved %d times", blocks)
	}
}
