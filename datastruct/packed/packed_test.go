package packed

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestEncode(t *testing.T) {
	tests := []struct {
		in    string
		isInt bool
		size  int
	}{
		{"", false, 2}, {"-", false, 3}, {"a", false, 3}, {"-0", false, 4}, {"00", false, 4}, {"+1", false, 4}, {"1 ", false, 4}, {" 1", false, 4},
		{"0", true, 2}, {"127", true, 2}, {"128", true, 3}, {"-1", true, 3}, {"4095", true, 3}, {"-4096", true, 3}, {"4096", true, 4}, {"-4097", true, 4},
		{"32767", true, 4}, {"-32768", true, 4}, {"32768", true, 5}, {"-32769", true, 5}, {"8388607", true, 5}, {"-8388608", true, 5},
		{"8388608", true, 6}, {"-8388609", true, 6}, {"2147483647", true, 6}, {"-2147483648", true, 6}, {"2147483648", true, 10},
		{"9223372036854775807", true, 10}, {"-9223372036854775808", true, 10},
		{"9223372036854775808", false, 21}, {"-9223372036854775809", false, 22}, {"99999999999999999999", false, 22}, {"18446744073709551617", false, 22},
		{strings.Repeat("x", 16), false, 18}, {strings.Repeat("x", 63), false, 65}, {strings.Repeat("x", 64), false, 67},
		{strings.Repeat("x", 125), false, 128}, {strings.Repeat("x", 126), false, 130}, {strings.Repeat("x", 4095), false, 4099},
		{strings.Repeat("x", 4096), false, 4103}, {strings.Repeat("x", 16377), false, 16384}, {strings.Repeat("x", 16378), false, 16386},
	}
	for _, tt := range tests {
		v := Encode([]byte(tt.in))
		if v.IsInt != tt.isInt || v.Size() != tt.size || v.Len() != len(tt.in) || string(v.AppendTo(nil)) != tt.in {
			t.Errorf("Encode(%.20q): integer %v, size %d, length %d, text %.20q; want %v, %d", tt.in, v.IsInt, v.Size(), v.Len(), v.AppendTo(nil), tt.isInt, tt.size)
		}
		b := Init(make([]byte, EmptyBytes+v.Size()))
		b.Append(v)
		if got := b.Get(b.First()); !got.Equal(v) || got.IsInt != v.IsInt {
			t.Errorf("%.20q reads as %.20q", tt.in, got.AppendTo(nil))
		}
		if b.Room() != 0 || b.Last() != b.First() || b.Next(b.First()) != -1 {
			t.Errorf("%.20q: room %d, first %d, last %d", tt.in, b.Room(), b.First(), b.Last())
		}
	}
}

// TestEncodeLikeStrconv compares with the library on texts that look like integers.
func TestEncodeLikeStrconv(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 100000 {
		s := make([]byte, r.IntN(22))
		for i := range s {
			s[i] = "0123456789-91"[r.IntN(13)]
		}
		n, err := strconv.ParseInt(string(s), 10, 64)
		want := err == nil && strconv.FormatInt(n, 10) == string(s)
		if v := Encode(s); v.IsInt != want || want && v.Int != n {
			t.Fatalf("Encode(%q) = %v, want an integer: %v", s, v, want)
		}
	}
}

