package aof

import (
	"errors"
	"strings"
	"testing"
)

func TestParseManifest(t *testing.T) {
	const base, incr = "file a.1.base.rdb seq 1 type b\n", "file a.1.incr.aof seq 1 type i\n"
	tests := []struct {
		name, in string
		want     string // the text, or the complaint
		line     int    // of the complaint
	}{
		{"base and increment", base + incr, base + incr, 0},
		{"increments only", incr + "file a.7.incr.aof seq 7 type i\n", incr + "file a.7.incr.aof seq 7 type i\n", 0},
		{"history comes before increments", base + incr + "file a.0.incr.aof seq 9 type h\n", base + "file a.0.incr.aof seq 9 type h\n" + incr, 0},
		{"comment", "# some words\n" + base + "#\n", base, 0},
		{"comment without an end", base + "#", base, 0},
		{"other order, case and words", "TYPE incr later x Seq 3 File a b z\n", "file a seq 3 type i\n", 0},
		{"quotes", "file \"a b\\x01\" seq 1 type b\n", "file \"a b\\x01\" seq 1 type b\n", 0},
		{"blanks", " \tfile   a seq 1 type b\t\r\n", "file a seq 1 type b\n", 0},
		{"empty", "", "Found an empty AOF manifest", 0},
		{"empty line", base + "\n", "Invalid AOF manifest file format", 2},
		{"no end of line", base + incr[:len(incr)-1], "The AOF manifest file contains too long line", 2},
		{"long line", "file " + strings.Repeat("a", 1024) + " seq 1 type b\n", "The AOF manifest file contains too long line", 1},
		{"few words", "file a seq 1\n", "Invalid AOF manifest file format", 1},
		{"odd words", "file a seq 1 type b x\n", "Invalid AOF manifest file format", 1},
		{"same word", "file a file a file a\n", "Invalid AOF manifest file format", 1},
		{"open quotes", "file \"a seq 1 type b\n", "Invalid AOF manifest file format", 1},
		{"no name", "file \"\" seq 1 type b\n", "Invalid AOF manifest file format", 1},
		{"path", "file ../a seq 1 type b\n", "File can't be a path, just a filename", 1},
		{"folder", "file .. seq 1 type b\n", "File can't be a path, just a filename", 1},
		{"windows path", "file a\\b seq 1 type b\n", "File can't be a path, just a filename", 1},
		{"no number", "file a seq x type b\n", "Invalid AOF manifest file format", 1},
		{"zero", "file a seq 0 type b\n", "Invalid AOF manifest file format", 1},
		{"two bases", base + base, "Found duplicate base file information", 2},
		{"falling numbers", "file a seq 2 type i\nfile b seq 2 type i\n", "Found a non-monotonic sequence number", 2},
		{"below zero", "file a seq -1 type i\n", "Found a non-monotonic sequence number", 1},
		{"unknown kind", "file a seq 1 type x\n", "Unknown AOF file type", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, err := ParseManifest([]byte(test.in))
			if e := (*ManifestError)(nil); errors.As(err, &e) {
				if e.What != test.want || e.Line != test.line {
					t.Errorf("got %v, want line %d: %s", err, test.line, test.want)
				}
				return
			}
			if got := string(m.Append(nil)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestManifestChanges(t *testing.T) {
	m := new(Manifest)
	m.addBase("a", true)
	m.addIncr("a")
	m.addIncr("a")
	before := string(m.Append(nil))
	next := m.clone()
	last := next.addIncr("a")
	next.addBase("a", false)
	next.retire(last.Seq)
	if got := string(m.Append(nil)); got != before {
		t.Errorf("a change of the copy changed the manifest: %q", got)
	}
	want := "file a.2.base.aof seq 2 type b\n" +
		"file a.2.incr.aof seq 2 type h\nfile a.1.incr.aof seq 1 type h\nfile a.1.base.rdb seq 1 type h\n" +
		"file a.3.incr.aof seq 3 type i\n"
	if got := string(next.Append(nil)); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	again, err := ParseManifest([]byte(want))
	if err != nil || again.addIncr("a").Name != "a.4.incr.aof" || again.addBase("a", true).Name != "a.3.base.rdb" {
		t.Errorf("numbers don't go on: %v, %s", err, again.Append(nil))
	}
}
