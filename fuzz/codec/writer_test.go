package codec

import (
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/net/resp"
)

// TestWriterAgainstReference compares every form of reply with what DEBUG PROTOCOL of the reference sends.
func TestWriterAgainstReference(t *testing.T) {
	dial := startReference(t, "--enable-debug-command", "yes")
	for _, test := range []struct {
		form  string
		write func(w *resp.Writer)
		only3 bool
	}{
		{"string", func(w *resp.Writer) { w.BulkString("Hello World") }, false},
		{"integer", func(w *resp.Writer) { w.Int(12345) }, false},
		{"double", func(w *resp.Writer) { w.Double(3.141) }, false},
		{"null", (*resp.Writer).Null, false},
		{"array", func(w *resp.Writer) {
			w.Array(3)
			for i := range int64(3) {
				w.Int(i)
			}
		}, false},
		{"set", func(w *resp.Writer) {
			w.Set(3)
			for i := range int64(3) {
				w.Int(i)
			}
		}, false},
		{"map", func(w *resp.Writer) {
			w.Map(3)
			for i := range int64(3) {
				w.Int(i)
				w.Bool(i == 1)
			}
		}, false},
		{"attrib", func(w *resp.Writer) {
			w.Attribute(1)
			w.BulkString("key-popularity")
			w.Array(2)
			w.BulkString("key:123")
			w.Int(90)
			w.BulkString("Some real reply following the attribute")
		}, true},
		{"push", func(w *resp.Writer) {
			w.Push(2)
			w.BulkString("server-cpu-usage")
			w.Int(42)
			w.BulkString("Some real reply following the push reply")
		}, true},
		{"verbatim", func(w *resp.Writer) { w.Verbatim("txt", "This is a verbatim\nstring") }, false},
		{"true", func(w *resp.Writer) { w.Bool(true) }, false},
		{"false", func(w *resp.Writer) { w.Bool(false) }, false},
		{"bignum", func(w *resp.Writer) { w.BigNumber("1234567999999999999999999999999999999") }, false},
	} {
		for _, version := range []string{"2", "3"} {
			if test.only3 && version == "2" {
				continue
			}
			w := resp.Writer{Resp3: version == "3"}
			test.write(&w)
			stream := resp.AppendRequest(nil, "HELLO", version)
			stream = resp.AppendRequest(stream, "DEBUG", "PROTOCOL", test.form)
			if got := talk(t, dial(), stream); !strings.HasSuffix(got, string(w.B)) {
				t.Errorf("%s, RESP%s: reference says …%q, we %q", test.form, version, got[len(got)*2/3:], w.B)
			}
		}
	}
}
