package resp

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// result is what parsing gave.
type result struct {
	args []string
	n    int
	err  string
}

func (r result) String() string { return fmt.Sprintf("%q, n = %d, err = %q", r.args, r.n, r.err) }

func (r result) equal(s result) bool {
	return slices.Equal(r.args, s.args) && r.n == s.n && r.err == s.err
}

func next(p *Parser, buf []byte, lim *Limits) result {
	args, n, err := p.Next(buf, nil, lim)
	r := result{n: n}
	for _, a := range args {
		r.args = append(r.args, string(a))
		if cap(a) != len(a) {
			r.err = "spare capacity"
		}
	}
	if err != nil {
		r.err = err.Error()
		var protocol *ProtocolError
		if !errors.As(err, &protocol) {
			r.err = "not a ProtocolError: " + r.err
		}
	}
	return r
}

func words(s ...string) []string { return s }

var authenticated = Limits{Authenticated: true}

// requests are texts that hold one request or one error at their end.
var requests = []struct {
	name, in string
	args     []string
	err      string
}{
	{"get", "*2\r\n$3\r\nGET\r\n$16\r\n0123456789abcdef\r\n", words("GET", "0123456789abcdef"), ""},
	{"ping", "*1\r\n$4\r\nPING\r\n", words("PING"), ""},
	{"empty argument", "*2\r\n$3\r\nGET\r\n$0\r\n\r\n", words("GET", ""), ""},
	{"binary", "*2\r\n$4\r\n\r\n\x00*\r\n$2\r\n\r\n\r\n", words("\r\n\x00*", "\r\n"), ""},
	{"three digits", "*1\r\n$100\r\n" + strings.Repeat("x", 100) + "\r\n", words(strings.Repeat("x", 100)), ""},
	{"four digits", "*2\r\n$1\r\na\r\n$1000\r\n" + strings.Repeat("x", 1000) + "\r\n", words("a", strings.Repeat("x", 1000)), ""},
	{"ten arguments", "*10\r\n" + strings.Repeat("$1\r\na\r\n", 10), slices.Repeat(words("a"), 10), ""},
	{"100 arguments", "*100\r\n" + strings.Repeat("$2\r\nab\r\n", 100), slices.Repeat(words("ab"), 100), ""},
	{"line feeds aren't looked at", "*1\rX$2\rXabXX", words("ab"), ""},
	{"no arguments", "*0\r\n", nil, ""},
	{"negative count", "*-1\r\n", nil, ""},
	{"very negative count", "*-9223372036854775808\r\n", nil, ""},

	{"count not a number", "*abc\r\n", nil, "Protocol error: invalid multibulk length"},
	{"count empty", "*\r\n", nil, "Protocol error: invalid multibulk length"},
	{"count with blank", "* 1\r\n", nil, "Protocol error: invalid multibulk length"},
	{"count with plus", "*+1\r\n", nil, "Protocol error: invalid multibulk length"},
	{"count with zero", "*01\r\n", nil, "Protocol error: invalid multibulk length"},
	{"count minus zero", "*-0\r\n", nil, "Protocol error: invalid multibulk length"},
	{"count next to a digit", "*:\r\n" + strings.Repeat("$1\r\na\r\n", 10), nil, "Protocol error: invalid multibulk length"},
	{"count next to digits", "*1:\r\n" + strings.Repeat("$1\r\na\r\n", 20), nil, "Protocol error: invalid multibulk length"},
	{"count below digits", "*/9\r\n" + strings.Repeat("$1\r\na\r\n", 20), nil, "Protocol error: invalid multibulk length"},
	{"size next to a digit", "*1\r\n$:\r\n" + strings.Repeat("a", 20), nil, "Protocol error: invalid bulk length"},
	{"size next to digits", "*1\r\n$1:\r\n" + strings.Repeat("a", 30), nil, "Protocol error: invalid bulk length"},
	{"size next to three digits", "*1\r\n$10:\r\n" + strings.Repeat("a", 200), nil, "Protocol error: invalid bulk length"},
	{"count too large", "*2147483648\r\n", nil, "Protocol error: invalid multibulk length"},
	{"count over 64 bits", "*9223372036854775808\r\n", nil, "Protocol error: invalid multibulk length"},
	{"count very long", "*" + strings.Repeat("1", 60) + "\r\n", nil, "Protocol error: invalid multibulk length"},

	{"no dollar", "*1\r\nx3\r\n", nil, "Protocol error: expected '$', got 'x'"},
	{"no dollar but blank", "*1\r\n\r\n", nil, "Protocol error: expected '$', got ' '"},
	{"no dollar but line feed", "*1\r\n\n\r\n", nil, "Protocol error: expected '$', got ' '"},
	{"no dollar, second", "*2\r\n$3\r\nGET\r\n:3\r\n", nil, "Protocol error: expected '$', got ':'"},
	{"high byte", "*1\r\n\xff\r\n", nil, "Protocol error: expected '$', got '\xff'"},
	{"size not a number", "*1\r\n$x\r\n", nil, "Protocol error: invalid bulk length"},
	{"size empty", "*1\r\n$\r\n", nil, "Protocol error: invalid bulk length"},
	{"size negative", "*1\r\n$-1\r\n", nil, "Protocol error: invalid bulk length"},
	{"size with zero", "*1\r\n$03\r\n", nil, "Protocol error: invalid bulk length"},
	{"size two zeros", "*1\r\n$00\r\n", nil, "Protocol error: invalid bulk length"},
	{"size seven zeros", "*1\r\n$0000000\r\n", nil, "Protocol error: invalid bulk length"},
	{"size over limit", "*1\r\n$536870913\r\n", nil, "Protocol error: invalid bulk length"},
	{"size with zero byte", "*1\r\n$3\x00\r\n" + strings.Repeat("x", 70000), nil, "Protocol error: too big bulk count string"},

	{"count without end", "*" + strings.Repeat("1", 65536), nil, "Protocol error: too big mbulk count string"},
	{"count with zero byte", "*1\x00\r\n" + strings.Repeat("x", 65536), nil, "Protocol error: too big mbulk count string"},
	{"size without end", "*1\r\n$" + strings.Repeat("1", 65536), nil, "Protocol error: too big bulk count string"},

	{"inline", "PING\r\n", words("PING"), ""},
	{"inline line feed", "GET key\n", words("GET", "key"), ""},
	{"inline blanks", " \t GET \v\f  key  \r\n", words("GET", "key"), ""},
	{"inline form feed in word", "a\vb\fc\r\n", words("a\vb\fc"), ""},
	{"inline carriage return ends word", "a\rb\r\n", words("a", "b"), ""},
	{"inline empty", "\r\n", nil, ""},
	{"inline very empty", "\n", nil, ""},
	{"inline blank", "   \r\n", nil, ""},
	{"inline quotes", `SET "a b" 'c d'` + "\r\n", words("SET", "a b", "c d"), ""},
	{"inline empty quotes", `SET "" ''` + "\n", words("SET", "", ""), ""},
	{"inline quote inside", `ab"c d" e'f'` + "\n", words("abc d", "ef"), ""},
	{"inline escapes", `"\n\r\t\b\a\\\"\x41\xfF\x4g\q"` + "\r\n", words("\n\r\t\b\a\\\"A\xffx4gq"), ""},
	{"inline single escapes", `'\n\'\x'` + "\r\n", words(`\n'\x`), ""},
	{"inline backslash outside", `a\nb` + "\r\n", words(`a\nb`), ""},
	{"inline hex at end", `"\x4"` + "\r\n", words("x4"), ""},
	{"inline quote then form feed", "\"a\"\vb\r\n", words("a", "b"), ""},
	{"inline unbalanced", `SET "abc` + "\r\n", nil, "Protocol error: unbalanced quotes in request"},
	{"inline unbalanced single", `SET 'abc` + "\r\n", nil, "Protocol error: unbalanced quotes in request"},
	{"inline joined", `SET "abc"d` + "\r\n", nil, "Protocol error: unbalanced quotes in request"},
	{"inline joined single", `SET 'abc''d'` + "\r\n", nil, "Protocol error: unbalanced quotes in request"},
	{"inline escaped end", `SET "abc\"` + "\r\n", nil, "Protocol error: unbalanced quotes in request"},
	{"inline backslash end", `SET "abc\` + "\r\n", nil, "Protocol error: unbalanced quotes in request"},
	{"inline too long", strings.Repeat("a", 65537), nil, "Protocol error: too big inline request"},
	{"inline long", strings.Repeat("a", 65535) + "\r\n", words(strings.Repeat("a", 65535)), ""},
	{"inline zero byte", "PING\x00\r\n" + strings.Repeat("a", 65531), nil, "Protocol error: too big inline request"},
}

func TestParser(t *testing.T) {
	for _, test := range requests {
		want := result{test.args, len(test.in), test.err}
		if test.err != "" {
			want.n = 0
		}
		if got := next(new(Parser), []byte(test.in), &authenticated); !got.equal(want) {
			t.Errorf("%s: %.80q\n got %v\nwant %v", test.name, test.in, got, want)
		}
		// What follows doesn't matter.
		if test.err == "" {
			if got := next(new(Parser), []byte(test.in+"*1\r\n$junk"), &authenticated); !got.equal(want) {
				t.Errorf("%s, more behind: %.80q\n got %v\nwant %v", test.name, test.in, got, want)
			}
		}
	}
}

// TestParserCut feeds every request cut into two parts at every place, and byte by byte, with the buffer moved each time.
func TestParserCut(t *testing.T) {
	for _, test := range requests {
		want := next(new(Parser), []byte(test.in), &authenticated)
		step := 1
		if len(test.in) > 4096 {
			step = 1009
		}
		for cut := 0; cut < len(test.in); cut += step {
			var p Parser
			got := next(&p, []byte(test.in[:cut]), &authenticated)
			if got.n == 0 && got.err == "" {
				checkNeed(t, &p, test.name, len(test.in), cut, want)
				got = next(&p, []byte(test.in), &authenticated)
			}
			if !got.equal(want) || want.err == "" && p != (Parser{}) {
				t.Fatalf("%s cut at %d: got %v\nwant %v, state %+v", test.name, cut, got, want, p)
			}
		}
		var p Parser
		var got result
		for end := 0; got.n == 0 && got.err == ""; end = min(end+step, len(test.in)) {
			got = next(&p, []byte(test.in[:end]), &authenticated)
		}
		if !got.equal(want) {
			t.Errorf("%s byte by byte: got %v\nwant %v", test.name, got, want)
		}
		if want.err == "" && p != (Parser{}) {
			t.Errorf("%s: state is left: %+v", test.name, p)
		}
	}
}

func checkNeed(t *testing.T, p *Parser, name string, length, have int, want result) {
	t.Helper()
	if need := p.Need(); want.err == "" && need != 0 && (need <= have || need > length) {
		t.Fatalf("%s: has %d bytes of %d and says it needs %d", name, have, length, need)
	}
}

func TestParserNeed(t *testing.T) {
	var p Parser
	head := "*2\r\n$3\r\nSET\r\n$100000000\r\n"
	got := next(&p, []byte(head+"abc"), &authenticated)
	if want := len(head) + 100000000 + 2; got.n != 0 || got.err != "" || p.Need() != want {
		t.Errorf("got %v, need %d, want need %d", got, p.Need(), want)
	}
	p.Reset()
	if p.Need() != 0 {
		t.Errorf("need %d after Reset", p.Need())
	}
}

func TestParserLimits(t *testing.T) {
	bulk := func(n int) string { return fmt.Sprintf("*1\r\n$%d\r\n%s\r\n", n, strings.Repeat("x", n)) }
	for _, test := range []struct {
		name string
		lim  Limits
		in   string
		err  string
	}{
		{"11 arguments without authentication", Limits{}, "*11\r\n", "Protocol error: unauthenticated multibulk length"},
		{"10 arguments without authentication", Limits{}, "*10\r\n" + strings.Repeat("$1\r\na\r\n", 10), ""},
		{"16385 bytes without authentication", Limits{}, bulk(16385), "Protocol error: unauthenticated bulk length"},
		{"16384 bytes without authentication", Limits{}, bulk(16384), ""},
		{"count over a limit of ours", Limits{Authenticated: true, MaxMultibulk: 20}, "*21\r\n", "Protocol error: invalid multibulk length"},
		{"size over proto-max-bulk-len", Limits{Authenticated: true, MaxBulk: 1 << 20}, "*1\r\n$1048577\r\n", "Protocol error: invalid bulk length"},
		{"size at proto-max-bulk-len", Limits{Authenticated: true, MaxBulk: 1 << 20}, bulk(1 << 20), ""},
		{"invalid goes before unauthenticated", Limits{MaxBulk: 1 << 20}, "*1\r\n$1048577\r\n", "Protocol error: invalid bulk length"},
		{"from the primary", Limits{Authenticated: true, Trusted: true, MaxBulk: 1 << 20}, bulk(1<<20 + 1), ""},
		{"size past an int", Limits{Authenticated: true, Trusted: true}, "*1\r\n$9223372036854775807\r\n", "Protocol error: invalid bulk length"},
		{"inline from the primary", Limits{Authenticated: true, Trusted: true}, "PING\r\n", "Protocol error: Master using the inline protocol. Desync?"},
		{"empty line from the primary", Limits{Authenticated: true, Trusted: true}, "\n", ""},
		{"line limit", Limits{MaxInline: 10}, "12345678901\n", "Protocol error: too big inline request"},
		{"line at limit", Limits{MaxInline: 10}, "1234567890\n", ""},
	} {
		got := next(new(Parser), []byte(test.in), &test.lim)
		if got.err != test.err || (got.err == "") != (got.n == len(test.in)) {
			t.Errorf("%s: %.40q: got n = %d, err = %q, want err = %q", test.name, test.in, got.n, got.err, test.err)
		}
	}
}

// TestParserPipeline parses many random requests in random portions.
func TestParserPipeline(t *testing.T) {
	const seed = 7
	rnd := rand.New(rand.NewPCG(seed, seed))
	var stream []byte
	var want [][]string
	for range 2000 {
		args := make([]string, 1+rnd.IntN(15))
		for i := range args {
			args[i] = strings.Repeat(string(rune('a'+rnd.IntN(26))), rnd.IntN(1<<rnd.IntN(12)))
		}
		want = append(want, args)
		stream = AppendRequest(stream, args...)
	}
	var (
		p      Parser
		buf    []byte
		args   [][]byte
		parsed int
	)
	for len(stream) > 0 || len(buf) > 0 {
		n := min(len(stream), 1+rnd.IntN(3000))
		buf = append(slices.Clip(buf), stream[:n]...) // moves
		stream = stream[n:]
		for {
			out, n, err := p.Next(buf, args, &authenticated)
			if err != nil {
				t.Fatalf("seed %d: request %d: %v", seed, parsed, err)
			}
			if n == 0 {
				break
			}
			if got := fmt.Sprintf("%q", out); got != fmt.Sprintf("%q", want[parsed]) {
				t.Fatalf("seed %d: request %d: got %s, want %q", seed, parsed, got, want[parsed])
			}
			args, buf = out, buf[n:]
			parsed++
		}
	}
	if parsed != len(want) {
		t.Errorf("seed %d: got %d requests, want %d", seed, parsed, len(want))
	}
}

// TestParserLiar checks that a count costs nothing before its arguments come.
func TestParserLiar(t *testing.T) {
	var p Parser
	in := []byte("*2147483647\r\n$3\r\nfoo\r\n$3")
	args := make([][]byte, 0, 8)
	got := testing.AllocsPerRun(10, func() {
		p.Reset()
		_, _, _ = p.Next(in, args, &authenticated)
	})
	if got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}

func TestParserNoAllocations(t *testing.T) {
	for _, in := range []string{
		"*2\r\n$3\r\nGET\r\n$16\r\n0123456789abcdef\r\n",
		"*3\r\n$3\r\nSET\r\n$16\r\n0123456789abcdef\r\n$1000\r\n" + strings.Repeat("x", 1000) + "\r\n",
		"*12\r\n" + strings.Repeat("$2\r\nab\r\n", 12),
		"SET some-key value\r\n",
		"\r\n",
	} {
		buf := []byte(in)
		args := make([][]byte, 0, 16)
		var p Parser
		got := testing.AllocsPerRun(100, func() {
			copy(buf, in)
			half := len(buf) / 2
			_, _, _ = p.Next(buf[:half], args, &authenticated)
			_, _, _ = p.Next(buf, args, &authenticated)
		})
		if got != 0 {
			t.Errorf("%.30q: got %v allocations, want 0", in, got)
		}
	}
}
