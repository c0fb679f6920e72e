package fuzz

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/sleipnirdb/sleipnir/core/aof"
)

// aofSeeds are files, whole and damaged.
var aofSeeds = []string{
	"", "*1\r\n$4\r\nPING\r\n", "#TS:1700000000\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n",
	"*1\r\n$5\r\nMULTI\r\n*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n*1\r\n$4\r\nEXEC\r\n", "*1\r\n$5\r\nMULTI\r\n*2\r\n$3\r\nDEL\r\n",
	"*1\r\n$4\r\nexec\r\n", "*2147483647\r\n$1\r\nx\r\n", "*-1\r\n", "*1\r\n$9223372036854775807\r\n", "*1\r\n$-1\r\n", "*1\n$1\nx\n", "REDIS0011", "#\n*1\r\n",
}

// oneByOne gives a reader few bytes at a time, so that records stand across its reads.
type oneByOne struct {
	in   io.Reader
	most int
}

func (o oneByOne) Read(p []byte) (int, error) { return o.in.Read(p[:min(len(p), o.most)]) }

// readAOF reads a file, and returns it as written again, up to where it is whole, and the error.
func readAOF(in io.Reader) (again []byte, good int64, err error) {
	r := aof.NewReader(in, 0)
	for {
		rec, err := r.Next()
		if err != nil {
			return again, r.Good(), err
		}
		if len(rec.Args) == 0 {
			again = fmt.Appendf(again, "#%s\r\n", rec.Note)
			continue
		}
		again = fmt.Appendf(again, "*%d\r\n", len(rec.Args))
		for _, arg := range rec.Args {
			again = fmt.Appendf(again, "$%d\r\n%s\r\n", len(arg), arg)
		}
	}
}

// FuzzAOF reads append-only files: however the bytes come, the records are the same; what is read and written again reads the same; and a file cut where
// the reader says that it is whole, is whole.
func FuzzAOF(f *testing.F) {
	for _, s := range aofSeeds {
		f.Add([]byte(s), 3)
	}
	f.Fuzz(func(t *testing.T, file []byte, most int) {
		again, good, err := readAOF(bytes.NewReader(file))
		if good < 0 || good > int64(len(file)) {
			t.Fatalf("whole up to %d of %d bytes", good, len(file))
		}
		wrong := (*aof.Error)(nil)
		if err != io.EOF && !errors.As(err, &wrong) {
			t.Fatalf("an error of another kind: %v", err)
		}
		again2, good2, err2 := readAOF(oneByOne{bytes.NewReader(file), max(most%97, 1)})
		if !bytes.Equal(again, again2) || good != good2 || fmt.Sprint(err) != fmt.Sprint(err2) {
			t.Fatalf("in pieces it differs: %q %d %v, %q %d %v", again, good, err, again2, good2, err2)
		}
		if _, _, err := readAOF(bytes.NewReader(file[:good])); err != io.EOF {
			t.Fatalf("cut at %d: %v", good, err)
		}
		if err == io.EOF {
			again3, _, err3 := readAOF(bytes.NewReader(again))
			if err3 != io.EOF || !bytes.Equal(again, again3) {
				t.Fatalf("written again %q reads as %q: %v", again, again3, err3)
			}
		}
	})
}

// FuzzManifest reads manifests: what is accepted reads the same when it is written again, and names no file elsewhere.
func FuzzManifest(f *testing.F) {
	for _, s := range []string{
		"", "#\n", "file a.1.base.rdb seq 1 type b\nfile a.1.incr.aof seq 1 type i\nfile b seq 9 type h\n",
		"file \"a b\\x00\" seq 1 type b\n", "type i seq -1 file 'x' more words\n", "file ../x seq 1 type b\n", "file x seq 99999999999999999999 type i\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := aof.ParseManifest(text)
		if err != nil {
			if wrong := (*aof.ManifestError)(nil); !errors.As(err, &wrong) {
				t.Fatalf("an error of another kind: %v", err)
			}
			return
		}
		for _, p := range m.Parts() {
			if p.Name == "" || bytes.ContainsAny([]byte(p.Name), "/\\\x00") {
				t.Fatalf("the name %q", p.Name)
			}
		}
		written := m.Append(nil)
		if len(written) == 0 {
			return // comments only
		}
		m2, err := aof.ParseManifest(written)
		if err != nil || !bytes.Equal(m2.Append(nil), written) {
			t.Fatalf("%q written again as %q reads as %v: %v", text, written, m2, err)
		}
	})
}
