package resp

import (
	"bytes"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

func TestWriter(t *testing.T) {
	for _, test := range []struct {
		name         string
		write        func(w *Writer)
		resp2, resp3 string
	}{
		{"ok", (*Writer).OK, "+OK\r\n", ""},
		{"status", func(w *Writer) { w.Status("PONG") }, "+PONG\r\n", ""},
		{"status with line end", func(w *Writer) { w.Status("a\r\n:1\r\n") }, "+a  :1  \r\n", ""},
		{"error", func(w *Writer) { w.Error("ERR no") }, "-ERR no\r\n", ""},
		{"error with line ends", func(w *Writer) { w.Error("ERR a\r\n+b\nc\r\n\r\n") }, "-ERR a  +b c\r\n", ""},
		{"int", func(w *Writer) { w.Int(0); w.Int(9); w.Int(10); w.Int(-1) }, ":0\r\n:9\r\n:10\r\n:-1\r\n", ""},
		{"int limits", func(w *Writer) { w.Int(math.MinInt64); w.Int(math.MaxInt64) },
			":-9223372036854775808\r\n:9223372036854775807\r\n", ""},
		{"bulks", func(w *Writer) { w.Bulks([][]byte{[]byte("a"), nil, []byte("0123456789")}) }, "$1\r\na\r\n$0\r\n\r\n$10\r\n0123456789\r\n", ""},
		{"bulk", func(w *Writer) { w.Bulk([]byte("a\r\nb")); w.BulkString("") }, "$4\r\na\r\nb\r\n$0\r\n\r\n", ""},
		{"bulk int", func(w *Writer) { w.BulkInt(7); w.BulkInt(-123456) }, "$1\r\n7\r\n$7\r\n-123456\r\n", ""},
		{"null", (*Writer).Null, "$-1\r\n", "_\r\n"},
		{"null array", (*Writer).NullArray, "*-1\r\n", "_\r\n"},
		{"bool", func(w *Writer) { w.Bool(true); w.Bool(false) }, ":1\r\n:0\r\n", "#t\r\n#f\r\n"},
		{"double", func(w *Writer) { w.Double(3.25) }, "$4\r\n3.25\r\n", ",3.25\r\n"},
		{"double text", func(w *Writer) { w.DoubleText([]byte("0.10")) }, "$4\r\n0.10\r\n", ",0.10\r\n"},
		{"big number", func(w *Writer) { w.BigNumber("1234567999999999999999999999999999999") },
			"$37\r\n1234567999999999999999999999999999999\r\n", "(1234567999999999999999999999999999999\r\n"},
		{"verbatim", func(w *Writer) { w.Verbatim("txt", "a\nb"); w.Verbatim("m", "") },
			"$3\r\na\nb\r\n$0\r\n\r\n", "=7\r\ntxt:a\nb\r\n=4\r\nm  :\r\n"},
		{"array", func(w *Writer) { w.Array(0); w.Array(12); w.Array(123) }, "*0\r\n*12\r\n*123\r\n", ""},
		{"map", func(w *Writer) { w.Map(3); w.Map(50) }, "*6\r\n*100\r\n", "%3\r\n%50\r\n"},
		{"set", func(w *Writer) { w.Set(3) }, "*3\r\n", "~3\r\n"},
		{"push", func(w *Writer) { w.Push(3) }, "*3\r\n", ">3\r\n"},
		{"raw", func(w *Writer) { w.Raw([]byte("+x\r\n")) }, "+x\r\n", ""},
		{"deferred array", func(w *Writer) { m := w.Defer(); w.Int(1); w.DoneArray(m, 1); w.OK() }, "*1\r\n:1\r\n+OK\r\n", ""},
		{"deferred map", func(w *Writer) { m := w.Defer(); w.Int(1); w.DoneMap(m, 5) }, "*10\r\n:1\r\n", "%5\r\n:1\r\n"},
		{"deferred nested", func(w *Writer) {
			outer := w.Defer()
			w.OK()
			inner := w.Defer()
			w.Int(5)
			w.DoneSet(inner, 12345)
			w.Int(6)
			w.DonePush(outer, 100)
		}, "*100\r\n+OK\r\n*12345\r\n:5\r\n:6\r\n", ">100\r\n+OK\r\n~12345\r\n:5\r\n:6\r\n"},
	} {
		if test.resp3 == "" {
			test.resp3 = test.resp2
		}
		for _, resp3 := range []bool{false, true} {
			want := test.resp2
			if resp3 {
				want = test.resp3
			}
			w := Writer{B: []byte("+before\r\n"), Resp3: resp3}
			test.write(&w)
			if got := strings.TrimPrefix(string(w.B), "+before\r\n"); got != want {
				t.Errorf("%s, resp3 = %v: got %q, want %q", test.name, resp3, got, want)
			}
		}
	}
}

func TestHeaders(t *testing.T) {
	for n := range 20000 {
		w := Writer{}
		w.Array(n)
		if got, want := string(w.B), "*"+strconv.Itoa(n)+"\r\n"; got != want {
			t.Fatalf("Array(%d) = %q", n, got)
		}
	}
	w := Writer{}
	w.Array(math.MaxInt)
	if got, want := string(w.B), "*9223372036854775807\r\n"; got != want {
		t.Errorf("the longest header is %q, want %q", got, want)
	}
}

func TestAppendInt(t *testing.T) {
	check := func(n int64) {
		if got, want := string(AppendInt([]byte("x"), n)), "x"+strconv.FormatInt(n, 10); got != want {
			t.Fatalf("AppendInt(%d) = %q", n, got)
		}
		if got, want := lenInt(n), len(strconv.FormatInt(n, 10)); got != want {
			t.Fatalf("lenInt(%d) = %d, want %d", n, got, want)
		}
	}
	for p := int64(1); p > 0 && p <= 1e18; p *= 10 {
		for d := int64(-2); d <= 2; d++ {
			check(p + d)
			check(-p + d)
		}
	}
	for shift := range 64 {
		check(1 << shift)
		check(1<<shift - 1)
		check(-1 << shift)
	}
	const seed = 3
	rnd := rand.New(rand.NewPCG(seed, seed))
	for range 20000 {
		check(int64(rnd.Uint64()) >> rnd.IntN(64))
	}
}

func TestAppendDouble(t *testing.T) {
	for _, test := range []struct {
		f    float64
		want string
	}{
		{0, "0"},
		{math.Copysign(0, -1), "-0"},
		{1, "1"},
		{-17, "-17"},
		{0.1, "0.1"},
		{-0.1, "-0.1"},
		{3.14159, "3.14159"},
		{0.001, "0.001"},
		{0.0001, "0.0001"},
		{0.00001, "0.00001"},
		{0.000001, "0.000001"},
		{0.0000001, "1e-7"},
		{0.00012345678, "1.2345678e-4"},
		{1e15, "1000000000000000"},
		{1e18, "1000000000000000000"},
		{4.611686018427387e18, "4611686018427386880"},
		{4.6116860184273879e18, "4611686018427387904"},
		{1e19, "1e+19"},
		{1e22, "1e+22"},
		{1.5e300, "1.5e+300"},
		{-1.5e-300, "-1.5e-300"},
		{1.7976931348623157e308, "1.7976931348623157e+308"},
		{5e-324, "5e-324"},
		{123456789.123456789, "1.2345678912345679e+8"},
		{12345678901234567890, "12345678901234567000"},
		// One digit more than would do, as the reference writes them.
		{0.0797894855, "0.07978948549999999"},
		{math.Float64frombits(0x3fb46d156ec983b9), "0.07978948549999999"},
		{math.Float64frombits(0x0010000000000000), "2.2250738585072014e-308"},
		{math.Float64frombits(0x000fffffffffffff), "2.225073858507201e-308"},
		{math.Inf(1), "inf"},
		{math.Inf(-1), "-inf"},
		{math.NaN(), "nan"},
	} {
		if got := string(AppendDouble(nil, test.f)); got != test.want {
			t.Errorf("AppendDouble(%v) = %q, want %q", test.f, got, test.want)
		}
	}
}

// TestTens computes the table of powers of ten anew.
func TestTens(t *testing.T) {
	for i, got := range tens {
		k := firstTen + i*stepTen
		power := new(big.Rat).SetFrac(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(k, -k))), nil), big.NewInt(1))
		if k < 0 {
			power.Inv(power)
		}
		unit := new(big.Rat).SetFrac(new(big.Int).Lsh(big.NewInt(1), uint(max(tenExp(k), -tenExp(k)))), big.NewInt(1))
		if tenExp(k) < 0 {
			unit.Inv(unit)
		}
		half := big.NewRat(1, 2)
		rounded := new(big.Rat).Add(power.Quo(power, unit), half)
		want := new(big.Int).Quo(rounded.Num(), rounded.Denom())
		if !want.IsUint64() || want.Uint64() != got || got>>63 == 0 {
			t.Errorf("10^%d is %#x, want %#x", k, got, want)
		}
	}
}

