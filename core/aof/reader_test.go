package aof

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// command writes a command as it stands in a file.
func command(args ...string) string {
	b := fmt.Sprintf("*%d\r\n", len(args))
	for _, a := range args {
		b += fmt.Sprintf("$%d\r\n%s\r\n", len(a), a)
	}
	return b
}

// told reads a file and returns what it says.
func told(in io.Reader, offset int64) (said []string, r *Reader, err error) {
	r = NewReader(in, offset)
	for {
		rec, err := r.Next()
		if err != nil {
			return said, r, err
		}
		if rec.Args == nil {
			said = append(said, "#"+string(rec.Note))
			continue
		}
		said = append(said, string(bytes.Join(rec.Args, []byte(" "))))
	}
}

func TestReader(t *testing.T) {
	set, incr := command("SET", "k", "v"), command("INCR", "a\r\nb")
	tests := []struct {
		name, in string
		said     string
		good     int
		want     string // the error, empty for none
		short    bool
	}{
		{"nothing", "", "", 0, "", false},
		{"commands", set + incr, "SET k v;INCR a\r\nb", len(set + incr), "", false},
		{"empty argument", command("SET", "", ""), "SET  ", len(command("SET", "", "")), "", false},
		{"annotations", "#TS:17\r\n" + set + "#x\r\n", "#TS:17;SET k v;#x", 8 + len(set) + 4, "", false},
		{"transaction", command("MULTI") + set + command("exec") + set, "MULTI;SET k v;exec;SET k v", 15 + 2*len(set) + 14, "", false},
		{"open transaction", set + command("MULTI") + set, "SET k v;MULTI;SET k v", len(set), "Reached EOF before reading EXEC for MULTI", true},
		{"transaction in one", command("MULTI") + command("MULTI"), "MULTI", 0, "Unexpected MULTI", false},
		{"end of none", command("EXEC"), "", 0, "Unexpected EXEC", false},
		{"text", set + "!!!", "SET k v", len(set), "Expected prefix '*', got: '!'", false},
		{"other type", "*1\r\n:1\r\n", "", 0, "Expected prefix '$', got: ':'", false},
		{"no arguments", "*0\r\n", "", 0, "arguments, got: 0", false},
		{"fewer than none", "*-1\r\n", "", 0, "arguments, got: -1", false},
		{"negative length", "*1\r\n$-1\r\n", "", 0, "not in the suitable range", false},
		{"length of exabytes", "*1\r\n$4611686018427387902\r\nx", "", 0, "Expected to read 4611686018427387904 bytes, got 1 bytes", true},
		{"length beyond", "*1\r\n$9223372036854775807\r\nx", "", 0, "not in the suitable range", false},
		{"no number", "*x\r\n", "", 0, "Expected \\r\\n", false},
		{"no carriage return", "*1\n$1\nx\n", "", 0, "Expected \\r\\n", false},
		{"wrong end", "*1\r\n$1\r\nxyz", "", 0, "Expected \\r\\n, got: 797a", false},
		{"long line", "*" + strings.Repeat("0", 99) + "1\r\n", "", 0, "Expected \\r\\n", false},
		{"long annotation", "#" + strings.Repeat("x", 2000), "", 0, "Expected \\r\\n", false},
		{"prefix and no more", "*\n", "", 0, "Expected \\r\\n, got: 2a0a", false},
		{"empty line", "*1\r\n\n", "", 0, "an empty line", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for how, in := range map[string]io.Reader{
				"whole": strings.NewReader(test.in), "by bytes": iotest.OneByteReader(strings.NewReader(test.in)),
				"with the end": iotest.DataErrReader(strings.NewReader(test.in)),
			} {
				said, r, err := told(in, 0)
				if got := strings.Join(said, ";"); got != test.said {
					t.Errorf("%s: got %q, want %q", how, got, test.said)
				}
				if r.Good() != int64(test.good) {
					t.Errorf("%s: good up to %d, want %d", how, r.Good(), test.good)
				}
				if test.want == "" {
					if err != io.EOF {
						t.Errorf("%s: %v", how, err)
					}
				} else if err == nil || !strings.Contains(err.Error(), test.want) || IsShort(err) != test.short {
					t.Errorf("%s: got %v, short %v; want %q, %v", how, err, IsShort(err), test.want, test.short)
				}
			}
		})
	}
}

// TestReaderCutOff reads a file cut off at every byte: it is whole up to a record, and the error is that of a file that ends too early.
func TestReaderCutOff(t *testing.T) {
	parts := []string{"#TS:5\r\n", command("SET", "k", "value"), command("MULTI") + command("DEL", "k") + command("EXEC"), command("FLUSHALL")}
	ends := map[int]bool{0: true}
	file := ""
	for _, p := range parts {
		file += p
		ends[len(file)] = true
	}
	good := 0
	for n := range len(file) + 1 {
		if ends[n] {
			good = n
		}
		_, r, err := told(strings.NewReader(file[:n]), 1000)
		if r.Good() != int64(1000+good) {
			t.Errorf("%d bytes: good up to %d, want %d", n, r.Good(), 1000+good)
		}
		if ends[n] != (err == io.EOF) || (err != io.EOF && !IsShort(err)) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func TestReaderLargeRecords(t *testing.T) {
	large := strings.Repeat("x", 3*keptBytes)
	file := command("SET", "a", large) + strings.Repeat(command("SET", "b", "small"), 50000) + command("SET", "c", large)
	said, r, err := told(strings.NewReader(file), 0)
	if err != io.EOF || len(said) != 50002 || said[50001] != "SET c "+large || r.Line() != 7*50002+1 {
		t.Fatalf("%d commands, line %d: %v", len(said), r.Line(), err)
	}
}

func TestReaderErrorOfReading(t *testing.T) {
	broken := errors.New("broken")
	in := io.MultiReader(strings.NewReader(command("PING")[:6]), iotest.ErrReader(broken))
	if _, _, err := told(in, 0); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestRecordTime(t *testing.T) {
	for note, want := range map[string]int64{"TS:17": 17, "TS:": -1, "TS:1x": -1, "x": -1, "TS:-5": -5} {
		got, ok := Record{Note: []byte(note)}.Time()
		if ok != (want != -1) || (ok && got != want) {
			t.Errorf("%q: got %d, %v", note, got, ok)
		}
	}
}
