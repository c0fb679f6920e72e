package resp

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"
)

func reader(in string) *Reader { return NewReader(bufio.NewReader(strings.NewReader(in))) }

// show writes a reply in one line.
func show(r Reply) string {
	var b strings.Builder
	for i := 0; i < len(r.Attr); i += 2 {
		fmt.Fprintf(&b, "@%s=%s ", show(r.Attr[i]), show(r.Attr[i+1]))
	}
	switch r.Kind {
	case KindNull:
		fmt.Fprintf(&b, "null%c", r.Null)
	case KindInt, KindBool:
		fmt.Fprintf(&b, "%c%d", r.Kind, r.Int)
	case KindDouble:
		fmt.Fprintf(&b, ",%v", r.Float)
	case KindVerbatim:
		fmt.Fprintf(&b, "=%s:%s", r.Ext, r.Str)
	case KindArray, KindSet, KindPush, KindMap:
		fmt.Fprintf(&b, "%c[", r.Kind)
		for i, elem := range r.Elems {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(show(elem))
		}
		b.WriteByte(']')
	default:
		fmt.Fprintf(&b, "%c%s", r.Kind, r.Str)
	}
	return b.String()
}

var replies = []struct{ in, want string }{
	{"+OK\r\n", "+OK"},
	{"+\r\n", "+"},
	{"-ERR no\r\n", "-ERR no"},
	{":-42\r\n", ":-42"},
	{"$5\r\nhello\r\n", "$hello"},
	{"$0\r\n\r\n", "$"},
	{"$4\r\n\r\n\r\n\r\n", "$\r\n\r\n"},
	{"$-1\r\n", "null$"},
	{"*-1\r\n", "null*"},
	{"_\r\n", "null_"},
	{"*0\r\n", "*[]"},
	{"*2\r\n:1\r\n*1\r\n+x\r\n", "*[:1 *[+x]]"},
	{"%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n", "%[+a :1 +b :2]"},
	{"~1\r\n+a\r\n", "~[+a]"},
	{">2\r\n+message\r\n$1\r\nx\r\n", ">[+message $x]"},
	{"#t\r\n", "#1"},
	{"#f\r\n", "#0"},
	{",3.25\r\n", ",3.25"},
	{",inf\r\n", ",+Inf"},
	{",-inf\r\n", ",-Inf"},
	{",nan\r\n", ",NaN"},
	{",1e+400\r\n", ",+Inf"},
	{"(12345678901234567890123\r\n", "(12345678901234567890123"},
	{"=7\r\ntxt:abc\r\n", "=txt:abc"},
	{"!5\r\nERR x\r\n", "!ERR x"},
	{"|1\r\n+ttl\r\n:5\r\n$1\r\nx\r\n", "@+ttl=:5 $x"},
	{"*1\r\n|1\r\n+a\r\n:1\r\n|1\r\n+b\r\n:2\r\n:3\r\n", "*[@+a=:1 @+b=:2 :3]"},
}

func TestReader(t *testing.T) {
	for _, test := range replies {
		r := reader(test.in + "+next\r\n")
		got, err := r.Read()
		if err != nil || show(got) != test.want {
			t.Errorf("%q: got %s, %v, want %s", test.in, show(got), err, test.want)
		}
		if got, err := r.Read(); err != nil || got.Str != "next" {
			t.Errorf("after %q: got %s, %v", test.in, show(got), err)
		}
		if _, err := r.Read(); err != io.EOF {
			t.Errorf("at the end: got %v, want EOF", err)
		}
		r = NewReader(bufio.NewReaderSize(iotest.OneByteReader(strings.NewReader(test.in)), 16))
		if got, err := r.Read(); err != nil || show(got) != test.want {
			t.Errorf("%q byte by byte: got %s, %v, want %s", test.in, show(got), err, test.want)
		}
		for cut := 1; cut < len(test.in); cut++ {
			if _, err := reader(test.in[:cut]).Read(); err != io.ErrUnexpectedEOF {
				t.Errorf("%q: got %v, want unexpected EOF", test.in[:cut], err)
			}
		}
	}
}

func TestReaderSkip(t *testing.T) {
	for _, test := range replies {
		r := reader(test.in + "+next\r\n")
		if kind, err := r.Skip(); err != nil || kind != Kind(test.in[0]) {
			t.Errorf("%q: got %q, %v", test.in, kind, err)
		}
		if got, err := r.Read(); err != nil || got.Str != "next" {
			t.Errorf("after %q: got %s, %v", test.in, show(got), err)
		}
	}
}

