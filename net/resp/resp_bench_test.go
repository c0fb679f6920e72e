package resp

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func BenchmarkParser(b *testing.B) {
	for _, bench := range []struct{ name, request string }{
		{"GET-16", "*2\r\n$3\r\nGET\r\n$16\r\n0123456789abcdef\r\n"},
		{"SET-16-100", "*3\r\n$3\r\nSET\r\n$16\r\n0123456789abcdef\r\n$100\r\n" + strings.Repeat("x", 100) + "\r\n"},
		{"SET-16-1000", "*3\r\n$3\r\nSET\r\n$16\r\n0123456789abcdef\r\n$1000\r\n" + strings.Repeat("x", 1000) + "\r\n"},
		{"MGET-20", "*21\r\n$4\r\nMGET\r\n" + strings.Repeat("$16\r\n0123456789abcdef\r\n", 20)},
		{"inline", "GET 0123456789abcdef\r\n"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			const pipeline = 16
			stream := bytes.Repeat([]byte(bench.request), pipeline)
			args := make([][]byte, 0, 32)
			var p Parser
			rest := stream
			for b.Loop() {
				if len(rest) == 0 {
					rest = stream
				}
				out, n, err := p.Next(rest, args, &authenticated)
				if n == 0 || err != nil || len(out) < 2 {
					b.Fatal(out, n, err)
				}
				rest = rest[n:]
			}
		})
	}
}

func BenchmarkWriter(b *testing.B) {
	run := func(name string, write func(w *Writer)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			w := Writer{B: make([]byte, 0, 4096)}
			for b.Loop() {
				w.B = w.B[:0]
				write(&w)
			}
		})
	}
	for _, size := range []int{5, 16, 100, 1000} {
		value := bytes.Repeat([]byte("x"), size)
		run(fmt.Sprintf("Bulk-%d", size), func(w *Writer) { w.Bulk(value) })
	}
	run("OK", (*Writer).OK)
	run("Status", func(w *Writer) { w.Status("QUEUED") })
	run("Int-1", func(w *Writer) { w.Int(1) })
	run("Int-1234567", func(w *Writer) { w.Int(1234567) })
	run("BulkInt-1234567", func(w *Writer) { w.BulkInt(1234567) })
	run("Double-0.1", func(w *Writer) { w.Double(0.1) })
	run("Double-3.14159265358979", func(w *Writer) { w.Double(3.14159265358979) })
}
