package rdb

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

func TestLZFRoundTrip(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 1))
	var z lzf
	for i := range 2000 {
		src := make([]byte, rnd.IntN(1<<(i%15)+1))
		letters := 1 + rnd.IntN(256)
		for j := range src {
			if rnd.IntN(4) == 0 && j > 20 {
				src[j] = src[j-1-rnd.IntN(20)]
			} else {
				src[j] = byte(rnd.IntN(letters))
			}
		}
		limit := 2*len(src) + 10
		folded, ok := z.appendTo([]byte("before"), src, limit)
		if !ok || !bytes.HasPrefix(folded, []byte("before")) {
			t.Fatalf("seed %d: %d bytes aren't compressed below %d", seed, len(src), limit)
		}
		folded = folded[len("before"):]
		if uint64(len(src)) > maxUnfolded(uint64(len(folded))) {
			t.Fatalf("seed %d: %d bytes from %d", seed, len(src), len(folded))
		}
		got := make([]byte, len(src))
		if !unfold(got, folded) || !bytes.Equal(got, src) {
			t.Fatalf("seed %d: %d bytes don't come back: %x", seed, len(src), src)
		}
	}
}

func TestLZFGivesUp(t *testing.T) {
	var z lzf
	src := []byte("abcdefghijklmnopqrstuvwxyz")
	if out, ok := z.appendTo([]byte("x"), src, len(src)-4); ok || string(out) != "x" {
		t.Errorf("got %q, %v", out, ok)
	}
}

// TestLZFPlaces makes sure that what a former call remembered isn't taken for this one's when the places start anew.
func TestLZFPlaces(t *testing.T) {
	var z lzf
	src := bytes.Repeat([]byte("0123456789"), 10)
	z.base = 1<<32 - 200
	for range 3 {
		folded, ok := z.appendTo(nil, src, len(src))
		got := make([]byte, len(src))
		if !ok || !unfold(got, folded) || !bytes.Equal(got, src) {
			t.Fatal("a wrong place is used")
		}
	}
}

func BenchmarkLZF(b *testing.B) {
	src := bytes.Repeat([]byte("the quick brown fox jumps over the lazy dog, and then "), 100)
	rnd := rand.New(rand.NewPCG(1, 1))
	for i := 0; i < len(src); i += 7 {
		src[i] = byte(rnd.Uint32())
	}
	var z lzf
	folded, _ := z.appendTo(nil, src, len(src))
	dst := make([]byte, len(src))
	b.Run("fold", func(b *testing.B) {
		b.SetBytes(int64(len(src)))
		b.ReportAllocs()
		for b.Loop() {
			folded, _ = z.appendTo(folded[:0], src, len(src))
		}
	})
	b.Run("unfold", func(b *testing.B) {
		b.SetBytes(int64(len(src)))
		for b.Loop() {
			unfold(dst, folded)
		}
	})
}
