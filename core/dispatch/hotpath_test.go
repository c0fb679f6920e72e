package dispatch_test

import (
	"bytes"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sleipnirdb/sleipnir/internal/invariant"
)

// TestHotPathDoesNotAllocate runs pipelines over a socket, through loop, parser,
// dispatch, lease and handler and back, and counts what the process allocates.
func TestHotPathDoesNotAllocate(t *testing.T) {
	if invariant.Enabled {
		t.Skip("builds with assertions allocate")
	}
	// Each with the number of lines in its reply; a is set, b and n are not.
	requests := map[string]struct {
		text  string
		lines int
	}{
		"get":    {"*2\r\n$3\r\nGET\r\n$1\r\na\r\n", 2},
		"set":    {"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$16\r\n0123456789abcdef\r\n", 1},
		"incr":   {"*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n", 1},
		"mset":   {"*5\r\n$4\r\nMSET\r\n$1\r\nc\r\n$1\r\n1\r\n$1\r\nd\r\n$1\r\n2\r\n", 1},
		"del":    {"*3\r\n$3\r\nDEL\r\n$1\r\nb\r\n$1\r\ne\r\n", 1},
		"exists": {"*3\r\n$6\r\nEXISTS\r\n$1\r\na\r\n$1\r\nb\r\n", 1},
		"mget":   {"*4\r\n$4\r\nMGET\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nn\r\n", 5},
		"ttl":    {"*2\r\n$3\r\nTTL\r\n$1\r\na\r\n", 1},
		"ping":   {"*1\r\n$4\r\nPING\r\n", 1},
		"setpx":  {"*5\r\n$3\r\nSET\r\n$1\r\na\r\n$16\r\n0123456789abcdef\r\n$2\r\nPX\r\n$6\r\n100000\r\n", 1},
		"expire": {"*3\r\n$6\r\nEXPIRE\r\n$1\r\na\r\n$3\r\n100\r\n", 1},
	}
	for name, request := range requests {
		t.Run(name, func(t *testing.T) { countAllocations(t, newBed(t, 1, 4), request.text, request.lines) })
		t.Run(name+", with a journal", func(t *testing.T) {
			b := newBed(t, 1, 4)
			b.syncs(t)
			countAllocations(t, b, request.text, request.lines)
		})
	}
}

// TestRestrictedDoesNotAllocate: nor does the check of what a user may do.
func TestRestrictedDoesNotAllocate(t *testing.T) {
	if invariant.Enabled {
		t.Skip("builds with assertions allocate")
	}
	for name, text := range map[string]string{
		"get": "*2\r\n$3\r\nGET\r\n$1\r\na\r\n", "mset": "*5\r\n$4\r\nMSET\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$1\r\n2\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			b := newBed(t, 1, 4)
			b.rights("default", "resetkeys ~b* ~a* db=0")
			countAllocations(t, b, text, 1+strings.Count(text, "GET"))
		})
	}
}

// syncs has the bed's replies wait for a disk that is quick.
func (b *bed) syncs(t *testing.T) {
	d := newDisk(b)
	end, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		for {
			select {
			case <-end:
				return
			case <-d.r.Ready():
			}
			for v, m := d.r.Next(); len(v) > 0; v, m = d.r.Next() {
				b.d.Durable(m.Position)
			}
		}
	}()
	t.Cleanup(func() { close(end); <-over })
}

// countAllocations sends pipelines of a request, and counts.
func countAllocations(t *testing.T, b *bed, text string, lines int) {
	const pipeline, rounds = 32, 200
	b.dial().ask("set a 0123456789abcdef", "+OK")
	conn := b.connect()
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	batch := []byte(strings.Repeat(text, pipeline))
	replies := make([]byte, 1<<16)
	round := func() {
		if _, err := conn.Write(batch); err != nil {
			t.Fatal(err)
		}
		for seen := 0; seen < pipeline*lines; {
			n, err := conn.Read(replies)
			if err != nil {
				t.Fatal(err)
			}
			seen += bytes.Count(replies[:n], []byte("\n"))
		}
	}
	for range 10 {
		round()
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range rounds {
		round()
	}
	runtime.ReadMemStats(&after)
	// The runtime and the client's own reads may allocate now and then;
	// a command that did would show 6400 times.
	if got := after.Mallocs - before.Mallocs; got > rounds/4 {
		t.Errorf("%d allocations for %d commands", got, pipeline*rounds)
	}
}