// TestBytes holds the layout: it is a file format.
func TestBytes(t *testing.T) {
	b := Init(make([]byte, 400))
	for _, s := range []string{"0", "127", "-1", "4095", "-300", "hi", "", "1000", "32000", "-40000", "70000000", "-5000000000", strings.Repeat("y", 70)} {
		b.Append(Encode([]byte(s)))
	}
	want := "7f000000" + "0d00" + "0001" + "7f01" + "dfff02" + "cfff02" + "ded402" + "82686903" + "8001" + "c3e802" + "f1007d03" + "f2c063ff04" + "f3801d2c0405" +
		"f4000efad5feffffff09" + "e046" + strings.Repeat("79", 70) + "48" + "ff"
	if got := hex.EncodeToString(b[:b.Used()]); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// twin is a block and the list of texts that it should equal.
type twin struct {
	t    *testing.T
	b    Block
	want []string
}

func (w *twin) sane() {
	w.t.Helper()
	if err := w.b.Sane(); err != nil {
		w.t.Fatal(err)
	}
	if w.b.Len() != len(w.want) {
		w.t.Fatalf("%d entries, want %d", w.b.Len(), len(w.want))
	}
	at := w.b.First()
	for i, s := range w.want {
		if got := string(w.b.Get(at).AppendTo(nil)); got != s {
			w.t.Fatalf("entry %d is %.40q, want %.40q", i, got, s)
		}
		if i == len(w.want)-1 && at != w.b.Last() {
			w.t.Fatalf("the last entry is at %d, Last says %d", at, w.b.Last())
		}
		at = w.b.Next(at)
	}
	if at != -1 {
		w.t.Fatalf("more than %d entries", len(w.want))
	}
	for i, at := len(w.want)-1, w.b.Last(); i >= 0; i, at = i-1, w.b.Prev(at) {
		if got := string(w.b.Get(at).AppendTo(nil)); got != w.want[i] {
			w.t.Fatalf("backwards: entry %d is %.40q, want %.40q", i, got, w.want[i])
		}
	}
}

// room makes place for n bytes.
func (w *twin) room(n int) {
	if w.b.Room() >= n {
		return
	}
	b := Block(make([]byte, w.b.Used()+n))
	copy(b, w.b[:w.b.Used()])
	w.b = b
}

func randomText(r *rand.Rand) string {
	switch r.IntN(8) {
	case 0:
		return ""
	case 1:
		return strconv.FormatInt(int64(r.Uint64())>>r.IntN(64), 10)
	case 2:
		return strconv.Itoa(r.IntN(300) - 100)
	case 3:
		return strings.Repeat("z", r.IntN(300))
	case 4:
		return strings.Repeat("w", []int{63, 64, 125, 126, 127, 128, 4095, 4096, 16377, 16378, 16379}[r.IntN(11)])
	}
	return "key:" + strconv.Itoa(r.IntN(50))
}

func (w *twin) step(r *rand.Rand) string {
	i := r.IntN(len(w.want) + 1)
	at := w.b.End()
	if i < len(w.want) {
		at = w.b.At(i)
	}
	s := randomText(r)
	v := Encode([]byte(s))
	switch op := r.IntN(10); {
	case op < 4:
		w.room(v.Size())
		w.b.Insert(at, v)
		w.want = slices.Insert(w.want, i, s)
		return fmt.Sprintf("insert %.20q at %d", s, i)
	case op < 6:
		n := r.IntN(4)
		w.b.Delete(at, n)
		w.want = slices.Delete(w.want, i, min(i+n, len(w.want)))
		return fmt.Sprintf("delete %d at %d", n, i)
	case op < 8 && i < len(w.want):
		w.room(max(0, v.Size()-w.b.Size(at)))
		w.b.Replace(at, v)
		w.want[i] = s
		return fmt.Sprintf("replace %d by %.20q", i, s)
	case op < 9:
		skip := r.IntN(3)
		got, want := w.b.Find(at, v, skip), -1
		for k, p := i, at; k < len(w.want); k += skip + 1 {
			if w.want[k] == s {
				want = p
				break
			}
			p = w.b.Skip(p, skip+1)
		}
		w.scan(i, at, s)
		if got != want {
			w.t.Fatalf("Find(%.20q) from %d, skipping %d, is %d, want %d", s, i, skip, got, want)
		}
		return "find"
	}
	if r.IntN(2) == 0 {
		return w.ends(r, i, v, s)
	}
	src := Init(make([]byte, 100))
	src.Append(Encode([]byte("a")))
	src.Append(Encode([]byte("12")))
	src.Append(Encode([]byte("c")))
	from := src.At(1)
	w.room(src.End() - from)
	w.b.InsertFrom(at, src, from, src.End(), 2)
	w.want = slices.Insert(w.want, i, "12", "c")
	return "copy"
}

// ends removes entries at the front and puts others there, without moving the rest.
func (w *twin) ends(r *rand.Rand, i int, v Value, s string) string {
	buf, start := []byte(w.b), 0
	w.b = w.b.Shift(w.b.Skip(HeaderBytes, i), i)
	w.want = slices.Delete(w.want, 0, i)
	for start = len(buf) - len(w.b); start >= v.Size() && r.IntN(3) > 0; {
		start = Unshift(buf, start, v)
		w.want = slices.Insert(w.want, 0, s)
	}
	w.b = Block(buf[start:])
	return fmt.Sprintf("shift %d", i)
}

// scan tries the other ways to find entries.
func (w *twin) scan(i, at int, s string) {
	v := Encode([]byte(s))
	k := slices.Index(w.want[i:], s)
	want := w.b.End()
	if k >= 0 {
		want = w.b.At(i + k)
	} else {
		k = len(w.want) - i
	}
	if got, passed := w.b.FindNext(at, v); got != want || passed != k {
		w.t.Fatalf("FindNext(%.20q) from %d = %d after %d, want %d after %d", s, i, got, passed, want, k)
	}
	for k, want = 0, -1; k < i; k++ {
		if w.want[i-1-k] == s {
			want = w.b.At(i - 1 - k)
			break
		}
	}
	if got, passed := w.b.FindPrev(at, v); got != want || passed != k {
		w.t.Fatalf("FindPrev(%.20q) from %d = %d after %d, want %d after %d", s, i, got, passed, want, k)
	}
	limit, removed := 1+len(s)%3, 0
	got := w.b.DeleteEqual(at, v, limit)
	for k := i; k < len(w.want) && removed < limit; {
		if w.want[k] != s {
			k++
			continue
		}
		w.want = slices.Delete(w.want, k, k+1)
		removed++
	}
	if got != removed {
		w.t.Fatalf("DeleteEqual(%.20q) from %d, limit %d, removed %d, want %d", s, i, limit, got, removed)
	}
}

// TestTwin runs random operations on a block and on a slice of strings.
func TestTwin(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		w := &twin{t: t, b: Init(make([]byte, EmptyBytes))}
		var log []string
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w.t = t
			defer func() {
				if t.Failed() {
					t.Log(strings.Join(log[max(0, len(log)-10):], "\n"))
				}
			}()
			for range 200 {
				log = append(log, w.step(r))
				w.sane()
				if len(w.want) > 40 {
					w.b.Delete(w.b.At(-30), 100)
					w.want = w.want[:len(w.want)-30]
				}
			}
		})
	}
}

