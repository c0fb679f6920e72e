package clock

import (
	"testing"
	"time"
)

var sink int64

func BenchmarkTicks(b *testing.B) {
	for b.Loop() {
		sink += int64(Ticks())
	}
}

func BenchmarkMono(b *testing.B) {
	for b.Loop() {
		sink += Mono()
	}
}

func BenchmarkTimeNow(b *testing.B) {
	for b.Loop() {
		sink += time.Now().UnixNano()
	}
}

func BenchmarkWallRefresh(b *testing.B) {
	var w Wall
	w.Refresh()
	for b.Loop() {
		sink += w.Refresh()
	}
}

func BenchmarkSince(b *testing.B) {
	then := Ticks()
	TicksToNanos(1)
	for b.Loop() {
		sink += Since(then)
	}
}
