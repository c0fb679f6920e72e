package fuzz

import (
	"bytes"
	"io"
	"testing"

	"github.com/sleipnirdb/sleipnir/core/aof"
)

// FuzzAOFFile reads a file as an append-only file: its records lie one behind the other, what it calls good reads without an error,
// and no length in it costs memory that isn't there.
func FuzzAOFFile(f *testing.F) {
	for _, seed := range []string{
		"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n*1\r\n$4\r\nPING\r\n", "#TS:1700000000\r\n*1\r\n$4\r\nPING\r\n",
		"*1\r\n$5\r\nMULTI\r\n*2\r\n$3\r\nDEL\r\n$0\r\n\r\n*1\r\n$4\r\nexec\r\n", "*1\r\n$5\r\nmulti\r\n*1\r\n$4\r\nPING\r\n",
		"*1\r\n$99999999999\r\nx", "*2147483647\r\n$0\r\n\r\n", "*-1\r\n", "#\n", "*1\n$0\n\n", "REDIS0011",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		before := allocated()
		good := aofRead(t, file, true)
		if taken, most := allocated()-before, uint64(aofFileCost+aofFileFactor*len(file)); taken > most {
			t.Fatalf("a file of %d bytes took %d bytes on the heap", len(file), taken)
		}
		if aofRead(t, file[:good], false) != good {
			t.Fatalf("the first %d bytes aren't good after all", good)
		}
	})
}

// What reading may take on the heap: a buffer, and the places of the arguments, of which the smallest has six bytes.
const (
	aofFileCost   = 1 << 20
	aofFileFactor = 64
)

// aofRead reads to the end and returns up to where the file is good.
func aofRead(t *testing.T, file []byte, mayFail bool) int64 {
	r := aof.NewReader(bytes.NewReader(file), 0)
	last := int64(0)
	for {
		rec, err := r.Next()
		if err == io.EOF && r.Good() != int64(len(file)) {
			t.Fatalf("the end is at %d of %d", r.Good(), len(file))
		}
		if err != nil {
			if err != io.EOF && !mayFail {
				t.Fatal(err)
			}
			return r.Good()
		}
		if rec.Start != last || r.Offset() <= last || r.Offset() > int64(len(file)) || r.Good() > r.Offset() {
			t.Fatalf("a record goes from %d to %d, the one before to %d; good up to %d", rec.Start, r.Offset(), last, r.Good())
		}
		last = r.Offset()
		size := 0
		for _, a := range rec.Args {
			size += len(a)
		}
		if (len(rec.Args) == 0) != (file[rec.Start] == '#') || int64(size) > last-rec.Start {
			t.Fatalf("a record of %d bytes has %d arguments of %d bytes", last-rec.Start, len(rec.Args), size)
		}
	}
}
