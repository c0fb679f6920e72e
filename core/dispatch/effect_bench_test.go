package dispatch_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/journal"
)

// BenchmarkSetPipeline sends SETs, 16 at a time, over a socket, and reports the processor time of the process for each.
func BenchmarkSetPipeline(b *testing.B) {
	for _, on := range []bool{false, true} {
		name := map[bool]string{false: "journal off", true: "journal on"}[on]
		b.Run(name, func(b *testing.B) { benchmarkSets(b, on) })
	}
}

func benchmarkSets(b *testing.B, journaled bool) {
	const pipeline, request = 16, "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$16\r\n0123456789abcdef\r\n"
	s := newBed(b, 1, 4)
	if journaled {
		s.readJournal()
	}
	conn := s.connect()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Minute)); err != nil {
		b.Fatal(err)
	}
	batch, replies := []byte(strings.Repeat(request, pipeline)), make([]byte, 1<<12)
	round := func() {
		if _, err := conn.Write(batch); err != nil {
			b.Fatal(err)
		}
		for seen := 0; seen < pipeline; {
			n, err := conn.Read(replies)
			if err != nil {
				b.Fatal(err)
			}
			seen += bytes.Count(replies[:n], []byte("\n"))
		}
	}
	var before, after unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &before); err != nil {
		b.Fatal(err)
	}
	for range b.N {
		round()
	}
	if err := unix.Getrusage(unix.RUSAGE_SELF, &after); err != nil {
		b.Fatal(err)
	}
	spent := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
	b.ReportMetric(float64(spent)/float64(b.N*pipeline), "cpu-ns/command")
}

// readJournal reads the journal from now on, every few milliseconds, as what writes a file every second does.
func (b *bed) readJournal() {
	var reader *journal.Reader
	b.d.ExclusiveAll(func(*dispatch.Executor) { reader = b.d.Journal.Open() })
	end := make(chan struct{})
	b.t.Cleanup(func() { close(end) })
	go func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			if taken, _ := reader.Next(); len(taken) > 0 {
				continue
			}
			select {
			case <-end:
				return
			case <-tick.C:
			}
		}
	}()
}
