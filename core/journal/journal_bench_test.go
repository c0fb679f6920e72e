package journal

import (
	"testing"
	"time"
)

// BenchmarkAppend appends the unit of a SET with a key of 16 bytes and a value of 100, while a reader follows as the append-only file's does.
// Run it with -cpu 1,2.
func BenchmarkAppend(b *testing.B) {
	j := New(Config{})
	follow(b, j)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		var u Unit
		u.Reset()
		u.Add(0, []byte("SET"), make([]byte, 16), make([]byte, 100))
		for pb.Next() {
			j.Append(&u)
		}
	})
}

// follow reads every few milliseconds until the benchmark ends.
func follow(b *testing.B, j *Journal) {
	r := j.Open()
	end, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			for v, _ := r.Next(); len(v) > 0; v, _ = r.Next() {
			}
			select {
			case <-end:
				return
			case <-tick.C:
			}
		}
	}()
	b.Cleanup(func() { close(end); <-over })
}

// BenchmarkSequence moves records from the ring to the stream, and reads them.
func BenchmarkSequence(b *testing.B) {
	j := New(Config{})
	r := j.Open()
	var u Unit
	u.Reset()
	u.Add(0, []byte("SET"), make([]byte, 16), make([]byte, 100))
	const batch = 1000
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		for range batch {
			j.Append(&u)
		}
		b.StartTimer()
		for v, _ := r.Next(); len(v) > 0; v, _ = r.Next() {
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch, "ns/record")
}

// BenchmarkUnit builds the unit of a SET.
func BenchmarkUnit(b *testing.B) {
	var u Unit
	key, value := make([]byte, 16), make([]byte, 100)
	b.ReportAllocs()
	for b.Loop() {
		u.Reset()
		u.Add(0, []byte("SET"), key, value)
	}
}