func TestAppendDoubleRoundTrip(t *testing.T) {
	const seed = 4
	rnd := rand.New(rand.NewPCG(seed, seed))
	for range 50000 {
		f := math.Float64frombits(rnd.Uint64())
		if rnd.IntN(2) == 0 {
			f = float64(rnd.IntN(1e6)) / math.Pow10(rnd.IntN(10))
		}
		text := AppendDouble(nil, f)
		got, err := strconv.ParseFloat(string(text), 64)
		if err != nil || got != f && !math.IsNaN(f) {
			t.Fatalf("seed %d: %v is written as %q, reads as %v, %v", seed, f, text, got, err)
		}
		if len(text) > maxDouble {
			t.Fatalf("seed %d: %q is longer than %d", seed, text, maxDouble)
		}
	}
}

func TestAppendRequest(t *testing.T) {
	want := "*2\r\n$3\r\nGET\r\n$12\r\n0123456789\r\n\r\n"
	if got := string(AppendRequest(nil, "GET", "0123456789\r\n")); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := string(AppendRequest(nil, []byte("GET"), []byte("0123456789\r\n"))); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWriterNoAllocations(t *testing.T) {
	value := bytes.Repeat([]byte("x"), 100)
	w := Writer{B: make([]byte, 0, 4096)}
	got := testing.AllocsPerRun(100, func() {
		w.B = w.B[:0]
		w.Resp3 = !w.Resp3
		m := w.Defer()
		w.OK()
		w.Status("QUEUED")
		w.Error("ERR syntax error")
		w.Int(123456)
		w.Bulk(value)
		w.BulkInt(-17)
		w.Null()
		w.Double(0.1)
		w.Map(2)
		w.Verbatim("txt", "hello")
		w.DoneArray(m, 10)
	})
	if got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}
