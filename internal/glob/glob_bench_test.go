package glob

import (
	"strings"
	"testing"
)

func BenchmarkMatch(b *testing.B) {
	for _, bench := range []struct{ name, pattern, text string }{
		{"exact", "user:1000:name", "user:1000:name"},
		{"prefix", "user:*", "user:1000:name"},
		{"infix", "*:1000:*", "user:1000:name"},
		{"class", "user:[0-9]*:n?me", "user:1000:name"},
		{"long", "*needle*", strings.Repeat("hay", 300) + "needle"},
		{"nested", strings.Repeat("*a", 20) + "b", strings.Repeat("a", 200)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			pattern, text := []byte(bench.pattern), []byte(bench.text)
			for b.Loop() {
				Match(pattern, text, false)
			}
		})
	}
}
