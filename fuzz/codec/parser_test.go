package codec

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/net/resp"
)

// outcome is all that parsing a stream gave, one line a request.
type outcome struct {
	requests []string
	used     int
	err      string
}

func (o outcome) String() string {
	return fmt.Sprintf("%d requests in %d bytes, error %q:\n%s", len(o.requests), o.used, o.err, strings.Join(o.requests, "\n"))
}

func (o outcome) equal(p outcome) bool {
	return slices.Equal(o.requests, p.requests) && o.used == p.used && o.err == p.err
}

// parse feeds stream to a parser in portions of the given size, each time from a fresh copy of the bytes.
func parse(stream []byte, portion int, lim *resp.Limits) (o outcome) {
	var p resp.Parser
	var args [][]byte
	for have := min(portion, len(stream)); ; {
		out, n, err := p.Next(bytes.Clone(stream[o.used:have]), args, lim)
		if err != nil {
			o.err = err.Error()
			return o
		}
		if n > 0 {
			o.requests = append(o.requests, fmt.Sprintf("%q", out))
			o.used += n
			args = out
			continue
		}
		if have == len(stream) {
			return o
		}
		if need := p.Need(); need > 0 && need <= have-o.used {
			panic(fmt.Sprintf("has %d bytes, needs %d, and isn't done", have-o.used, need))
		}
		have = min(have+portion, len(stream))
	}
}

// FuzzParser checks that the portions in which a stream comes make no difference, and that the parser agrees
// with a simple one.
func FuzzParser(f *testing.F) {
	for _, seed := range []string{
		"*2\r\n$3\r\nGET\r\n$16\r\n0123456789abcdef\r\n*1\r\n$4\r\nPING\r\n",
		"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100\r\n" + strings.Repeat("v", 100) + "\r\n",
		"*12\r\n" + strings.Repeat("$1\r\na\r\n", 12),
		"PING\r\nSET \"a\\x41 b\" 'c\\'d' e\"f g\"\n\r\n",
		"*0\r\n*-1\r\n\r\n*1\r\n$0\r\n\r\n",
		"*1\r\n$03\r\nabc\r\n",
		"*1\rx$1\rxaXX",
		"*99999999999\r\n",
		"*1\r\n:1\r\n",
		"SET \"a\"b\r\n",
		"*1\r\n$16385\r\n",
		"*2000\r\n$1\r\na\r\n",
	} {
		f.Add([]byte(seed), uint8(3), true)
	}
	f.Fuzz(func(t *testing.T, stream []byte, portion uint8, authenticated bool) {
		if len(stream) > 1<<12 {
			return
		}
		lim := resp.Limits{Authenticated: authenticated, MaxBulk: 1 << 20}
		want := parseSimply(stream, lim)
		for _, portion := range []int{len(stream) + 1, int(portion) + 1, 1} {
			if got := parse(stream, portion, &lim); !got.equal(want) {
				t.Fatalf("%q in portions of %d:\n got %v\nwant %v", stream, portion, got, want)
			}
		}
	})
}

// FuzzRequest checks that what AppendRequest writes is parsed back.
func FuzzRequest(f *testing.F) {
	f.Add("GET", "key", "", uint8(0))
	f.Add("\r\n", strings.Repeat("x", 1000), "*1\r\n", uint8(20))
	f.Fuzz(func(t *testing.T, a, b, c string, more uint8) {
		args := append([]string{a, b, c}, slices.Repeat([]string{c}, int(more))...)
		stream := resp.AppendRequest(nil, args...)
		var p resp.Parser
		got, n, err := p.Next(stream, nil, &resp.Limits{Authenticated: true})
		if n != len(stream) || err != nil || fmt.Sprintf("%q", got) != fmt.Sprintf("%q", args) {
			t.Fatalf("%q: got %q, n = %d of %d, %v", args, got, n, len(stream), err)
		}
	})
}