// TestManyEntries crosses the number up to which the count is kept.
func TestManyEntries(t *testing.T) {
	const n = 70000
	b := Init(make([]byte, EmptyBytes+3*n))
	for i := range n {
		b.Append(IntValue(int64(i % 100)))
		if i%997 == 0 && b.Len() != i+1 {
			t.Fatalf("Len = %d, want %d", b.Len(), i+1)
		}
	}
	for _, i := range []int{0, 1, n / 2, n - 1} {
		if got := b.Get(b.At(i)).Int; got != int64(i%100) {
			t.Errorf("entry %d is %d", i, got)
		}
		if got := b.Get(b.At(i - n)).Int; got != int64(i%100) {
			t.Errorf("entry %d is %d", i-n, got)
		}
	}
	if b.At(n) != -1 || b.At(-n-1) != -1 {
		t.Error("there is an entry outside")
	}
	b.Delete(b.First(), n-5)
	if b.Len() != 5 || b.Sane() != nil {
		t.Errorf("Len = %d after deletion, want 5; %v", b.Len(), b.Sane())
	}
	b.Delete(b.First(), n)
	b.Append(IntValue(1))
	if b.Len() != 1 {
		t.Errorf("Len = %d, want 1", b.Len())
	}
}

func TestValidate(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	w := &twin{t: t, b: Init(make([]byte, EmptyBytes))}
	for range 60 {
		w.step(r)
	}
	good := slices.Clone(w.b[:w.b.Used()])
	if err := Validate(good); err != nil || !good.IsCanonical() {
		t.Fatalf("a good block: %v, canonical %v", err, good.IsCanonical())
	}
	for range 20000 {
		bad := slices.Clone(good)
		for range 1 + r.IntN(3) {
			bad[r.IntN(min(len(bad), 2000))] = byte(r.Uint32())
		}
		bad = bad[:len(bad)-r.IntN(2)*r.IntN(len(bad))]
		if Validate(bad) == nil {
			walkAll(bad)
		}
	}
	for _, tt := range []struct{ name, hex string }{
		{"empty", ""}, {"short", "0600000000"}, {"no end", "07000000000000"}, {"wrong length", "08000000000 0ff"}, {"wrong count", "070000000100ff"},
		{"end inside", "0900000001" + "00ff01ff"}, {"cut text", "0a000000010085686903ff"}, {"wrong back", "09000000010001" + "02ff"},
		{"unknown head", "0900000001" + "00f501ff"}, {"huge text", "0e000000" + "0100" + "f0ffffffff" + "6101ff"},
	} {
		b, _ := hex.DecodeString(strings.ReplaceAll(tt.hex, " ", ""))
		if Validate(b) == nil {
			t.Errorf("%s is a good block", tt.name)
		}
	}
}

