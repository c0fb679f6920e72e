package load

import (
	"strings"
	"testing"
	"time"
)

// BenchmarkRequest is the generator's own work for one request beside the system calls: render, scan the
// reply, record.
func BenchmarkRequest(b *testing.B) {
	for _, bench := range []struct{ name, text, reply string }{
		{"get", "GET {key}", "$16\r\nxxxxxxxxxxxxxxxx\r\n"},
		{"set", "SET {key} {value}", "+OK\r\n"},
		{"mget10", "MGET {key*10}", "*10\r\n" + strings.Repeat("$16\r\nxxxxxxxxxxxxxxxx\r\n", 10)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			cfg := Config{Dial: TCP(""), Mix: []Weighted{{MustCompile(bench.text, Shape{}), 1}}, Pipeline: 16, Keys: Keys{Count: 100000}}
			if err := cfg.normalize(); err != nil {
				b.Fatal(err)
			}
			w, f := newWorker(&cfg, 0, time.Now(), nil), &flow{}
			replies := []byte(strings.Repeat(bench.reply, cfg.Pipeline))
			b.ReportAllocs()
			for i := 0; i < b.N; i += cfg.Pipeline {
				w.batch(f, 1)
				f.out = f.out[:0]
				if _, err := w.got(f, replies, 100); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