func TestReaderErrors(t *testing.T) {
	for _, in := range []string{
		"\r\n", "\n", "x\r\n", "+OK\n", "OK\r\n",
		":\r\n", ":1x\r\n", ":9223372036854775808\r\n",
		"$\r\n", "$x\r\n", "$-2\r\n", "$3\r\nabcd\r\n", "$3\r\nabc\n\n", "$99999999999\r\n",
		"*x\r\n", "*-2\r\n", "%-1\r\n", "~-1\r\n", "=-1\r\n", ">-1\r\n",
		"#\r\n", "#x\r\n", "_x\r\n", ",\r\n", ",0x10\r\n", ",1_0\r\n", ",Infinity\r\n", "(\r\n", "(1x\r\n",
		"=3\r\nabc\r\n", "=4\r\nabcd\r\n",
		"*1\r\nx\r\n",
		strings.Repeat("*1\r\n", 100) + ":1\r\n",
		strings.Repeat("|1\r\n+a\r\n:1\r\n", 100) + ":1\r\n",
	} {
		if got, err := reader(in).Read(); !errors.Is(err, ErrReply) {
			t.Errorf("%q: got %s, %v, want a bad reply", in, show(got), err)
		}
	}
}

func TestReaderLimits(t *testing.T) {
	for _, in := range []string{
		"$2000\r\n" + strings.Repeat("x", 2000) + "\r\n",
		"*500\r\n" + strings.Repeat(":1\r\n", 500),
		"+" + strings.Repeat("x", 10000) + "\r\n",
		"+" + strings.Repeat("x", 10000),
	} {
		r := reader(in)
		r.MaxBytes = 1000
		if _, err := r.Read(); !errors.Is(err, ErrReply) {
			t.Errorf("%.20q…: got %v, want a bad reply", in, err)
		}
		r = reader(in)
		r.MaxBytes = 1000
		if _, err := r.Skip(); !errors.Is(err, ErrReply) {
			t.Errorf("%.20q…: skipping got %v, want a bad reply", in, err)
		}
	}
	long := "+" + strings.Repeat("x", 10000) + "\r\n"
	if got, err := reader(long).Read(); err != nil || len(got.Str) != 10000 {
		t.Errorf("a long line: got %d bytes, %v", len(got.Str), err)
	}
	// A length costs nothing before its bytes come.
	for _, in := range []string{"$1000000000\r\nabc", "*2147483647\r\n:1\r\n"} {
		got := testing.AllocsPerRun(1, func() {
			if _, err := reader(in).Read(); err == nil {
				t.Errorf("%q: no error", in)
			}
		})
		if got > 20 {
			t.Errorf("%q: got %v allocations", in, got)
		}
	}
}

// TestWriterToReader reads what the Writer writes.
func TestWriterToReader(t *testing.T) {
	for _, test := range []struct {
		name         string
		write        func(w *Writer)
		resp2, resp3 string
	}{
		{"scalars", func(w *Writer) {
			w.Array(6)
			w.Null()
			w.NullArray()
			w.Bool(true)
			w.Double(math.Inf(-1))
			w.BigNumber("-17")
			w.Verbatim("txt", "hello")
		}, "*[null$ null* :1 $-inf $-17 $hello]", "*[null_ null_ #1 ,-Inf (-17 =txt:hello]"},
		{"collections", func(w *Writer) {
			w.Map(1)
			w.BulkString("a")
			w.Set(2)
			w.BulkInt(-5)
			w.Push(0)
		}, "*[$a *[$-5 *[]]]", "%[$a ~[$-5 >[]]]"},
	} {
		for _, resp3 := range []bool{false, true} {
			want := test.resp2
			if resp3 {
				want = test.resp3
			}
			w := Writer{Resp3: resp3}
			test.write(&w)
			r := reader(string(w.B))
			got, err := r.Read()
			if err != nil || show(got) != want || r.Buffered() != 0 {
				t.Errorf("%s, resp3 = %v: %q reads as %s, %v, %d bytes left; want %s",
					test.name, resp3, w.B, show(got), err, r.Buffered(), want)
			}
		}
	}
}

func TestReplyErr(t *testing.T) {
	for in, want := range map[string]string{"-ERR a\r\n": "ERR a", "!5\r\nERR b\r\n": "ERR b", "+OK\r\n": ""} {
		reply, _ := reader(in).Read()
		got := ""
		if err := reply.Err(); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: got error %q, want %q", in, got, want)
		}
	}
}

func TestSkipNoAllocations(t *testing.T) {
	in := strings.NewReader("")
	buf := bufio.NewReader(in)
	r := NewReader(buf)
	got := testing.AllocsPerRun(100, func() {
		in.Reset("*3\r\n$5\r\nhello\r\n:1\r\n%1\r\n+a\r\n+b\r\n")
		buf.Reset(in)
		if _, err := r.Skip(); err != nil {
			t.Error(err)
		}
	})
	if got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}
