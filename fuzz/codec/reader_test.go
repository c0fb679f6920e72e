package codec

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/sleipnirdb/sleipnir/net/resp"
)

// FuzzReader checks that bad replies are refused with the right errors, that Read and Skip agree on where a
// good one ends, and that a good one doesn't depend on how it comes.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{
		"+OK\r\n", "-ERR no\r\n", ":-42\r\n", "$5\r\nhello\r\n", "$-1\r\n", "*-1\r\n", "_\r\n", "#t\r\n", ",3.25\r\n", "(123\r\n",
		"=7\r\ntxt:abc\r\n", "*2\r\n:1\r\n*1\r\n+x\r\n", "%1\r\n+a\r\n~1\r\n:1\r\n", ">1\r\n+x\r\n", "|1\r\n+a\r\n:1\r\n$1\r\nx\r\n",
		"!5\r\nERR x\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		const maxBytes = 1 << 16
		r := resp.NewReader(bufio.NewReader(bytes.NewReader(in)))
		r.MaxBytes = maxBytes
		reply, err := r.Read()
		if err != nil {
			if !errors.Is(err, resp.ErrReply) && err != io.EOF && err != io.ErrUnexpectedEOF {
				t.Fatalf("%q: got error %v", in, err)
			}
			return
		}
		used := len(in) - r.Buffered()
		if used > maxBytes {
			t.Fatalf("%q: read %d bytes", in, used)
		}

		skipped := resp.NewReader(bufio.NewReader(bytes.NewReader(in)))
		kind, err := skipped.Skip()
		if err != nil || kind != resp.Kind(in[0]) || len(in)-skipped.Buffered() != used {
			t.Fatalf("%q: Skip gives %q, %v and uses %d bytes, Read %d", in, kind, err, len(in)-skipped.Buffered(), used)
		}

		slow := resp.NewReader(bufio.NewReaderSize(iotest.OneByteReader(strings.NewReader(string(in[:used]))), 16))
		again, err := slow.Read()
		if err != nil || !same(again, reply) {
			t.Fatalf("%q: got %+v, byte by byte %+v, %v", in, reply, again, err)
		}
	})
}

// same compares replies, not a number being equal to itself.
func same(a, b resp.Reply) bool {
	if len(a.Elems) != len(b.Elems) || len(a.Attr) != len(b.Attr) {
		return false
	}
	for i := range a.Elems {
		if !same(a.Elems[i], b.Elems[i]) {
			return false
		}
	}
	for i := range a.Attr {
		if !same(a.Attr[i], b.Attr[i]) {
			return false
		}
	}
	a.Elems, b.Elems, a.Attr, b.Attr = nil, nil, nil, nil
	if math.IsNaN(a.Float) && math.IsNaN(b.Float) {
		a.Float, b.Float = 0, 0
	}
	return reflect.DeepEqual(a, b)
}
