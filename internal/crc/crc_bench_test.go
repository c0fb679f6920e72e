package crc

import (
	"fmt"
	"hash/crc64"
	"strings"
	"testing"
)

var sink uint64

func BenchmarkSlot(b *testing.B) {
	for _, key := range []string{"k", "key:000000000001", "user:{1234567}:x", strings.Repeat("x", 64)} {
		b.Run(fmt.Sprintf("%.16s-%d", key, len(key)), func(b *testing.B) {
			b.ReportAllocs()
			p := []byte(key)
			for b.Loop() {
				sink += uint64(Slot(p))
			}
		})
	}
}

func BenchmarkCRC64(b *testing.B) {
	p := make([]byte, 1<<16)
	b.Run("ours", func(b *testing.B) {
		b.SetBytes(int64(len(p)))
		for b.Loop() {
			sink += CRC64(0, p)
		}
	})
	table := crc64.MakeTable(poly64)
	b.Run("hash/crc64", func(b *testing.B) {
		b.SetBytes(int64(len(p)))
		for b.Loop() {
			sink += ^crc64.Update(^uint64(0), table, p)
		}
	})
}