// walkAll reads everything in a block both ways.
func walkAll(b Block) {
	for at := b.First(); at >= 0; at = b.Next(at) {
		b.Get(at).AppendTo(nil)
	}
	for at := b.Last(); at >= 0; at = b.Prev(at) {
		b.Get(at).AppendTo(nil)
	}
	b.Find(b.First(), Encode([]byte("nowhere")), 1)
	b.At(b.Len() / 2)
	b.IsCanonical()
}

func TestIsCanonical(t *testing.T) {
	for _, tt := range []struct {
		name, entry string
		want        bool
	}{
		{"integer", "0501", true}, {"text", "826869" + "03", true}, {"integer as text", "8135" + "02", false}, {"wide integer", "f1050003", false},
		{"wide head", "e00268690" + "4", false},
	} {
		e, err := hex.DecodeString(tt.entry)
		if err != nil {
			t.Fatal(err)
		}
		b := Init(make([]byte, EmptyBytes+len(e)))
		copy(b[HeaderBytes:], e)
		b[len(b)-1] = EndByte
		b.setUsed(len(b))
		b.setCount(1)
		if err := Validate(b); err != nil || b.IsCanonical() != tt.want {
			t.Errorf("%s: %v, canonical %v, want %v", tt.name, err, b.IsCanonical(), tt.want)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	b := Init(make([]byte, 8192))
	text := []byte("a value of 16 by")
	n := testing.AllocsPerRun(100, func() {
		b.Append(Encode(text))
		b.Prepend(Encode([]byte("123456")))
		b.Find(b.First(), Encode(text), 0)
		b.Replace(b.Last(), IntValue(math.MaxInt64))
		b.Delete(b.First(), 2)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestEqual(t *testing.T) {
	texts := []string{"", "0", "1", "-1", "a", "ab", "9223372036854775808"}
	for _, x := range texts {
		for _, y := range texts {
			if got := Encode([]byte(x)).Equal(Encode([]byte(y))); got != (x == y) {
				t.Errorf("%q and %q: equal %v", x, y, got)
			}
		}
	}
	if !bytes.Equal(IntValue(-5).AppendTo([]byte("x")), []byte("x-5")) {
		t.Error("AppendTo doesn't append")
	}
}
