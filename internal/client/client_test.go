package client

import (
	"net"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestWords(t *testing.T) {
	tests := []struct {
		line string
		want []string
	}{
		{"", nil},
		{"  get   k ", []string{"get", "k"}},
		{`set k "a b\x00\n\"\\"`, []string{"set", "k", "a b\x00\n\"\\"}},
		{`set '' 'it\'s \x00'`, []string{"set", "", `it's \x00`}},
		{`set k "ab"*3 x`, []string{"set", "k", "ababab", "x"}},
	}
	for _, tt := range tests {
		got, err := Words(tt.line)
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("Words(%q) = %q, %v; want %q", tt.line, got, err, tt.want)
		}
	}
	for _, line := range []string{`"a`, `'a`, `"a"b`, `"a"*x`, `"\xzz"`} {
		if got, err := Words(line); err == nil {
			t.Errorf("Words(%q) = %q; want an error", line, got)
		}
	}
}

func TestJoinWordsRoundTrip(t *testing.T) {
	for _, words := range [][]string{
		{"set", "k", ""}, {"a b", "\x00\xff", `"`, `'`, "#x", "!y", strings.Repeat("z", 1000)},
	} {
		line := JoinWords(words)
		got, err := Words(line)
		if err != nil || !reflect.DeepEqual(got, words) {
			t.Errorf("Words(%q) = %q, %v; want %q", line, got, err, words)
		}
	}
}

func TestReadAndFormat(t *testing.T) {
	tests := []struct{ raw, line, cli string }{
		{"+OK\r\n", "+OK", "OK\n"},
		{"-ERR no\r\n", "-ERR no", "(error) ERR no\n"},
		{":-5\r\n", ":-5", "(integer) -5\n"},
		{"$3\r\na\x00b\r\n", `"a\x00b"`, "\"a\\x00b\"\n"},
		{"$-1\r\n", "nil", "(nil)\n"},
		{"*-1\r\n", "nil*", "(nil)\n"},
		{"_\r\n", "_", "(nil)\n"},
		{"*0\r\n", "[]", "(empty array)\n"},
		{"*2\r\n$1\r\na\r\n*2\r\n:1\r\n:2\r\n", `["a" [:1 :2]]`, "1) \"a\"\n2) 1) (integer) 1\n   2) (integer) 2\n"},
		{"%1\r\n$1\r\na\r\n:1\r\n", `%{"a" :1}`, "1# \"a\" => (integer) 1\n"},
		{"~1\r\n,1.5\r\n", "~[,1.5]", "1~ (double) 1.5\n"},
		{"=6\r\ntxt:hi\r\n", `="txt:hi"`, "hi\n"},
		{"#t\r\n", "#t", "(true)\n"},
		{">1\r\n(12\r\n", ">[(12]", "1> 12\n"},
	}
	for _, tt := range tests {
		v, raw, err := reading(tt.raw)
		if err != nil {
			t.Errorf("%q: %v", tt.raw, err)
			continue
		}
		if string(raw) != tt.raw || v.String() != tt.line || v.Format() != tt.cli {
			t.Errorf("%q: raw %q, line %s, cli %q; want %s, %q", tt.raw, raw, v, v.Format(), tt.line, tt.cli)
		}
		back, err := Parse(tt.line)
		if err != nil || !reflect.DeepEqual(back, v) {
			t.Errorf("Parse(%s) = %#v, %v; want %#v", tt.line, back, err, v)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for _, raw := range []string{"\r\n", "?\r\n", "+OK\n", "$x\r\n", "$-2\r\n", "$1\r\nabc", "_1\r\n", "*9999999999\r\n"} {
		if v, _, err := reading(raw); err == nil {
			t.Errorf("%q was read as %s", raw, v)
		}
	}
}

func reading(raw string) (Value, []byte, error) {
	near, far := net.Pipe()
	go func() {
		_, _ = far.Write([]byte(raw)) // a reader that gave up closes the pipe
		_ = far.Close()
	}()
	c := New(near, 5*time.Second)
	defer func() { _ = c.Close() }()
	return c.Read()
}
